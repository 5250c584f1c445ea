//! Search: the read model, how it is kept and how it is asked.

pub(crate) mod find;
pub(crate) mod port;
pub(crate) mod project;
pub(crate) mod rebuild;

pub use find::{LIMIT_MAX, Offer, Query, RESULTS_BYTES_MAX, Search, Sort};
pub use port::{Entry, ListedPages, Listing, SearchIndex, SearchIndexInspection, SearchIndexWriter};
pub use project::{Projection, ProjectionBatch};
pub use rebuild::{Progress, SearchRebuild};
