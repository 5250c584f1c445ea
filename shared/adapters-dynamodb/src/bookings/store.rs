//! Bookings with their inventory: the booking, its audit event, pages and records of holds in one transaction.

use async_trait::async_trait;
use holdfast_app::bookings::{BookingCommit, BookingReader, BookingStore, CommitError};
use holdfast_app::{LedgerError, Mutation, StoreError};
use holdfast_domain::{Booking, BookingId};

use crate::bookings::entry::{entry_items, read_booking};
use crate::page::store::PageStore;
use crate::page::write::WriteError;
use crate::table::holds::HoldsTable;
use crate::table::ledger::LedgerTable;

/// What every booking's transaction writes besides pages: the booking and its audit event. Records of holds come after.
const BOOKING_EXTRAS: usize = 2;

/// [`BookingStore`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoBookings {
    ledger: LedgerTable,
    pages: PageStore,
    holds: HoldsTable,
}

impl DynamoBookings {
    /// Over the ledger's table and the table of hold records.
    #[must_use]
    pub fn new(ledger: LedgerTable, holds: HoldsTable) -> Self {
        Self { pages: PageStore::new(ledger.clone()), ledger, holds }
    }
}

impl DynamoBookings {
    /// Whether the stored booking is another than the one that `next` follows.
    async fn has_changed(&self, next: &Booking) -> Result<bool, StoreError> {
        let stored = read_booking(&self.ledger, &next.id).await?;
        Ok(stored.map_or(0, |booking| booking.version) + 1 != next.version)
    }
}

#[async_trait]
impl BookingReader for DynamoBookings {
    async fn booking(&self, id: &BookingId) -> Result<Option<Booking>, StoreError> {
        read_booking(&self.ledger, id).await
    }
}

#[async_trait]
impl BookingStore for DynamoBookings {
    async fn commit(&self, commit: &BookingCommit) -> Result<(), CommitError> {
        let BookingCommit { booking, audit, inventory, event: _ } = commit;
        let mut extras = entry_items(&self.ledger, booking, audit)?.to_vec();
        for (hold, change) in &inventory.records {
            extras.push(self.holds.update_hold_record(hold, change)?);
        }
        let mutation = Mutation { now: audit.at, actor: audit.actor.clone(), trace: audit.trace.clone() };
        let written = loop {
            match self.pages.write(&inventory.operations, &extras, &[], &mutation).await {
                // A record outlives its hold by a week only. The booking goes on without.
                Err(WriteError::Extra { index, .. }) if index >= BOOKING_EXTRAS => drop(extras.remove(index)),
                written => break written,
            }
        };
        match written {
            Ok(_) => Ok(()),
            Err(WriteError::Extra { .. }) => Err(CommitError::Stale),
            // A page that has this very commit behind it refuses it: what counts then is that the booking has changed.
            Err(WriteError::Ledger(LedgerError::Rejected(rejection))) => {
                Err(if self.has_changed(booking).await? { CommitError::Stale } else { rejection.into() })
            }
            Err(WriteError::Ledger(LedgerError::Store(error))) => Err(error.into()),
            Err(WriteError::Ledger(LedgerError::ResourceChanged)) => Err(CommitError::ResourceChanged),
            Err(WriteError::Ledger(LedgerError::TooManyPages { max })) => {
                Err(CommitError::TooManyPages { max })
            }
        }
    }
}
