//! The booking domain of Holdfast: resources, schedules, slots, inventory pages, holds, bookings, money.
//!
//! Promises: everything here is pure. No clock, no randomness, no input or output, no serialisation; time and ids are
//! arguments, so a replay gives the same result. Every state change is `decide` (may it happen, what happens) followed by
//! `evolve` (apply it), and every match over states is exhaustive.
//!
//! Deliberately absent: storage, HTTP, payment providers, and any knowledge of how a page is written.

pub mod bookings;
pub mod catalogue;
pub mod holds;
pub mod ids;
pub mod inventory;
pub mod money;
pub mod payments;
pub mod properties;
pub mod rates;
pub mod receipts;
pub mod trail;

pub use bookings::{Booking, BookingEvent, BookingStatus, CancellationPolicy, InventoryMove, Lifecycle};
pub use catalogue::{Resource, Schedule, Slot, When};
pub use holds::{Hold, HoldSnapshot, HoldStatus};
pub use ids::{BookingId, Fingerprint, GuestId, GuestMark, HoldId, PropertyId, ResourceId, Seal, SlotKey};
pub use inventory::{
    HoldLimit, HoldLimits, Page, PageChange, PageCommand, PageHold, PageKey, PageRejection, SlotPlaces,
};
pub use money::{Currency, Money};
pub use payments::{BookingPayments, Payment, PaymentNumber, PaymentStatus, PaymentStep};
pub use properties::{Property, PropertyTerms};
pub use trail::{TrailHead, TrailSubject};
