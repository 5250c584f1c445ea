//! Stored documents: what an item keeps besides what conditions look into.

pub(crate) mod documents;
pub(crate) mod records;
