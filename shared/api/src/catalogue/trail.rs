//! Answers of the trails of what operators changed.

use holdfast_app::catalogue::ResourceEvent;
use holdfast_http::{Response, answer, paging};
use http::StatusCode;

use crate::catalogue::wire::ResourceEventList;
use crate::problem::Problem;

/// A page of a trail, and the sequence after which the next one begins; `of` is whose cursors its own are.
pub(crate) fn trail_answer(
    (entries, next): (Vec<ResourceEvent>, Option<u64>),
    of: &str,
) -> Result<Response, Problem> {
    let body = ResourceEventList {
        results: entries.into_iter().map(Into::into).collect(),
        next_cursor: next.map(|after| paging::opaque(&after.to_string(), of)),
    };
    Ok(answer::json(StatusCode::OK, &body)?)
}
