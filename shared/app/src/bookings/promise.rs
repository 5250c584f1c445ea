//! What a cancellation promises: the one decision for the cancellation itself and for what is said of it before.

use holdfast_domain::{Booking, Money};
use jiff::Timestamp;

use crate::payments::charge::ChargeRules;

/// What a cancellation at `at` promises the guest in all: what the booking's terms give back, in what can be paid.
pub(crate) fn promise_at(booking: &Booking, charges: ChargeRules, at: Timestamp) -> Money {
    charges.payable(booking.refund_at(at), booking.captured())
}
