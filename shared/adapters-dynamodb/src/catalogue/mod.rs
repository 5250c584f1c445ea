//! Resources and their inventory.

pub(crate) mod dated;
pub(crate) mod resources;
