//! The read model.

pub(crate) mod index;
pub(crate) mod writer;
