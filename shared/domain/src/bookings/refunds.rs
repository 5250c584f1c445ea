//! What is given back of a booking's money.

use jiff::Timestamp;

use crate::bookings::booking::Booking;
use crate::bookings::status::BookingStatus;
use crate::money::Money;
use crate::payments::PaymentStatus;

impl Booking {
    /// Returns the amount still to be refunded: after a cancellation what its terms give back, at most what was captured and the
    /// card's bank has not taken back; after a failure all of that; otherwise nothing.
    #[must_use]
    pub fn refund_due(&self) -> Money {
        less(self.refund_target(), self.refunded())
    }

    /// What the guest is to have back in all, refunds so far included.
    fn refund_target(&self) -> Money {
        match (self.status, &self.cancellation) {
            (BookingStatus::Cancelled, Some(cancellation)) => {
                self.cancelled_target(cancellation.refund, cancellation.before_capture)
            }
            (BookingStatus::Cancelled | BookingStatus::Failed, _) => self.left(),
            (BookingStatus::Pending | BookingStatus::Confirmed | BookingStatus::Completed, _) => {
                Money::zero(self.captured().currency())
            }
        }
    }

    /// The same after a cancellation that promises so much.
    fn cancelled_target(&self, promise: Money, before_capture: bool) -> Money {
        if before_capture {
            self.left()
        } else {
            less(least(promise, self.captured()), self.payments.charged_back())
        }
    }

    /// What was captured and the card's bank has not taken back.
    fn left(&self) -> Money {
        less(self.captured(), self.payments.charged_back())
    }

    /// What is given back in all once a refund has run, refunds so far included. A pending booking that is being undone keeps
    /// nothing.
    #[must_use]
    pub fn refund_total(&self) -> Money {
        let target = match self.status {
            BookingStatus::Pending => self.left(),
            BookingStatus::Confirmed
            | BookingStatus::Cancelled
            | BookingStatus::Completed
            | BookingStatus::Failed => self.refund_target(),
        };
        greatest(target, self.refunded())
    }

    /// What its cancellation gives back by refunds: what it promises, without what the card's bank has taken back.
    #[must_use]
    pub fn promised_refund(&self) -> Option<Money> {
        self.cancellation
            .as_ref()
            .map(|cancellation| self.given_back(cancellation.refund, cancellation.before_capture))
    }

    /// What a cancellation of it as it is would give back by refunds if it promised so much: its [`Booking::promised_refund`] then.
    #[must_use]
    pub fn refund_if_cancelled(&self, promise: Money) -> Money {
        self.given_back(promise, self.is_before_capture())
    }

    /// What a cancellation that promises so much gives back by refunds.
    fn given_back(&self, promise: Money, before_capture: bool) -> Money {
        least(promise, greatest(self.cancelled_target(promise, before_capture), self.refunded()))
    }

    /// Whether a cancellation of it as it is comes before the capture: any later capture is refunded in full.
    #[must_use]
    pub fn is_before_capture(&self) -> bool {
        !self.payments.are_captured() || self.status == BookingStatus::Pending
    }

    /// What is left of what was captured once so much is given back, without what the card's bank has taken back.
    pub(crate) fn kept_after(&self, refund: Money) -> Money {
        less(self.left(), refund)
    }

    /// What a guest who cancels at `now` is to have back in all: by its terms if the money was taken, nothing otherwise. What was
    /// refunded before counts towards it, and stays theirs where it is more. So does what the card's bank takes back for them,
    /// before and after: a dispute may still be decided the other way. A pending booking keeps nothing.
    #[must_use]
    pub fn refund_at(&self, now: Timestamp) -> Money {
        if self.status == BookingStatus::Pending {
            return self.left();
        }
        match self.payment_status() {
            PaymentStatus::Captured
            | PaymentStatus::PartiallyRefunded
            | PaymentStatus::Refunded
            | PaymentStatus::Disputed
            | PaymentStatus::ChargedBack => {
                let by_terms = self.order.refund_of(self.captured(), self.created_at, now);
                greatest(by_terms, self.refunded())
            }
            PaymentStatus::Pending
            | PaymentStatus::Authorized
            | PaymentStatus::Voided
            | PaymentStatus::Failed => Money::zero(self.order.price.total().currency()),
        }
    }
}

fn least(amount: Money, other: Money) -> Money {
    if other.amount() < amount.amount() { other } else { amount }
}

fn greatest(amount: Money, other: Money) -> Money {
    if other.amount() > amount.amount() { other } else { amount }
}

/// An amount without a part of it; nothing where that is more.
fn less(amount: Money, part: Money) -> Money {
    amount.subtract(part).unwrap_or(Money::zero(amount.currency()))
}
