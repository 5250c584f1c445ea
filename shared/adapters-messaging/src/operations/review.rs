//! Reads the manual-review queue.

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use holdfast_app::WorkflowError;
use holdfast_app::operations::{ReviewCase, ReviewQueue};
use holdfast_domain::BookingId;
use jiff::Timestamp;
use serde_json::Value;

use crate::client::OnFirstUse;

/// The most messages that SQS hands out at a time.
const BATCH_MAX: i32 = 10;
/// How long messages that were read are hidden from other readers.
const HIDDEN_SECONDS: i32 = 60;
/// The longest line about a case, in characters.
const TEXT_LENGTH_MAX: usize = 400;

/// The manual-review queue on SQS.
#[derive(Clone)]
pub struct SqsReviewQueue {
    client: OnFirstUse<Client>,
    url: String,
}

impl SqsReviewQueue {
    /// Makes the port for the queue with that URL.
    #[must_use]
    pub fn new(client: impl Into<OnFirstUse<Client>>, queue_url: &str) -> Self {
        Self { client: client.into(), url: queue_url.to_owned() }
    }
}

#[async_trait]
impl ReviewQueue for SqsReviewQueue {
    async fn cases(&self, limit: usize) -> Result<Vec<ReviewCase>, WorkflowError> {
        let (mut cases, mut seen) = (Vec::new(), BTreeSet::new());
        // Ends: each round brings a message that was not seen before, up to the limit.
        while cases.len() < limit {
            let received = self
                .client
                .receive_message()
                .queue_url(&self.url)
                .max_number_of_messages(BATCH_MAX)
                .visibility_timeout(HIDDEN_SECONDS)
                .wait_time_seconds(1)
                .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
                .send()
                .await
                .map_err(|error| WorkflowError(Box::new(error)))?;
            let before = cases.len();
            for message in received.messages() {
                if seen.insert(message.message_id().unwrap_or_default().to_owned()) {
                    cases.push(case(message));
                }
            }
            if cases.len() == before {
                break;
            }
        }
        Ok(cases)
    }

    async fn close(&self, case: &ReviewCase) -> Result<(), WorkflowError> {
        let deletion = self.client.delete_message().queue_url(&self.url).receipt_handle(&case.handle);
        match deletion.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(WorkflowError(Box::new(error))),
        }
    }
}

fn case(message: &Message) -> ReviewCase {
    let (booking, text) = read(message.body().unwrap_or_default());
    let sent = message.attributes().and_then(|all| all.get(&MessageSystemAttributeName::SentTimestamp));
    let at = sent.and_then(|sent| Timestamp::from_millisecond(sent.parse().ok()?).ok());
    ReviewCase {
        booking,
        text,
        at: at.unwrap_or(Timestamp::UNIX_EPOCH),
        handle: message.receipt_handle().unwrap_or_default().to_owned(),
    }
}

/// The booking of a message, and what it says in a line. There are three kinds (docs/runbook.md): a parked saga's, the bus's about
/// an execution that failed in a way no state could catch, and the reconciliation's, which is about a page or a payment as well.
fn read(body: &str) -> (Option<BookingId>, String) {
    let shortened = |text: &str| text.chars().take(TEXT_LENGTH_MAX).collect::<String>();
    let Ok(message) = serde_json::from_str::<Value>(body) else { return (None, shortened(body)) };
    let text = |pointer: &str| message.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    if let Some(id) = message["bookingId"].as_str() {
        let problem = &message["problem"];
        let line = format!("{} of {id} was parked: {problem}", text("/machine"));
        return (BookingId::parse(id).ok(), shortened(&line));
    }
    if text("/detail-type") == "Step Functions Execution Status Change" {
        let name = text("/detail/name");
        let line = format!("execution {name} ended {} {}", text("/detail/status"), text("/detail/error"));
        // An execution is named after its booking, and after its cause if it is not the first (docs/runbook.md).
        let id = name.split_once('-').map_or(name, |(id, _)| id);
        return (BookingId::parse(id).ok(), shortened(&line));
    }
    let data = &message["detail"]["data"];
    if let (Some(kind), Some(subject)) = (data["kind"].as_str(), data["subject"].as_str()) {
        let booking = subject.starts_with("bkg_").then(|| BookingId::parse(subject).ok()).flatten();
        return (booking, shortened(&format!("the reconciliation found {kind} of {subject}")));
    }
    (None, shortened(body))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(body: &str, booking: Option<&str>, text: &str) {
        let (read_booking, read_text) = read(body);
        assert_eq!(read_booking.as_ref().map(BookingId::as_str), booking, "{body}");
        assert_eq!(read_text, text, "{body}");
    }

    #[test]
    fn a_message_says_which_booking_it_is_about() {
        let parked =
            json!({ "machine": "booking", "bookingId": "bkg_1", "problem": { "error": "Throttled" } });
        check(&parked.to_string(), Some("bkg_1"), r#"booking of bkg_1 was parked: {"error":"Throttled"}"#);
        let failed = json!({
            "detail-type": "Step Functions Execution Status Change",
            "detail": { "name": "bkg_1-resume-2", "status": "FAILED", "error": "States.Runtime" },
        });
        check(&failed.to_string(), Some("bkg_1"), "execution bkg_1-resume-2 ended FAILED States.Runtime");
        let found = json!({ "detail": { "data": { "kind": "confirmed_mismatch", "subject": "r/event" } } });
        check(&found.to_string(), None, "the reconciliation found confirmed_mismatch of r/event");
        let found = json!({ "detail": { "data": { "kind": "refund_failed", "subject": "bkg_1" } } });
        check(&found.to_string(), Some("bkg_1"), "the reconciliation found refund_failed of bkg_1");
        for other in ["", "no JSON", "[]", r#"{"bookingId":"not an id"}"#] {
            assert_eq!(read(other).0, None, "{other}");
        }
        assert_eq!(read(&"x".repeat(1000)).1.len(), TEXT_LENGTH_MAX);
    }
}
