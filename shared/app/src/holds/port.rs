//! What holds need from outside.

use async_trait::async_trait;
use holdfast_domain::{Hold, HoldId};
use jiff::Timestamp;

use crate::kernel::errors::WorkflowError;

/// A hold, and whether an earlier try of the same request had placed it.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// The record as first written.
    pub hold: Hold,
    /// `true` if this request only met its earlier self.
    pub replayed: bool,
}

/// Wakes the expiry of a hold.
#[async_trait]
pub trait Timers: Send + Sync {
    /// Asks to be woken for `hold` at `at`, or somewhat earlier.
    async fn wake(&self, hold: &HoldId, at: Timestamp, now: Timestamp) -> Result<(), WorkflowError>;
}
