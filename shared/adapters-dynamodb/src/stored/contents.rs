//! What the documents of hold records and bookings contain, whichever version they are of.

use holdfast_domain::bookings::{Cancellation, FailureReason, Order};
use holdfast_domain::{BookingPayments, Fingerprint, GuestId, HoldId};

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
    pub(crate) payments: BookingPayments,
    pub(crate) failure: Option<FailureReason>,
    pub(crate) cancellation: Option<Cancellation>,
}
