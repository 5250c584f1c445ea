//! Bookings: one payment attempt of one hold, from request to its end.
//!
//! `status` is where the booking stands with the guest, `payment_status` where the money stands. A booking is `failed`
//! for good: another card is another booking of the same hold.

use jiff::Timestamp;
use thiserror::Error;

use crate::bookings::policy::CancellationPolicy;
use crate::ids::{BookingId, Fingerprint, GuestId, HoldId, ResourceId, Seal};
use crate::inventory::Placement;
use crate::money::Money;

/// Where a booking stands (API.md, Bookings).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BookingStatus {
    /// The payment runs.
    Pending,
    /// It stands: its places are the guest's.
    Confirmed,
    /// Given up by the guest or an operator.
    Cancelled,
    /// Its time has passed.
    Completed,
    /// The payment came to nothing.
    Failed,
}

impl BookingStatus {
    /// Every status, in the order of a booking's life.
    pub const ALL: [Self; 5] =
        [Self::Pending, Self::Confirmed, Self::Cancelled, Self::Completed, Self::Failed];

    /// The name in answers and events.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Cancelled => "cancelled",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// Where the money of a booking stands (API.md, Bookings).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PaymentStatus {
    /// Nothing is certain yet.
    Pending,
    /// Reserved on the card.
    Authorized,
    /// Taken.
    Captured,
    /// The reservation was given back.
    Voided,
    /// A part was given back.
    PartiallyRefunded,
    /// All was given back.
    Refunded,
    /// The card was declined.
    Failed,
}

impl PaymentStatus {
    /// Every status.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Authorized,
        Self::Captured,
        Self::Voided,
        Self::PartiallyRefunded,
        Self::Refunded,
        Self::Failed,
    ];

    /// The name in answers and events.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Authorized => "authorized",
            Self::Captured => "captured",
            Self::Voided => "voided",
            Self::PartiallyRefunded => "partially_refunded",
            Self::Refunded => "refunded",
            Self::Failed => "failed",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// What a guest wants: the same for a hold and for the booking made of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Order {
    /// The resource.
    pub resource: ResourceId,
    /// Its name, as it was when the guest chose it.
    pub resource_name: String,
    /// Whose it is.
    pub guest: GuestId,
    /// Start of the stay.
    pub start: Timestamp,
    /// End of the stay.
    pub end: Timestamp,
    /// Units.
    pub quantity: u32,
    /// For the whole stay and all units.
    pub price: Money,
    /// What a cancellation refunds.
    pub policy: CancellationPolicy,
    /// Where the places are counted: each page once.
    pub placements: Vec<Placement>,
}

/// What the customer has to do at their bank.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CustomerAction {
    /// Stripe's client secret, for the guest's own device.
    pub client_secret: String,
    /// Where the bank's page is, if the provider names one.
    pub redirect_url: Option<String>,
    /// Until when it can be done in time.
    pub expires_at: Timestamp,
}

/// How a booking was given up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cancellation {
    /// In the guest's words.
    pub reason: Option<String>,
    /// What the guest gets back in all, refunds before the cancellation included; zero if nothing.
    pub refund: Money,
    /// Nothing had been taken yet, or the booking never stood: whatever is taken all the same goes back in full.
    pub before_capture: bool,
    /// Digest of the request's key and of its content, to tell its retry from another.
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
    /// The guest's address for the confirmation, if their token names one.
    pub email: Option<String>,
    /// The payment method the guest named; never card data.
    pub payment_method: String,
    /// Digest of the request's content.
    pub fingerprint: Fingerprint,
    /// Where it stands.
    pub status: BookingStatus,
    /// Where the money stands.
    pub payment_status: PaymentStatus,
    /// The provider's name for the payment, once there is one.
    pub payment_intent: Option<String>,
    /// What the customer has to do, while it waits for them.
    pub action: Option<CustomerAction>,
    /// Taken so far.
    pub captured: Money,
    /// Given back so far.
    pub refunded: Money,
    /// Why it failed: the provider's decline code, or a code of ours.
    pub failure: Option<String>,
    /// How it was given up, if it was.
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
    /// The provider knows of the payment; no money is touched.
    PaymentCreated {
        /// The provider's name for it.
        intent: String,
    },
    /// The bank wants the customer.
    ActionRequired {
        /// What they have to do.
        action: CustomerAction,
    },
    /// The amount is reserved.
    Authorized,
    /// The places are the guest's.
    Confirmed,
    /// The money is taken.
    Captured {
        /// How much.
        amount: Money,
    },
    /// The reservation was given back.
    Voided,
    /// Money was given back.
    Refunded {
        /// How much in all, so far.
        total: Money,
    },
    /// The payment came to nothing.
    Failed {
        /// The provider's decline code, or a code of ours.
        reason: String,
        /// Whether the card was declined.
        declined: bool,
    },
    /// The guest gave it up.
    Cancelled(Cancellation),
    /// Its time has passed.
    Completed,
}

impl BookingEvent {
    /// The event's type on the bus and in the audit trail.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Requested => "booking.requested",
            Self::PaymentCreated { .. } => "payment.created",
            Self::ActionRequired { .. } => "payment.action_required",
            Self::Authorized => "payment.authorized",
            Self::Confirmed => "booking.confirmed",
            Self::Captured { .. } => "payment.captured",
            Self::Voided => "payment.voided",
            Self::Refunded { .. } => "payment.refunded",
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
        /// Where the booking stands.
        status: BookingStatus,
        /// Where the money stands.
        payment: PaymentStatus,
        /// What was asked.
        event: &'static str,
    },
    /// More would be given back than was taken.
    #[error("refunds would exceed what was captured")]
    RefundExceedsCapture,
    /// More would be taken than the price, or in another currency.
    #[error("the captured amount is not the price")]
    WrongAmount,
}

impl Booking {
    /// Whether `event` may happen: `Some` if it changes something, `None` if it already happened.
    ///
    /// # Errors
    /// [`BookingRejection`].
    pub fn decide(&self, event: BookingEvent) -> Result<Option<BookingEvent>, BookingRejection> {
        use BookingStatus as S;
        use PaymentStatus as P;
        let verdict = match (&event, self.status) {
            (BookingEvent::Requested, _) => Verdict::Illegal,
            (BookingEvent::PaymentCreated { intent }, S::Pending) => match &self.payment_intent {
                None => Verdict::Happens,
                Some(known) if known == intent => Verdict::Already,
                Some(_) => Verdict::Illegal,
            },
            (BookingEvent::ActionRequired { .. }, S::Pending) => match (self.payment_status, &self.action) {
                (P::Pending, Some(_)) => Verdict::Already,
                (P::Pending, None) => Verdict::Happens,
                (
                    P::Authorized | P::Captured | P::Voided | P::PartiallyRefunded | P::Refunded | P::Failed,
                    _,
                ) => Verdict::Illegal,
            },
            (BookingEvent::Authorized, S::Pending) => match self.payment_status {
                P::Pending => Verdict::Happens,
                P::Authorized | P::Captured | P::PartiallyRefunded | P::Refunded => Verdict::Already,
                P::Voided | P::Failed => Verdict::Illegal,
            },
            (BookingEvent::Authorized, S::Confirmed) => Verdict::Already,
            (BookingEvent::Confirmed, S::Pending) => match self.payment_status {
                P::Authorized | P::Captured => Verdict::Happens,
                P::Pending | P::Voided | P::PartiallyRefunded | P::Refunded | P::Failed => Verdict::Illegal,
            },
            (BookingEvent::Confirmed, S::Confirmed) => Verdict::Already,
            (BookingEvent::Captured { amount }, _) => match self.payment_status {
                _ if *amount != self.order.price => return Err(BookingRejection::WrongAmount),
                P::Captured | P::PartiallyRefunded | P::Refunded => Verdict::Already,
                P::Pending | P::Authorized => Verdict::Happens,
                P::Voided | P::Failed => Verdict::Illegal,
            },
            (BookingEvent::Voided, S::Pending | S::Cancelled | S::Failed) => match self.payment_status {
                P::Pending | P::Authorized => Verdict::Happens,
                P::Voided => Verdict::Already,
                P::Failed => Verdict::Already,
                P::Captured | P::PartiallyRefunded | P::Refunded => Verdict::Illegal,
            },
            (BookingEvent::Refunded { total }, _) => match self.payment_status {
                P::Captured | P::PartiallyRefunded | P::Refunded => {
                    if total.currency() != self.captured.currency() || total.amount() > self.captured.amount()
                    {
                        return Err(BookingRejection::RefundExceedsCapture);
                    }
                    if total.amount() > self.refunded.amount() { Verdict::Happens } else { Verdict::Already }
                }
                P::Pending | P::Authorized | P::Voided | P::Failed => Verdict::Illegal,
            },
            (BookingEvent::Failed { .. }, S::Pending) => Verdict::Happens,
            (BookingEvent::Failed { .. }, S::Confirmed) => match self.payment_status {
                P::Authorized => Verdict::Happens,
                P::Pending | P::Captured | P::Voided | P::PartiallyRefunded | P::Refunded | P::Failed => {
                    Verdict::Illegal
                }
            },
            (BookingEvent::Failed { .. }, S::Failed) => Verdict::Already,
            (BookingEvent::Cancelled(_), S::Pending | S::Confirmed) => Verdict::Happens,
            (BookingEvent::Cancelled(_), S::Cancelled) => Verdict::Already,
            (BookingEvent::Completed, S::Confirmed) => match self.payment_status {
                P::Captured | P::PartiallyRefunded | P::Refunded => Verdict::Happens,
                P::Pending | P::Authorized | P::Voided | P::Failed => Verdict::Illegal,
            },
            (BookingEvent::Completed, S::Completed) => Verdict::Already,
            (
                BookingEvent::PaymentCreated { .. } | BookingEvent::ActionRequired { .. },
                S::Confirmed | S::Cancelled | S::Completed | S::Failed,
            )
            | (BookingEvent::Authorized, S::Cancelled | S::Completed | S::Failed)
            | (BookingEvent::Confirmed, S::Cancelled | S::Completed | S::Failed)
            | (BookingEvent::Voided, S::Confirmed | S::Completed)
            | (BookingEvent::Failed { .. }, S::Cancelled | S::Completed)
            | (BookingEvent::Cancelled(_), S::Completed | S::Failed)
            | (BookingEvent::Completed, S::Pending | S::Cancelled | S::Failed) => Verdict::Illegal,
        };
        match verdict {
            Verdict::Happens => Ok(Some(event)),
            Verdict::Already => Ok(None),
            Verdict::Illegal => Err(BookingRejection::IllegalTransition {
                status: self.status,
                payment: self.payment_status,
                event: event.kind(),
            }),
        }
    }

    /// The booking after an event.
    #[must_use]
    pub fn evolve(mut self, event: &BookingEvent) -> Self {
        self.version += 1;
        match event {
            BookingEvent::Requested => {}
            BookingEvent::PaymentCreated { intent } => self.payment_intent = Some(intent.clone()),
            BookingEvent::ActionRequired { action } => self.action = Some(action.clone()),
            BookingEvent::Authorized => {
                self.payment_status = PaymentStatus::Authorized;
                self.action = None;
            }
            BookingEvent::Confirmed => self.status = BookingStatus::Confirmed,
            BookingEvent::Captured { amount } => {
                self.payment_status = PaymentStatus::Captured;
                self.captured = *amount;
                self.action = None;
            }
            BookingEvent::Voided => {
                self.payment_status = PaymentStatus::Voided;
                self.action = None;
            }
            BookingEvent::Refunded { total } => {
                self.refunded = *total;
                self.payment_status = if total.amount() == self.captured.amount() {
                    PaymentStatus::Refunded
                } else {
                    PaymentStatus::PartiallyRefunded
                };
            }
            BookingEvent::Failed { reason, declined } => {
                self.status = BookingStatus::Failed;
                self.failure = Some(reason.clone());
                // What was taken or given back before stays known: it has to be settled.
                if *declined
                    && matches!(self.payment_status, PaymentStatus::Pending | PaymentStatus::Authorized)
                {
                    self.payment_status = PaymentStatus::Failed;
                }
                self.action = None;
            }
            BookingEvent::Cancelled(cancellation) => {
                self.status = BookingStatus::Cancelled;
                self.cancellation = Some(cancellation.clone());
                self.action = None;
            }
            BookingEvent::Completed => self.status = BookingStatus::Completed,
        }
        self
    }

    /// Where the booking stands at `now`. As with holds, the end of its time is a condition, not a job: a confirmed booking
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

    /// Whether only its end is still to come: it stands and its money was taken.
    #[must_use]
    pub fn awaits_end(&self) -> bool {
        matches!(self.decide(BookingEvent::Completed), Ok(Some(_)))
    }

    /// What is still to be given back of what was taken: by the cancellation's terms but never more than was taken, all of
    /// it if the booking failed, nothing while it stands.
    #[must_use]
    pub fn refund_due(&self) -> Money {
        let nothing = Money::zero(self.captured.currency());
        let target = match (self.status, &self.cancellation) {
            (BookingStatus::Cancelled, Some(cancellation)) if !cancellation.before_capture => {
                let promised = cancellation.refund;
                if promised.amount() > self.captured.amount() { self.captured } else { promised }
            }
            (BookingStatus::Cancelled | BookingStatus::Failed, _) => self.captured,
            (BookingStatus::Pending | BookingStatus::Confirmed | BookingStatus::Completed, _) => nothing,
        };
        target.subtract(self.refunded).unwrap_or(nothing)
    }

    /// What a guest who cancels at `now` gets back in all: by policy if the money was taken, nothing otherwise. What was
    /// refunded before counts towards it, and stays theirs where it is more. A booking that never stood keeps nothing.
    #[must_use]
    pub fn refund_at(&self, now: Timestamp) -> Money {
        if self.status == BookingStatus::Pending {
            return self.captured;
        }
        match self.payment_status {
            PaymentStatus::Captured | PaymentStatus::PartiallyRefunded | PaymentStatus::Refunded => {
                let by_policy = self.order.policy.refund(self.captured, self.order.start, now);
                if by_policy.amount() > self.refunded.amount() { by_policy } else { self.refunded }
            }
            PaymentStatus::Pending
            | PaymentStatus::Authorized
            | PaymentStatus::Voided
            | PaymentStatus::Failed => Money::zero(self.order.price.currency()),
        }
    }
}

enum Verdict {
    Happens,
    Already,
    Illegal,
}
