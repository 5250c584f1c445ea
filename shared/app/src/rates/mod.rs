//! Rates of resources: their cards with drafts and history, what is set for single dates, and what a stay costs by them.

pub(crate) mod asked;
pub(crate) mod cards;
pub(crate) mod choice;
pub(crate) mod commit;
pub(crate) mod dates;
pub(crate) mod entitlement;
pub(crate) mod guessing;
pub(crate) mod port;
pub(crate) mod pricing;
pub(crate) mod quotes;
pub(crate) mod standard;
pub(crate) mod taxes;
pub(crate) mod trail;
pub(crate) mod used_up;

pub use cards::{CardUse, Rates, VERSIONS_PER_PAGE_MAX};
pub use choice::{RateChoice, SetPrice};
pub use commit::{CardRecord, DatedCommit, RatesCommit};
pub use dates::{
    CHANGES_PER_WRITE_MAX, LINE_MONTHS_MAX, LINE_RESOURCES_MAX, LINE_RESULTS_MAX, LINES_MAX, Line, LineEdit,
    LineFault, LineOutcome,
};
pub use guessing::{ADDRESS_CODES_MAX, GOOD_CODES_MAX, GUEST_CODES_MAX};
pub use port::{CardPage, CodeTries, PromotionUses, RateHistory, RateReader, RateStore, TriedCodes};
pub use pricing::{FULLNESS_MEMORY_MS, Pricing, RATES_MEMORY_MS};
pub use quotes::{
    NotOffered, Offered, QUOTE_BYTES_MAX, QUOTE_ID_LENGTH_MAX, QUOTE_LIFETIME, Quote, QuoteRequest,
    QuoteSeals, Quoted, QuotedPlans, Quotes,
};
