//! The manual-review queue, and the inspection of sagas.

pub(crate) mod inspection;
pub(crate) mod review;
