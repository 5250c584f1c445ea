//! The SDK's common settings: one HTTP client with one TLS stack, short time limits, retries with jitter.

use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::SharedCredentialsProvider;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

use crate::config::{Config, MissingVariables, Variable};

/// Within a region, a connection takes milliseconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// One try. DynamoDB answers within 25 ms; what takes seconds is lost.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
/// All tries of one call together.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(8);
const ATTEMPTS_MAX: u32 = 4;
const BACKOFF_FIRST: Duration = Duration::from_millis(50);
const BACKOFF_LONGEST: Duration = Duration::from_millis(500);

/// Settings for every SDK client of this process. Credentials are those that Lambda puts into the environment; no file, no
/// metadata service and no token exchange is looked at.
pub(crate) fn sdk_config(config: &Config) -> Result<SdkConfig, MissingVariables> {
    let http_client =
        aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
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
        .http_client(http_client)
        .timeout_config(timeouts)
        .retry_config(retries);
    settings.set_endpoint_url(config.get(Variable::Endpoint).map(str::to_owned));
    Ok(settings.build())
}
