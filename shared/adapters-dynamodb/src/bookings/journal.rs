//! Events of bookings that leave inventory alone: the booking and its audit event in one transaction.

use async_trait::async_trait;
use holdfast_app::StoreError;
use holdfast_app::bookings::{AppendError, BookingJournal, BookingReader, JournalEntry};
use holdfast_domain::{Booking, BookingId};

use crate::bookings::entry::{entry_items, read_booking};
use crate::table::error::Refused;
use crate::table::ledger::LedgerTable;
use crate::table::transact::Tries;

/// [`BookingJournal`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoBookingJournal(LedgerTable);

impl DynamoBookingJournal {
    /// In the ledger's table.
    #[must_use]
    pub fn new(ledger: LedgerTable) -> Self {
        Self(ledger)
    }
}

#[async_trait]
impl BookingReader for DynamoBookingJournal {
    async fn booking(&self, id: &BookingId) -> Result<Option<Booking>, StoreError> {
        read_booking(&self.0, id).await
    }
}

#[async_trait]
impl BookingJournal for DynamoBookingJournal {
    async fn append(&self, entry: &JournalEntry) -> Result<(), AppendError> {
        let items = entry_items(&self.0, &entry.booking, &entry.audit)?;
        let mut tries = Tries::default();
        // Ends: others who are first, and throttling, have a budget of tries.
        loop {
            match self.0.transact(items.to_vec()).await {
                Ok(()) => return Ok(()),
                Err(Refused::Condition { .. }) => return Err(AppendError::Stale),
                Err(Refused::Passing(passing)) => tries.pause(passing, &entry.booking.id).await?,
                Err(Refused::Store(error)) => return Err(error.into()),
            }
        }
    }
}
