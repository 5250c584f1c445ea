//! What bookings need of the store.

use holdfast_domain::bookings::InventoryPlan;
use holdfast_domain::{Booking, BookingEvent, InventoryMove, PageRejection};
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
    /// `event` happens to a booking as it stands in `before`, and is entered into its audit trail.
    #[must_use]
    pub fn new(before: &Booking, event: BookingEvent, inventory: InventoryMove, mutation: &Mutation) -> Self {
        let mut booking = before.clone().evolve(&event);
        let audit = AuditEvent::record(before, &event, &booking, mutation);
        booking.seal.clone_from(&audit.seal);
        let inventory = inventory.plan(&booking);
        Self { booking, event, audit, inventory }
    }
}
