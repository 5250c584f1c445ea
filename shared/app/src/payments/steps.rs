//! The payment saga's steps. Each is idempotent, asks before it guesses, and ends in a named outcome; the order of steps,
//! retries and compensations is the state machine's (`statemachines/booking.asl.json`).
//!
//! Every step first looks whether the booking was cancelled meanwhile, or has failed and is looked at again: then nothing
//! more is asked of the bank, and the saga turns to giving back.

use std::sync::Arc;

use holdfast_domain::bookings::FailureReason;
use holdfast_domain::payments::{CardPayment, RefundProgress};
use holdfast_domain::{
    Booking, BookingEvent, BookingId, BookingStatus, InventoryMove, Money, PaymentStatus, PaymentStep,
};

use crate::bookings::commit::{Committed, Decision, commit};
use crate::bookings::port::BookingStore;
use crate::bookings::read::load;
use crate::catalogue::port::CatalogueReader;
use crate::holds::port::HoldReader;
use crate::kernel::errors::PaymentError;
use crate::kernel::failure::Failure;
use crate::kernel::mutation::Mutation;
use crate::payments::decisions::{
    AuthorizedInTime, ConfirmedBooking, CustomerStep, FailedBooking, hold_of, taken,
};
use crate::payments::outcome::Outcome;
use crate::payments::paid_otherwise::{RefundNotes, was_paid_otherwise};
use crate::payments::port::{
    Dispute, NewPayment, Payment, PaymentState, Payments, SagaCallbacks, SagaResumption, no_more_than,
};
use crate::payments::webhook::unrecorded_since;

/// The saga's steps.
pub struct Saga {
    bookings: Arc<dyn BookingStore>,
    holds: Arc<dyn HoldReader>,
    catalogue: Arc<dyn CatalogueReader>,
    callbacks: Arc<dyn SagaCallbacks>,
    payments: Arc<dyn Payments>,
    resumption: Arc<dyn SagaResumption>,
    notes: Arc<dyn RefundNotes>,
}

impl Saga {
    /// Over bookings, holds, resources, callbacks, a payment provider, the sagas that wait, and the notes of operators.
    #[must_use]
    pub fn new(
        bookings: Arc<dyn BookingStore>,
        holds: Arc<dyn HoldReader>,
        catalogue: Arc<dyn CatalogueReader>,
        callbacks: Arc<dyn SagaCallbacks>,
        payments: Arc<dyn Payments>,
        resumption: Arc<dyn SagaResumption>,
        notes: Arc<dyn RefundNotes>,
    ) -> Self {
        Self { bookings, holds, catalogue, callbacks, payments, resumption, notes }
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
        if booking.is_free() || booking.card()?.intent.is_some() {
            return Ok(Outcome::Created);
        }
        let payment = NewPayment {
            booking: id.clone(),
            confirmation_number: booking.confirmation_number.clone(),
            amount: booking.only_payment()?.amount,
        };
        let intent = self.payments.create(&payment).await?;
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
        if booking.is_free() || booking.payment_status() == PaymentStatus::Authorized {
            return Ok(Outcome::Authorized);
        }
        let card = booking.card()?;
        let CardPayment { payment_method, intent: Some(intent), .. } = card else {
            return Ok(Outcome::NotStarted);
        };
        let payment = self.payments.authorize(id, intent, payment_method).await?;
        self.record(id, payment, mutation).await
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
        if booking.is_free() {
            return Ok(Outcome::Captured);
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

    /// Turns the hold into the booking; if the hold died meanwhile, takes free places instead, if they can still be held.
    ///
    /// # Errors
    /// [`Failure`] on an outage.
    pub async fn confirm_booking(&self, id: &BookingId, mutation: &Mutation) -> Result<Outcome, Failure> {
        let decision = ConfirmedBooking {
            bookings: self.bookings.as_ref(),
            holds: self.holds.as_ref(),
            catalogue: self.catalogue.as_ref(),
            now: mutation.now,
        };
        match commit(self.bookings.as_ref(), id, mutation, &decision).await {
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
        if booking.payments.are_captured() {
            return Ok(Outcome::Captured);
        }
        let payment = booking.only_payment()?;
        let payment = self.payments.capture(id, booking.intent()?, payment.amount).await?;
        self.record(id, payment, mutation).await
    }

    /// Gives the reservation back. [`Outcome::Captured`] when it is too late for that.
    ///
    /// # Errors
    /// [`Failure`] on an outage.
    pub async fn void_payment(&self, id: &BookingId, mutation: &Mutation) -> Result<Outcome, Failure> {
        let booking = load(self.bookings.as_ref(), id).await?;
        // No path leads here: whoever is confirmed keeps the reservation until it is captured.
        if booking.holds_places() {
            return Err(Failure::Inconsistent(format!(
                "the payment of {id}, which is confirmed, is to be voided"
            )));
        }
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
        // What is recorded since it was asked may be younger than the answer.
        let before = booking.clone();
        let payment = self.payments.inquire(booking.intent()?).await?;
        let booking = match payment.state {
            PaymentState::Captured => self.captured(id, payment.taken, mutation).await?.booking,
            PaymentState::NotStarted
            | PaymentState::ActionRequired { .. }
            | PaymentState::Processing
            | PaymentState::Authorized
            | PaymentState::Voided
            | PaymentState::Declined { .. } => booking,
        };
        let booking = self.disputed(booking, &payment, &before, mutation).await?;
        // What was taken or given back beyond what the booking has recorded is no part of it.
        let refunded = no_more_than(payment.refunded, booking.captured());
        if refunded.amount() < before.refunded().amount().min(payment.taken.amount()) {
            // What was given back has come back. The same way again is a person's decision.
            let code = "refund_failed".to_owned();
            let returned = PaymentError::Refused { code, message: "the bank has sent it back".to_owned() };
            return self.refund_failed(id, refunded, returned, mutation).await;
        }
        // What was never taken cannot be given back.
        let promised = booking.refund_total();
        let payable = no_more_than(promised, payment.taken);
        let mut pending = payment.refund_pending;
        if let Ok(missing) = payable.subtract(payment.refunded)
            && missing.amount() > 0
        {
            if was_paid_otherwise(self.notes.as_ref(), id).await? {
                return self.given_back(id, refunded, pending, mutation).await;
            }
            match self.payments.refund(id, &payment.intent, missing, payment.refunded).await {
                Ok(progress) => pending |= progress == RefundProgress::Pending,
                Err(error @ PaymentError::Refused { .. }) => {
                    // What is disputed cannot be refunded now: it is due again when the dispute is won.
                    let payment = self.payments.inquire(&payment.intent).await?;
                    self.disputed(booking, &payment, &before, mutation).await?;
                    return match payment.dispute {
                        Dispute::Open => Err(error.into()),
                        Dispute::None | Dispute::Lost => {
                            self.refund_failed(id, refunded, error, mutation).await
                        }
                    };
                }
                Err(error) => return Err(error.into()),
            }
        }
        // More may have been given back in the provider's dashboard than was promised.
        let total = if refunded.amount() > promised.amount() { refunded } else { promised };
        self.given_back(id, total, pending, mutation).await
    }

    /// Writes down how much was given back in all.
    async fn given_back(
        &self,
        id: &BookingId,
        total: Money,
        pending: bool,
        mutation: &Mutation,
    ) -> Result<Outcome, Failure> {
        if total.amount() == 0 {
            return Ok(Outcome::Refunded);
        }
        let step =
            if pending { PaymentStep::RefundPending { total } } else { PaymentStep::Refunded { total } };
        self.write(id, BookingEvent::first_payment(step), Outcome::Refunded, mutation).await
    }

    /// Writes down what the card's bank says against a payment that was asked about after its booking was `before`: the webhook
    /// that tells may be lost.
    async fn disputed(
        &self,
        booking: Booking,
        payment: &Payment,
        before: &Booking,
        mutation: &Mutation,
    ) -> Result<Booking, Failure> {
        let unrecorded = |booking: &Booking| unrecorded_since(booking, payment, before).filter(is_of_dispute);
        if unrecorded(&booking).is_none() {
            return Ok(booking);
        }
        let decide = |booking: &Booking| {
            Ok(unrecorded(booking).map_or(Decision::Nothing(()), |step| Decision::Commit {
                event: BookingEvent::first_payment(step),
                inventory: InventoryMove::Keep,
                outcome: (),
            }))
        };
        Ok(commit(self.bookings.as_ref(), &booking.id, mutation, &decide).await?.booking)
    }

    /// Writes down that money was not given back, and gives the reason: it is for a person.
    async fn refund_failed(
        &self,
        id: &BookingId,
        total: Money,
        reason: PaymentError,
        mutation: &Mutation,
    ) -> Result<Outcome, Failure> {
        let failed = BookingEvent::first_payment(PaymentStep::RefundFailed { total });
        self.write(id, failed, Outcome::Refunded, mutation).await?;
        Err(reason.into())
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
        if booking.is_free() {
            return Ok(Reservation::Voided);
        }
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
                    self.captured(&booking.id, after.taken, mutation).await?;
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

    /// Writes down how much was taken.
    async fn captured(
        &self,
        id: &BookingId,
        amount: Money,
        mutation: &Mutation,
    ) -> Result<Committed<Outcome>, Failure> {
        let decide = |booking: &Booking| {
            let event = BookingEvent::first_payment(PaymentStep::Captured { amount });
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
                let decision = AuthorizedInTime { holds: self.holds.as_ref(), now: mutation.now };
                Ok(commit(bookings, id, mutation, &decision).await?.outcome)
            }
            PaymentState::Captured => {
                let decide = |booking: &Booking| {
                    // Captured, and given back before the booking was confirmed: a saga that was parked while it undid its
                    // booking. It may not be confirmed on money that is gone.
                    let is_undone = booking.status == BookingStatus::Pending
                        && payment.refunded.amount() >= payment.taken.amount();
                    let event = BookingEvent::first_payment(PaymentStep::Captured { amount: payment.taken });
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

fn is_of_dispute(step: &PaymentStep) -> bool {
    matches!(step, PaymentStep::Disputed | PaymentStep::DisputeWon | PaymentStep::ChargedBack { .. })
}

/// What a void came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reservation {
    /// Nothing is reserved.
    Voided,
    /// It was too late: the money is taken.
    Captured,
}
