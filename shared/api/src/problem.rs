//! The one place where failures become HTTP (RFC 9457).
//!
//! The policy. What the client can mend is a 4xx that says how: 400 if the request cannot be read at all, 422 if it can be
//! read and makes no sense, each wrong field named; 401 without a token, 403 with one that is not good for this; 404 for
//! what does not exist and, with the same words, for what is somebody else's. 409 means that the request was fine and the
//! state of things refuses it: `code` says which state. 402 is the bank's no. 429 asks to come again in a moment.
//!
//! What the client cannot mend is a 5xx: 503 with `Retry-After` if something outside failed and the same request may
//! succeed later, 500 if something is wrong with us. Neither says what is inside; the log has the whole chain of causes.
//!
//! `code` is stable and closed ([`Code`]); `detail` is for people and may change.

use std::error::Error;

use holdfast_app::{Failure, Field, FieldPath, PaymentError, StoreError};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value, json};

use crate::request::{Response, Scope};
use crate::trace::{TRACEPARENT, traceparent};

/// The media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";
/// Seconds after which a request that met another may be sent again.
const SOON_SECONDS: u32 = 1;
/// Seconds after which an outage may be over.
const OUTAGE_SECONDS: u32 = 5;

macro_rules! codes {
    ($($name:ident, $status:ident, $code:literal, $title:literal;)*) => {
        /// Every kind of problem, each with its HTTP status.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $title] $name,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The stable name in answers.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }

            /// The HTTP status that goes with it.
            #[must_use]
            pub fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status),* }
            }

            /// What it means, in a few words.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title),* }
            }
        }
    };
}

codes! {
    MalformedJson, BAD_REQUEST, "malformed_json", "The body is not JSON";
    IdempotencyKeyRequired, BAD_REQUEST, "idempotency_key_required", "An Idempotency-Key is required";
    InvalidSignature, BAD_REQUEST, "invalid_signature", "The signature is not valid";
    Unauthorized, UNAUTHORIZED, "unauthorized", "A valid token is required";
    PaymentDeclined, PAYMENT_REQUIRED, "payment_declined", "The payment was declined";
    InsufficientScope, FORBIDDEN, "insufficient_scope", "The token is not good for this";
    Forbidden, FORBIDDEN, "forbidden", "This is not yours to do";
    NotFound, NOT_FOUND, "not_found", "There is no such thing";
    MethodNotAllowed, METHOD_NOT_ALLOWED, "method_not_allowed", "The method is not allowed here";
    SoldOut, CONFLICT, "sold_out", "Not enough places are left";
    HoldExpired, CONFLICT, "hold_expired", "The hold has expired";
    HoldReleased, CONFLICT, "hold_released", "The hold was released";
    HoldConfirmed, CONFLICT, "hold_confirmed", "The hold became a booking already";
    HoldNotExtendable, CONFLICT, "hold_not_extendable", "The hold cannot be extended any more";
    RequestInProgress, CONFLICT, "request_in_progress", "Another request is still running";
    CapacityInUse, CONFLICT, "capacity_in_use", "The capacity is in use";
    BookingNotCancellable, CONFLICT, "booking_not_cancellable", "The booking cannot be cancelled";
    PaymentFailed, CONFLICT, "payment_failed", "The payment came to nothing";
    BodyTooLarge, PAYLOAD_TOO_LARGE, "body_too_large", "The body is too large";
    ValidationFailed, UNPROCESSABLE_ENTITY, "validation_failed", "The request does not validate";
    RangeNotBookable, UNPROCESSABLE_ENTITY, "range_not_bookable", "The range cannot be booked";
    IdempotencyKeyReused, UNPROCESSABLE_ENTITY, "idempotency_key_reused", "The Idempotency-Key was used before";
    TooManyHolds, TOO_MANY_REQUESTS, "too_many_holds", "Too many holds at this moment";
    HoldLimitReached, TOO_MANY_REQUESTS, "hold_limit_reached", "The guest holds as much as one may";
    InternalError, INTERNAL_SERVER_ERROR, "internal_error", "Something went wrong on our side";
    ServiceUnavailable, SERVICE_UNAVAILABLE, "service_unavailable", "The service is not available";
}

/// A field that does not validate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// JSON pointer of the field in the body (RFC 6901); for a parameter of query or path its name after a slash.
    pub pointer: String,
    /// What is wrong with it.
    pub detail: String,
}

/// A problem, to be answered.
#[derive(Debug, Clone)]
pub struct Problem {
    code: Code,
    detail: String,
    errors: Vec<FieldError>,
    facts: Map<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A problem of a kind, explained.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        let problem =
            Self { code, detail: detail.into(), errors: Vec::new(), facts: Map::new(), headers: Vec::new() };
        match code {
            Code::RequestInProgress | Code::TooManyHolds => problem.retry_after(SOON_SECONDS),
            Code::ServiceUnavailable => problem.retry_after(OUTAGE_SECONDS),
            Code::Unauthorized => problem.header(WWW_AUTHENTICATE, "Bearer"),
            _ => problem,
        }
    }

    /// No token, or none that says who bears it.
    #[must_use]
    pub fn unauthorized() -> Self {
        Self::new(Code::Unauthorized, "send a valid token as Authorization: Bearer")
    }

    /// A token without any of the scopes that would do.
    #[must_use]
    pub fn insufficient_scope(scopes: &[Scope]) -> Self {
        let names: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
        Self::new(Code::InsufficientScope, format!("the token needs the scope {}", names.join(" or ")))
            .header(
                WWW_AUTHENTICATE,
                &format!("Bearer error=\"insufficient_scope\", scope=\"{}\"", names.join(" ")),
            )
    }

    /// Fields that do not validate.
    #[must_use]
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [only] if only.pointer.is_empty() => only.detail.clone(),
            [only] => format!("{} {}", only.pointer, only.detail),
            several => format!("{} fields do not validate", several.len()),
        };
        Self { errors, ..Self::new(Code::ValidationFailed, detail) }
    }

    /// With a fact beside the standard members.
    #[must_use]
    pub fn fact(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
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

    /// With the fields that make up the range, if it is the range that cannot be booked.
    #[must_use]
    pub fn naming_range(mut self, pointers: &[&str]) -> Self {
        if self.code == Code::RangeNotBookable && self.errors.is_empty() {
            let error =
                |pointer: &&str| FieldError { pointer: (*pointer).to_owned(), detail: self.detail.clone() };
            self.errors = pointers.iter().map(error).collect();
        }
        self
    }

    fn retry_after(self, seconds: u32) -> Self {
        self.header(RETRY_AFTER, &seconds.to_string())
    }

    /// Its kind.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// Its HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.code.status()
    }

    /// The fields that do not validate.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// The answer; `instance` is the path that was asked for.
    #[must_use]
    pub fn into_response(self, instance: &str) -> Response {
        let mut body = self.facts;
        body.insert("type".to_owned(), json!(format!("urn:holdfast:problem:{}", self.code.as_str())));
        body.insert("title".to_owned(), json!(self.code.title()));
        body.insert("status".to_owned(), json!(self.code.status().as_u16()));
        body.insert("detail".to_owned(), json!(self.detail));
        body.insert("instance".to_owned(), json!(instance));
        body.insert("code".to_owned(), json!(self.code.as_str()));
        if !self.errors.is_empty() {
            let errors: Vec<Value> = self
                .errors
                .iter()
                .map(|error| json!({ "pointer": error.pointer, "detail": error.detail }))
                .collect();
            body.insert("errors".to_owned(), Value::Array(errors));
        }
        let mut response = Response::new(Value::Object(body).to_string().into_bytes());
        *response.status_mut() = self.code.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend(self.headers);
        response
    }
}

/// The answer to a request that made us panic, or that cannot even be read: a clean 500. The caller has logged why.
#[must_use]
pub fn internal_error(request_id: &str, incoming_traceparent: Option<&str>, instance: &str) -> Response {
    let mut response = Problem::from(Broken).into_response(instance);
    stamp(&mut response, request_id, &traceparent(incoming_traceparent, request_id));
    response
}

/// Puts on an answer what every answer carries.
pub(crate) fn stamp(response: &mut Response, request_id: &str, traceparent: &str) {
    for (name, value) in [("x-request-id", request_id), (TRACEPARENT, traceparent)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
}

/// Something is wrong with us.
struct Broken;

impl From<Broken> for Problem {
    fn from(Broken: Broken) -> Self {
        Self::new(Code::InternalError, "the request could not be answered; it is safe to send it again")
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let detail = failure.to_string();
        match failure {
            Failure::NotFound(_) => Self::new(Code::NotFound, detail),
            Failure::Forbidden(_) => Self::new(Code::Forbidden, detail),
            Failure::Invalid { field, detail } => {
                Self::invalid(vec![FieldError { pointer: pointer_to(field), detail }])
            }
            Failure::RangeNotBookable(_) => Self::new(Code::RangeNotBookable, detail),
            Failure::TooManyPages { .. } => {
                Self::new(Code::RangeNotBookable, format!("{detail}: ask for a shorter range"))
            }
            Failure::SoldOut { available } => Self::new(Code::SoldOut, detail).fact("available", available),
            Failure::TooManyHolds => Self::new(Code::TooManyHolds, detail),
            Failure::HoldLimitReached { limit, wait_seconds } => Self::new(Code::HoldLimitReached, detail)
                .fact("limit", limit.as_str())
                .retry_after(wait_seconds),
            Failure::HoldExpired => Self::new(Code::HoldExpired, detail),
            Failure::HoldReleased => Self::new(Code::HoldReleased, detail),
            Failure::HoldConfirmed => Self::new(Code::HoldConfirmed, detail),
            Failure::HoldNotExtendable => Self::new(Code::HoldNotExtendable, detail),
            Failure::RequestInProgress => Self::new(Code::RequestInProgress, detail),
            Failure::KeyReused => Self::new(Code::IdempotencyKeyReused, detail),
            Failure::CapacityInUse { slot, in_use } => {
                Self::new(Code::CapacityInUse, detail).fact("slot", slot).fact("inUse", in_use)
            }
            Failure::NotCancellable(status) => {
                Self::new(Code::BookingNotCancellable, detail).fact("bookingStatus", status.as_str())
            }
            Failure::Store(StoreError::Corrupt { .. } | StoreError::TooLarge { .. }) => {
                tracing::error!(error = causes(&failure), "stored data cannot be read");
                Broken.into()
            }
            Failure::Inconsistent(_) => {
                tracing::error!(error = causes(&failure), "stored data contradicts itself");
                Broken.into()
            }
            Failure::BookingRejected(_) => {
                tracing::error!(error = causes(&failure), "a booking was asked for a step out of turn");
                Broken.into()
            }
            Failure::Payment(PaymentError::Refused { .. }) => {
                tracing::error!(error = causes(&failure), "the payment provider refuses");
                Self::new(Code::ServiceUnavailable, "something we depend on does not answer; try again later")
            }
            Failure::Store(StoreError::Unavailable(_) | StoreError::Contention(_))
            | Failure::Workflow(_)
            | Failure::Payment(PaymentError::Unknown(_) | PaymentError::Unavailable(_)) => {
                tracing::error!(error = causes(&failure), "something outside failed");
                Self::new(Code::ServiceUnavailable, "something we depend on does not answer; try again later")
            }
        }
    }
}

/// The JSON pointer of a field, or the name of its query parameter after a slash.
fn pointer_to(path: FieldPath) -> String {
    let name = match path.field {
        Field::StayStart => "startTime",
        Field::StayEnd => "endTime",
        Field::Quantity => "quantity",
        Field::Cursor => "cursor",
        Field::InventoryEnd => "to",
        Field::CalendarEnd => "end",
    };
    path.item.map_or_else(|| format!("/{name}"), |item| format!("/lines/{item}/{name}"))
}

/// An error with all that caused it, for the log.
fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use holdfast_domain::bookings::BookingRejection;
    use holdfast_domain::catalogue::RangeError;
    use holdfast_domain::{BookingStatus, HoldLimit};

    use super::*;

    fn check(failure: Failure, status: u16, code: &str, facts: Value) {
        let response = Problem::from(failure).into_response("/api/x");
        assert_eq!(response.status().as_u16(), status, "{code}");
        assert_eq!(response.headers()["content-type"], PROBLEM_JSON);
        let retries = matches!(status, 429 | 503) || code == "request_in_progress";
        assert_eq!(response.headers().contains_key("retry-after"), retries, "{code}");
        let body: Value = serde_json::from_slice(response.body()).expect("a problem is JSON");
        for member in ["type", "title", "detail"] {
            assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{member} of {body}");
        }
        assert_eq!(body["status"], status);
        assert_eq!(body["code"], code);
        assert_eq!(body["instance"], "/api/x");
        for (name, value) in facts.as_object().expect("facts") {
            assert_eq!(body[name], *value, "{body}");
        }
        assert!(!body.to_string().contains("SECRET"), "{body}");
    }

    #[test]
    fn every_failure_has_its_answer() {
        let inside = || -> holdfast_app::kernel::Source { "SECRET table name".into() };
        check(Failure::NotFound("hold"), 404, "not_found", json!({ "detail": "there is no such hold" }));
        check(Failure::Forbidden("no"), 403, "forbidden", json!({}));
        let invalid = |field: FieldPath| Failure::Invalid { field, detail: "is wrong".to_owned() };
        let named = |pointer: &str| json!({ "errors": [{ "pointer": pointer, "detail": "is wrong" }] });
        for (field, pointer) in [
            (Field::StayStart, "/startTime"),
            (Field::StayEnd, "/endTime"),
            (Field::Quantity, "/quantity"),
            (Field::Cursor, "/cursor"),
            (Field::InventoryEnd, "/to"),
            (Field::CalendarEnd, "/end"),
        ] {
            check(invalid(field.into()), 422, "validation_failed", named(pointer));
        }
        let of_item = FieldPath { item: Some(3), field: Field::Quantity };
        check(invalid(of_item), 422, "validation_failed", named("/lines/3/quantity"));
        check(Failure::RangeNotBookable(RangeError::NotBookable), 422, "range_not_bookable", json!({}));
        check(Failure::TooManyPages { max: 100 }, 422, "range_not_bookable", json!({}));
        check(Failure::SoldOut { available: 2 }, 409, "sold_out", json!({ "available": 2 }));
        let limit = HoldLimit::PerSlot;
        check(
            Failure::HoldLimitReached { limit, wait_seconds: 7 },
            429,
            "hold_limit_reached",
            json!({ "limit": "perSlot" }),
        );
        check(Failure::TooManyHolds, 429, "too_many_holds", json!({}));
        check(Failure::HoldExpired, 409, "hold_expired", json!({}));
        check(Failure::HoldReleased, 409, "hold_released", json!({}));
        check(Failure::HoldConfirmed, 409, "hold_confirmed", json!({}));
        check(Failure::HoldNotExtendable, 409, "hold_not_extendable", json!({}));
        check(Failure::RequestInProgress, 409, "request_in_progress", json!({}));
        check(Failure::KeyReused, 422, "idempotency_key_reused", json!({}));
        let in_use = Failure::CapacityInUse { slot: "01".to_owned(), in_use: 3 };
        check(in_use, 409, "capacity_in_use", json!({ "slot": "01", "inUse": 3 }));
        check(
            Failure::NotCancellable(BookingStatus::Failed),
            409,
            "booking_not_cancellable",
            json!({ "bookingStatus": "failed" }),
        );
        check(StoreError::Unavailable(inside()).into(), 503, "service_unavailable", json!({}));
        check(StoreError::Contention("SECRET".to_owned()).into(), 503, "service_unavailable", json!({}));
        let corrupt = StoreError::Corrupt { item: "SECRET".to_owned(), reason: "SECRET".to_owned() };
        check(corrupt.into(), 500, "internal_error", json!({}));
        let too_large = StoreError::TooLarge { item: "SECRET".to_owned(), mib_max: 64 };
        check(too_large.into(), 500, "internal_error", json!({}));
        check(Failure::Inconsistent("SECRET".to_owned()), 500, "internal_error", json!({}));
        check(BookingRejection::RefundExceedsCapture.into(), 500, "internal_error", json!({}));
        let refused = PaymentError::Refused { code: "SECRET".to_owned(), message: "SECRET".to_owned() };
        check(refused.into(), 503, "service_unavailable", json!({}));
        check(PaymentError::Unknown(inside()).into(), 503, "service_unavailable", json!({}));
    }

    #[test]
    fn the_log_gets_the_whole_chain_once() {
        let failure = Failure::from(StoreError::Unavailable("no route to host".into()));
        assert_eq!(causes(&failure), "the store failed: the store is unavailable: no route to host");
    }

    #[test]
    fn a_panic_is_a_clean_500() {
        let response = internal_error("r-1", None, "/api/holds");
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()["x-request-id"], "r-1");
        assert!(response.headers().contains_key("traceparent"));
    }

    #[test]
    fn codes_are_distinct_and_in_snake_case() {
        let mut names: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert!(names.iter().all(|name| name.bytes().all(|b| b == b'_' || b.is_ascii_lowercase())));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
    }
}
