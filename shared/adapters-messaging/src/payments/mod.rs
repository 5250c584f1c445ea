//! The sagas that move money.

pub(crate) mod sagas;
