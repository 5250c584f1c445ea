//! Batches: what queues and streams deliver, and which of it failed.

use std::future::Future;

use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failed {
    item_identifier: String,
}

/// The answer to a batch (`ReportBatchItemFailures`): of a queue, the messages to deliver again; of a stream, the record
/// to go on from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchFailures {
    batch_item_failures: Vec<Failed>,
}

impl BatchFailures {
    /// These failed.
    #[must_use]
    pub fn of(ids: Vec<String>) -> Self {
        let batch_item_failures = ids.into_iter().map(|item_identifier| Failed { item_identifier }).collect();
        Self { batch_item_failures }
    }

    /// The ids of what failed.
    #[must_use]
    pub fn ids(&self) -> Vec<&str> {
        self.batch_item_failures.iter().map(|failed| failed.item_identifier.as_str()).collect()
    }
}

/// Serves batches until the process ends.
///
/// # Errors
/// The runtime's own.
pub async fn serve<E, F, Fut>(handle: F) -> Result<(), lambda_runtime::Error>
where
    E: DeserializeOwned,
    F: Fn(E) -> Fut,
    Fut: Future<Output = BatchFailures>,
{
    let handle = &handle;
    let service =
        service_fn(
            move |event: LambdaEvent<E>| async move { Ok::<_, Diagnostic>(handle(event.payload).await) },
        );
    Runtime::new(service).run().await
}
