//! Rates of resources: their cards with drafts and history, and what is set for single dates.

pub(crate) mod cards;
pub(crate) mod commit;
pub(crate) mod dates;
pub(crate) mod port;
pub(crate) mod trail;

pub use cards::{CardUse, Rates, VERSIONS_PER_PAGE_MAX};
pub use commit::{CardRecord, DatedCommit, RatesCommit};
pub use dates::{
    CHANGES_PER_WRITE_MAX, LINE_MONTHS_MAX, LINE_RESOURCES_MAX, LINE_RESULTS_MAX, LINES_MAX, Line, LineEdit,
    LineFault, LineOutcome,
};
pub use port::{CardPage, RateHistory, RateReader, RateStore};
