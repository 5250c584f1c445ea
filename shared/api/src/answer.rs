//! Answers that are no problems.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

use crate::problem::{Code, Problem};
use crate::request::Response;

/// Guests' data is nobody else's to keep.
const PRIVATE: &str = "no-store";
/// What anyone may see, and what may be a little stale: shared caches may take some of the load.
const PUBLIC: &str = "public, max-age=2";
/// Says that this answer was given before.
const REPLAYED: &str = "idempotent-replayed";

/// An answer with a JSON body, kept by no cache.
pub(crate) fn json<T: Serialize>(status: StatusCode, body: &T) -> Result<Response, Problem> {
    let body = serde_json::to_vec(body).map_err(|error| {
        tracing::error!(%error, "an answer cannot be written as JSON");
        Problem::new(Code::InternalError, "the answer could not be written")
    })?;
    let mut response = Response::new(body);
    *response.status_mut() = status;
    set(&mut response, CONTENT_TYPE, "application/json");
    set(&mut response, CACHE_CONTROL, PRIVATE);
    Ok(response)
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Vec::new());
    *response.status_mut() = status;
    set(&mut response, CACHE_CONTROL, PRIVATE);
    response
}

/// Turns an answer into one that caches may keep for a moment, or into a 304 if the client has it already. `tag` is weak:
/// two answers with the same results may still differ in `asOf`.
pub(crate) fn cacheable(mut response: Response, digest: &str, asked: &HeaderMap) -> Response {
    let tag = format!("W/\"{digest}\"");
    if knows(asked, digest) {
        response = empty(StatusCode::NOT_MODIFIED);
    }
    set(&mut response, CACHE_CONTROL, PUBLIC);
    set(&mut response, ETAG, &tag);
    response
}

/// Weak comparison of `If-None-Match` (RFC 9110, 13.1.2).
fn knows(asked: &HeaderMap, digest: &str) -> bool {
    asked.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(|list| {
        list.split(',').map(str::trim).any(|tag| {
            let opaque = tag.strip_prefix("W/").unwrap_or(tag);
            tag == "*" || opaque.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')) == Some(digest)
        })
    })
}

/// Names where the answer's subject can be read.
pub(crate) fn located(mut response: Response, path: &str) -> Response {
    set(&mut response, LOCATION, path);
    response
}

/// Marks an answer that was given before.
pub(crate) fn replayed(mut response: Response) -> Response {
    set(&mut response, HeaderName::from_static(REPLAYED), "true");
    response
}

/// Marks a problem that was answered before.
pub(crate) fn replayed_problem(problem: Problem) -> Problem {
    problem.header(HeaderName::from_static(REPLAYED), "true")
}

/// Sets a header; a value that cannot be one is left out.
pub(crate) fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(if_none_match: &str, status: u16) {
        let mut asked = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_str(if_none_match) {
            asked.insert(IF_NONE_MATCH, value);
        }
        let full = json(StatusCode::OK, &["x"]).expect("JSON");
        let response = cacheable(full, "abc", &asked);
        assert_eq!(response.status().as_u16(), status, "{if_none_match}");
        assert_eq!(response.headers()["etag"], "W/\"abc\"");
        assert_eq!(response.headers()["cache-control"], PUBLIC);
        assert_eq!(response.body().is_empty(), status == 304);
    }

    #[test]
    fn what_the_client_has_is_not_sent_again() {
        check("", 200);
        check("W/\"abc\"", 304);
        check("\"abc\"", 304);
        check("\"x\", W/\"abc\"", 304);
        check("*", 304);
        check("abc", 200);
        check("\"abcd\"", 200);
    }
}
