//! The payment saga's steps. Each is idempotent, asks before it guesses, and ends in a named outcome; the order of steps,
//! retries and compensations is the state machine's (`statemachines/booking.asl.json`).
//!
//! Every step first looks whether the booking was cancelled meanwhile, or has failed and is looked at again: then nothing
//! more is asked of the bank, and the saga turns to giving back.

use std::sync::Arc;

use async_trait::async_trait;
use holdfast_domain::bookings::FailureReason;
use holdfast_domain::payments::{CardPayment, CustomerAction};
use holdfast_domain::{
    Booking, BookingEvent, BookingId, BookingStatus, HoldSnapshot, InventoryMove, PaymentStatus, PaymentStep,
};
use jiff::Timestamp;

use crate::bookings::commit::{Committed, Decide, Decision, commit};
use crate::bookings::port::BookingStore;
use crate::bookings::read::load;
use crate::holds::port::HoldReader;
use crate::kernel::errors::PaymentError;
use crate::kernel::failure::Failure;
use crate::kernel::mutation::Mutation;
use crate::payments::port::{NewPayment, Payment, PaymentState, Payments, SagaCallbacks, SagaResumption};

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
    /// The bank wants the customer, for a number of seconds.
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
    /// The money of a cancelled or failed booking is settled.
    Settled,
    /// The booking was cancelled meanwhile, or has failed before: only its money is settled.
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

    /// Checks whether the booking's claim of its hold is still live.
    ///
    /// # Errors
    /// [`Failure`] on an outage.
    pub async fn claim_hold(&self, id: &BookingId, mutation: &Mutation) -> Result<Outcome, Failure> {
        let booking = load(self.bookings.as_ref(), id).await?;
        match booking.status {
            BookingStatus::Cancelled => return Ok(Outcome::Cancelled),
            BookingStatus::Failed => return Ok(Outcome::Dead),
            BookingStatus::Confirmed | BookingStatus::Completed => return Ok(Outcome::Claimed),
            BookingStatus::Pending => {}
        }
        let claimed = hold_of(self.holds.as_ref(), &booking).await?.claimed_by(mutation.now) == Some(id);
        Ok(if claimed { Outcome::Claimed } else { Outcome::Dead })
    }

    /// Prepares the payment. No money is touched, so that a lost answer costs nothing.
    ///
    /// # Errors
    /// [`Failure`] on an outage.
    pub async fn create_payment(&self, id: &BookingId, mutation: &Mutation) -> Result<Outcome, Failure> {
        let booking = load(self.bookings.as_ref(), id).await?;
        if booking.is_cancelled_or_failed() {
            return Ok(Outcome::Cancelled);
        }
        if booking.card()?.intent.is_some() {
            return Ok(Outcome::Created);
        }
        let payment = NewPayment {
            booking: id.clone(),
            confirmation_number: booking.confirmation_number.clone(),
            amount: booking.only_payment()?.amount,
        };
        let intent = match self.payments.create(&payment).await {
            Ok(intent) => intent,
            // An amount that the provider never takes, for one: not an outage that would pass.
            Err(PaymentError::Refused { code, .. }) => return Ok(Outcome::Declined { code }),
            Err(error) => return Err(error.into()),
        };
        self.write(
            id,
            BookingEvent::first_payment(PaymentStep::Created { intent }),
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
        let booking = load(self.bookings.as_ref(), id).await?;
        if booking.is_cancelled_or_failed() {
            return Ok(Outcome::Cancelled);
        }
        let card = booking.card()?;
        if booking.payment_status() == PaymentStatus::Authorized {
            return Ok(Outcome::Authorized);
        }
        let CardPayment { payment_method, intent: Some(intent), .. } = card else {
            return Ok(Outcome::NotStarted);
        };
        match self.payments.authorize(id, intent, payment_method).await {
            Ok(payment) => self.record(id, payment, mutation).await,
            Err(PaymentError::Refused { code, .. }) => Ok(Outcome::Declined { code }),
            Err(error) => Err(error.into()),
        }
    }

    /// Asks the provider for the payment's state, and writes that down. A saga may be started again before it ever came to
    /// a payment.
    ///
    /// # Errors
    /// [`Failure`] on an outage.
    pub async fn inquire_payment(&self, id: &BookingId, mutation: &Mutation) -> Result<Outcome, Failure> {
        let booking = load(self.bookings.as_ref(), id).await?;
        if booking.is_cancelled_or_failed() {
            return Ok(Outcome::Cancelled);
        }
        let Some(intent) = &booking.card()?.intent else { return Ok(Outcome::NotStarted) };
        let payment = self.payments.inquire(intent).await?;
        self.record(id, payment, mutation).await
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
        let booking = load(self.bookings.as_ref(), id).await?;
        let waits = match booking.status {
            BookingStatus::Pending => {
                let payment = self.payments.inquire(booking.intent()?).await?;
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
        let decide = |booking: &Booking| {
            Ok(taken(booking, BookingEvent::Confirmed, InventoryMove::Confirm, Outcome::Confirmed))
        };
        match commit(self.bookings.as_ref(), id, mutation, &decide).await {
            // The places are another guest's, or the resource has a schedule without them.
            Err(Failure::SoldOut { .. } | Failure::RangeNotBookable(_)) => Ok(Outcome::SoldOut),
            done => Ok(done?.outcome),
        }
    }

    /// Takes the reserved amount.
    ///
    /// # Errors
    /// [`Failure::Payment`] with [`PaymentError::Unknown`]: ask by [`Saga::inquire_payment`] before anything else.
    pub async fn capture_payment(&self, id: &BookingId, mutation: &Mutation) -> Result<Outcome, Failure> {
        let booking = load(self.bookings.as_ref(), id).await?;
        if booking.is_cancelled_or_failed() {
            return Ok(Outcome::Cancelled);
        }
        let payment = booking.only_payment()?;
        if payment.status.is_captured() {
            return Ok(Outcome::Captured);
        }
        match self.payments.capture(id, booking.intent()?, payment.amount).await {
            Ok(payment) => self.record(id, payment, mutation).await,
            Err(PaymentError::Refused { code, .. }) => Ok(Outcome::Declined { code }),
            Err(error) => Err(error.into()),
        }
    }

    /// Gives the reservation back. [`Outcome::Captured`] when it is too late for that.
    ///
    /// # Errors
    /// [`Failure`] on an outage.
    pub async fn void_payment(&self, id: &BookingId, mutation: &Mutation) -> Result<Outcome, Failure> {
        let booking = load(self.bookings.as_ref(), id).await?;
        Ok(match self.void(&booking, mutation).await? {
            Reservation::Voided => Outcome::Voided,
            Reservation::Captured => Outcome::Captured,
        })
    }

    /// Gives back all that was taken and is not the house's by the cancellation's terms.
    ///
    /// # Errors
    /// [`Failure`] on an outage.
    pub async fn refund_payment(&self, id: &BookingId, mutation: &Mutation) -> Result<Outcome, Failure> {
        let booking = load(self.bookings.as_ref(), id).await?;
        let payment = self.payments.inquire(booking.intent()?).await?;
        let booking = match payment.state {
            PaymentState::Captured => self.captured(id, mutation).await?.booking,
            PaymentState::NotStarted
            | PaymentState::ActionRequired { .. }
            | PaymentState::Processing
            | PaymentState::Authorized
            | PaymentState::Voided
            | PaymentState::Declined { .. } => booking,
        };
        let promised = booking.refund_total();
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
        self.write(
            id,
            BookingEvent::first_payment(PaymentStep::Refunded { total }),
            Outcome::Refunded,
            mutation,
        )
        .await
    }

    /// Releases the inventory of a booking that failed: its hold waits for the guest again if it is in time, its places are free
    /// if not.
    ///
    /// # Errors
    /// [`Failure`] on an outage.
    pub async fn fail_booking(
        &self,
        id: &BookingId,
        reason: &FailureReason,
        mutation: &Mutation,
    ) -> Result<Outcome, Failure> {
        let decision = FailedBooking { holds: self.holds.as_ref(), reason, now: mutation.now };
        Ok(commit(self.bookings.as_ref(), id, mutation, &decision).await?.outcome)
    }

    /// Settles the money of a cancelled or failed booking: voids what is reserved, refunds what is due.
    ///
    /// # Errors
    /// [`Failure`] on an outage.
    pub async fn settle(&self, id: &BookingId, mutation: &Mutation) -> Result<Outcome, Failure> {
        let booking = load(self.bookings.as_ref(), id).await?;
        if booking.is_cancelled_or_failed() && self.void(&booking, mutation).await? == Reservation::Captured {
            self.refund_payment(id, mutation).await?;
        }
        Ok(Outcome::Settled)
    }

    async fn void(&self, booking: &Booking, mutation: &Mutation) -> Result<Reservation, Failure> {
        if let Some(intent) = &booking.card()?.intent {
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
                PaymentState::Voided => {}
                PaymentState::Captured => {
                    self.captured(&booking.id, mutation).await?;
                    return Ok(Reservation::Captured);
                }
                PaymentState::NotStarted
                | PaymentState::ActionRequired { .. }
                | PaymentState::Processing
                | PaymentState::Authorized
                | PaymentState::Declined { .. } => {
                    let unclear = "the payment is neither voided nor captured";
                    return Err(PaymentError::Unknown(unclear.into()).into());
                }
            }
        }
        self.write(&booking.id, BookingEvent::first_payment(PaymentStep::Voided), Outcome::Voided, mutation)
            .await?;
        Ok(Reservation::Voided)
    }

    /// Writes down that the money was taken.
    async fn captured(&self, id: &BookingId, mutation: &Mutation) -> Result<Committed<Outcome>, Failure> {
        let decide = |booking: &Booking| {
            let event =
                BookingEvent::first_payment(PaymentStep::Captured { amount: booking.only_payment()?.amount });
            Ok(taken(booking, event, InventoryMove::Keep, Outcome::Captured))
        };
        commit(self.bookings.as_ref(), id, mutation, &decide).await
    }

    /// Writes down what the provider says of a payment.
    async fn record(
        &self,
        id: &BookingId,
        payment: Payment,
        mutation: &Mutation,
    ) -> Result<Outcome, Failure> {
        let bookings = self.bookings.as_ref();
        match payment.state {
            PaymentState::NotStarted => Ok(Outcome::NotStarted),
            PaymentState::Processing => {
                Err(PaymentError::Unknown("the provider is still at work".into()).into())
            }
            PaymentState::Voided => Ok(Outcome::Voided),
            PaymentState::Declined { code } => Ok(Outcome::Declined { code }),
            PaymentState::Authorized => {
                self.write(
                    id,
                    BookingEvent::first_payment(PaymentStep::Authorized),
                    Outcome::Authorized,
                    mutation,
                )
                .await
            }
            PaymentState::Captured => {
                let decide = |booking: &Booking| {
                    // Captured, and given back before the booking was confirmed: a saga that was parked while it undid its
                    // booking. It may not be confirmed on money that is gone.
                    let is_undone = booking.status == BookingStatus::Pending
                        && payment.refunded.amount() >= booking.order.price.total().amount();
                    let event = BookingEvent::first_payment(PaymentStep::Captured {
                        amount: booking.only_payment()?.amount,
                    });
                    Ok(if is_undone {
                        Decision::Nothing(Outcome::Voided)
                    } else {
                        taken(booking, event, InventoryMove::Keep, Outcome::Captured)
                    })
                };
                Ok(commit(bookings, id, mutation, &decide).await?.outcome)
            }
            PaymentState::ActionRequired { client_secret, redirect_url } => {
                let decision = CustomerStep {
                    holds: self.holds.as_ref(),
                    client_secret,
                    redirect_url,
                    now: mutation.now,
                };
                Ok(commit(bookings, id, mutation, &decision).await?.outcome)
            }
        }
    }

    /// Writes down what happened to the money.
    async fn write(
        &self,
        id: &BookingId,
        event: BookingEvent,
        outcome: Outcome,
        mutation: &Mutation,
    ) -> Result<Outcome, Failure> {
        let decide =
            |booking: &Booking| Ok(taken(booking, event.clone(), InventoryMove::Keep, outcome.clone()));
        Ok(commit(self.bookings.as_ref(), id, mutation, &decide).await?.outcome)
    }
}

/// A booking fails: its places become the hold again while that is in time, and are free if not.
struct FailedBooking<'a> {
    holds: &'a dyn HoldReader,
    reason: &'a FailureReason,
    now: Timestamp,
}

#[async_trait]
impl Decide<InventoryMove, Outcome> for FailedBooking<'_> {
    async fn decide(&self, booking: &Booking) -> Result<Decision<InventoryMove, Outcome>, Failure> {
        let inventory = match booking.status {
            // A record outlives its hold by a week only, and an authorization may lapse after that.
            BookingStatus::Confirmed => match self.holds.hold(&booking.hold).await? {
                Some(snapshot) if snapshot.hold.expires_at > self.now => {
                    InventoryMove::Return { hold: Box::new(snapshot.hold) }
                }
                Some(_) | None => InventoryMove::Free,
            },
            BookingStatus::Pending
            | BookingStatus::Cancelled
            | BookingStatus::Completed
            | BookingStatus::Failed => InventoryMove::Unclaim,
        };
        let event = BookingEvent::Failed { reason: self.reason.clone() };
        Ok(taken(booking, event, inventory, Outcome::Failed))
    }
}

/// The bank wants the customer. The first time, that gives them one TTL more.
struct CustomerStep<'a> {
    holds: &'a dyn HoldReader,
    client_secret: String,
    redirect_url: Option<String>,
    now: Timestamp,
}

#[async_trait]
impl Decide<InventoryMove, Outcome> for CustomerStep<'_> {
    async fn decide(&self, booking: &Booking) -> Result<Decision<InventoryMove, Outcome>, Failure> {
        if booking.is_cancelled_or_failed() {
            return Ok(Decision::Nothing(Outcome::Cancelled));
        }
        match booking.payment_status() {
            PaymentStatus::Pending => {}
            // The customer was faster than the provider's answer.
            PaymentStatus::Authorized => return Ok(Decision::Nothing(Outcome::Authorized)),
            PaymentStatus::Captured => return Ok(Decision::Nothing(Outcome::Captured)),
            PaymentStatus::Voided
            | PaymentStatus::PartiallyRefunded
            | PaymentStatus::Refunded
            | PaymentStatus::Failed => return Ok(Decision::Nothing(Outcome::Voided)),
        }
        let waits =
            |expires_at| Outcome::ActionRequired { timeout_seconds: seconds_until(expires_at, self.now) };
        if let Some(action) = &booking.action() {
            return Ok(Decision::Nothing(waits(action.expires_at)));
        }
        let snapshot = hold_of(self.holds, booking).await?;
        let claimed = snapshot.claimed_by(self.now) == Some(&booking.id);
        let expires_at = if claimed { snapshot.customer_deadline() } else { snapshot.expires_at() };
        let inventory = if claimed {
            InventoryMove::Prolong { hold: Box::new(snapshot.hold), expires_at }
        } else {
            InventoryMove::Keep
        };
        let action = CustomerAction {
            client_secret: self.client_secret.clone(),
            redirect_url: self.redirect_url.clone(),
            expires_at,
        };
        Ok(taken(
            booking,
            BookingEvent::first_payment(PaymentStep::ActionRequired { action }),
            inventory,
            waits(expires_at),
        ))
    }
}

async fn hold_of(holds: &dyn HoldReader, booking: &Booking) -> Result<HoldSnapshot, Failure> {
    holds.hold(&booking.hold).await?.ok_or(Failure::NotFound("hold"))
}

/// What a void came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reservation {
    /// Nothing is reserved.
    Voided,
    /// It was too late: the money is taken.
    Captured,
}

/// What an event does to a booking. A booking that was cancelled or has failed takes only what happened to its money; the
/// outcome is [`Outcome::Cancelled`] then, unless money was given back.
fn taken(
    booking: &Booking,
    event: BookingEvent,
    inventory: InventoryMove,
    outcome: Outcome,
) -> Decision<InventoryMove, Outcome> {
    if !booking.is_cancelled_or_failed() {
        return Decision::Commit { event, inventory, outcome };
    }
    match &event {
        BookingEvent::Payment { step, .. } => match step {
            PaymentStep::Voided | PaymentStep::Refunded { .. } => {
                Decision::Commit { event, inventory, outcome }
            }
            PaymentStep::Captured { .. } => {
                Decision::Commit { event, inventory, outcome: Outcome::Cancelled }
            }
            PaymentStep::Created { .. } | PaymentStep::ActionRequired { .. } | PaymentStep::Authorized => {
                Decision::Nothing(Outcome::Cancelled)
            }
        },
        BookingEvent::Failed { .. } if booking.status == BookingStatus::Failed => Decision::Nothing(outcome),
        BookingEvent::Requested
        | BookingEvent::Confirmed
        | BookingEvent::Failed { .. }
        | BookingEvent::Cancelled(_)
        | BookingEvent::Completed => Decision::Nothing(Outcome::Cancelled),
    }
}

fn seconds_until(deadline: Timestamp, now: Timestamp) -> i64 {
    let left = deadline.duration_since(now);
    let started = i64::from(left.subsec_nanos() > 0);
    left.as_secs().saturating_add(started).max(0)
}
