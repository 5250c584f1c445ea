//! One request being answered: when, in which trace, with which body and idempotency key.

use std::time::Duration;

use holdfast_app::kernel::{canonical, fingerprint};
use holdfast_app::{Clock, Mutation, RequestKey};
use jiff::Timestamp;
use serde_json::Value;

use crate::answer::ErrorAnswer;
use crate::code::HttpCode;
use crate::read::body::{empty, parse};
use crate::refusal::Refusal;
use crate::request::{Request, Response};
use crate::trace::{TRACEPARENT, stamp, traceparent};

/// The largest body of a request, in bytes.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
const KEY_LENGTH_MAX: usize = 255;
/// How long an answer is waited for, unless the client prefers otherwise.
const WAIT_DEFAULT: Duration = Duration::from_secs(8);
/// Below the gateway's 30 seconds, with time left for the rest of the answer.
const WAIT_SECONDS_MAX: u64 = 25;

/// A request, and what is the same for all of its handling.
#[derive(Debug)]
pub struct Exchange {
    /// The request.
    pub request: Request,
    /// The time in whole milliseconds: what is answered is what is stored.
    pub now: Timestamp,
    /// The W3C trace context of this request.
    pub trace: String,
    /// The part of the path that the route's template names, percent-encoding undone; empty if it names none.
    pub named: String,
}

impl Exchange {
    /// Begins to answer.
    pub(crate) fn open(request: Request, clock: &dyn Clock) -> Self {
        let now = clock.now();
        let now = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
        let incoming = request.headers.get(TRACEPARENT).and_then(|value| value.to_str().ok());
        let trace = traceparent(incoming, &request.request_id);
        Self { request, now, trace, named: String::new() }
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
    pub(crate) fn close<E: ErrorAnswer>(self, outcome: Result<Response, E>) -> Response {
        let code = outcome.as_ref().err().map(ErrorAnswer::code);
        let mut response = outcome.unwrap_or_else(|error| error.into_response(&self.request.path));
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

    /// When, by whom and in which trace this request changes something.
    #[must_use]
    pub fn mutation(&self, actor: &str) -> Mutation {
        Mutation { now: self.now, actor: actor.to_owned(), trace: Some(self.trace.clone()) }
    }

    /// The body, as JSON.
    ///
    /// # Errors
    /// 413 beyond [`BODY_BYTES_MAX`], 400 if it is not JSON.
    pub fn json(&self) -> Result<Value, Refusal> {
        parse(self.bytes(BODY_BYTES_MAX)?)
    }

    /// The body, as JSON, with the idempotency key.
    ///
    /// # Errors
    /// As [`Exchange::json`], and 400 if the key is missing or malformed.
    pub fn keyed_json(&self) -> Result<(Value, RequestKey), Refusal> {
        self.keyed(self.json()?)
    }

    /// The body, as JSON, with the idempotency key; an empty object if there is no body.
    ///
    /// # Errors
    /// As [`Exchange::keyed_json`].
    pub fn keyed_json_if_any(&self) -> Result<(Value, RequestKey), Refusal> {
        let body = self.bytes(BODY_BYTES_MAX)?;
        self.keyed(if body.iter().all(u8::is_ascii_whitespace) { empty() } else { parse(body)? })
    }

    /// The body as it came.
    ///
    /// # Errors
    /// 413 beyond `max` bytes.
    pub fn bytes(&self, max: usize) -> Result<&[u8], Refusal> {
        if self.request.body.len() > max {
            let detail = format!("a body may have at most {max} bytes");
            return Err(Refusal::new(HttpCode::BodyTooLarge, detail));
        }
        Ok(&self.request.body)
    }

    /// The body with the idempotency key, which carries the digest of what it is used for: method, path and body.
    /// Preferences and the order of the body's fields are no part of it.
    fn keyed(&self, body: Value) -> Result<(Value, RequestKey), Refusal> {
        let mut keys = self.request.headers.get_all("idempotency-key").iter();
        let key = match (keys.next(), keys.next()) {
            (Some(only), None) => only.as_bytes(),
            (Some(_), Some(_)) | (None, _) => b"",
        };
        let valid = (1..=KEY_LENGTH_MAX).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic);
        if !valid {
            return Err(Refusal::new(
                HttpCode::IdempotencyKeyRequired,
                "send one Idempotency-Key header of 1 to 255 visible ASCII characters",
            ));
        }
        let content = fingerprint(&[self.request.method.as_str(), &self.request.path, &canonical(&body)]);
        Ok((body, RequestKey { key: String::from_utf8_lossy(key).into_owned(), content }))
    }

    /// How long the client wants to wait for the outcome, and the preference that was heeded (RFC 7240).
    #[must_use]
    pub fn wait(&self) -> (Duration, Option<String>) {
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
