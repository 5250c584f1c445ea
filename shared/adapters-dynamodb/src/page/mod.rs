//! Inventory pages: their item, the condition of a command, and the write.

pub(crate) mod bring;
pub(crate) mod expression;
pub(crate) mod item;
pub(crate) mod store;
pub(crate) mod write;
