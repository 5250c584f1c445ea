//! The system of record as one port.

use async_trait::async_trait;
use holdfast_domain::catalogue::Slot;
use holdfast_domain::holds::Extension;
use holdfast_domain::{
    Booking, BookingId, Fingerprint, GuestId, Hold, HoldId, HoldSnapshot, Page, Resource, ResourceId,
};
use jiff::Timestamp;

use crate::bookings::port::{BookingCommit, CommitError};
use crate::bookings::trail::AuditEvent;
use crate::holds::port::Placed;
use crate::kernel::errors::{LedgerError, StoreError};
use crate::kernel::mutation::Mutation;

/// The system of record: resources, pages, holds, bookings, audit trail.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// A resource; reads the latest write.
    async fn resource(&self, id: &ResourceId) -> Result<Option<Resource>, StoreError>;

    /// Creates (`previous` is `None`) or replaces a resource, and brings its pages that are not past under the new
    /// capacity or schedule, all or nothing. [`LedgerError::ResourceChanged`] if it is not as `previous` says.
    async fn put_resource(
        &self,
        previous: Option<&Resource>,
        next: &Resource,
        mutation: &Mutation,
    ) -> Result<(), LedgerError>;

    /// Sets capacity and stop-sell of `slots`, all or nothing.
    async fn set_inventory(
        &self,
        resource: &Resource,
        slots: &[Slot],
        capacity: Option<u32>,
        closed: Option<bool>,
        mutation: &Mutation,
    ) -> Result<(), LedgerError>;

    /// The pages of those parts of the schedule, in that order; a page nobody touched yet is given as it would be made.
    async fn pages(&self, resource: &Resource, pages: &[String]) -> Result<Vec<Page>, StoreError>;

    /// Every stored page of a resource.
    async fn stored_pages(&self, resource: &Resource) -> Result<Vec<Page>, StoreError>;

    /// Takes the places of a hold, on all its pages or none, and writes its record. Placing the same hold again gives the
    /// first record. `resources` are those the hold's placements name; their limits apply unless somebody else places the
    /// hold for its guest.
    async fn place(
        &self,
        resources: &[&Resource],
        hold: &Hold,
        mutation: &Mutation,
    ) -> Result<Placed, LedgerError>;

    /// A hold with what its page stores of it.
    async fn hold(&self, id: &HoldId) -> Result<Option<HoldSnapshot>, StoreError>;

    /// Adds one TTL to the hold's expiry, once per `request`: the answer as first given, and whether a twin of the request
    /// was given it.
    async fn extend(
        &self,
        hold: &Hold,
        request: &Fingerprint,
        mutation: &Mutation,
    ) -> Result<(Extension, bool), LedgerError>;

    /// Gives the hold back for its guest. Again: no effect. [`PageRejection::HoldMissing`] if it has become a booking.
    async fn release(&self, hold: &Hold, mutation: &Mutation) -> Result<(), LedgerError>;

    /// Drops the hold if it is dead; [`PageRejection::HoldLive`] if not. Again: no effect.
    async fn expire(&self, hold: &Hold, mutation: &Mutation) -> Result<(), LedgerError>;

    /// A booking; reads the latest write.
    async fn booking(&self, id: &BookingId) -> Result<Option<Booking>, StoreError>;

    /// Writes a booking's event, its audit entry, its operations on pages and its changes of hold records in one
    /// transaction, or nothing.
    async fn commit(&self, commit: &BookingCommit) -> Result<(), CommitError>;

    /// A guest's bookings, newest first, at most `limit` of them after `cursor`, with the next cursor.
    async fn bookings_of(
        &self,
        guest: &GuestId,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<(Vec<Booking>, Option<String>), StoreError>;

    /// Bookings that await nothing but their end ([`Booking::awaits_end`]) and whose time has passed at `now`: at most
    /// `limit`, the longest ended first. It may lag behind the latest writes: read a booking before changing it.
    async fn ended_bookings(&self, now: Timestamp, limit: u32) -> Result<Vec<BookingId>, StoreError>;

    /// A booking's audit trail, oldest first.
    async fn audit_trail(&self, booking: &BookingId) -> Result<Vec<AuditEvent>, StoreError>;

    /// Remembers which callback resumes the saga of a booking.
    async fn put_task_token(
        &self,
        booking: &BookingId,
        token: &str,
        mutation: &Mutation,
    ) -> Result<(), StoreError>;

    /// The callback that resumes the saga of a booking.
    async fn task_token(&self, booking: &BookingId) -> Result<Option<String>, StoreError>;
}
