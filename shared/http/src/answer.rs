//! Answers, and what an error must be to become one.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

use crate::refusal::Refusal;
use crate::request::Response;

/// The `Cache-Control` of guests' data: no cache keeps it.
pub(crate) const PRIVATE: &str = "no-store";
/// The `Cache-Control` of what anyone may see and what may be a little stale: shared caches may take some of the load.
const PUBLIC: &str = "public, max-age=2";
/// The header of an answer that was given before.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// The header that names the preference which was heeded (RFC 7240).
pub const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// An error that a handler returns and that becomes an answer. An API has one such type, made from the kernel's refusals
/// and from its own errors.
pub trait ErrorAnswer: From<Refusal> {
    /// The codes that its routes declare in the OpenAPI document.
    type Code;

    /// The code, for the log.
    fn code(&self) -> &'static str;

    /// The answer; `instance` is the path that was asked for.
    fn into_response(self, instance: &str) -> Response;
}

/// An answer with a JSON body that no cache keeps.
///
/// # Errors
/// 500 if the body cannot be written as JSON.
pub fn json<T: Serialize>(status: StatusCode, body: &T) -> Result<Response, Refusal> {
    let body = serde_json::to_vec(body).map_err(|error| {
        tracing::error!(%error, "an answer cannot be written as JSON");
        Refusal::internal_error()
    })?;
    let mut response = Response::new(body);
    *response.status_mut() = status;
    set(&mut response, CONTENT_TYPE, "application/json");
    set(&mut response, CACHE_CONTROL, PRIVATE);
    Ok(response)
}

/// An answer without a body that no cache keeps.
#[must_use]
pub fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Vec::new());
    *response.status_mut() = status;
    set(&mut response, CACHE_CONTROL, PRIVATE);
    response
}

/// An answer that caches may keep for a moment, or a 304 if the client has it already. Its tag is weak: two answers with the
/// same results may still differ in `asOf`.
#[must_use]
pub fn cacheable(mut response: Response, digest: &str, asked: &HeaderMap) -> Response {
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

/// The answer with the path where its subject can be read.
#[must_use]
pub fn located(mut response: Response, path: &str) -> Response {
    set(&mut response, LOCATION, path);
    response
}

/// The answer, marked as given before.
#[must_use]
pub fn replayed(mut response: Response) -> Response {
    set(&mut response, REPLAYED, "true");
    response
}

/// Sets a header, unless the value cannot be one.
pub fn set(response: &mut Response, name: HeaderName, value: &str) {
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
