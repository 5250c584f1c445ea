//! The entry of the read model.

pub(crate) mod projector;
