//! Bookings with their inventory: the booking, its audit event, pages, records of holds and what is confidential in one transaction.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::TransactWriteItem;
use holdfast_app::bookings::{BookingCommit, BookingReader, BookingStore, CommitError};
use holdfast_app::{LedgerError, Mutation, StoreError};
use holdfast_domain::bookings::InventoryPlan;
use holdfast_domain::{Booking, BookingEvent, BookingId, PageRejection, PaymentStep};

use crate::bookings::entry::{entry_items, read_booking};
use crate::page::store::PageStore;
use crate::page::write::WriteError;
use crate::payments::attempts::update_attempts;
use crate::promotions::uses::UseStore;
use crate::stored::action::encode_action;
use crate::stored::contact::encode_contact;
use crate::table::confidential::ConfidentialTable;
use crate::table::error::Passing;
use crate::table::holds::HoldsTable;
use crate::table::ledger::LedgerTable;
use crate::table::transact::Tries;

/// [`BookingStore`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoBookings {
    ledger: LedgerTable,
    pages: PageStore,
    holds: HoldsTable,
    uses: UseStore,
    confidential: ConfidentialTable,
}

impl DynamoBookings {
    /// Over the ledger's table, the table of hold records and the confidential one.
    #[must_use]
    pub fn new(ledger: LedgerTable, holds: HoldsTable, confidential: ConfidentialTable) -> Self {
        let (pages, uses) = (PageStore::new(ledger.clone()), UseStore::new(ledger.clone()));
        Self { ledger, pages, holds, uses, confidential }
    }
}

impl DynamoBookings {
    /// What becomes of the use of a promotion, as it is now.
    async fn use_change(
        &self,
        inventory: &InventoryPlan,
        mutation: &Mutation,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        match &inventory.promotion {
            Some((of, change)) => self.uses.changed(of, change, mutation).await,
            None => Ok(Vec::new()),
        }
    }

    /// What a page's refusal means. A page that has this very commit behind it refuses it, sold out included: what counts then is
    /// that the stored booking is another than the one that `next` follows.
    async fn refused(&self, next: &Booking, rejection: PageRejection) -> Result<CommitError, StoreError> {
        let stored = read_booking(&self.ledger, &next.id).await?;
        let has_changed = stored.map_or(0, |booking| booking.version) + 1 != next.version;
        Ok(if has_changed { CommitError::Stale } else { rejection.into() })
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
        let BookingCommit { booking, event, audit, inventory, contact, attempts } = commit;
        let mut extras = entry_items(&self.ledger, booking, audit)?.to_vec();
        if let Some(contact) = contact {
            extras.push(self.confidential.put(encode_contact(&booking.id, contact, booking.order.end))?);
        }
        if let BookingEvent::Payment { step: PaymentStep::ActionRequired { action }, .. } = event {
            extras.push(self.confidential.put(encode_action(&booking.id, action))?);
        }
        let counted = attempts.as_ref().map(|_| extras.len());
        if let Some(change) = attempts {
            extras.push(update_attempts(&self.holds, change)?);
        }
        let mutation = Mutation { now: audit.at, actor: audit.actor.clone(), trace: audit.trace.clone() };
        let uses = extras.len();
        extras.extend(self.use_change(inventory, &mutation).await?);
        // What comes after these may be left out.
        let mut needed = extras.len();
        for (hold, change) in &inventory.records {
            extras.push(self.holds.update_hold_record(hold, change)?);
        }
        let mut tries = Tries::default();
        // Ends: each round has a record less, or one of a budget of tries.
        let written = loop {
            match self.pages.write(&inventory.operations, &extras, &[], &mutation).await {
                Err(WriteError::Extra { index, .. }) if counted == Some(index) => {
                    return Err(CommitError::AttemptsChanged);
                }
                Err(WriteError::Extra { index, .. }) if (uses..needed).contains(&index) => {
                    tries.pause(Passing::Conflict, &booking.id).await?;
                    let changed = self.use_change(inventory, &mutation).await?;
                    let count = changed.len();
                    extras.splice(uses..needed, changed);
                    needed = uses + count;
                }
                // A record outlives its hold by a week only. The booking goes on without.
                Err(WriteError::Extra { index, .. }) if index >= needed => drop(extras.remove(index)),
                written => break written,
            }
        };
        match written {
            Ok(_) => Ok(()),
            // No booking is refused for the limits of its promotion.
            Err(WriteError::Extra { .. } | WriteError::Ledger(LedgerError::PromotionUsedUp { .. })) => {
                Err(CommitError::Stale)
            }
            Err(WriteError::SoldOut(sold_out)) => Err(self.refused(booking, (*sold_out).into()).await?),
            Err(WriteError::Ledger(LedgerError::Rejected(rejection))) => {
                Err(self.refused(booking, rejection).await?)
            }
            Err(WriteError::Ledger(LedgerError::Store(error))) => Err(error.into()),
            Err(WriteError::Ledger(LedgerError::ResourceChanged)) => Err(CommitError::ResourceChanged),
            Err(WriteError::Ledger(LedgerError::TooManyPages { max })) => {
                Err(CommitError::TooManyPages { max })
            }
        }
    }
}
