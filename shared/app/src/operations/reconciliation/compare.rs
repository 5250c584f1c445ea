//! Comparison of bookings with payments, without the outside.

use holdfast_domain::{Booking, PaymentStatus};

use crate::kernel::money_text::amount;
use crate::operations::reconciliation::findings::Remedy;
use crate::payments::port::{Dispute, Payment, PaymentState};
use crate::payments::webhook::unrecorded_step;

/// Whether the provider says of the money what the booking says, for a booking whose saga is over and whose money rests. A
/// booking with less money than its price is never right.
pub(super) fn agree(booking: &Booking, payment: &Payment) -> bool {
    let booked = booking.captured().amount() > 0;
    let same_refunds = payment.refunded == booking.refunded() && unrecorded_step(booking, payment).is_none();
    let same_amounts = payment.taken == booking.captured() && same_refunds;
    let is_paid = !booking.holds_places() || booking.captured() == booking.payments.amount();
    match payment.state {
        PaymentState::Captured => booked && same_amounts && is_paid,
        PaymentState::Authorized => false,
        PaymentState::NotStarted
        | PaymentState::ActionRequired { .. }
        | PaymentState::Processing
        | PaymentState::Voided
        | PaymentState::Declined { .. } => !booked && !booking.holds_places(),
    }
}

/// What asking the provider makes of a difference (`webhook`): what it says of refunds and disputes is written down, money of a
/// booking that does not stand is settled.
pub(super) fn remedy_of(booking: &Booking, payment: &Payment) -> Remedy {
    let mends = if booking.holds_places() || unrecorded_step(booking, payment).is_some() {
        unrecorded_step(booking, payment).is_some()
    } else {
        matches!(payment.state, PaymentState::Authorized | PaymentState::Captured)
    };
    if mends { Remedy::Repaired } else { Remedy::Review }
}

/// What both sides say, for a person.
pub(super) fn both_sides(booking: &Booking, payment: &Payment) -> String {
    format!(
        "the booking is {} and {}, {} of {} taken, {} given back; the provider says {}, {} taken, {} given back, {}",
        booking.status.as_str(),
        booking.payment_status().as_str(),
        amount(booking.captured()),
        amount(booking.payments.amount()),
        amount(booking.refunded()),
        name_of(&payment.state),
        amount(payment.taken),
        amount(payment.refunded),
        match payment.dispute {
            Dispute::None => "not disputed".to_owned(),
            Dispute::Open => "disputed".to_owned(),
            Dispute::Lost => format!("{} taken back by the bank", amount(payment.charged_back)),
        },
    )
}

/// A state without what is only for the customer.
pub(super) fn name_of(state: &PaymentState) -> &'static str {
    match state {
        PaymentState::NotStarted => "not started",
        PaymentState::ActionRequired { .. } => "action required",
        PaymentState::Processing => "processing",
        PaymentState::Authorized => "authorized",
        PaymentState::Captured => "captured",
        PaymentState::Voided => "voided",
        PaymentState::Declined { .. } => "declined",
    }
}

/// Whether something of a booking's money is open that only the provider or a person can end, no settlement.
pub(super) fn is_open(booking: &Booking) -> bool {
    booking.payment_status() == PaymentStatus::Disputed || is_owed(booking)
}

/// Whether money is due to the guest that could not be given back.
pub(super) fn is_owed(booking: &Booking) -> bool {
    booking.refund_has_failed() && booking.refund_due().amount() > 0
}

/// Whether a settlement has something to do.
pub(super) fn is_unsettled(booking: &Booking) -> bool {
    !booking.holds_places() && !booking.money_is_settled() && !is_open(booking)
}
