//! Refusals of the kernel itself: requests that no handler has judged yet. Each API turns them into answers of its own form.

use http::header::{ALLOW, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue};
use serde::Serialize;
use utoipa::ToSchema;

use crate::code::HttpCode;
use crate::request::Scope;

/// A field that does not validate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer into the body; for a parameter its name after a slash.
    #[schema(example = "/quantity")]
    pub pointer: String,
    /// What is wrong with it.
    pub detail: String,
}

/// The kernel's reason not to do as a request asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its kind.
    pub code: HttpCode,
    /// What is wrong, for people.
    pub detail: String,
    /// The fields that do not validate, if that is what is wrong.
    pub errors: Vec<FieldError>,
    /// Headers that the answer must have.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl Refusal {
    /// A refusal of a kind, explained.
    #[must_use]
    pub fn new(code: HttpCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), headers: Vec::new() }
    }

    /// 401: there is no token, or none that says who bears it.
    #[must_use]
    pub fn unauthorized() -> Self {
        Self::new(HttpCode::Unauthorized, "send a valid token as Authorization: Bearer")
            .header(WWW_AUTHENTICATE, "Bearer")
    }

    /// 403: the token has none of the scopes that would do.
    #[must_use]
    pub fn insufficient_scope(scopes: &[Scope]) -> Self {
        let names: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
        Self::new(HttpCode::InsufficientScope, format!("the token needs the scope {}", names.join(" or ")))
            .header(
                WWW_AUTHENTICATE,
                &format!("Bearer error=\"insufficient_scope\", scope=\"{}\"", names.join(" ")),
            )
    }

    /// 403: the request has come by another way than clients are to come.
    #[must_use]
    pub fn beside_the_edge() -> Self {
        Self::new(HttpCode::Forbidden, "the API is not reached at this address")
    }

    /// 404: no route has this path.
    #[must_use]
    pub fn no_such_route() -> Self {
        Self::new(HttpCode::NotFound, "there is no such route")
    }

    /// 405: the path's routes take other methods.
    #[must_use]
    pub fn method_not_allowed(methods: &[&str]) -> Self {
        let allowed = methods.join(", ");
        Self::new(HttpCode::MethodNotAllowed, format!("this route takes {allowed}")).header(ALLOW, &allowed)
    }

    /// 422: fields do not validate.
    #[must_use]
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        Self { errors: errors.clone(), ..Self::new(HttpCode::ValidationFailed, in_words(&errors)) }
    }

    /// 500: something is wrong with us. The log has said what; the answer does not.
    #[must_use]
    pub fn internal_error() -> Self {
        Self::new(HttpCode::InternalError, "the request could not be answered; it is safe to send it again")
    }

    /// 503: something outside failed or took too long.
    #[must_use]
    pub fn unavailable() -> Self {
        Self::new(HttpCode::ServiceUnavailable, "something we depend on does not answer; try again later")
    }

    fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }
}

/// Fields that do not validate, in one sentence.
fn in_words(errors: &[FieldError]) -> String {
    match errors {
        [only] if only.pointer.is_empty() => only.detail.clone(),
        [only] => format!("{} {}", only.pointer, only.detail),
        several => format!("{} fields do not validate", several.len()),
    }
}
