//! What bookings need of the store.

use async_trait::async_trait;
use holdfast_domain::bookings::InventoryPlan;
use holdfast_domain::{Booking, BookingEvent, BookingId, GuestId, InventoryMove, PageRejection};
use thiserror::Error;

use crate::bookings::trail::AuditEvent;
use crate::kernel::errors::StoreError;
use crate::kernel::mutation::Mutation;

/// Why a booking's change was not written.
#[derive(Debug, Error)]
pub enum CommitError {
    /// The booking changed since it was read; read it again.
    #[error("the booking has changed")]
    Stale,
    /// A page refused; nothing was changed.
    #[error(transparent)]
    Rejected(#[from] PageRejection),
    /// The resource was replaced since its places were held, and the slots are there no more.
    #[error("the resource has changed")]
    ResourceChanged,
    /// The change touches more pages than one transaction may.
    #[error("the change touches more than {max} pages")]
    TooManyPages {
        /// The most it may touch.
        max: usize,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A change of one booking, with all that has to happen in the same transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct BookingCommit {
    /// The booking after the event.
    pub booking: Booking,
    /// The event.
    pub event: BookingEvent,
    /// Its entry in the audit trail.
    pub audit: AuditEvent,
    /// What is done to pages and to the records of holds.
    pub inventory: InventoryPlan,
}

impl BookingCommit {
    /// `event` happens to the booking `before`, and is entered into its audit trail.
    #[must_use]
    pub fn new(before: &Booking, event: BookingEvent, inventory: InventoryMove, mutation: &Mutation) -> Self {
        let JournalEntry { booking, event, audit } = JournalEntry::new(before, event, mutation);
        let inventory = inventory.plan(&booking);
        Self { booking, event, audit, inventory }
    }
}

/// Why an entry was not appended.
#[derive(Debug, Error)]
pub enum AppendError {
    /// The booking changed since it was read; read it again.
    #[error("the booking has changed")]
    Stale,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<AppendError> for CommitError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Stale => Self::Stale,
            AppendError::Store(error) => Self::Store(error),
        }
    }
}

/// A booking's event that changes neither pages nor hold records.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalEntry {
    /// The booking after the event.
    pub booking: Booking,
    /// The event.
    pub event: BookingEvent,
    /// Its entry in the audit trail.
    pub audit: AuditEvent,
}

impl JournalEntry {
    /// `event` happens to a booking that is as `before` says, and is entered into its audit trail.
    #[must_use]
    pub fn new(before: &Booking, event: BookingEvent, mutation: &Mutation) -> Self {
        let mut booking = before.clone().evolve(&event);
        let audit = AuditEvent::record(before, &event, &booking, mutation);
        booking.seal.clone_from(&audit.seal);
        Self { booking, event, audit }
    }
}

/// Reads bookings.
#[async_trait]
pub trait BookingReader: Send + Sync {
    /// A booking; reads the latest write.
    async fn booking(&self, id: &BookingId) -> Result<Option<Booking>, StoreError>;
}

/// Writes bookings together with the inventory that they claim, take and free.
#[async_trait]
pub trait BookingStore: BookingReader {
    /// Writes a booking's event, its audit entry, its operations on pages and its changes of hold records in one
    /// transaction, or nothing.
    async fn commit(&self, commit: &BookingCommit) -> Result<(), CommitError>;
}

/// Writes what happens to a booking and leaves its inventory alone.
#[async_trait]
pub trait BookingJournal: BookingReader {
    /// Writes a booking's event and its audit entry in one transaction, or nothing.
    async fn append(&self, entry: &JournalEntry) -> Result<(), AppendError>;
}

/// Reads what happened to bookings, and what a guest has booked.
#[async_trait]
pub trait BookingHistory: BookingReader {
    /// A guest's bookings, newest first, at most `limit` of them after `cursor`, with the next cursor.
    async fn bookings_of(
        &self,
        guest: &GuestId,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<(Vec<Booking>, Option<String>), StoreError>;

    /// A booking's audit trail, oldest first.
    async fn audit_trail(&self, booking: &BookingId) -> Result<Vec<AuditEvent>, StoreError>;
}
