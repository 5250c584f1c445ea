//! Parks findings of the reconciliation in the manual-review queue, where the state machines park theirs.

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use holdfast_app::WorkflowError;
use holdfast_app::operations::ManualReview;
use holdfast_app::operations::reconciliation::Finding;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::client::OnFirstUse;
use crate::queue::Queue;

/// The name in place of a state machine's.
const MACHINE: &str = "reconciliation";

/// The manual-review queue.
#[derive(Clone)]
pub struct SqsManualReview {
    queue: Queue,
}

impl SqsManualReview {
    /// Makes the port for the queue with that URL.
    #[must_use]
    pub fn new(client: impl Into<OnFirstUse<Client>>, queue_url: &str) -> Self {
        Self { queue: Queue::new(client, queue_url) }
    }
}

/// Builds the message in the shape of a state machine's (`Park` in `statemachines/*.asl.json`), with the finding as the problem.
fn message(finding: &Finding, at: Timestamp) -> Value {
    json!({
        "machine": MACHINE,
        "bookingId": finding.booking.as_ref().map(holdfast_domain::BookingId::as_str),
        "execution": format!("{MACHINE}-{at}"),
        "problem": { "state": finding.subject, "error": finding.kind.as_str(), "cause": finding.detail },
    })
}

#[async_trait]
impl ManualReview for SqsManualReview {
    async fn park(&self, finding: &Finding, at: Timestamp) -> Result<(), WorkflowError> {
        self.queue.send(message(finding, at).to_string(), 0).await
    }
}

#[cfg(test)]
mod tests {
    use holdfast_app::operations::reconciliation::{Kind, Remedy};
    use holdfast_domain::BookingId;

    use super::*;

    #[test]
    fn a_message_has_the_parts_of_a_parked_saga() {
        let finding = Finding {
            kind: Kind::OrphanedPayment,
            subject: "pi_1".to_owned(),
            booking: Some(BookingId::parse("bkg_1").expect("valid")),
            detail: "captured, 12900".to_owned(),
            remedy: Remedy::Review,
        };
        let at = "2026-06-01T10:00:00Z".parse().expect("a time");
        assert_eq!(
            message(&finding, at),
            json!({
                "machine": "reconciliation",
                "bookingId": "bkg_1",
                "execution": "reconciliation-2026-06-01T10:00:00Z",
                "problem": {"state": "pi_1", "error": "orphaned_payment", "cause": "captured, 12900"},
            })
        );
        let page = Finding { booking: None, ..finding };
        assert!(message(&page, at)["bookingId"].is_null());
    }
}
