//! Holds: the places they take on pages, and their records.

pub(crate) mod records;
pub(crate) mod store;
