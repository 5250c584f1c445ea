//! Resources, their inventory, and the trails of their operators' changes.

pub(crate) mod dated;
pub(crate) mod history;
pub(crate) mod resources;
