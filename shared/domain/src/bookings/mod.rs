//! Bookings: one payment attempt of one hold, its events, cancellation policies.

pub(crate) mod booking;
pub(crate) mod contact;
pub(crate) mod failure_reason;
pub(crate) mod inventory_move;
pub(crate) mod lifecycle;
pub(crate) mod policy;
pub(crate) mod price;
pub(crate) mod progress;
pub(crate) mod quote;
pub(crate) mod refunds;
pub(crate) mod status;

pub use booking::{Booking, BookingEvent, BookingRejection, Cancellation, Order};
pub use contact::{
    CONTACT_NAME_LENGTH_MAX, Contact, ContactName, EMAIL_LENGTH_MAX, EmailAddress, InvalidContact,
    LANGUAGE_LENGTH_MAX, LanguageTag, PhoneNumber,
};
pub use failure_reason::FailureReason;
pub use inventory_move::{InventoryMove, InventoryPlan};
pub use lifecycle::Lifecycle;
pub use policy::{CancellationPolicy, HOURS_BEFORE_MAX, TIERS_MAX, Tier};
pub use price::{LineDetail, Price, PriceLine, PriceLineKind};
pub use quote::{CancellationQuote, RefundStep, STEPS_MAX, refund_steps};
pub use status::BookingStatus;
