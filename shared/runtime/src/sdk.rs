//! The SDK's common settings: one HTTP client, short time limits, retries with jitter.

use std::error::Error as StdError;
use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use holdfast_egress::Trust;

use crate::config::{Config, MissingVariables, Variable};
use crate::connector::{AwsClient, CONNECT_TIMEOUT};

/// One try. DynamoDB answers within 25 ms; what takes seconds is lost.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
/// All tries of one call together.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(8);
const ATTEMPTS_MAX: u32 = 4;
const BACKOFF_FIRST: Duration = Duration::from_millis(50);
const BACKOFF_LONGEST: Duration = Duration::from_millis(500);

/// The certificates of the authorities that AWS uses.
const AMAZON_ROOTS: &str = include_str!("amazon-roots.pem");

/// Settings for every SDK client of this process. Credentials are those that Lambda puts into the environment; no file, no
/// metadata service and no token exchange is looked at.
pub(crate) fn sdk_config(config: &Config, trust: Trust) -> Result<SdkConfig, MissingVariables> {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build();
    let retries = RetryConfig::standard()
        .with_max_attempts(ATTEMPTS_MAX)
        .with_initial_backoff(BACKOFF_FIRST)
        .with_max_backoff(BACKOFF_LONGEST);
    let mut settings = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(config.require(Variable::Region)?.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()))
        .http_client(AwsClient::new(trust))
        .timeout_config(timeouts)
        .retry_config(retries);
    settings.set_endpoint_url(config.get(Variable::Endpoint).map(str::to_owned));
    Ok(settings.build())
}

/// AWS proves itself by its own roots: five certificates instead of the system's hundred and more, which a cold start would
/// wait for (docs/adr/0002), and nobody else's word counts. An endpoint of somebody else's is trusted as the system says. Roots are read
/// here, so that the first request does not wait for it.
///
/// # Errors
/// If the system has no roots.
pub(crate) fn trust(endpoint: Option<&str>) -> Result<Trust, Box<dyn StdError + Send + Sync>> {
    match endpoint {
        Some(_) => Trust::system(),
        None => Trust::roots(AMAZON_ROOTS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roots_are_five_and_each_can_be_read() {
        // One that cannot be read is refused.
        trust(None).expect("roots");
        assert_eq!(AMAZON_ROOTS.matches("BEGIN CERTIFICATE").count(), 5);
    }
}
