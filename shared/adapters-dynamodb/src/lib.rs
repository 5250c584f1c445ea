//! The ledger and the read model on DynamoDB.
//!
//! Promises: a hold on one page is one conditional `UpdateItem`; everything that must happen together is one
//! `TransactWriteItems`; a failed condition is classified from `ReturnValuesOnConditionCheckFailure: ALL_OLD` into a named
//! rejection, and conflicts and throttling are retried with jitter within a budget, never reported as sold out.
//!
//! The path of a hold: [`DynamoLedger::place`](holdfast_app::Ledger::place) in `ledger.rs`, `page/write.rs` (blind write, then
//! read and compare-and-set), `page/expression.rs` (the condition itself).
//!
//! Deliberately absent: decisions (they are the domain's), a cache, scans of the ledger but reconciliation's
//! (`operations/inspection.rs`).

mod catalogue;
mod holds;
mod ledger;
mod operations;
mod page;
mod search;
mod stored;
pub mod stream;
mod table;

use aws_sdk_dynamodb::Client;

pub use page::item::PageRecord;
pub use search::index::DynamoSearchIndex;
pub use table::item::Item;

/// Items as they are stored, without a table: for tests, and for tools that read or rewrite them. `docs/storage.md` has
/// their attributes.
pub mod items {
    pub use crate::page::item::{
        decode_page, decode_page_as_stored, decode_page_record, encode_page, encode_page_as,
    };
    pub use crate::stored::listings::{
        decode_listed_page, decode_listing, encode_listed_page, encode_listed_page_as, encode_listing,
        encode_listing_as,
    };
    pub use crate::stored::notes::{
        decode_parked_case, decode_task_token, encode_parked_case, encode_parked_case_as, encode_task_token,
        encode_task_token_as,
    };
    pub use crate::stored::records::{
        decode_audit, decode_booking, decode_hold_record, decode_resource, encode_audit, encode_audit_as,
        encode_booking, encode_booking_as, encode_hold_record, encode_hold_record_as, encode_resource,
        encode_resource_as,
    };
    pub use crate::stored::version::{Version, WRITES, Writes};
}

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
