//! Bookings: one payment attempt of one hold, from request to its end.
//!
//! `status` is the booking's state towards the guest, `payment_status` that of its money. A booking is `failed`
//! for good: another card is another booking of the same hold.

use jiff::Timestamp;
use thiserror::Error;

use crate::bookings::failure_reason::FailureReason;
use crate::bookings::policy::CancellationPolicy;
use crate::bookings::price::Price;
use crate::bookings::status::BookingStatus;
use crate::ids::{BookingId, Fingerprint, GuestId, HoldId, PropertyId, ResourceId, Seal};
use crate::inventory::Placement;
use crate::money::Money;
use crate::payments::{
    AwaitedAction, BookingPayments, CardPayment, Payment, PaymentNumber, PaymentRejection, PaymentStatus,
    PaymentStep,
};
use crate::rates::quote::AppliedRate;

/// What a guest wants: the same for a hold and for the booking made of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Order {
    /// The resource.
    pub resource: ResourceId,
    /// Its name, as it was when the guest chose it.
    pub resource_name: String,
    /// The property that the resource belonged to then, if it did to one: whose staff may see it.
    pub property: Option<PropertyId>,
    /// Whose it is.
    pub guest: GuestId,
    /// Start of the stay.
    pub start: Timestamp,
    /// End of the stay.
    pub end: Timestamp,
    /// Units.
    pub quantity: u32,
    /// For the whole stay and all units.
    pub price: Price,
    /// What a cancellation refunds, where no rate says it; see [`Order::refund_of`].
    pub policy: CancellationPolicy,
    /// The rate by which it was priced; none of a resource without a rate card where nothing but the places is charged for.
    pub rate: Option<Box<AppliedRate>>,
    /// Where the places are counted: each page once.
    pub placements: Vec<Placement>,
}

impl Order {
    /// What a cancellation at `now` gives back of `paid`, of an order that was booked at `booked_at`: by its rate, or else by its policy.
    #[must_use]
    pub fn refund_of(&self, paid: Money, booked_at: Timestamp, now: Timestamp) -> Money {
        match &self.rate {
            Some(rate) => {
                let kept = rate.refunds.kept_at(self.price.total(), self.start, booked_at, now);
                paid.subtract(kept).unwrap_or(Money::zero(paid.currency()))
            }
            None => self.policy.refund(paid, self.start, now),
        }
    }

    /// In no order, instants after which [`Order::refund_of`] may give another answer, and after no others.
    #[must_use]
    pub fn refund_last_instants(&self, booked_at: Timestamp) -> Vec<Timestamp> {
        match &self.rate {
            Some(rate) => rate.refunds.last_instants(self.start, booked_at).collect(),
            None => self.policy.last_instants(self.start).collect(),
        }
    }
}

/// How a booking was cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cancellation {
    /// In the guest's words.
    pub reason: Option<String>,
    /// What the guest gets back in all, refunds before the cancellation included; zero if nothing.
    pub refund: Money,
    /// True if it was cancelled before the capture: any later capture is refunded in full.
    pub before_capture: bool,
    /// True if an operator cancelled it, not its guest.
    pub by_operator: bool,
    /// Digests of the request's key and of its content: a retry has the same.
    pub request: (Fingerprint, Fingerprint),
    /// When.
    pub at: Timestamp,
}

/// A booking.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Booking {
    /// Derived from caller and idempotency key.
    pub id: BookingId,
    /// For people: short, unique.
    pub confirmation_number: String,
    /// The hold it pays.
    pub hold: HoldId,
    /// What it is for.
    pub order: Order,
    /// The address that a release before has kept here. It is written back as it is, and nothing is sent to it: it may be an operator's.
    /// How a guest is reached is kept apart ([`Contact`](crate::bookings::Contact)).
    pub email: Option<String>,
    /// Digest of the request's content.
    pub fingerprint: Fingerprint,
    /// Its status.
    pub status: BookingStatus,
    /// Through what its price is paid.
    pub payments: BookingPayments,
    /// Why it failed, if it did.
    pub failure: Option<FailureReason>,
    /// How it was cancelled, if it was.
    pub cancellation: Option<Cancellation>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Number of events so far.
    pub version: u64,
    /// The seal of the latest entry of its audit trail.
    pub seal: Option<Seal>,
}

/// What happened to a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BookingEvent {
    /// A guest asked to pay a hold. Always the first event.
    Requested,
    /// A payment took a step.
    Payment {
        /// Which payment.
        number: PaymentNumber,
        /// What happened to it.
        step: PaymentStep,
    },
    /// The places are the guest's.
    Confirmed,
    /// The payment failed.
    Failed {
        /// Why.
        reason: FailureReason,
    },
    /// The guest gave it up.
    Cancelled(Cancellation),
    /// Its time has passed.
    Completed,
}

impl BookingEvent {
    /// A step of the booking's first payment.
    #[must_use]
    pub fn first_payment(step: PaymentStep) -> Self {
        Self::Payment { number: PaymentNumber::FIRST, step }
    }

    /// The event's type on the bus and in the audit trail.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Requested => "booking.requested",
            Self::Payment { step, .. } => step.kind(),
            Self::Confirmed => "booking.confirmed",
            Self::Failed { .. } => "booking.failed",
            Self::Cancelled(_) => "booking.cancelled",
            Self::Completed => "booking.completed",
        }
    }
}

/// Why an event may not happen to a booking.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BookingRejection {
    /// The status does not allow it.
    #[error("a {status} booking with a {payment} payment does not take {event}", status = .status.as_str(), payment = .payment.as_str())]
    IllegalTransition {
        /// The booking's status.
        status: BookingStatus,
        /// The payment's status.
        payment: PaymentStatus,
        /// What was asked.
        event: &'static str,
    },
    /// More would be given back than was taken.
    #[error("refunds would exceed what was captured")]
    RefundExceedsCapture,
    /// Nothing, or more than the price, would be taken, or in another currency.
    #[error("the captured amount is not within the price")]
    WrongAmount,
    /// The step needs the payment of the whole price, or the provider's payment, and there is none.
    #[error("the booking has no payment that this step is about")]
    NoPayment,
}

impl Booking {
    /// A booking as it is requested at `now`, before its first event: pending, nothing paid, and no address for mails.
    #[must_use]
    pub fn requested(
        id: BookingId,
        confirmation_number: String,
        hold: HoldId,
        order: Order,
        payments: BookingPayments,
        fingerprint: Fingerprint,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            confirmation_number,
            hold,
            order,
            email: None,
            fingerprint,
            status: BookingStatus::Pending,
            payments,
            failure: None,
            cancellation: None,
            created_at: now,
            version: 0,
            seal: None,
        }
    }

    /// The status of its payments together.
    #[must_use]
    pub fn payment_status(&self) -> PaymentStatus {
        self.payments.status()
    }

    /// Taken so far.
    #[must_use]
    pub fn captured(&self) -> Money {
        self.payments.captured()
    }

    /// Given back so far.
    #[must_use]
    pub fn refunded(&self) -> Money {
        self.payments.refunded()
    }

    /// Whether it costs nothing: it is confirmed without a payment.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.payments.are_none()
    }

    /// The payment of its whole price. The payment saga drives no other booking than one with just this payment, by card.
    ///
    /// # Errors
    /// [`BookingRejection::NoPayment`] if it has none or several.
    pub fn only_payment(&self) -> Result<&Payment, BookingRejection> {
        self.payments.only().ok_or(BookingRejection::NoPayment)
    }

    /// The card by which its whole price is paid.
    ///
    /// # Errors
    /// [`BookingRejection::NoPayment`] if it is paid in another way.
    pub fn card(&self) -> Result<&CardPayment, BookingRejection> {
        self.only_payment()?.card().ok_or(BookingRejection::NoPayment)
    }

    /// The provider's name for its payment, once one was prepared.
    #[must_use]
    pub fn payment_intent(&self) -> Option<&str> {
        self.card().ok().and_then(|card| card.intent.as_deref())
    }

    /// The provider's name for its payment.
    ///
    /// # Errors
    /// [`BookingRejection::NoPayment`] before one was prepared.
    pub fn intent(&self) -> Result<&str, BookingRejection> {
        self.payment_intent().ok_or(BookingRejection::NoPayment)
    }

    /// That the customer has something to do, while a payment waits for them.
    #[must_use]
    pub fn action(&self) -> Option<AwaitedAction> {
        self.payments.iter().find_map(|payment| payment.card()?.action)
    }

    /// Whether `event` may happen: `Some` if it changes something, `None` if it already happened.
    ///
    /// # Errors
    /// [`BookingRejection`].
    pub fn decide(&self, event: BookingEvent) -> Result<Option<BookingEvent>, BookingRejection> {
        use BookingStatus as S;
        use PaymentStatus as P;
        let payment_status = self.payment_status();
        let verdict = match (&event, self.status) {
            (BookingEvent::Requested, _) => Verdict::Illegal,
            (BookingEvent::Payment { number, step }, status) => self.decide_step(*number, step, status)?,
            (BookingEvent::Confirmed, S::Pending) if self.payments.are_secured() => Verdict::Happens,
            (BookingEvent::Confirmed, S::Pending) => Verdict::Illegal,
            (BookingEvent::Confirmed, S::Confirmed) => Verdict::Already,
            (BookingEvent::Failed { .. }, S::Pending) => Verdict::Happens,
            (BookingEvent::Failed { .. }, S::Confirmed) => match payment_status {
                P::Authorized => Verdict::Happens,
                P::Pending
                | P::Captured
                | P::Voided
                | P::PartiallyRefunded
                | P::Refunded
                | P::Failed
                | P::Disputed
                | P::ChargedBack => Verdict::Illegal,
            },
            (BookingEvent::Failed { .. }, S::Failed) => Verdict::Already,
            (BookingEvent::Cancelled(_), S::Pending | S::Confirmed) => Verdict::Happens,
            (BookingEvent::Cancelled(_), S::Cancelled) => Verdict::Already,
            (BookingEvent::Completed, S::Confirmed) if self.payments.are_captured() => Verdict::Happens,
            (BookingEvent::Completed, S::Confirmed) => Verdict::Illegal,
            (BookingEvent::Completed, S::Completed) => Verdict::Already,
            (BookingEvent::Confirmed, S::Cancelled | S::Completed | S::Failed)
            | (BookingEvent::Failed { .. }, S::Cancelled | S::Completed)
            | (BookingEvent::Cancelled(_), S::Completed | S::Failed)
            | (BookingEvent::Completed, S::Pending | S::Cancelled | S::Failed) => Verdict::Illegal,
        };
        match verdict {
            Verdict::Happens => Ok(Some(event)),
            Verdict::Already => Ok(None),
            Verdict::Illegal => Err(BookingRejection::IllegalTransition {
                status: self.status,
                payment: payment_status,
                event: event.kind(),
            }),
        }
    }

    /// A step of a payment: whether it is one for a booking of this status, then whether it is one for the payment.
    fn decide_step(
        &self,
        number: PaymentNumber,
        step: &PaymentStep,
        status: BookingStatus,
    ) -> Result<Verdict, BookingRejection> {
        use BookingStatus as S;
        let payment = self.payments.get(number).ok_or(BookingRejection::NoPayment)?;
        match (step, status) {
            (
                PaymentStep::Created { .. } | PaymentStep::ActionRequired { .. } | PaymentStep::Authorized,
                S::Pending,
            )
            | (
                PaymentStep::Captured { .. }
                | PaymentStep::Refunded { .. }
                | PaymentStep::RefundPending { .. }
                | PaymentStep::RefundFailed { .. }
                | PaymentStep::Disputed
                | PaymentStep::DisputeWon
                | PaymentStep::ChargedBack { .. },
                _,
            )
            | (PaymentStep::Voided, S::Pending | S::Cancelled | S::Failed) => match payment.decide(step) {
                Ok(true) => Ok(Verdict::Happens),
                Ok(false) => Ok(Verdict::Already),
                Err(PaymentRejection::OutOfTurn) => Ok(Verdict::Illegal),
                Err(PaymentRejection::RefundExceedsCapture) => Err(BookingRejection::RefundExceedsCapture),
                Err(PaymentRejection::WrongAmount) => Err(BookingRejection::WrongAmount),
            },
            (PaymentStep::Authorized, S::Confirmed) => Ok(Verdict::Already),
            (
                PaymentStep::Created { .. } | PaymentStep::ActionRequired { .. },
                S::Confirmed | S::Cancelled | S::Completed | S::Failed,
            )
            | (PaymentStep::Authorized, S::Cancelled | S::Completed | S::Failed)
            | (PaymentStep::Voided, S::Confirmed | S::Completed) => Ok(Verdict::Illegal),
        }
    }

    /// The booking after an event.
    #[must_use]
    pub fn evolve(mut self, event: &BookingEvent) -> Self {
        self.version += 1;
        match event {
            BookingEvent::Requested => {}
            BookingEvent::Payment { number, step } => self.payments.evolve(*number, step),
            BookingEvent::Confirmed => self.status = BookingStatus::Confirmed,
            BookingEvent::Failed { reason } => {
                self.status = BookingStatus::Failed;
                self.failure = Some(reason.clone());
                if reason.is_decline() {
                    self.payments.decline();
                }
                self.payments.forget_actions();
            }
            BookingEvent::Cancelled(cancellation) => {
                self.status = BookingStatus::Cancelled;
                self.cancellation = Some(cancellation.clone());
                self.payments.forget_actions();
                if self.refund_due().amount() > 0 {
                    self.payments.forget_failed_refunds();
                }
            }
            BookingEvent::Completed => self.status = BookingStatus::Completed,
        }
        self
    }

    /// The booking's status at `now`. As with holds, the end of its time is a condition, not a job: a confirmed booking
    /// whose time has passed is completed.
    #[must_use]
    pub fn status_at(&self, now: Timestamp) -> BookingStatus {
        match self.status {
            BookingStatus::Confirmed if self.order.end <= now => BookingStatus::Completed,
            status @ (BookingStatus::Pending
            | BookingStatus::Confirmed
            | BookingStatus::Cancelled
            | BookingStatus::Completed
            | BookingStatus::Failed) => status,
        }
    }
}

enum Verdict {
    Happens,
    Already,
    Illegal,
}
