//! Hold records.

pub(crate) mod records;
