//! Sets poison records aside on the queue on which a stream's event source mapping sets aside what it repeated for too long.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use holdfast_app::WorkflowError;
use holdfast_app::operations::{PoisonRecord, PoisonRecords};
use serde::Serialize;

use crate::client::OnFirstUse;
use crate::queue::Queue;

/// By which people distinguish these messages from those of the mapping itself.
const SOURCE: &str = "holdfast.poison";
const VERSION: u32 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    source: &'static str,
    version: u32,
    stream_arn: &'a str,
    sequence_number: &'a str,
    keys: &'a BTreeMap<String, String>,
}

/// The poison records on one queue.
#[derive(Clone)]
pub struct SqsPoisonRecords {
    queue: Queue,
}

impl SqsPoisonRecords {
    /// Makes the port for the queue with that URL.
    #[must_use]
    pub fn new(client: impl Into<OnFirstUse<Client>>, queue_url: &str) -> Self {
        Self { queue: Queue::new(client, queue_url) }
    }
}

fn body(record: &PoisonRecord) -> Result<String, serde_json::Error> {
    let PoisonRecord { stream, sequence_number, keys } = record;
    serde_json::to_string(&Message {
        source: SOURCE,
        version: VERSION,
        stream_arn: stream,
        sequence_number,
        keys,
    })
}

#[async_trait]
impl PoisonRecords for SqsPoisonRecords {
    async fn set_aside(&self, record: &PoisonRecord) -> Result<(), WorkflowError> {
        let body = body(record).map_err(|error| WorkflowError(Box::new(error)))?;
        self.queue.send(body, 0).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_the_record_and_says_nothing_of_its_content() {
        let keys = [("pk", "R#room"), ("sk", "P#2030-06")];
        let record = PoisonRecord {
            stream: "arn:aws:dynamodb:eu-central-1:1:table/ledger/stream/x".to_owned(),
            sequence_number: "111".to_owned(),
            keys: keys.map(|(name, text)| (name.to_owned(), text.to_owned())).into(),
        };
        assert_eq!(
            body(&record).expect("JSON"),
            concat!(
                r#"{"source":"holdfast.poison","version":1,"#,
                r#""streamArn":"arn:aws:dynamodb:eu-central-1:1:table/ledger/stream/x","#,
                r#""sequenceNumber":"111","keys":{"pk":"R#room","sk":"P#2030-06"}}"#
            )
        );
    }
}
