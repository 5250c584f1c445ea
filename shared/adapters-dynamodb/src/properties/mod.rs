//! Properties.

pub(crate) mod store;
