//! The ledger as a whole, for reconciliation.

pub(crate) mod inspection;
