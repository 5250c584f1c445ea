//! The entry of functions behind a table's stream. Records of a batch are in order, and a failure reports the first that
//! was not done: the stream goes on from there, for half a day, and so waits out whatever passes.
//!
//! What can never be done must not hold up what follows: the entry sets such a poison record aside, once all before it is done, and
//! goes on with the next, also of the same item. Nothing but what is stored makes a record poison: an outage, throttling, a
//! conflict, a panic do not. Where setting it aside fails, the record counts as not done, and is met again.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use holdfast_app::operations::{PoisonRecord, PoisonRecords};
use holdfast_app::{Failure, StoreError};
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

/// The first record that was not done, by its place in the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotDone {
    /// It may be done later.
    Later(String),
    /// It is poison: it can never be done.
    Never(String),
}

impl NotDone {
    /// A record whose use case failed.
    pub(crate) fn of(sequence_number: String, failure: &Failure) -> Self {
        if failure.is_fault() { Self::Never(sequence_number) } else { Self::Later(sequence_number) }
    }
}

fn place(raw: &Value) -> Option<&str> {
    raw.pointer("/dynamodb/SequenceNumber").and_then(Value::as_str)
}

/// What is known of a record that cannot be worked, also if it cannot be read.
fn poison(raw: &Value, sequence_number: &str) -> PoisonRecord {
    let keys = raw.pointer("/dynamodb/Keys").and_then(Value::as_object).into_iter().flatten();
    let text = |value: &Value| Some(value.get("S")?.as_str()?.to_owned());
    let keys: BTreeMap<String, String> =
        keys.filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect();
    let stream = raw.get("eventSourceARN").and_then(Value::as_str).unwrap_or_default().to_owned();
    PoisonRecord { stream, sequence_number: sequence_number.to_owned(), keys }
}

/// Reads the records of a table's stream.
pub struct StreamReader<T> {
    decode: Decode<T>,
    poison: Arc<dyn PoisonRecords>,
}

impl<T> StreamReader<T> {
    /// Makes a reader of records that `decode` reads. Those that can never be worked are set aside.
    #[must_use]
    pub fn new(decode: Decode<T>, poison: Arc<dyn PoisonRecords>) -> Self {
        Self { decode, poison }
    }

    fn read(&self, record: &Value) -> Result<Record<T>, MessageError> {
        let Raw { dynamodb } = Raw::deserialize(record)?;
        #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970")]
        let at = Timestamp::from_second(dynamodb.approximate_creation_date_time as i64);
        Ok(Record {
            sequence_number: dynamodb.sequence_number,
            content: (self.decode)(dynamodb.new_image, dynamodb.old_image)?,
            at: at.unwrap_or(Timestamp::UNIX_EPOCH),
        })
    }

    /// Reads up to the first record that cannot be read.
    fn read_all(&self, raws: &[Value]) -> (Vec<Record<T>>, Result<(), NotDone>) {
        let mut records = Vec::with_capacity(raws.len());
        for raw in raws {
            match self.read(raw) {
                Ok(record) => records.push(record),
                Err(error) => {
                    let sequence_number = place(raw);
                    let error = causes(error.as_ref());
                    tracing::error!(sequence_number, error, "a stream record that cannot be read");
                    return (records, Err(NotDone::Never(sequence_number.unwrap_or_default().to_owned())));
                }
            }
        }
        (records, Ok(()))
    }

    /// Handles a batch in order, but for records that can never be worked: these are set aside.
    pub async fn process<F, Fut>(&self, event: StreamEvent, handle: F) -> BatchFailures
    where
        F: Fn(Vec<Record<T>>) -> Fut,
        Fut: Future<Output = Result<(), NotDone>>,
    {
        let mut rest = event.records.as_slice();
        // Ends: each turn leaves fewer records.
        while !rest.is_empty() {
            let (records, readable) = self.read_all(rest);
            match handle(records).await.and(readable) {
                Ok(()) => break,
                Err(NotDone::Later(sequence_number)) => return BatchFailures::of(vec![sequence_number]),
                Err(NotDone::Never(sequence_number)) => match self.set_aside(rest, &sequence_number).await {
                    Some(following) => rest = following,
                    None => return BatchFailures::of(vec![sequence_number]),
                },
            }
        }
        BatchFailures::default()
    }

    /// Sets a record aside; gives those that follow it, if it is set aside.
    async fn set_aside<'a>(&self, records: &'a [Value], sequence_number: &str) -> Option<&'a [Value]> {
        let position = records.iter().position(|raw| place(raw) == Some(sequence_number))?;
        let record = poison(records.get(position)?, sequence_number);
        if let Err(error) = self.poison.set_aside(&record).await {
            tracing::error!(sequence_number, error = causes(&error), "a poison record was not set aside");
            return None;
        }
        tracing::error!(sequence_number, keys = ?record.keys, "a poison record was set aside");
        records.get(position + 1..)
    }

    /// Serves batches until the process ends.
    ///
    /// # Errors
    /// The runtime's own.
    pub async fn serve<F, Fut>(&self, handle: F) -> Result<(), lambda_runtime::Error>
    where
        F: Fn(Vec<Record<T>>) -> Fut,
        Fut: Future<Output = Result<(), NotDone>>,
    {
        let handle = &handle;
        batch::serve(move |event: StreamEvent| self.process(event, handle)).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use holdfast_app::WorkflowError;
    use serde_json::json;

    use super::*;

    fn record(sequence_number: &str, image: &Value) -> Value {
        json!({"eventName": "MODIFY", "eventSource": "aws:dynamodb", "eventSourceARN": "arn:stream", "dynamodb": {
            "Keys": {"pk": {"S": "R#1"}, "sk": {"S": "R"}}, "SequenceNumber": sequence_number, "NewImage": image,
            "ApproximateCreationDateTime": 1_800_000_000.0}})
    }

    fn good(number: &str) -> Value {
        record(number, &json!({"pk": {"S": "R#1"}, "seq": {"N": number}}))
    }

    fn unreadable(number: &str) -> Value {
        record(number, &json!({"pk": {"X": 1}, "email": {"S": "guest@example.com"}}))
    }

    fn torn(number: &str) -> Value {
        let mut record = good(number);
        record["dynamodb"]["ApproximateCreationDateTime"] = json!("yesterday");
        record
    }

    /// A place for poison records, which may be away.
    #[derive(Default)]
    struct Aside {
        records: Mutex<Vec<PoisonRecord>>,
        is_away: bool,
    }

    #[async_trait]
    impl PoisonRecords for Aside {
        async fn set_aside(&self, record: &PoisonRecord) -> Result<(), WorkflowError> {
            if self.is_away {
                return Err(WorkflowError("the queue is away".into()));
            }
            self.records.lock().expect("not poisoned").push(record.clone());
            Ok(())
        }
    }

    /// What is reported, set aside and done of a batch whose handler does not do a record, as often as it meets it.
    #[derive(Debug, Default, PartialEq, Eq)]
    struct Outcome {
        reported: Vec<String>,
        aside: Vec<String>,
        done: Vec<String>,
    }

    async fn outcome(records: Vec<Value>, not_done: Option<NotDone>, aside: &Arc<Aside>) -> Outcome {
        let event = serde_json::from_value(json!({ "Records": records })).expect("a batch");
        let decode: Decode<String> = |new, _| {
            let number = new.and_then(|new| new["seq"]["N"].as_str().map(str::to_owned));
            number
                .ok_or_else(|| StoreError::Corrupt { item: "R#1".to_owned(), reason: "no number".to_owned() })
        };
        let done = Mutex::new(Vec::new());
        let reader = StreamReader::new(decode, Arc::clone(aside) as Arc<dyn PoisonRecords>);
        let (done_of, not_done) = (&done, &not_done);
        let failures = reader.process(event, |records| async move {
            for record in records {
                assert_eq!(
                    (&record.content, record.at.as_second()),
                    (&record.sequence_number, 1_800_000_000)
                );
                match not_done {
                    Some(fault @ (NotDone::Later(place) | NotDone::Never(place)))
                        if *place == record.sequence_number =>
                    {
                        return Err(fault.clone());
                    }
                    _ => done_of.lock().expect("not poisoned").push(record.sequence_number),
                }
            }
            Ok(())
        });
        let reported = failures.await.ids().into_iter().map(str::to_owned).collect();
        let set_aside = std::mem::take(&mut *aside.records.lock().expect("not poisoned"));
        let keys = [("pk", "R#1"), ("sk", "R")].map(|(name, text)| (name.to_owned(), text.to_owned()));
        let places = set_aside.into_iter().map(|record| {
            let named = PoisonRecord { sequence_number: String::new(), ..record.clone() };
            let expected = PoisonRecord {
                stream: "arn:stream".to_owned(),
                sequence_number: String::new(),
                keys: keys.clone().into(),
            };
            assert_eq!(named, expected, "it names the record, and nothing of what is in it");
            record.sequence_number
        });
        Outcome { reported, aside: places.collect(), done: done.into_inner().expect("not poisoned") }
    }

    async fn check(records: Vec<Value>, not_done: Option<NotDone>, expected: [&[&str]; 3]) {
        let [reported, aside, done] =
            expected.map(|places| places.iter().copied().map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(outcome(records, not_done, &Arc::default()).await, Outcome { reported, aside, done });
    }

    #[tokio::test]
    async fn the_first_record_not_done_is_reported() {
        check(vec![good("1"), good("2")], None, [&[], &[], &["1", "2"]]).await;
        let later = Some(NotDone::Later("2".to_owned()));
        check(vec![good("1"), good("2"), good("3")], later, [&["2"], &[], &["1"]]).await;
    }

    #[tokio::test]
    async fn a_poison_record_is_set_aside_and_what_follows_it_is_done() {
        let never = |place: &str| Some(NotDone::Never(place.to_owned()));
        check(vec![good("1"), unreadable("2"), good("3")], None, [&[], &["2"], &["1", "3"]]).await;
        check(vec![good("1"), torn("2"), good("3")], None, [&[], &["2"], &["1", "3"]]).await;
        check(vec![unreadable("1"), unreadable("2")], None, [&[], &["1", "2"], &[]]).await;
        check(vec![good("1"), good("2"), good("3")], never("2"), [&[], &["2"], &["1", "3"]]).await;
        check(
            vec![good("1"), good("2"), unreadable("3"), good("4")],
            never("1"),
            [&[], &["1", "3"], &["2", "4"]],
        )
        .await;
    }

    #[tokio::test]
    async fn no_record_is_set_aside_before_all_that_come_before_it_are_done() {
        let later = Some(NotDone::Later("1".to_owned()));
        check(vec![good("1"), unreadable("2")], later.clone(), [&["1"], &[], &[]]).await;
        check(vec![unreadable("0"), good("1"), unreadable("2")], later, [&["1"], &["0"], &[]]).await;
    }

    #[tokio::test]
    async fn a_record_that_cannot_be_set_aside_is_met_again() {
        let away = Arc::new(Aside { is_away: true, ..Aside::default() });
        let outcome = outcome(vec![good("1"), unreadable("2"), good("3")], None, &away).await;
        assert_eq!((outcome.reported, outcome.done), (vec!["2".to_owned()], vec!["1".to_owned()]));
    }

    /// `docs/runbook.md`, Messages set aside: `GetRecords` gives the time in another form, which is left out.
    #[tokio::test]
    async fn a_record_as_a_person_reads_it_from_the_stream_is_worked() {
        let text = include_str!("../../../events/samples/stream/ledger-page.json");
        let event: Value = serde_json::from_str(text).expect("JSON");
        let mut record = event["Records"][0].clone();
        record["dynamodb"].as_object_mut().expect("a change").remove("ApproximateCreationDateTime");
        record.as_object_mut().expect("a record").remove("eventSourceARN");
        let event = serde_json::from_value(json!({ "Records": [record] })).expect("a batch");
        let reader = StreamReader::new(|new, _| Ok(new.is_some()), Arc::new(Aside::default()));
        let failures = reader.process(event, |records| async move {
            assert!(records.len() == 1 && records[0].content);
            Ok(())
        });
        assert_eq!(failures.await.ids(), [""; 0]);
    }

    #[tokio::test]
    async fn a_record_that_cannot_be_named_fails_its_whole_batch() {
        let mut nameless = good("1");
        nameless["dynamodb"].as_object_mut().expect("a change").remove("SequenceNumber");
        check(vec![nameless, good("2")], None, [&[""], &[], &[]]).await;
    }
}
