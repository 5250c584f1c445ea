//! One request being answered: who asks, when, in which trace, with which idempotency key.

use std::time::Duration;

use holdfast_app::kernel::{canonical, fingerprint};
use holdfast_app::{Caller, Clock, Mutation, RequestKey};
use holdfast_domain::GuestId;
use http::HeaderName;
use jiff::Timestamp;
use serde_json::Value;

use crate::problem::{Code, Problem, stamp};
use crate::read::body::parse;
use crate::request::{Request, Response, Scope};
use crate::trace::{TRACEPARENT, traceparent};

/// The largest body of a request, in bytes.
pub(crate) const BODY_BYTES_MAX: usize = 64 * 1024;
const KEY_LENGTH_MAX: usize = 255;
/// How long an answer is waited for, unless the client prefers otherwise.
const WAIT_DEFAULT: Duration = Duration::from_secs(8);
/// Below the gateway's 30 seconds, with time left for the rest of the answer.
const WAIT_SECONDS_MAX: u64 = 25;

/// A request, and what is the same for all of its handling.
pub(crate) struct Exchange {
    /// The request.
    pub(crate) request: Request,
    /// Now, in whole milliseconds: what is answered is what is stored.
    pub(crate) now: Timestamp,
    /// The W3C trace context of this request.
    pub(crate) trace: String,
}

impl Exchange {
    /// Begins to answer.
    pub(crate) fn open(request: Request, clock: &dyn Clock) -> Self {
        let now = clock.now();
        let now = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
        let incoming = request.headers.get(TRACEPARENT).and_then(|value| value.to_str().ok());
        let trace = traceparent(incoming, &request.request_id);
        Self { request, now, trace }
    }

    /// The span under which everything of this request is logged.
    pub(crate) fn span(&self) -> tracing::Span {
        tracing::info_span!(
            "request",
            request_id = self.request.request_id,
            traceparent = self.trace,
            method = self.request.method.as_str(),
            path = self.request.path,
        )
    }

    /// Ends with an answer.
    pub(crate) fn close(self, outcome: Result<Response, Problem>) -> Response {
        let code = outcome.as_ref().err().map(|problem| problem.code().as_str());
        let mut response = outcome.unwrap_or_else(|problem| problem.into_response(&self.request.path));
        stamp(&mut response, &self.request.request_id, &self.trace);
        tracing::info!(
            request_id = self.request.request_id,
            traceparent = self.trace,
            method = self.request.method.as_str(),
            path = self.request.path,
            status = response.status().as_u16(),
            code,
            "answered"
        );
        response
    }

    /// The caller, if their token has one of `scopes`. The gateway has checked this before; a route wired wrongly must not
    /// open a door.
    ///
    /// # Errors
    /// 401 without a usable token, 403 without any of the scopes.
    pub(crate) fn caller(&self, scopes: &[Scope]) -> Result<Caller, Problem> {
        let claims = self.request.claims.as_ref().ok_or_else(Problem::unauthorized)?;
        let has = |scope: &Scope| claims.scopes.iter().any(|name| name == scope.as_str());
        let guest = GuestId::parse(&claims.sub).map_err(|_| Problem::unauthorized())?;
        if !scopes.iter().any(has) {
            return Err(Problem::insufficient_scope(scopes));
        }
        Ok(Caller { guest, operator: has(&Scope::Operator), email: claims.email.clone() })
    }

    /// What is the same for every change this request makes.
    pub(crate) fn mutation(&self, actor: &str) -> Mutation {
        Mutation { now: self.now, actor: actor.to_owned(), trace: Some(self.trace.clone()) }
    }

    /// The idempotency key, with the digest of what it is used for: method, path and body. Preferences and the order of
    /// the body's fields are no part of it.
    ///
    /// # Errors
    /// 400 if it is missing or malformed.
    pub(crate) fn key(&self, body: &Value) -> Result<RequestKey, Problem> {
        let mut keys = self.request.headers.get_all("idempotency-key").iter();
        let key = match (keys.next(), keys.next()) {
            (Some(only), None) => only.as_bytes(),
            (Some(_), Some(_)) | (None, _) => b"",
        };
        let valid = (1..=KEY_LENGTH_MAX).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic);
        if !valid {
            return Err(Problem::new(
                Code::IdempotencyKeyRequired,
                "send one Idempotency-Key header of 1 to 255 visible ASCII characters",
            ));
        }
        let content = fingerprint(&[self.request.method.as_str(), &self.request.path, &canonical(body)]);
        Ok(RequestKey { key: String::from_utf8_lossy(key).into_owned(), content })
    }

    /// The body, as JSON.
    ///
    /// # Errors
    /// 413 beyond [`BODY_BYTES_MAX`], 400 if it is not JSON.
    pub(crate) fn json(&self) -> Result<Value, Problem> {
        parse(self.bytes(BODY_BYTES_MAX)?)
    }

    /// The body, as JSON; an empty object if there is none.
    ///
    /// # Errors
    /// As [`Exchange::json`].
    pub(crate) fn json_if_any(&self) -> Result<Value, Problem> {
        let body = self.bytes(BODY_BYTES_MAX)?;
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Value::Object(serde_json::Map::new()));
        }
        parse(body)
    }

    /// The body as it came.
    ///
    /// # Errors
    /// 413 beyond `max` bytes.
    pub(crate) fn bytes(&self, max: usize) -> Result<&[u8], Problem> {
        if self.request.body.len() > max {
            let detail = format!("a body may have at most {max} bytes");
            return Err(Problem::new(Code::BodyTooLarge, detail));
        }
        Ok(&self.request.body)
    }

    /// How long the client wants to wait for the outcome, and the preference that was heeded (RFC 7240).
    pub(crate) fn wait(&self) -> (Duration, Option<String>) {
        let mut respond_async = false;
        let mut wait = None;
        let values = self.request.headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
        for preference in values.flat_map(|list| list.split(',')) {
            let token = preference.split(';').next().unwrap_or_default();
            let (name, value) = token.split_once('=').unwrap_or((token, ""));
            let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().trim_matches('"'));
            match name.as_str() {
                "respond-async" => respond_async = true,
                "wait" if wait.is_none() => wait = value.parse::<u64>().ok(),
                _ => {}
            }
        }
        match (wait, respond_async) {
            (Some(seconds), asynchronous) => {
                let seconds = seconds.min(WAIT_SECONDS_MAX);
                let more = if asynchronous { "respond-async, " } else { "" };
                (Duration::from_secs(seconds), Some(format!("{more}wait={seconds}")))
            }
            (None, true) => (Duration::ZERO, Some("respond-async".to_owned())),
            (None, false) => (WAIT_DEFAULT, None),
        }
    }
}

/// Names the preference that was heeded.
pub(crate) const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
