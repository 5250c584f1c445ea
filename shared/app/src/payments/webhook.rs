//! Webhooks of the payment provider. The signature is verified; the content is not believed, the provider is asked for the
//! payment instead. So duplicates, delays and wrong order have no second effect.

use std::cmp::Ordering;
use std::sync::Arc;

use async_trait::async_trait;
use holdfast_domain::{Booking, BookingEvent, BookingId, BookingStatus, PaymentStatus, PaymentStep};
use jiff::Timestamp;
use thiserror::Error;

use crate::bookings::commit::{Decision, commit};
use crate::bookings::port::BookingJournal;
use crate::kernel::errors::{PaymentError, SecretError};
use crate::kernel::failure::Failure;
use crate::kernel::mutation::Mutation;
use crate::payments::port::{
    Dispute, Payment, PaymentInquiry, PaymentState, SagaCallbacks, SagaResumption, SettlementSaga,
    no_more_than,
};

/// What a verified webhook says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookEvent {
    /// The provider's name for the event: the same when it is sent again.
    pub id: String,
    /// Such as `payment_intent.succeeded`.
    pub kind: String,
    /// The payment it is about, if it is about one.
    pub intent: Option<String>,
}

/// Why a webhook is turned away at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidWebhook {
    /// The signature header cannot be read.
    #[error("the signature header is malformed")]
    Malformed,
    /// It was signed too long ago, or in the future.
    #[error("the signature is outside of the tolerated time")]
    Stale,
    /// Nobody who knows the secret signed this.
    #[error("the signature does not match")]
    Foreign,
    /// The signature is right, the payload is not an event.
    #[error("the payload is signed and is not an event")]
    Payload,
    /// The signature is right, and the event says too little to find its payment.
    #[error(
        "the event has a thin payload, which does not name the payment: let the event destination send snapshots"
    )]
    Thin,
}

/// Why a webhook was not verified.
#[derive(Debug, Error)]
pub enum WebhookError {
    /// The webhook is turned away.
    #[error(transparent)]
    Invalid(#[from] InvalidWebhook),
    /// The key cannot be read, so that no signature can be checked. The provider sends the webhook again.
    #[error("webhooks cannot be verified")]
    Secret(#[from] SecretError),
}

/// Verifies a webhook's signature and reads its event.
#[async_trait]
pub trait WebhookVerifier: Send + Sync {
    /// Returns the event in `payload`, whose signature header is `header`, received at `now`.
    async fn verify(
        &self,
        payload: &[u8],
        header: &str,
        now: Timestamp,
    ) -> Result<WebhookEvent, WebhookError>;
}

/// What a webhook led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// No booking of ours, or nothing new.
    Nothing,
    /// A saga that waited for the customer goes on.
    Resumed,
    /// The money of a cancelled or failed booking is being settled.
    Settling,
    /// What the provider says of money that was taken was written down: a refund made in its dashboard or one that failed, a
    /// dispute or its end.
    Recorded,
}

/// The use case of the webhook function.
pub struct Webhook {
    journal: Arc<dyn BookingJournal>,
    callbacks: Arc<dyn SagaCallbacks>,
    payments: Arc<dyn PaymentInquiry>,
    resumption: Arc<dyn SagaResumption>,
    settlement: Arc<dyn SettlementSaga>,
}

impl Webhook {
    /// Over the journal of bookings, a payment provider, and the sagas that it resumes or starts.
    #[must_use]
    pub fn new(
        journal: Arc<dyn BookingJournal>,
        callbacks: Arc<dyn SagaCallbacks>,
        payments: Arc<dyn PaymentInquiry>,
        resumption: Arc<dyn SagaResumption>,
        settlement: Arc<dyn SettlementSaga>,
    ) -> Self {
        Self { journal, callbacks, payments, resumption, settlement }
    }

    /// Something happened to the payment `intent`, says the event `event_id`.
    ///
    /// # Errors
    /// [`Failure`] on an outage; the provider sends the event again.
    pub async fn on_payment(
        &self,
        event_id: &str,
        intent: &str,
        mutation: &Mutation,
    ) -> Result<Reaction, Failure> {
        let payment = match self.payments.inquire(intent).await {
            Ok(payment) => payment,
            Err(PaymentError::Refused { code, .. }) => {
                tracing::warn!(intent, code, "the provider refuses to show a payment that its webhook names");
                return Ok(Reaction::Nothing);
            }
            Err(error) => return Err(error.into()),
        };
        let Some(id) = payment.booking.as_deref().and_then(|id| BookingId::parse(id).ok()) else {
            return Ok(Reaction::Nothing);
        };
        let Some(before) = self.journal.booking(&id).await? else {
            return Ok(Reaction::Nothing);
        };
        // What the booking says may be younger than the answer: what it denies is asked about once more.
        let payment = match unrecorded_step(&before, &payment) {
            Some(_) => self.payments.inquire(intent).await?,
            None => payment,
        };
        let decide = |booking: &Booking| Ok(next(booking, &payment, &before));
        let mut reaction = Reaction::Nothing;
        for _ in 0..UNRECORDED_STEPS_MAX {
            let committed = match commit(self.journal.as_ref(), &id, mutation, &decide).await {
                Err(Failure::NotFound(_)) => return Ok(Reaction::Nothing),
                committed => committed?,
            };
            let booking = &committed.booking;
            let further = match committed.outcome {
                Next::Recorded if committed.written => {
                    reaction = Reaction::Recorded;
                    continue;
                }
                Next::Recorded | Next::Nothing => Reaction::Nothing,
                Next::Resume => self.resume(booking).await?,
                Next::Settle => self.settle(booking, &payment, event_id, mutation).await?,
            };
            return Ok(if further == Reaction::Nothing { reaction } else { further });
        }
        Ok(reaction)
    }

    async fn resume(&self, booking: &Booking) -> Result<Reaction, Failure> {
        match self.callbacks.task_token(&booking.id).await? {
            Some(token) if self.resumption.resume(&token).await? => Ok(Reaction::Resumed),
            Some(_) | None => Ok(Reaction::Nothing),
        }
    }

    async fn settle(
        &self,
        booking: &Booking,
        payment: &Payment,
        event_id: &str,
        mutation: &Mutation,
    ) -> Result<Reaction, Failure> {
        let settles = match payment.state {
            PaymentState::Authorized => true,
            PaymentState::Captured => {
                // More was given back in the dashboard. What is disputed cannot be given back, and a refund that has failed is
                // not tried again and again: both are for a person.
                let is_due = booking.refund_due().amount() > 0
                    && booking.payment_status() != PaymentStatus::Disputed
                    && !booking.refund_has_failed();
                no_more_than(payment.refunded, booking.captured()).amount() > booking.refunded().amount()
                    || is_due
                    || matches!(booking.payment_status(), PaymentStatus::Pending | PaymentStatus::Authorized)
            }
            PaymentState::NotStarted
            | PaymentState::ActionRequired { .. }
            | PaymentState::Processing
            | PaymentState::Voided
            | PaymentState::Declined { .. } => false,
        };
        if !settles {
            return Ok(Reaction::Nothing);
        }
        self.settlement.start_settlement(&booking.id, event_id, mutation.trace.as_deref()).await?;
        Ok(Reaction::Settling)
    }
}

/// What a webhook calls for.
#[derive(Debug, Clone, Copy)]
enum Next {
    Nothing,
    Resume,
    Settle,
    Recorded,
}

/// The most that one inquiry can find out about money that was taken: about a dispute, about refunds, and that this is all.
const UNRECORDED_STEPS_MAX: usize = 3;

/// What a payment calls for that was asked about after its booking was `before`.
fn next(booking: &Booking, payment: &Payment, before: &Booking) -> Decision<(), Next> {
    // Whoever shares the account may name a booking of ours: its payment is the one it knows.
    if booking.payment_intent().is_some_and(|own| own != payment.intent) {
        return Decision::Nothing(Next::Nothing);
    }
    if let Some(step) = unrecorded_since(booking, payment, before) {
        let event = BookingEvent::first_payment(step);
        return Decision::Commit { event, inventory: (), outcome: Next::Recorded };
    }
    match booking.status {
        BookingStatus::Pending => Decision::Nothing(Next::Resume),
        BookingStatus::Cancelled | BookingStatus::Failed => Decision::Nothing(Next::Settle),
        BookingStatus::Confirmed | BookingStatus::Completed => Decision::Nothing(Next::Nothing),
    }
}

/// What of [`unrecorded_step`] counts of a payment that was asked about after its booking was `before`: what was recorded since may
/// be younger than the answer, which ends nothing of that.
pub(crate) fn unrecorded_since(
    booking: &Booking,
    payment: &Payment,
    before: &Booking,
) -> Option<PaymentStep> {
    let ends_what_was = |step: &PaymentStep| match step {
        PaymentStep::RefundFailed { .. } => payment.refunded.amount() < before.refunded().amount(),
        PaymentStep::DisputeWon => before.is_contested(),
        PaymentStep::Created { .. }
        | PaymentStep::ActionRequired { .. }
        | PaymentStep::Authorized
        | PaymentStep::Captured { .. }
        | PaymentStep::Voided
        | PaymentStep::Refunded { .. }
        | PaymentStep::RefundPending { .. }
        | PaymentStep::Disputed
        | PaymentStep::ChargedBack { .. } => true,
    };
    unrecorded_step(booking, payment).filter(ends_what_was)
}

/// What the provider says of a booking's money, and the booking does not, after it was taken. What more was given back for a
/// booking that is cancelled or has failed is the settlement's.
pub(crate) fn unrecorded_step(booking: &Booking, payment: &Payment) -> Option<PaymentStep> {
    let status = booking.payment_status();
    let is_own = booking.payment_intent() == Some(payment.intent.as_str());
    if !is_own || payment.state != PaymentState::Captured || !status.is_captured() {
        return None;
    }
    let charged_back = no_more_than(payment.charged_back, booking.captured());
    match payment.dispute {
        Dispute::Open if status != PaymentStatus::Disputed => return Some(PaymentStep::Disputed),
        Dispute::Lost
            if (status, booking.payments.charged_back()) != (PaymentStatus::ChargedBack, charged_back) =>
        {
            return Some(PaymentStep::ChargedBack { total: charged_back });
        }
        Dispute::None if booking.is_contested() => return Some(PaymentStep::DisputeWon),
        Dispute::Open | Dispute::Lost | Dispute::None => {}
    }
    // Where the two do not agree on what was taken, nobody can say what has become of refunds.
    if payment.taken.amount() < booking.captured().amount() {
        return None;
    }
    let total = no_more_than(payment.refunded, booking.captured());
    match total.amount().cmp(&booking.refunded().amount()) {
        Ordering::Less => Some(PaymentStep::RefundFailed { total }),
        Ordering::Equal => {
            let has_arrived = booking.refund_is_pending() && !payment.refund_pending;
            has_arrived.then_some(PaymentStep::Refunded { total })
        }
        Ordering::Greater if booking.is_cancelled_or_failed() => None,
        Ordering::Greater if payment.refund_pending => Some(PaymentStep::RefundPending { total }),
        Ordering::Greater => Some(PaymentStep::Refunded { total }),
    }
}
