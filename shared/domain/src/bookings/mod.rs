//! Bookings: one payment attempt of one hold, its events, cancellation policies.

pub(crate) mod booking;
pub(crate) mod inventory_move;
pub(crate) mod lifecycle;
pub(crate) mod policy;

pub use booking::{
    Booking, BookingEvent, BookingRejection, BookingStatus, Cancellation, CustomerAction, Order,
    PaymentStatus,
};
pub use inventory_move::{HoldRecordChange, InventoryMove, InventoryPlan};
pub use lifecycle::Lifecycle;
pub use policy::{CancellationPolicy, TIERS_MAX, Tier};
