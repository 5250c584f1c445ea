//! Holds: places taken for a guest for a while.

pub(crate) mod expiry;
pub(crate) mod place;
pub(crate) mod port;

pub use expiry::Expiry;
pub use place::{HoldRequest, Holds, RESOURCE_MEMORY_MS, claimed_by_another};
pub use port::{HoldReader, HoldStops, HoldStore, Placed, Timers};
