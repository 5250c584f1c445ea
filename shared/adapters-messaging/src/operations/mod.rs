//! The inspection of sagas, and the queues of poison records.

pub(crate) mod inspection;
pub(crate) mod poison;
pub(crate) mod review;
