//! The tables, and the items, errors, reads and transactions that every port shares.

pub(crate) mod confidential;
pub(crate) mod error;
pub(crate) mod holds;
pub(crate) mod item;
pub(crate) mod ledger;
pub(crate) mod query;
pub(crate) mod scan;
pub(crate) mod transact;
