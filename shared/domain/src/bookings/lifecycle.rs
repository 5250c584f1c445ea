//! The states of the product's vocabulary, over holds and bookings together.

use crate::bookings::booking::Booking;
use crate::bookings::status::BookingStatus;
use crate::payments::PaymentStatus;

/// One name for the state of a guest's order, from first hold to refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lifecycle {
    /// The places are taken, the guest does not know yet.
    HoldCreated,
    /// The guest may pay.
    HoldActive,
    /// The hold's time has passed, or its payment failed.
    HoldExpired,
    /// The amount is reserved.
    PaymentAuthorized,
    /// The places are the guest's, the money is not taken yet.
    BookingConfirmed,
    /// The places are the guest's, the money is taken.
    PaymentCaptured,
    /// Cancelled; nothing was or is to be refunded.
    BookingCancelled,
    /// Its time has passed.
    BookingCompleted,
    /// Money was given back.
    Refunded,
}

impl Lifecycle {
    /// Every state of the vocabulary. `HoldCreated` is over before anybody is answered: no booking is in it.
    pub const ALL: [Self; 9] = [
        Self::HoldCreated,
        Self::HoldActive,
        Self::HoldExpired,
        Self::PaymentAuthorized,
        Self::BookingConfirmed,
        Self::PaymentCaptured,
        Self::BookingCancelled,
        Self::BookingCompleted,
        Self::Refunded,
    ];

    /// The name in the product's documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HoldCreated => "HOLD_CREATED",
            Self::HoldActive => "HOLD_ACTIVE",
            Self::HoldExpired => "HOLD_EXPIRED",
            Self::PaymentAuthorized => "PAYMENT_AUTHORIZED",
            Self::BookingConfirmed => "BOOKING_CONFIRMED",
            Self::PaymentCaptured => "PAYMENT_CAPTURED",
            Self::BookingCancelled => "BOOKING_CANCELLED",
            Self::BookingCompleted => "BOOKING_COMPLETED",
            Self::Refunded => "REFUNDED",
        }
    }

    /// The state of a booking.
    #[must_use]
    pub fn of(booking: &Booking) -> Self {
        use PaymentStatus as P;
        match booking.status {
            BookingStatus::Pending => match booking.payment_status() {
                P::Authorized => Self::PaymentAuthorized,
                P::Captured | P::Disputed | P::ChargedBack => Self::PaymentCaptured,
                P::Pending | P::Voided | P::Failed => Self::HoldActive,
                P::PartiallyRefunded | P::Refunded => Self::Refunded,
            },
            BookingStatus::Confirmed => match booking.payment_status() {
                P::Captured | P::Disputed | P::ChargedBack => Self::PaymentCaptured,
                P::PartiallyRefunded | P::Refunded => Self::Refunded,
                P::Pending | P::Authorized | P::Voided | P::Failed => Self::BookingConfirmed,
            },
            BookingStatus::Cancelled => match booking.payment_status() {
                P::PartiallyRefunded | P::Refunded => Self::Refunded,
                P::Pending
                | P::Authorized
                | P::Captured
                | P::Voided
                | P::Failed
                | P::Disputed
                | P::ChargedBack => Self::BookingCancelled,
            },
            BookingStatus::Completed => Self::BookingCompleted,
            BookingStatus::Failed => match booking.payment_status() {
                P::PartiallyRefunded | P::Refunded => Self::Refunded,
                P::Pending
                | P::Authorized
                | P::Captured
                | P::Voided
                | P::Failed
                | P::Disputed
                | P::ChargedBack => Self::HoldExpired,
            },
        }
    }
}
