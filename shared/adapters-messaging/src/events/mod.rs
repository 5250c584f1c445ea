//! The bus.

pub(crate) mod bus;
