//! One request being answered: when, in which trace, with which body and idempotency key.

use std::time::Duration;

use holdfast_app::kernel::{canonical, fingerprint, guest_mark};
use holdfast_app::{Clock, Mutation, RequestKey};
use holdfast_domain::{GuestId, GuestMark};
use http::header::USER_AGENT;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::answer::ErrorAnswer;
use crate::code::HttpCode;
use crate::read::body::{empty, parse};
use crate::read::cards::has_card_number;
use crate::refusal::Refusal;
use crate::request::{Request, Response};
use crate::trace::{TRACEPARENT, stamp, traceparent};

/// The largest body of a request, in bytes.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
const KEY_LENGTH_MAX: usize = 255;
/// How much of a user agent is logged; the rest says nothing that helps.
const USER_AGENT_LENGTH_MAX: usize = 200;
/// How often percent-encoding is undone before a text is judged; what is encoded more often hides something.
const DECODED_TIMES_MAX: usize = 3;
/// What is logged in place of what must not be.
const WITHHELD: &str = "withheld";
/// How long an answer is waited for, unless the client prefers otherwise.
const WAIT_DEFAULT: Duration = Duration::from_secs(8);
/// Below the gateway's 30 seconds, with time left for the rest of the answer.
const WAIT_SECONDS_MAX: u64 = 23;
/// What is kept of the request's time for the writes before the wait: they repeat where others write to the same page.
const WRITES: Duration = Duration::from_secs(5);

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
    /// The template of the route; `None` until one is found.
    pub(crate) route: Option<&'static str>,
}

/// What a stranger wrote, a path or a user agent, as it may be logged: not with an address or a card's number in it.
#[must_use]
pub fn loggable(text: &str) -> &str {
    if is_private(text) { WITHHELD } else { text }
}

/// Whether a text has an address or a card's number in it, percent-encoded or not.
fn is_private(text: &str) -> bool {
    let mut decoded = text.to_owned();
    for _ in 0..DECODED_TIMES_MAX {
        if decoded.contains(['@', '\u{FF20}']) || has_card_number(&decoded) {
            return true;
        }
        let again = percent_decode_str(&decoded).decode_utf8_lossy().into_owned();
        if again == decoded {
            return false;
        }
        decoded = again;
    }
    true
}

impl Exchange {
    /// Begins to answer.
    pub(crate) fn open(request: Request, clock: &dyn Clock) -> Self {
        let now = clock.now();
        let now = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
        let incoming = request.headers.get(TRACEPARENT).and_then(|value| value.to_str().ok());
        let trace = traceparent(incoming, &request.request_id);
        Self { request, now, trace, named: String::new(), route: None }
    }

    /// The span under which everything of this request is logged.
    pub(crate) fn span(&self) -> tracing::Span {
        tracing::info_span!(
            "request",
            request_id = self.request.request_id,
            traceparent = self.trace,
            method = self.request.method.as_str(),
            path = loggable(&self.request.path),
        )
    }

    /// Ends with an answer, and with a line of the log that says who has asked for what: the caller by a mark, which events and pages
    /// have too, and the sender by address and user agent.
    pub(crate) fn close<E: ErrorAnswer>(self, outcome: Result<Response, E>) -> Response {
        let code = outcome.as_ref().err().map(ErrorAnswer::code);
        let mut response = outcome.unwrap_or_else(|error| error.into_response(&self.request.path));
        stamp(&mut response, &self.request.request_id, &self.trace);
        tracing::info!(
            request_id = self.request.request_id,
            traceparent = self.trace,
            method = self.request.method.as_str(),
            path = self.logged_path(),
            status = response.status().as_u16(),
            code,
            caller = self.caller().as_ref().map(GuestMark::as_str),
            address = self.request.address.map(tracing::field::display),
            user_agent = self.user_agent(),
            "answered"
        );
        response
    }

    /// The path as it may be logged; else its route's template, if it has a route.
    fn logged_path(&self) -> &str {
        let path = self.request.path.as_str();
        if is_private(path) { self.route.unwrap_or(WITHHELD) } else { path }
    }

    /// The mark of the token's subject, which does not say who that is.
    fn caller(&self) -> Option<GuestMark> {
        let claims = self.request.identity.claims()?;
        GuestId::parse(&claims.sub).ok().map(|guest| guest_mark(&guest))
    }

    /// What the client says that it is, as it may be logged, at most so much of it.
    fn user_agent(&self) -> Option<&str> {
        let text = loggable(self.request.headers.get(USER_AGENT)?.to_str().ok()?);
        Some(text.get(..USER_AGENT_LENGTH_MAX).unwrap_or(text))
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

    /// How long to wait for the outcome, and the preference that was heeded (RFC 7240): as long as the client wants, and the
    /// request has time for, so that an answer comes at all.
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
        let longest = self.request.time_left.saturating_sub(WRITES);
        match (wait, respond_async) {
            (Some(seconds), asynchronous) => {
                let seconds = seconds.min(WAIT_SECONDS_MAX).min(longest.as_secs());
                let more = if asynchronous { "respond-async, " } else { "" };
                (Duration::from_secs(seconds), Some(format!("{more}wait={seconds}")))
            }
            (None, true) => (Duration::ZERO, Some("respond-async".to_owned())),
            (None, false) => (WAIT_DEFAULT.min(longest), None),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Method};

    use super::*;
    use crate::request::{Claims, Identity};

    fn exchange(sub: Option<&str>, headers: HeaderMap, left: u64) -> Exchange {
        let bearer = |sub: &str| {
            Identity::Bearer(Claims { sub: sub.to_owned(), scopes: Vec::new(), groups: Vec::new() })
        };
        let request = Request {
            method: Method::POST,
            path: "/api/bookings".to_owned(),
            query: String::new(),
            headers,
            body: Vec::new(),
            identity: sub.map_or(Identity::Unproven, bearer),
            address: None,
            request_id: "r-1".to_owned(),
            time_left: Duration::from_millis(left),
        };
        Exchange {
            request,
            now: Timestamp::UNIX_EPOCH,
            trace: String::new(),
            named: String::new(),
            route: None,
        }
    }

    #[test]
    fn a_log_names_the_caller_by_the_mark_that_pages_have_and_the_client_in_few_words() {
        let of = |sub| exchange(sub, HeaderMap::new(), 0).caller();
        let guest = GuestId::parse("guest-1").expect("an id");
        assert_eq!(of(Some("guest-1")), Some(guest_mark(&guest)));
        assert_eq!((of(None), of(Some("no id"))), (None, None));
        let agent = |text: &str| {
            let value = HeaderValue::from_str(text).expect("a value");
            exchange(None, HeaderMap::from_iter([(USER_AGENT, value)]), 0).user_agent().map(str::to_owned)
        };
        let browser = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.6478.127";
        for known in ["curl/8", browser] {
            assert_eq!(agent(known).as_deref(), Some(known));
        }
        assert_eq!(agent(&"x".repeat(5_000)).map(|text| text.len()), Some(USER_AGENT_LENGTH_MAX));
        let late = format!("{} 4242424242424242", "x".repeat(USER_AGENT_LENGTH_MAX - 10));
        for private in ["bot (ada@example.com)", "bot ada%40example.com", "4242 4242 4242 4242", &late] {
            assert_eq!(agent(private).as_deref(), Some(WITHHELD), "{private}");
        }
    }

    /// Of a request with so many milliseconds left: milliseconds of waiting, and the preference that was heeded.
    fn check(prefer: Option<&'static str>, left: u64, wait: u64, heeded: Option<&str>) {
        let mut headers = HeaderMap::new();
        if let Some(prefer) = prefer {
            headers.insert("prefer", HeaderValue::from_static(prefer));
        }
        let exchange = exchange(None, headers, left);
        let (waited, said) = exchange.wait();
        assert_eq!((waited, said.as_deref()), (Duration::from_millis(wait), heeded), "{prefer:?}, {left}");
    }

    #[test]
    fn a_path_with_a_card_or_an_address_in_it_is_not_logged() {
        for id in [
            "4242424242424242",
            "4242%204242%2042424242",
            "%34242424242424242",
            "ada@example.com",
            "ada%40example.com",
            "ada%2540example.com",
            "ada%252525252540example.com",
            "ada%EF%BC%A0example.com",
        ] {
            assert_eq!(loggable(&format!("/api/bookings/{id}")), WITHHELD, "{id}");
        }
        let mut exchange = exchange(None, HeaderMap::new(), 0);
        exchange.request.path = "/api/bookings/ada@example.com".to_owned();
        assert_eq!(exchange.logged_path(), WITHHELD);
        exchange.route = Some("/api/bookings/{bookingId}");
        assert_eq!(exchange.logged_path(), "/api/bookings/{bookingId}");
        exchange.request.path = "/api/bookings/bkg_1".to_owned();
        assert_eq!(exchange.logged_path(), "/api/bookings/bkg_1");
        for path in ["/api/bookings/bkg_n2k7u4w5c3r6y1q8z0a9b8c7", "/api/resources/a%20room", "/100%", "/%ff"]
        {
            assert_eq!(loggable(path), path);
        }
    }

    #[test]
    fn an_answer_is_waited_for_as_long_as_the_client_wants_and_the_request_has_time() {
        check(None, 28_500, 8_000, None);
        check(None, 9_500, 4_500, None);
        check(Some("wait=20"), 28_500, 20_000, Some("wait=20"));
        check(Some("wait=25"), 60_000, 23_000, Some("wait=23"));
        check(Some("wait=600"), 60_000, 23_000, Some("wait=23"));
        check(Some("wait=25"), 28_500, 23_000, Some("wait=23"));
        check(Some("respond-async, wait=25"), 14_500, 9_000, Some("respond-async, wait=9"));
        check(Some("wait=10"), 3_000, 0, Some("wait=0"));
        check(Some("respond-async"), 28_500, 0, Some("respond-async"));
    }
}
