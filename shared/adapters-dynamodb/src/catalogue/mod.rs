//! Resources and their inventory.

pub(crate) mod resources;
