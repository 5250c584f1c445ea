//! Bookings with their inventory: the booking, its audit event, its pages and its hold's record in one transaction.

use async_trait::async_trait;
use holdfast_app::bookings::{BookingCommit, BookingReader, BookingStore, CommitError};
use holdfast_app::{LedgerError, Mutation, StoreError};
use holdfast_domain::holds::RecordChange;
use holdfast_domain::{Booking, BookingId};

use crate::bookings::entry::{entry_items, read_booking};
use crate::page::store::PageStore;
use crate::page::write::{PageOp, WriteError};
use crate::table::holds::HoldsTable;
use crate::table::ledger::LedgerTable;

/// What every booking's transaction writes besides pages: the booking and its audit event. The hold's record comes after.
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

#[async_trait]
impl BookingReader for DynamoBookings {
    async fn booking(&self, id: &BookingId) -> Result<Option<Booking>, StoreError> {
        read_booking(&self.ledger, id).await
    }
}

#[async_trait]
impl BookingStore for DynamoBookings {
    async fn commit(&self, commit: &BookingCommit) -> Result<(), CommitError> {
        let booking = &commit.booking;
        let mut extras = entry_items(&self.ledger, booking, &commit.audit)?.to_vec();
        if let Some(change) = RecordChange::of(&commit.inventory, booking) {
            extras.push(self.holds.update_hold_record(&booking.hold, change)?);
        }
        let ops: Vec<PageOp> = booking
            .order
            .placements
            .iter()
            .filter_map(|placement| {
                let command = commit.inventory.command(booking, placement)?;
                Some(PageOp { placement: placement.clone(), command })
            })
            .collect();
        let mutation = Mutation {
            now: commit.audit.at,
            actor: commit.audit.actor.clone(),
            trace: commit.audit.trace.clone(),
        };
        let mut written = self.pages.write(&ops, &extras, &[], &mutation).await;
        if let Err(WriteError::Extra { index: BOOKING_EXTRAS.., .. }) = written {
            // A record outlives its hold by a week only. The booking goes on without.
            extras.truncate(BOOKING_EXTRAS);
            written = self.pages.write(&ops, &extras, &[], &mutation).await;
        }
        match written {
            Ok(_) => Ok(()),
            Err(WriteError::Extra { .. }) => Err(CommitError::Stale),
            Err(WriteError::Ledger(LedgerError::Rejected(rejection))) => Err(rejection.into()),
            Err(WriteError::Ledger(LedgerError::Store(error))) => Err(error.into()),
            Err(WriteError::Ledger(LedgerError::ResourceChanged)) => Err(CommitError::ResourceChanged),
            Err(WriteError::Ledger(LedgerError::TooManyPages { max })) => {
                Err(CommitError::TooManyPages { max })
            }
        }
    }
}
