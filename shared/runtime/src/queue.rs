//! The entry of functions behind a queue. Messages of a batch are handled side by side, so that a slow one does not use up
//! the others' time, and fail one by one.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use futures::future::join_all;
use serde::Deserialize;
use serde_json::Value;
use tracing::Instrument;

use crate::batch::{self, BatchFailures};
use crate::causes;

/// A batch of messages.
#[derive(Debug, Clone, Deserialize)]
pub struct QueueEvent {
    #[serde(rename = "Records")]
    records: Vec<QueueRecord>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct QueueRecord {
    message_id: String,
    #[serde(default)]
    body: String,
}

/// Why a message is not done with.
pub type MessageError = Box<dyn std::error::Error + Send + Sync>;

/// Handles every message of a batch; what fails, panics or is no JSON is reported, to be delivered again and in the end
/// set aside.
pub async fn process<F, Fut>(event: QueueEvent, handle: F) -> BatchFailures
where
    F: Fn(Value) -> Fut,
    Fut: Future<Output = Result<(), MessageError>>,
{
    let handle = &handle;
    let outcomes = join_all(event.records.into_iter().map(|record| async move {
        let QueueRecord { message_id, body } = record;
        let body: Value = match serde_json::from_str(&body) {
            Ok(body) => body,
            Err(error) => {
                tracing::error!(message_id, %error, "a message that is no JSON");
                return Err(message_id);
            }
        };
        let traceparent = body.pointer("/detail/traceparent").and_then(Value::as_str).unwrap_or_default();
        let span = tracing::info_span!("message", message_id, traceparent);
        let handled = AssertUnwindSafe(async { handle(body).await }).catch_unwind().instrument(span.clone());
        let outcome = handled.await;
        let _inside = span.enter();
        match outcome {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                tracing::error!(error = causes(error.as_ref()), "the message failed");
                Err(message_id)
            }
            Err(_) => {
                tracing::error!("the handler panicked");
                Err(message_id)
            }
        }
    }))
    .await;
    BatchFailures::of(outcomes.into_iter().filter_map(Result::err).collect())
}

/// Serves messages until the process ends.
///
/// # Errors
/// The runtime's own.
pub async fn serve<F, Fut>(handle: F) -> Result<(), lambda_runtime::Error>
where
    F: Fn(Value) -> Fut,
    Fut: Future<Output = Result<(), MessageError>>,
{
    let handle = &handle;
    batch::serve(move |event: QueueEvent| process(event, handle)).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn messages_fail_one_by_one() {
        let record = |id: &str, body: &str| json!({"messageId": id, "body": body, "eventSource": "aws:sqs"});
        let event = json!({"Records": [
            record("1", "\"fine\""),
            record("2", "\"wrong\""),
            record("3", "{"),
            record("4", "\"panic\""),
            record("5", "\"fine\""),
        ]});
        let event = serde_json::from_value(event).expect("a batch");
        let failures = process(event, |body| async move {
            match body.as_str() {
                Some("fine") => Ok(()),
                Some("panic") => panic!("as the test wants it"),
                _ => Err("wrong".into()),
            }
        })
        .await;
        assert_eq!(failures.ids(), ["2", "3", "4"]);
        assert_eq!(
            serde_json::to_value(failures).expect("JSON"),
            json!({"batchItemFailures": [{"itemIdentifier": "2"}, {"itemIdentifier": "3"}, {"itemIdentifier": "4"}]})
        );
    }
}
