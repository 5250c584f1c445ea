//! Questions for audit trails, of bookings and of resources.

use holdfast_app::kernel::TRAIL_LIMIT_MAX;
use holdfast_http::read::query::Query;
use holdfast_http::{Refusal, paging};
use utoipa::IntoParams;

/// Parameters of a trail.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TrailParameters {
    /// The most entries of the page.
    #[param(required = false, default = 100, minimum = 1, maximum = 100)]
    pub limit: u32,
    /// `nextCursor` of an earlier answer.
    #[param(required = false, format = "cursor")]
    pub cursor: String,
}

/// What part of an audit trail is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailQuestion {
    /// The most entries of the page.
    pub limit: u32,
    /// The sequence of the entry that the page follows; 0 at the beginning.
    pub after: u64,
}

impl TrailParameters {
    /// Reads the query string of the trail of what has that id.
    ///
    /// # Errors
    /// 422 naming every parameter that is wrong.
    pub fn read(query: &str, id: &str) -> Result<TrailQuestion, Refusal> {
        let query = Query::parse(query);
        let limit = paging::limit(&query, TRAIL_LIMIT_MAX, TRAIL_LIMIT_MAX);
        let after = query
            .optional("cursor", |text| paging::opened(text, id)?.parse().map_err(|_| paging::not_ours()));
        query.finish(Some(TrailQuestion { limit, after: after.unwrap_or(0) }))
    }
}
