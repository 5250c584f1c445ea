//! Search: the read model, how it is kept and how it is asked.

pub(crate) mod find;
pub(crate) mod port;
pub(crate) mod project;

pub use find::{LIMIT_MAX, Offer, Query, Search, Sort};
pub use port::{SearchIndex, SearchIndexWriter};
pub use project::{Projection, ProjectionBatch};
