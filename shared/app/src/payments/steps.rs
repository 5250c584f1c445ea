//! The payment saga's steps. Each is idempotent, asks before it guesses, and ends in a named outcome; the order of steps,
//! retries and compensations is the state machine's (`statemachines/booking.asl.json`).
//!
//! Every step first looks whether the booking was cancelled meanwhile, or has failed and is looked at again: then nothing
//! more is asked of the bank, and the saga turns to giving back.

use std::sync::Arc;

use holdfast_domain::bookings::CustomerAction;
use holdfast_domain::{
    Booking, BookingEvent, BookingId, BookingStatus, HoldSnapshot, PageRejection, PaymentStatus,
};
use jiff::Timestamp;

use crate::bookings::commit::change;
use crate::bookings::port::{BookingStore, CommitError};
use crate::holds::port::HoldReader;
use crate::kernel::errors::{PaymentError, StoreError};
use crate::kernel::failure::Failure;
use crate::kernel::mutation::Mutation;
use crate::payments::port::{NewPayment, Payment, PaymentState, Payments, SagaCallbacks, SagaResumption};
use holdfast_domain::InventoryMove;

const ATTEMPTS_MAX: usize = 8;

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The hold is claimed by this booking.
    Claimed,
    /// The hold is dead: nothing was paid.
    Dead,
    /// The provider knows of the payment.
    Created,
    /// The amount is reserved.
    Authorized,
    /// The bank wants the customer, for so many seconds.
    ActionRequired {
        /// Until the hold expires, rounded up; 0 once it has: then only a late payment may still come.
        timeout_seconds: i64,
    },
    /// The card was declined.
    Declined {
        /// The provider's code.
        code: String,
    },
    /// Nobody has tried to pay yet.
    NotStarted,
    /// The callback is remembered.
    Notified,
    /// The places are the guest's.
    Confirmed,
    /// The hold died and its places are gone.
    SoldOut,
    /// The money is taken.
    Captured,
    /// Nothing is reserved.
    Voided,
    /// All that was taken is given back.
    Refunded,
    /// The booking has failed.
    Failed,
    /// The money of a booking that does not stand has come to rest.
    Settled,
    /// The booking does not stand any more: cancelled meanwhile, or failed before. Only its money is put right.
    Cancelled,
}

/// The saga's steps.
pub struct Saga {
    bookings: Arc<dyn BookingStore>,
    holds: Arc<dyn HoldReader>,
    callbacks: Arc<dyn SagaCallbacks>,
    payments: Arc<dyn Payments>,
    resumption: Arc<dyn SagaResumption>,
}

impl Saga {
    /// Over bookings, holds, callbacks, a payment provider, and the sagas that wait.
    #[must_use]
    pub fn new(
        bookings: Arc<dyn BookingStore>,
        holds: Arc<dyn HoldReader>,
        callbacks: Arc<dyn SagaCallbacks>,
        payments: Arc<dyn Payments>,
        resumption: Arc<dyn SagaResumption>,
    ) -> Self {
        Self { bookings, holds, callbacks, payments, resumption }
    }

    /// Looks whether the claim that came with the booking still stands.
    ///
    /// # Errors
    /// [`Failure`] on an outage.
    pub async fn claim_hold(&self, id: &BookingId, mutation: &Mutation) -> Result<Outcome, Failure> {
        let booking = self.load(id).await?;
        match booking.status {
            BookingStatus::Cancelled => return Ok(Outcome::Cancelled),
            BookingStatus::Failed => return Ok(Outcome::Dead),
            BookingStatus::Confirmed | BookingStatus::Completed => return Ok(Outcome::Claimed),
            BookingStatus::Pending => {}
        }
        let claimed = self.hold_of(&booking).await?.claimed_by(mutation.now) == Some(id);
        Ok(if claimed { Outcome::Claimed } else { Outcome::Dead })
    }

    /// Prepares the payment. No money is touched, so that a lost answer costs nothing.
    ///
    /// # Errors
    /// [`Failure`] on an outage.
    pub async fn create_payment(&self, id: &BookingId, mutation: &Mutation) -> Result<Outcome, Failure> {
        let booking = self.load(id).await?;
        if has_ended(&booking) {
            return Ok(Outcome::Cancelled);
        }
        if booking.payment_intent.is_some() {
            return Ok(Outcome::Created);
        }
        let payment = NewPayment {
            booking: id.clone(),
            confirmation_number: booking.confirmation_number.clone(),
            amount: booking.order.price,
        };
        let intent = match self.payments.create(&payment).await {
            Ok(intent) => intent,
            // An amount that the provider never takes, for one: not an outage that would pass.
            Err(PaymentError::Refused { code, .. }) => return Ok(Outcome::Declined { code }),
            Err(error) => return Err(error.into()),
        };
        self.commit(
            id,
            BookingEvent::PaymentCreated { intent },
            InventoryMove::Keep,
            Outcome::Created,
            mutation,
        )
        .await
    }

    /// Asks the bank to reserve the amount.
    ///
    /// # Errors
    /// [`Failure::Payment`] with [`PaymentError::Unknown`]: ask by [`Saga::inquire_payment`] before anything else.
    pub async fn authorize_payment(&self, id: &BookingId, mutation: &Mutation) -> Result<Outcome, Failure> {
        let booking = self.load(id).await?;
        if has_ended(&booking) {
            return Ok(Outcome::Cancelled);
        }
        if booking.payment_status == PaymentStatus::Authorized {
            return Ok(Outcome::Authorized);
        }
        let Some(intent) = &booking.payment_intent else { return Ok(Outcome::NotStarted) };
        match self.payments.authorize(id, intent, &booking.payment_method).await {
            Ok(payment) => self.record(&booking, payment, mutation).await,
            Err(PaymentError::Refused { code, .. }) => Ok(Outcome::Declined { code }),
            Err(error) => Err(error.into()),
        }
    }

    /// Asks the provider where the payment stands, and writes that down. A saga may be started again before it ever came to
    /// a payment.
    ///
    /// # Errors
    /// [`Failure`] on an outage.
    pub async fn inquire_payment(&self, id: &BookingId, mutation: &Mutation) -> Result<Outcome, Failure> {
        let booking = self.load(id).await?;
        if has_ended(&booking) {
            return Ok(Outcome::Cancelled);
        }
        let Some(intent) = &booking.payment_intent else { return Ok(Outcome::NotStarted) };
        let payment = self.payments.inquire(intent).await?;
        self.record(&booking, payment, mutation).await
    }

    /// Remembers the callback that resumes the saga. A customer who was faster is not waited for.
    ///
    /// # Errors
    /// [`Failure`] on an outage.
    pub async fn await_customer(
        &self,
        id: &BookingId,
        task_token: &str,
        mutation: &Mutation,
    ) -> Result<Outcome, Failure> {
        self.callbacks.put_task_token(id, task_token, mutation).await?;
        let booking = self.load(id).await?;
        let waits = match booking.status {
            BookingStatus::Pending => {
                let payment = self.payments.inquire(intent_of(&booking)?).await?;
                matches!(payment.state, PaymentState::ActionRequired { .. } | PaymentState::Processing)
            }
            BookingStatus::Confirmed
            | BookingStatus::Cancelled
            | BookingStatus::Completed
            | BookingStatus::Failed => false,
        };
        if !waits {
            self.resumption.resume(task_token).await?;
        }
        Ok(Outcome::Notified)
    }

    /// Turns the hold into the booking; if the hold died meanwhile, takes free places instead.
    ///
    /// # Errors
    /// [`Failure`] on an outage.
    pub async fn confirm_booking(&self, id: &BookingId, mutation: &Mutation) -> Result<Outcome, Failure> {
        let done = self
            .commit(id, BookingEvent::Confirmed, InventoryMove::Confirm, Outcome::Confirmed, mutation)
            .await;
        match done {
            Err(Failure::SoldOut { .. } | Failure::RangeNotBookable(_)) => Ok(Outcome::SoldOut),
            other => other,
        }
    }

    /// Takes the reserved amount.
    ///
    /// # Errors
    /// [`Failure::Payment`] with [`PaymentError::Unknown`]: ask by [`Saga::inquire_payment`] before anything else.
    pub async fn capture_payment(&self, id: &BookingId, mutation: &Mutation) -> Result<Outcome, Failure> {
        let booking = self.load(id).await?;
        if has_ended(&booking) {
            return Ok(Outcome::Cancelled);
        }
        if booking.captured.amount() > 0 {
            return Ok(Outcome::Captured);
        }
        match self.payments.capture(id, intent_of(&booking)?, booking.order.price).await {
            Ok(payment) => self.record(&booking, payment, mutation).await,
            Err(PaymentError::Refused { code, .. }) => Ok(Outcome::Declined { code }),
            Err(error) => Err(error.into()),
        }
    }

    /// Gives the reservation back. [`Outcome::Captured`] when it is too late for that.
    ///
    /// # Errors
    /// [`Failure`] on an outage.
    pub async fn void_payment(&self, id: &BookingId, mutation: &Mutation) -> Result<Outcome, Failure> {
        let booking = self.load(id).await?;
        self.void(&booking, mutation).await
    }

    /// Gives back all that was taken and is not the house's by the cancellation's terms.
    ///
    /// # Errors
    /// [`Failure`] on an outage.
    pub async fn refund_payment(&self, id: &BookingId, mutation: &Mutation) -> Result<Outcome, Failure> {
        let booking = self.load(id).await?;
        let payment = self.payments.inquire(intent_of(&booking)?).await?;
        let booking = match payment.state {
            PaymentState::Captured => self.captured(&booking, mutation).await?,
            PaymentState::NotStarted
            | PaymentState::ActionRequired { .. }
            | PaymentState::Processing
            | PaymentState::Authorized
            | PaymentState::Voided
            | PaymentState::Declined { .. } => booking,
        };
        let due = match booking.status {
            BookingStatus::Pending => booking
                .captured
                .subtract(booking.refunded)
                .map_err(|error| corrupt(&booking, &error.to_string()))?,
            BookingStatus::Cancelled
            | BookingStatus::Failed
            | BookingStatus::Confirmed
            | BookingStatus::Completed => booking.refund_due(),
        };
        let promised = booking.refunded.add(due).map_err(|error| corrupt(&booking, &error.to_string()))?;
        if let Ok(missing) = promised.subtract(payment.refunded)
            && missing.amount() > 0
        {
            self.payments.refund(id, &payment.intent, missing, payment.refunded).await?;
        }
        // More may have been given back in the provider's dashboard than was promised.
        let total = if payment.refunded.amount() > promised.amount() { payment.refunded } else { promised };
        if total.amount() == 0 {
            return Ok(Outcome::Refunded);
        }
        let event = BookingEvent::Refunded { total };
        self.commit(id, event, InventoryMove::Keep, Outcome::Refunded, mutation).await
    }

    /// The booking has come to nothing: its hold waits for the guest again if it is in time, its places are free if not.
    ///
    /// # Errors
    /// [`Failure`] on an outage.
    pub async fn fail_booking(
        &self,
        id: &BookingId,
        reason: &str,
        declined: bool,
        mutation: &Mutation,
    ) -> Result<Outcome, Failure> {
        let booking = self.load(id).await?;
        let inventory = match booking.status {
            BookingStatus::Confirmed => {
                // A record outlives its hold by a week only, and an authorization may lapse after that.
                match self.holds.hold(&booking.hold).await? {
                    Some(snapshot) if snapshot.hold.expires_at > mutation.now => {
                        InventoryMove::Return { hold: Box::new(snapshot.hold) }
                    }
                    Some(_) | None => InventoryMove::Free,
                }
            }
            BookingStatus::Pending
            | BookingStatus::Cancelled
            | BookingStatus::Completed
            | BookingStatus::Failed => InventoryMove::Unclaim,
        };
        let event = BookingEvent::Failed { reason: reason.to_owned(), declined };
        self.commit(id, event, inventory, Outcome::Failed, mutation).await
    }

    /// Brings the money of a booking that does not stand to rest: void what is reserved, give back what is due.
    ///
    /// # Errors
    /// [`Failure`] on an outage.
    pub async fn settle(&self, id: &BookingId, mutation: &Mutation) -> Result<Outcome, Failure> {
        let booking = self.load(id).await?;
        match booking.status {
            BookingStatus::Cancelled | BookingStatus::Failed => {}
            BookingStatus::Pending | BookingStatus::Confirmed | BookingStatus::Completed => {
                return Ok(Outcome::Settled);
            }
        }
        match self.void(&booking, mutation).await? {
            Outcome::Captured => drop(self.refund_payment(id, mutation).await?),
            Outcome::Voided
            | Outcome::Claimed
            | Outcome::Dead
            | Outcome::Created
            | Outcome::Authorized
            | Outcome::ActionRequired { .. }
            | Outcome::Declined { .. }
            | Outcome::NotStarted
            | Outcome::Notified
            | Outcome::Confirmed
            | Outcome::SoldOut
            | Outcome::Refunded
            | Outcome::Failed
            | Outcome::Settled
            | Outcome::Cancelled => {}
        }
        Ok(Outcome::Settled)
    }

    async fn void(&self, booking: &Booking, mutation: &Mutation) -> Result<Outcome, Failure> {
        let voided = match &booking.payment_intent {
            None => true,
            Some(intent) => {
                let payment = self.payments.inquire(intent).await?;
                let after = match payment.state {
                    PaymentState::Captured | PaymentState::Voided => payment,
                    PaymentState::NotStarted
                    | PaymentState::ActionRequired { .. }
                    | PaymentState::Processing
                    | PaymentState::Authorized
                    | PaymentState::Declined { .. } => self.payments.void(&booking.id, intent).await?,
                };
                match after.state {
                    PaymentState::Voided => true,
                    PaymentState::Captured => {
                        self.captured(booking, mutation).await?;
                        false
                    }
                    PaymentState::NotStarted
                    | PaymentState::ActionRequired { .. }
                    | PaymentState::Processing
                    | PaymentState::Authorized
                    | PaymentState::Declined { .. } => {
                        return Err(PaymentError::Unknown(
                            "the payment is neither voided nor captured".into(),
                        )
                        .into());
                    }
                }
            }
        };
        if !voided {
            return Ok(Outcome::Captured);
        }
        self.commit(&booking.id, BookingEvent::Voided, InventoryMove::Keep, Outcome::Voided, mutation).await
    }

    /// Writes down that the money was taken; the booking after that.
    async fn captured(&self, booking: &Booking, mutation: &Mutation) -> Result<Booking, Failure> {
        let event = BookingEvent::Captured { amount: booking.order.price };
        self.commit(&booking.id, event, InventoryMove::Keep, Outcome::Captured, mutation).await?;
        self.load(&booking.id).await
    }

    /// Writes down what the provider says of a payment.
    async fn record(
        &self,
        booking: &Booking,
        payment: Payment,
        mutation: &Mutation,
    ) -> Result<Outcome, Failure> {
        let id = &booking.id;
        match payment.state {
            PaymentState::NotStarted => Ok(Outcome::NotStarted),
            PaymentState::Processing => {
                Err(PaymentError::Unknown("the provider is still at work".into()).into())
            }
            PaymentState::Voided => Ok(Outcome::Voided),
            // Captured, and given back before the booking ever stood: a saga that was parked while it undid its booking. It
            // may not be confirmed on money that is gone.
            PaymentState::Captured
                if booking.status == BookingStatus::Pending
                    && payment.refunded.amount() >= booking.order.price.amount() =>
            {
                Ok(Outcome::Voided)
            }
            PaymentState::Declined { code } => Ok(Outcome::Declined { code }),
            PaymentState::Authorized => {
                self.commit(id, BookingEvent::Authorized, InventoryMove::Keep, Outcome::Authorized, mutation)
                    .await
            }
            PaymentState::Captured => {
                let event = BookingEvent::Captured { amount: booking.order.price };
                self.commit(id, event, InventoryMove::Keep, Outcome::Captured, mutation).await
            }
            PaymentState::ActionRequired { client_secret, redirect_url } => {
                let snapshot = self.hold_of(booking).await?;
                let claimed = snapshot.claimed_by(mutation.now) == Some(id);
                let expires_at = match &booking.action {
                    Some(action) => action.expires_at,
                    None if claimed => snapshot.customer_deadline(),
                    None => snapshot.expires_at(),
                };
                let timeout_seconds = seconds_until(expires_at, mutation.now);
                let action = CustomerAction { client_secret, redirect_url, expires_at };
                let inventory = if claimed {
                    InventoryMove::Prolong { hold: Box::new(snapshot.hold), expires_at }
                } else {
                    InventoryMove::Keep
                };
                self.commit(
                    id,
                    BookingEvent::ActionRequired { action },
                    inventory,
                    Outcome::ActionRequired { timeout_seconds },
                    mutation,
                )
                .await
            }
        }
    }

    /// Writes an event down. A booking that has ended takes only what tells of its money, and says that it has ended unless
    /// money was given back.
    async fn commit(
        &self,
        id: &BookingId,
        event: BookingEvent,
        inventory: InventoryMove,
        outcome: Outcome,
        mutation: &Mutation,
    ) -> Result<Outcome, Failure> {
        let gives_back = matches!(event, BookingEvent::Voided | BookingEvent::Refunded { .. });
        let fails = matches!(event, BookingEvent::Failed { .. });
        for _ in 0..ATTEMPTS_MAX {
            let booking = self.load(id).await?;
            let again = fails && booking.status == BookingStatus::Failed;
            let overtaken = has_ended(&booking) && !gives_back && !again;
            if overtaken && !matches!(event, BookingEvent::Captured { .. }) {
                return Ok(Outcome::Cancelled);
            }
            let outcome = if overtaken { Outcome::Cancelled } else { outcome.clone() };
            let Some(commit) = change(&booking, event.clone(), inventory.clone(), mutation)? else {
                return Ok(outcome);
            };
            match self.bookings.commit(&commit).await {
                Ok(()) => return Ok(outcome),
                Err(CommitError::Stale) => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Err(StoreError::Contention(id.to_string()).into())
    }

    async fn load(&self, id: &BookingId) -> Result<Booking, Failure> {
        self.bookings.booking(id).await?.ok_or(Failure::NotFound("booking"))
    }

    async fn hold_of(&self, booking: &Booking) -> Result<HoldSnapshot, Failure> {
        self.holds.hold(&booking.hold).await?.ok_or(Failure::NotFound("hold"))
    }
}

/// Whether nothing but the money of a booking is left to be put right.
fn has_ended(booking: &Booking) -> bool {
    match booking.status {
        BookingStatus::Cancelled | BookingStatus::Failed => true,
        BookingStatus::Pending | BookingStatus::Confirmed | BookingStatus::Completed => false,
    }
}

fn seconds_until(deadline: Timestamp, now: Timestamp) -> i64 {
    let left = deadline.duration_since(now);
    let started = i64::from(left.subsec_nanos() > 0);
    left.as_secs().saturating_add(started).max(0)
}

fn failed(error: CommitError) -> Failure {
    match error {
        CommitError::Stale => StoreError::Contention("booking".to_owned()).into(),
        CommitError::Rejected(PageRejection::SoldOut { available }) => Failure::SoldOut { available },
        CommitError::Rejected(rejection) => rejection.into(),
        CommitError::Store(error) => error.into(),
    }
}

fn intent_of(booking: &Booking) -> Result<&str, Failure> {
    booking.payment_intent.as_deref().ok_or_else(|| corrupt(booking, "it has no payment").into())
}

fn corrupt(booking: &Booking, reason: &str) -> StoreError {
    StoreError::Corrupt { item: booking.id.to_string(), reason: reason.to_owned() }
}
