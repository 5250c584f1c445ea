//! Problem documents (RFC 9457), written in one place for every API that has a list of codes ([`ProblemCode`]).
//!
//! [`ProblemDocument`] is both what is written and what is published: its schema is the schema of the answers.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::{ErrorAnswer, PRIVATE};
use crate::code::{HttpCode, ProblemCode};
use crate::refusal::{FieldError, Refusal};
use crate::request::Response;
use crate::trace::{stamp, traceparent};

/// The media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// A problem (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemDocument<F> {
    /// A URI for the kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "urn:holdfast:problem:sold_out")]
    pub kind: String,
    /// The kind of problem, for people.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong, for people.
    pub detail: String,
    /// The path that was asked for.
    pub instance: String,
    /// The kind of problem, for programs: stable.
    pub code: String,
    /// With 422: the fields that do not validate.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldError>,
    /// What else the code says of itself.
    #[serde(flatten)]
    pub facts: F,
}

/// A problem to be answered.
#[derive(Debug, Clone)]
pub struct Problem<C: ProblemCode> {
    code: C,
    detail: String,
    errors: Vec<FieldError>,
    facts: Box<C::Facts>,
    retry_after_seconds: Option<u32>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl<C: ProblemCode> Problem<C> {
    /// A problem of a kind, explained.
    #[must_use]
    pub fn new(code: C, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            facts: Box::default(),
            retry_after_seconds: code.retry_after_seconds(),
            headers: Vec::new(),
        }
    }

    /// With facts beside the standard members.
    #[must_use]
    pub fn with(mut self, facts: C::Facts) -> Self {
        self.facts = Box::new(facts);
        self
    }

    /// With `errors` that blame each of the fields for all that is wrong.
    #[must_use]
    pub fn blaming(mut self, pointers: &[&str]) -> Self {
        let error =
            |pointer: &&str| FieldError { pointer: (*pointer).to_owned(), detail: self.detail.clone() };
        self.errors = pointers.iter().map(error).collect();
        self
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// With `Retry-After`, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// Its kind.
    #[must_use]
    pub fn code(&self) -> C {
        self.code
    }

    /// Its HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.code.status()
    }

    /// The document; `instance` is the path that was asked for.
    #[must_use]
    pub fn document(self, instance: &str) -> ProblemDocument<C::Facts> {
        ProblemDocument {
            kind: format!("urn:holdfast:problem:{}", self.code.as_str()),
            title: self.code.title().to_owned(),
            status: self.code.status().as_u16(),
            detail: self.detail,
            instance: instance.to_owned(),
            code: self.code.as_str().to_owned(),
            errors: self.errors,
            facts: *self.facts,
        }
    }
}

impl<C: ProblemCode> From<Refusal> for Problem<C> {
    fn from(refusal: Refusal) -> Self {
        let Refusal { code, detail, errors, headers } = refusal;
        Self { errors, headers, ..Self::new(code.into(), detail) }
    }
}

impl<C: ProblemCode> ErrorAnswer for Problem<C> {
    type Code = C;

    fn code(&self) -> &'static str {
        self.code.as_str()
    }

    fn into_response(mut self, instance: &str) -> Response {
        let status = self.status();
        let more = std::mem::take(&mut self.headers);
        let retry_after = self.retry_after_seconds;
        let body = serde_json::to_vec(&self.document(instance)).unwrap_or_else(|error| {
            tracing::error!(%error, "a problem cannot be written as JSON");
            Vec::new()
        });
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(PRIVATE));
        if let Some(seconds) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        headers.extend(more);
        response
    }
}

/// The answer to a request that no API answers: it panicked, ran out of time, or cannot even be read. The caller has
/// logged why.
#[must_use]
pub fn unanswered(
    refusal: Refusal,
    request_id: &str,
    incoming_traceparent: Option<&str>,
    instance: &str,
) -> Response {
    let mut response = Problem::<HttpCode>::from(refusal).into_response(instance);
    stamp(&mut response, request_id, &traceparent(incoming_traceparent, request_id));
    response
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(problem: Problem<HttpCode>, headers: &[(&str, &str)], body: Value) {
        let response = problem.into_response("/api/x");
        let sent: Vec<(&str, &str)> = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().expect("text")))
            .collect();
        for header in headers {
            assert!(sent.contains(header), "{sent:?}");
        }
        assert_eq!(sent.len(), headers.len() + 2, "{sent:?}");
        assert_eq!(serde_json::from_slice::<Value>(response.body()).expect("JSON"), body);
    }

    #[test]
    fn a_problem_has_the_members_of_the_standard() {
        let problem = Problem::new(HttpCode::ServiceUnavailable, "later");
        let body = json!({
            "type": "urn:holdfast:problem:service_unavailable", "title": "The service is not available",
            "status": 503, "detail": "later", "instance": "/api/x", "code": "service_unavailable"
        });
        check(problem.clone(), &[("retry-after", "5")], body.clone());
        check(
            problem.retry_after(30).header(http::header::VARY, "a"),
            &[("retry-after", "30"), ("vary", "a")],
            body,
        );
    }

    #[test]
    fn a_refusal_keeps_its_errors_and_headers() {
        let error = FieldError { pointer: "/a".to_owned(), detail: "is wrong".to_owned() };
        let body = json!({
            "type": "urn:holdfast:problem:validation_failed", "title": "The request does not validate", "status": 422,
            "detail": "/a is wrong", "instance": "/api/x", "code": "validation_failed",
            "errors": [{ "pointer": "/a", "detail": "is wrong" }]
        });
        check(Refusal::invalid(vec![error]).into(), &[], body);
        let refused = Problem::<HttpCode>::from(Refusal::unauthorized()).into_response("/");
        assert_eq!(refused.headers()["www-authenticate"], "Bearer");
    }

    #[test]
    fn what_no_api_answers_is_stamped_as_every_answer_is() {
        let response = unanswered(Refusal::internal_error(), "r-1", None, "/api/holds");
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()["x-request-id"], "r-1");
        assert!(response.headers().contains_key("traceparent"));
    }
}
