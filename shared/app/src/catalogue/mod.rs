//! Resources, their terms and their inventory.

pub(crate) mod resources;

pub use resources::{CalendarSlot, Resources};
