//! The SDK's requests over the connections of `holdfast_egress`: one list of them for every origin, whichever client asks.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use holdfast_egress::{Connections, ExchangeError, Limits, Trust};
use http::Uri;
use http::uri::{Authority, Scheme};

/// Within a region, a connection takes milliseconds.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// A process that was frozen for longer begins anew.
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);
/// DynamoDB, which says most, answers at most 16 MB of items, by `BatchGetItem`; as JSON small values are up to three times as long. The most
/// that is asked for at once is a hundred pages, of some 25 KB each.
const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;

/// The limits of connections to AWS.
pub(crate) fn limits(connect_timeout: Duration) -> Limits {
    Limits { connect_timeout, idle_timeout: IDLE_TIMEOUT }
}

/// The HTTP client of the SDK's clients. Its time limit is that of connecting; the SDK's own is on all of an attempt, and whoever drops
/// an attempt closes its connection.
pub(crate) struct AwsClient {
    origins: Arc<Origins>,
}

impl AwsClient {
    /// For endpoints that prove themselves by these authorities.
    pub(crate) fn new(trust: Trust) -> Self {
        Self { origins: Arc::new(Origins { trust, known: Mutex::default() }) }
    }
}

impl fmt::Debug for AwsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AwsClient")
    }
}

impl HttpClient for AwsClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let connect_timeout = settings.connect_timeout().unwrap_or(CONNECT_TIMEOUT);
        SharedHttpConnector::new(Connector { origins: self.origins.clone(), connect_timeout })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        Some(ConnectorMetadata::new("hyper", Some("1.x".into())))
    }
}

/// The connections to an endpoint, of one time limit.
struct Origin {
    scheme: Scheme,
    authority: Authority,
    connect_timeout: Duration,
    connections: Arc<Connections>,
}

struct Origins {
    trust: Trust,
    /// As many as there are endpoints that a function calls.
    known: Mutex<Vec<Origin>>,
}

impl Origins {
    fn connections(&self, url: &Uri, connect_timeout: Duration) -> Result<Arc<Connections>, BoxError> {
        let (Some(scheme), Some(authority)) = (url.scheme(), url.authority()) else {
            return Err("the request is to no host".into());
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let origin = known.iter().find(|origin| {
            origin.scheme == *scheme
                && origin.authority == *authority
                && origin.connect_timeout == connect_timeout
        });
        if let Some(origin) = origin {
            return Ok(origin.connections.clone());
        }
        let connections = Connections::new(url, None, self.trust.clone(), limits(connect_timeout))?;
        let connections = Arc::new(connections);
        known.push(Origin {
            scheme: scheme.clone(),
            authority: authority.clone(),
            connect_timeout,
            connections: connections.clone(),
        });
        Ok(connections)
    }
}

struct Connector {
    origins: Arc<Origins>,
    connect_timeout: Duration,
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").field("connect_timeout", &self.connect_timeout).finish_non_exhaustive()
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if let Some(connection) = request.extension::<CaptureSmithyConnection>() {
            // After an attempt that failed for now the SDK wants its connection closed. It is: none is kept that broke or that
            // the server failed on.
            connection.set_connection_retriever(|| {
                Some(ConnectionMetadata::builder().proxied(false).poison_fn(|| {}).build())
            });
        }
        HttpConnectorFuture::new(exchange(self.origins.clone(), self.connect_timeout, request))
    }
}

async fn exchange(
    origins: Arc<Origins>,
    connect_timeout: Duration,
    request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let (head, body) = request.into_parts();
    if body.bytes().is_none() {
        return Err(ConnectorError::user("what is sent must be in memory".into()));
    }
    // By the body's own way, so that the SDK sees that it was taken, and does not wait for a stalled upload.
    let body = ByteStream::new(body).collect().await.map_err(|error| ConnectorError::user(error.into()))?;
    let connections = origins.connections(&head.uri, connect_timeout).map_err(ConnectorError::user)?;
    let message = http::Request::from_parts(head, body.into_bytes());
    let answer = connections.exchange(message, Some(ANSWER_BYTES_MAX), &mut false).await.map_err(failed)?;
    HttpResponse::try_from(answer.map(SdkBody::from))
        .map_err(|error| ConnectorError::other(error.into(), None))
}

/// The SDK tries again what is late or broke, as it does after its own client.
fn failed(error: ExchangeError) -> ConnectorError {
    match error {
        ExchangeError::Late(_) => ConnectorError::timeout(error.into()),
        ExchangeError::NoConnection(_) | ExchangeError::Broken(_) => ConnectorError::io(error.into()),
        ExchangeError::NoAnswer(_) | ExchangeError::TooLong(_) => ConnectorError::other(error.into(), None),
    }
}

#[cfg(test)]
mod tests;
