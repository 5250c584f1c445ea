//! Search: the read model, how it is kept and how it is asked.

pub(crate) mod find;
pub(crate) mod missed;
pub(crate) mod port;
pub(crate) mod priced;
pub(crate) mod project;
pub(crate) mod rebuild;

pub use find::{Found, LIMIT_MAX, Offer, Query, RESULTS_BYTES_MAX, Search, Sort};
pub use missed::Missed;
pub use port::{Entry, ListedPages, Listing, SearchIndex, SearchIndexInspection, SearchIndexWriter};
pub use project::{Projection, ProjectionBatch};
pub use rebuild::{Progress, SearchRebuild};
