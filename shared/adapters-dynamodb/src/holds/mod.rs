//! Holds: the places they take on pages, and their records.

pub(crate) mod records;
mod sold_out;
pub(crate) mod stops;
pub(crate) mod store;
pub(crate) mod switch;
