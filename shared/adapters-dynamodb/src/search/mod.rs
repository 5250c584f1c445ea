//! The read model.

pub(crate) mod index;
