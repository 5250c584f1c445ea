//! The SDK's common settings: one HTTP client with one TLS stack, short time limits, retries with jitter.

use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnectorSettings};

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

/// The certificates of the authorities that AWS uses.
const AMAZON_ROOTS: &str = include_str!("amazon-roots.pem");

/// Settings for every SDK client of this process. Credentials are those that Lambda puts into the environment; no file, no
/// metadata service and no token exchange is looked at.
pub(crate) fn sdk_config(config: &Config) -> Result<SdkConfig, MissingVariables> {
    let endpoint = config.get(Variable::Endpoint);
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
        .http_client(http_client(trust(endpoint)))
        .timeout_config(timeouts)
        .retry_config(retries);
    settings.set_endpoint_url(endpoint.map(str::to_owned));
    Ok(settings.build())
}

/// AWS proves itself by its own roots: five certificates instead of the system's hundred and more, which a cold start would
/// wait for (docs/adr/0002), and nobody else's word counts. An endpoint of somebody else's is trusted as the system says.
fn trust(endpoint: Option<&str>) -> TrustStore {
    match endpoint {
        Some(_) => TrustStore::default(),
        None => TrustStore::empty().with_pem_certificate(AMAZON_ROOTS),
    }
}

fn tls(trust: TrustStore) -> TlsContext {
    let Ok(tls) = TlsContext::builder().with_trust_store(trust).build() else {
        unreachable!("a trust store is looked at when it is used");
    };
    tls
}

/// Reads the trust store at once, so that the first request does not wait for it.
fn http_client(trust: TrustStore) -> impl HttpClient + 'static {
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(tls(trust))
        .build_https()
}

/// The same for a request now and then, of which no connection is kept.
pub(crate) fn connector(endpoint: Option<&str>) -> Connector {
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).build();
    Connector::builder()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(tls(trust(endpoint)))
        .connector_settings(settings)
        .pool_max_idle_per_host(0)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roots_are_five_and_each_can_be_read() {
        let settings = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .http_client(http_client(trust(None)))
            .build();
        // A client reads the roots as it is made, and refuses what it cannot read.
        drop(aws_sdk_dynamodb::Client::new(&settings));
        assert_eq!(AMAZON_ROOTS.matches("BEGIN CERTIFICATE").count(), 5);
    }
}
