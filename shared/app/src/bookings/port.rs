//! What bookings need of the store.

use async_trait::async_trait;
use holdfast_domain::bookings::{Contact, InventoryPlan};
use holdfast_domain::{Booking, BookingEvent, BookingId, GuestId, InventoryMove, PageRejection};
use jiff::SignedDuration;
use thiserror::Error;

use crate::bookings::trail::AuditEvent;
use crate::kernel::errors::StoreError;
use crate::kernel::mutation::Mutation;
use crate::payments::attempts::AttemptsChange;

/// Why a booking's change was not written.
#[derive(Debug, Error)]
pub enum CommitError {
    /// The booking changed since it was read; read it again.
    #[error("the booking has changed")]
    Stale,
    /// The guest's attempts to pay changed since they were read; read them again.
    #[error("the guest's attempts have changed")]
    AttemptsChanged,
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
    /// How the guest is reached, if that is to be kept with it.
    pub contact: Option<Contact>,
    /// The guest's attempts to pay, if this is one that is counted.
    pub attempts: Option<AttemptsChange>,
}

impl BookingCommit {
    /// `event` happens to the booking `before`, and is entered into its audit trail.
    #[must_use]
    pub fn new(before: &Booking, event: BookingEvent, inventory: InventoryMove, mutation: &Mutation) -> Self {
        let JournalEntry { booking, event, audit } = JournalEntry::new(before, event, mutation);
        let inventory = inventory.plan(&booking);
        Self { booking, event, audit, inventory, contact: None, attempts: None }
    }

    /// The same, and how the guest is reached is kept.
    #[must_use]
    pub fn with_contact(self, contact: Option<Contact>) -> Self {
        Self { contact, ..self }
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

/// How long after the end of a stay it is kept how its guest is reached: 548 days, 18 months. Card schemes take disputes up to 540 days
/// after a payment, and who has to answer one has to reach the guest.
pub const CONTACT_KEPT: SignedDuration = SignedDuration::from_hours(548 * 24);

/// Reads bookings.
#[async_trait]
pub trait BookingReader: Send + Sync {
    /// A booking; reads the latest write.
    async fn booking(&self, id: &BookingId) -> Result<Option<Booking>, StoreError>;
}

/// Reads how guests of bookings are reached, which is kept until [`CONTACT_KEPT`] after their stay.
#[async_trait]
pub trait BookingContacts: Send + Sync {
    /// How the guest of a booking is reached, if they said; reads the latest write.
    async fn contact(&self, booking: &BookingId) -> Result<Option<Contact>, StoreError>;
}

/// Writes bookings together with the inventory that they claim, take and free.
#[async_trait]
pub trait BookingStore: BookingReader {
    /// Writes a booking's event, its audit entry, its operations on pages, its changes of hold records, how its guest is reached, what
    /// the event asks of the customer and the guest's attempts in one transaction, or nothing.
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

    /// The first `limit` entries of a booking's audit trail whose sequence is greater than `after`, oldest first.
    async fn audit_page(
        &self,
        booking: &BookingId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<AuditEvent>, StoreError>;
}
