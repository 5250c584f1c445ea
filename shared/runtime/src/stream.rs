//! The entry of functions behind a table's stream. Records of a batch are in order, and a failure reports the first that
//! was not done: the stream goes on from there, cuts the batch in half if that fails again, and in the end sets the record
//! aside.

use std::future::Future;

use holdfast_app::StoreError;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::batch::{self, BatchFailures};
use crate::causes;
use crate::queue::MessageError;

/// A batch of stream records.
#[derive(Debug, Clone, Deserialize)]
pub struct StreamEvent {
    #[serde(rename = "Records")]
    records: Vec<Value>,
}

/// Decodes what a record says from the item after the write and the item before it. The adapter that writes the table has
/// such a function.
pub type Decode<T> = fn(Option<Value>, Option<Value>) -> Result<T, StoreError>;

/// One write to a table.
#[derive(Debug, Clone)]
pub struct Record<T> {
    /// The record's place in the stream: what a failure names.
    pub sequence_number: String,
    /// What the record says.
    pub content: T,
    /// The approximate time of the write; DynamoDB gives it to the second.
    pub at: Timestamp,
}

#[derive(Deserialize)]
struct Raw {
    dynamodb: RawChange,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawChange {
    #[serde(default)]
    new_image: Option<Value>,
    #[serde(default)]
    old_image: Option<Value>,
    #[serde(default)]
    approximate_creation_date_time: f64,
    sequence_number: String,
}

/// The first record that was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotDone {
    /// Its place in the stream.
    pub sequence_number: String,
}

fn read<T>(record: &Value, decode: Decode<T>) -> Result<Record<T>, MessageError> {
    let Raw { dynamodb } = Raw::deserialize(record)?;
    #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970")]
    let at = Timestamp::from_second(dynamodb.approximate_creation_date_time as i64);
    Ok(Record {
        sequence_number: dynamodb.sequence_number,
        content: decode(dynamodb.new_image, dynamodb.old_image)?,
        at: at.unwrap_or(Timestamp::UNIX_EPOCH),
    })
}

/// Handles a batch up to the first record that cannot be read.
pub async fn process<T, F, Fut>(event: StreamEvent, decode: Decode<T>, handle: F) -> BatchFailures
where
    F: FnOnce(Vec<Record<T>>) -> Fut,
    Fut: Future<Output = Result<(), NotDone>>,
{
    let mut records = Vec::with_capacity(event.records.len());
    let mut unreadable = None;
    for raw in &event.records {
        match read(raw, decode) {
            Ok(record) => records.push(record),
            Err(error) => {
                let place = raw.pointer("/dynamodb/SequenceNumber").and_then(Value::as_str);
                let error = causes(error.as_ref());
                tracing::error!(sequence_number = place, error, "a stream record that cannot be read");
                unreadable = Some(NotDone { sequence_number: place.unwrap_or_default().to_owned() });
                break;
            }
        }
    }
    let outcome = handle(records).await;
    let failed = outcome.err().or(unreadable);
    BatchFailures::of(failed.map(|failed| failed.sequence_number).into_iter().collect())
}

/// Serves batches until the process ends.
///
/// # Errors
/// The runtime's own.
pub async fn serve<T, F, Fut>(decode: Decode<T>, handle: F) -> Result<(), lambda_runtime::Error>
where
    F: Fn(Vec<Record<T>>) -> Fut,
    Fut: Future<Output = Result<(), NotDone>>,
{
    let handle = &handle;
    batch::serve(move |event: StreamEvent| process(event, decode, handle)).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(sequence_number: &str, image: &Value) -> Value {
        json!({"eventName": "MODIFY", "eventSource": "aws:dynamodb", "dynamodb": {
            "SequenceNumber": sequence_number, "NewImage": image, "ApproximateCreationDateTime": 1_800_000_000.0}})
    }

    async fn check(records: Vec<Value>, not_done: Option<&str>, expected: &[&str], reached: usize) {
        let event = serde_json::from_value(json!({ "Records": records })).expect("a batch");
        let decode: Decode<String> = |new, _| {
            let number = new.and_then(|new| new["seq"]["N"].as_str().map(str::to_owned));
            number
                .ok_or_else(|| StoreError::Corrupt { item: "R#1".to_owned(), reason: "no number".to_owned() })
        };
        let failures = process(event, decode, |records| async move {
            assert_eq!(records.len(), reached);
            assert!(records.iter().all(|record| record.content == record.sequence_number));
            assert!(records.iter().all(|record| record.at.as_second() == 1_800_000_000));
            not_done.map_or(Ok(()), |place| Err(NotDone { sequence_number: place.to_owned() }))
        })
        .await;
        assert_eq!(failures.ids(), expected);
    }

    #[tokio::test]
    async fn the_first_record_not_done_is_reported() {
        let good = |number: &str| record(number, &json!({"pk": {"S": "R#1"}, "seq": {"N": number}}));
        let poison = |number: &str| record(number, &json!({"pk": {"X": 1}}));
        let mut torn = good("2");
        torn["dynamodb"]["ApproximateCreationDateTime"] = json!("yesterday");
        check(vec![good("1"), good("2")], None, &[], 2).await;
        check(vec![good("1"), good("2")], Some("2"), &["2"], 2).await;
        check(vec![good("1"), poison("2"), good("3")], None, &["2"], 1).await;
        check(vec![good("1"), torn, good("3")], None, &["2"], 1).await;
        check(vec![good("1"), poison("2")], Some("1"), &["1"], 1).await;
    }
}
