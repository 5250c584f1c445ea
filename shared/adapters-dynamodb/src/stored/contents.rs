//! What the documents of hold records and bookings contain, whichever version they are of.

use holdfast_domain::bookings::{Cancellation, CustomerAction, FailureReason, Order};
use holdfast_domain::{Fingerprint, GuestId, HoldId, Money, PaymentStatus};

/// The contents of a hold record's document.
pub(crate) struct HoldContents {
    pub(crate) order: Order,
    pub(crate) caller: GuestId,
    pub(crate) ttl_seconds: u32,
    pub(crate) cool_down_seconds: u32,
}

/// The contents of a booking's document.
pub(crate) struct BookingContents {
    pub(crate) confirmation_number: String,
    pub(crate) hold: HoldId,
    pub(crate) order: Order,
    pub(crate) email: Option<String>,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) payment_status: PaymentStatus,
    pub(crate) payment_method: String,
    pub(crate) payment_intent: Option<String>,
    pub(crate) action: Option<CustomerAction>,
    pub(crate) captured: Money,
    pub(crate) refunded: Money,
    pub(crate) failure: Option<FailureReason>,
    pub(crate) cancellation: Option<Cancellation>,
}
