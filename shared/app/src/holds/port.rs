//! What holds need from outside.

use async_trait::async_trait;
use holdfast_domain::holds::Extension;
use holdfast_domain::{Fingerprint, Hold, HoldId, HoldSnapshot, Resource, ResourceId};
use jiff::Timestamp;

use crate::kernel::errors::{LedgerError, StoreError, WorkflowError};
use crate::kernel::mutation::Mutation;

/// A hold, and whether an earlier try of the same request had placed it.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// The record as first written.
    pub hold: Hold,
    /// `true` if this request only met its earlier self.
    pub replayed: bool,
}

/// Reads holds.
#[async_trait]
pub trait HoldReader: Send + Sync {
    /// A hold with what its page stores of it.
    async fn hold(&self, id: &HoldId) -> Result<Option<HoldSnapshot>, StoreError>;
}

/// Places and ends holds: the places on pages, and the record of each hold.
#[async_trait]
pub trait HoldStore: HoldReader {
    /// Takes the places of a hold, on all its pages or none, and writes its record. Placing the same hold again gives the
    /// first record. `resources` are those the hold's placements name; their limits apply unless somebody else places the
    /// hold for its guest.
    async fn place(
        &self,
        resources: &[&Resource],
        hold: &Hold,
        mutation: &Mutation,
    ) -> Result<Placed, LedgerError>;

    /// Adds one TTL to the hold's expiry, once per `request`: the answer as first given, and whether an earlier or
    /// concurrent try of the same request was given it.
    async fn extend(
        &self,
        hold: &Hold,
        request: &Fingerprint,
        mutation: &Mutation,
    ) -> Result<(Extension, bool), LedgerError>;

    /// Gives the hold back for its guest. Again: no effect. [`PageRejection::HoldMissing`] if it has been confirmed as a
    /// booking.
    ///
    /// [`PageRejection::HoldMissing`]: holdfast_domain::PageRejection::HoldMissing
    async fn release(&self, hold: &Hold, mutation: &Mutation) -> Result<(), LedgerError>;

    /// Drops the hold if its time has passed; [`PageRejection::HoldLive`] if not. Again: no effect.
    ///
    /// [`PageRejection::HoldLive`]: holdfast_domain::PageRejection::HoldLive
    async fn expire(&self, hold: &Hold, mutation: &Mutation) -> Result<(), LedgerError>;
}

/// An operator's stop of new holds, for an emergency.
#[async_trait]
pub trait HoldStops: Send + Sync {
    /// Whether new holds of the resource, or of any, are stopped; reads the latest write.
    async fn are_stopped(&self, resource: &ResourceId) -> Result<bool, StoreError>;
}

/// Wakes the expiry of a hold.
#[async_trait]
pub trait Timers: Send + Sync {
    /// Asks to be woken for `hold` at `at`, or somewhat earlier.
    async fn wake(&self, hold: &HoldId, at: Timestamp, now: Timestamp) -> Result<(), WorkflowError>;
}
