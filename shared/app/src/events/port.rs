//! The bus that domain events leave by.

use async_trait::async_trait;
use jiff::Timestamp;
use thiserror::Error;

use crate::kernel::errors::Source;

/// The most bytes of an event's body: a larger one no bus of ours takes, however often it is asked to.
pub const EVENT_BYTES_MAX: usize = 240 * 1024;

/// An event as the bus takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingEvent {
    /// Such as `booking.confirmed`: what rules select by.
    pub kind: String,
    /// When it happened.
    pub at: Timestamp,
    /// The whole event, JSON, of at most [`EVENT_BYTES_MAX`] bytes.
    pub body: String,
}

/// Some events were not taken by the bus.
#[derive(Debug, Error)]
#[error("{} events were not taken by the bus, the first of them at {}", .positions.len(), .positions.first().copied().unwrap_or(0))]
pub struct Unpublished {
    /// Their positions in what was to be published, ascending, never empty.
    pub positions: Vec<usize>,
    /// Why the last of them was not.
    #[source]
    pub source: Source,
}

/// The bus. It may take an event twice.
#[async_trait]
pub trait EventBus: Send + Sync {
    /// Publishes all of `events`, or says which not.
    async fn publish(&self, events: &[OutgoingEvent]) -> Result<(), Unpublished>;
}
