//! Questions for audit trails, of bookings and of resources.

use holdfast_app::kernel::TRAIL_LIMIT_MAX;
use holdfast_http::read::fields::date;
use holdfast_http::read::query::Query;
use holdfast_http::{Refusal, paging};
use jiff::civil::Date;
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

/// Parameters of the trail of a resource.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ResourceTrailParameters {
    /// The most entries of the page.
    #[param(required = false, default = 100, minimum = 1, maximum = 100)]
    pub limit: u32,
    /// `nextCursor` of an earlier answer to the same question.
    #[param(required = false, format = "cursor")]
    pub cursor: String,
    /// A local date: only entries that set something for it, each with what it says of that date alone, the newest first.
    #[param(required = false, format = Date, example = "2027-06-05")]
    pub date: String,
}

/// What part of the trail of a resource is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceTrailQuestion {
    /// The most entries of the page.
    pub limit: u32,
    /// The date that they are about; all entries without one.
    pub date: Option<Date>,
    /// The sequence of the entry at which the page before ended; none at the beginning.
    pub cursor: Option<u64>,
}

impl ResourceTrailParameters {
    /// Reads the query string of the trail of the resource that has that id.
    ///
    /// # Errors
    /// 422 naming every parameter that is wrong.
    pub fn read(query: &str, id: &str) -> Result<ResourceTrailQuestion, Refusal> {
        let query = Query::parse(query);
        let limit = paging::limit(&query, TRAIL_LIMIT_MAX, TRAIL_LIMIT_MAX);
        let date = query.optional("date", date);
        let owner = owner_of(id, date);
        let cursor = query
            .optional("cursor", |text| paging::opened(text, &owner)?.parse().map_err(|_| paging::not_ours()));
        query.finish(Some(ResourceTrailQuestion { limit, date, cursor }))
    }
}

/// Whom the cursors of a resource's trail are made for, of all entries or of those about a date: no cursor of another list opens there.
pub(crate) fn owner_of(id: &str, date: Option<Date>) -> String {
    date.map_or_else(|| id.to_owned(), |date| format!("{id}/{date}"))
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
