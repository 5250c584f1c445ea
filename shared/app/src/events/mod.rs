//! Domain events on their way to the bus.

pub(crate) mod port;

pub use port::{EventBus, OutgoingEvent, Unpublished};
