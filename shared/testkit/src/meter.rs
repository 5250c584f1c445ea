//! What calls cost: every call asks for its consumed capacity, and what the answers say is added up.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::Value;

/// Units of capacity that a client has consumed, by table. Clones share the count.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<Mutex<BTreeMap<String, f64>>>);

impl Meter {
    /// The units that were consumed of a table since this was asked last.
    #[must_use]
    pub fn take(&self, table: &str) -> f64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(table).unwrap_or(0.0)
    }

    fn note(&self, answer: &[u8]) {
        let Ok(answer) = serde_json::from_slice::<Value>(answer) else { return };
        let consumed = match &answer["ConsumedCapacity"] {
            Value::Array(tables) => tables.clone(),
            Value::Null => Vec::new(),
            table => vec![table.clone()],
        };
        let mut units = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for table in consumed {
            let name = table["TableName"].as_str().unwrap_or_default().to_owned();
            *units.entry(name).or_default() += table["CapacityUnits"].as_f64().unwrap_or(0.0);
        }
    }

    /// The client with its calls counted.
    pub(crate) fn http_client(&self, whole: SharedHttpClient) -> SharedHttpClient {
        let meter = self.clone();
        http_client_fn(move |settings, components| {
            let inner = whole.http_connector(settings, components);
            SharedHttpConnector::new(Connector { inner, meter: meter.clone() })
        })
    }
}

#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
    meter: Meter,
}

impl HttpConnector for Connector {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
        if let Some(mut body) = body {
            body["ReturnConsumedCapacity"] = "TOTAL".into();
            let body = body.to_string();
            request.headers_mut().insert("content-length", body.len().to_string());
            *request.body_mut() = SdkBody::from(body);
        }
        let (answer, meter) = (self.inner.call(request), self.meter.clone());
        HttpConnectorFuture::new(async move {
            let mut answer = answer.await?;
            let body = std::mem::replace(answer.body_mut(), SdkBody::empty());
            let body = ByteStream::new(body).collect().await;
            let body = body.map_err(|error| ConnectorError::io(error.into()))?.into_bytes();
            meter.note(&body);
            *answer.body_mut() = SdkBody::from(body);
            Ok(answer)
        })
    }
}
