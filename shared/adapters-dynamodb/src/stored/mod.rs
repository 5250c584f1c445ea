//! Stored documents: what an item keeps besides what conditions look into.

pub(crate) mod documents;
pub(crate) mod listings;
pub(crate) mod notes;
pub(crate) mod records;
