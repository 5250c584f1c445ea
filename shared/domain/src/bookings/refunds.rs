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
            (BookingStatus::Cancelled, Some(cancellation)) if !cancellation.before_capture => {
                less(least(cancellation.refund, self.captured()), self.payments.charged_back())
            }
            (BookingStatus::Cancelled | BookingStatus::Failed, _) => self.left(),
            (BookingStatus::Pending | BookingStatus::Confirmed | BookingStatus::Completed, _) => {
                Money::zero(self.captured().currency())
            }
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
        if target.amount() > self.refunded().amount() { target } else { self.refunded() }
    }

    /// What its cancellation gives back by refunds: what it promises, without what the card's bank has taken back.
    #[must_use]
    pub fn promised_refund(&self) -> Option<Money> {
        self.cancellation.as_ref().map(|cancellation| least(cancellation.refund, self.refund_total()))
    }

    /// What a guest who cancels at `now` is to have back in all: by policy if the money was taken, nothing otherwise. What was
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
                let by_policy = self.order.policy.refund(self.captured(), self.order.start, now);
                if by_policy.amount() > self.refunded().amount() { by_policy } else { self.refunded() }
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

/// An amount without a part of it; nothing where that is more.
fn less(amount: Money, part: Money) -> Money {
    amount.subtract(part).unwrap_or(Money::zero(amount.currency()))
}
