//! The entries of what runs on a schedule.

pub(crate) mod completion;
pub(crate) mod reconciliation;
pub(crate) mod review;
