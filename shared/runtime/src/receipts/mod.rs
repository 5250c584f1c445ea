//! The entry of receipts.

pub(crate) mod issue;
