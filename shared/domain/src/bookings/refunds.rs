//! What is given back of a booking's money.

use jiff::Timestamp;

use crate::bookings::booking::Booking;
use crate::bookings::status::BookingStatus;
use crate::money::Money;
use crate::payments::PaymentStatus;

impl Booking {
    /// Returns the amount still to be refunded: after a cancellation what its terms give back, at most what was captured; after
    /// a failure all that was captured; otherwise nothing.
    #[must_use]
    pub fn refund_due(&self) -> Money {
        self.refund_target().subtract(self.refunded()).unwrap_or(Money::zero(self.captured().currency()))
    }

    /// What the guest is to have back in all, refunds so far included.
    fn refund_target(&self) -> Money {
        match (self.status, &self.cancellation) {
            (BookingStatus::Cancelled, Some(cancellation)) if !cancellation.before_capture => {
                let promised = cancellation.refund;
                if promised.amount() > self.captured().amount() { self.captured() } else { promised }
            }
            (BookingStatus::Cancelled | BookingStatus::Failed, _) => self.captured(),
            (BookingStatus::Pending | BookingStatus::Confirmed | BookingStatus::Completed, _) => {
                Money::zero(self.captured().currency())
            }
        }
    }

    /// What is given back in all once a refund has run, refunds so far included. A pending booking that is being undone keeps
    /// nothing.
    #[must_use]
    pub fn refund_total(&self) -> Money {
        let target = match self.status {
            BookingStatus::Pending => self.captured(),
            BookingStatus::Confirmed
            | BookingStatus::Cancelled
            | BookingStatus::Completed
            | BookingStatus::Failed => self.refund_target(),
        };
        if target.amount() > self.refunded().amount() { target } else { self.refunded() }
    }

    /// What a guest who cancels at `now` gets back in all: by policy if the money was taken, nothing otherwise. What was
    /// refunded before counts towards it, and stays theirs where it is more. A pending booking keeps nothing.
    #[must_use]
    pub fn refund_at(&self, now: Timestamp) -> Money {
        if self.status == BookingStatus::Pending {
            return self.captured();
        }
        match self.payment_status() {
            PaymentStatus::Captured | PaymentStatus::PartiallyRefunded | PaymentStatus::Refunded => {
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
