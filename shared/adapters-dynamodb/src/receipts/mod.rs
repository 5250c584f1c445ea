//! Receipts.

pub(crate) mod store;
