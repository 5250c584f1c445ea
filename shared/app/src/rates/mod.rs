//! Rates of resources: their cards with drafts and history, and what is set for single dates.

pub(crate) mod commit;
pub(crate) mod port;
pub(crate) mod trail;

pub use commit::{CardRecord, DatedCommit, RatesCommit};
pub use port::{RateHistory, RateReader, RateStore};
