//! The ledger and the read model on DynamoDB.
//!
//! Promises: a hold on one page is one conditional `UpdateItem`; everything that must happen together is one
//! `TransactWriteItems`; a failed condition is classified from `ReturnValuesOnConditionCheckFailure: ALL_OLD` into a named
//! rejection, and conflicts and throttling are retried with jitter within a budget, never reported as sold out.
//!
//! The path of a hold: [`DynamoLedger::place`](holdfast_app::Ledger::place) in `ledger.rs`, `write.rs` (blind write, then
//! read and compare-and-set), `expression.rs` (the condition itself).
//!
//! Deliberately absent: decisions (they are the domain's), a cache, scans of the ledger but reconciliation's
//! (`inspection.rs`).

mod catalogue;
mod documents;
mod error;
mod expression;
mod hold_records;
mod index;
mod inspection;
mod item;
mod ledger;
mod page_item;
mod reads;
mod records;
pub mod stream;
mod write;

use aws_sdk_dynamodb::Client;

pub use index::DynamoSearchIndex;
pub use item::Item;
pub use page_item::PageRecord;

/// Names of the ledger's tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tables {
    /// Resources, pages, bookings, audit events: hash key `pk`, range key `sk`, index `by-guest` over `guest` and
    /// `guest_sort`, index `by-end` over `due` and `due_at`.
    pub ledger: String,
    /// Hold records: hash key `pk`, TTL attribute `ttl`.
    pub holds: String,
}

/// [`holdfast_app::Ledger`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoLedger {
    client: Client,
    tables: Tables,
}

impl DynamoLedger {
    /// Over a client and the tables' names.
    #[must_use]
    pub fn new(client: Client, tables: Tables) -> Self {
        Self { client, tables }
    }
}
