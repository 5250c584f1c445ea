//! Bookings whose time has passed, from the sparse index by end.

use async_trait::async_trait;
use holdfast_app::StoreError;
use holdfast_app::operations::EndedBookings;
use holdfast_domain::BookingId;
use jiff::{SignedDuration, Timestamp};

use crate::stored::records::{DUE_SHARDS, due_at, due_shard};
use crate::table::error::unavailable;
use crate::table::item::{Reader, s};
use crate::table::ledger::LedgerTable;

/// [`EndedBookings`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoEndedBookings(LedgerTable);

impl DynamoEndedBookings {
    /// In the ledger's table.
    #[must_use]
    pub fn new(ledger: LedgerTable) -> Self {
        Self(ledger)
    }
}

#[async_trait]
impl EndedBookings for DynamoEndedBookings {
    // The keys of the index by end that lie before `now`, of all its partitions, the oldest first.
    async fn ended_bookings(&self, now: Timestamp, limit: u32) -> Result<Vec<BookingId>, StoreError> {
        let mut found = Vec::new();
        for shard in 0..DUE_SHARDS {
            let output = self
                .0
                .client
                .query()
                .table_name(&self.0.name)
                .index_name("by-end")
                .key_condition_expression("due = :due AND due_at < :later")
                .expression_attribute_values(":due", s(due_shard(shard)))
                // An end at this very millisecond has come: its key is followed by the booking's id.
                .expression_attribute_values(":later", s(due_at(now + SignedDuration::from_millis(1))))
                .limit(i32::try_from(limit).unwrap_or(i32::MAX))
                .send()
                .await
                .map_err(unavailable)?;
            for item in output.items() {
                let reader = Reader::new(item);
                let id =
                    reader.parsed("pk", |pk| BookingId::parse(pk.strip_prefix("B#").unwrap_or_default()))?;
                found.push((reader.text("due_at")?.to_owned(), id));
            }
        }
        found.sort_unstable();
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found.into_iter().map(|(_, id)| id).collect())
    }
}
