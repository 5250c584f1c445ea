//! The ledger and the read model on DynamoDB.
//!
//! Promises: a hold on one page is one conditional `UpdateItem`; everything that must happen together is one
//! `TransactWriteItems`; a failed condition is classified from `ReturnValuesOnConditionCheckFailure: ALL_OLD` into a named
//! rejection, and conflicts and throttling are retried with jitter within a budget, never reported as sold out.
//!
//! One file implements one port, and its type names the tables it needs: [`DynamoHolds`] is made of a [`LedgerTable`] and a
//! [`HoldsTable`], [`DynamoCatalogue`] of the first alone.
//!
//! The path of a hold: [`HoldStore::place`](holdfast_app::holds::HoldStore::place) in `holds/store.rs`, `page/write.rs` (blind
//! write, then read and compare-and-set), `page/expression.rs` (the condition itself).
//!
//! Deliberately absent: decisions (they are the domain's), a cache, scans of the ledger but reconciliation's
//! (`operations/inspection.rs`).

mod bookings;
mod catalogue;
mod holds;
mod operations;
mod page;
mod payments;
mod search;
mod stored;
pub mod stream;
mod table;

pub use bookings::history::DynamoBookingHistory;
pub use bookings::journal::DynamoBookingJournal;
pub use bookings::store::DynamoBookings;
pub use catalogue::resources::DynamoCatalogue;
pub use holds::store::DynamoHolds;
pub use operations::ended::DynamoEndedBookings;
pub use operations::inspection::DynamoInspection;
pub use page::item::PageRecord;
pub use payments::callbacks::DynamoSagaCallbacks;
pub use search::index::DynamoSearchIndex;
pub use table::holds::HoldsTable;
pub use table::item::Item;
pub use table::ledger::LedgerTable;
