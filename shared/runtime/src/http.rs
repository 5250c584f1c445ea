//! The entry of functions behind the HTTP API: events of payload format 2.0
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>) as requests,
//! answers back.
//!
//! The event is `lambda_http`'s own type, read field by field. Its conversion to an `http::Request` is not used: that puts
//! the URL together again, and panics on paths and hosts that are no URL, which any client may send.

use std::collections::HashMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use data_encoding::BASE64;
use futures::FutureExt;
use holdfast_app::Clock;
use holdfast_http::exchange::loggable;
use holdfast_http::identity::Issuers;
use holdfast_http::problem::unanswered;
use holdfast_http::{Api, Identity, Refusal, Request, Response, Route, Verifier};
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use serde::Serialize;
use tracing::Instrument;

use crate::clock::SystemClock;
use crate::config::Variable;
use crate::edge::{EdgeKeys, viewer};
use crate::keys::FetchedKeys;
use crate::process::Process;

/// What is kept of the function's time for giving a clean answer when the rest runs out.
const RESERVE: Duration = Duration::from_millis(500);
/// How long a handler may take where the runtime does not say.
const TIME_UNTOLD: Duration = Duration::from_secs(15);

/// An answer as the HTTP API takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayAnswer {
    status_code: u16,
    headers: HashMap<String, String>,
    body: String,
    is_base64_encoded: bool,
}

/// Why an event is no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoRequest {
    /// The body is said to be base64 and is not.
    #[error("the body is not base64")]
    Body,
}

/// The request in an event, to be answered within `time`. `invocation` names it if the gateway did not. `by_the_edge` says that it is
/// known to have come so.
///
/// # Errors
/// [`NoRequest`], which the gateway itself never sends.
pub fn into_request(
    event: ApiGatewayV2httpRequest,
    invocation: &str,
    time: Duration,
    by_the_edge: bool,
) -> Result<Request, NoRequest> {
    let body = event.body.unwrap_or_default();
    let body = if event.is_base64_encoded {
        BASE64.decode(body.as_bytes()).map_err(|_| NoRequest::Body)?
    } else {
        body.into_bytes()
    };
    let context = event.request_context;
    let peer = context.http.source_ip.as_deref().and_then(|address| address.parse().ok());
    Ok(Request {
        method: context.http.method,
        path: event.raw_path.unwrap_or_default(),
        query: event.raw_query_string.unwrap_or_default(),
        address: viewer(&event.headers, peer, by_the_edge),
        headers: event.headers,
        body,
        identity: Identity::Unproven,
        request_id: context.request_id.unwrap_or_else(|| invocation.to_owned()),
        time_left: time,
    })
}

impl From<Response> for GatewayAnswer {
    fn from(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let mut headers: HashMap<String, String> = HashMap::new();
        for (name, value) in &parts.headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            let joined = headers.entry(name.as_str().to_owned()).or_default();
            if !joined.is_empty() {
                joined.push_str(", ");
            }
            joined.push_str(&value);
        }
        let (body, is_base64_encoded) = match String::from_utf8(body) {
            Ok(text) => (text, false),
            Err(bytes) => (BASE64.encode(bytes.as_bytes()), true),
        };
        Self { status_code: parts.status.as_u16(), headers, body, is_base64_encoded }
    }
}

impl GatewayAnswer {
    /// With the whole URL in `Location`, which handlers give as a path: `base` is where clients reach the API.
    #[must_use]
    fn located(mut self, base: &str) -> Self {
        if let Some(location) = self.headers.get_mut("location")
            && location.starts_with('/')
        {
            location.insert_str(0, base);
        }
        self
    }
}

/// Where the client of an event has reached the API: the host that the gateway names, or nothing if it names none.
fn base_of(event: &ApiGatewayV2httpRequest) -> String {
    let host = event.request_context.domain_name.as_deref().filter(|host| !host.is_empty());
    host.map(|host| format!("https://{host}")).unwrap_or_default()
}

/// What is needed to answer when the handler does not.
#[derive(Clone)]
struct Stamp {
    request_id: String,
    traceparent: Option<String>,
    path: String,
}

impl Stamp {
    fn of(request: &Request) -> Self {
        let traceparent = request.headers.get("traceparent").and_then(|value| value.to_str().ok());
        Self {
            request_id: request.request_id.clone(),
            traceparent: traceparent.map(str::to_owned),
            path: request.path.clone(),
        }
    }

    fn refused(&self, refusal: Refusal) -> Response {
        unanswered(refusal, &self.request_id, self.traceparent.as_deref(), &self.path)
    }
}

/// Answers one event within `time`: a panic is a clean 500, time running out a clean 503. Where there are `keys`, who brings none of
/// them is a clean 403.
async fn answer<F, Fut>(
    event: ApiGatewayV2httpRequest,
    invocation: &str,
    time: Duration,
    keys: Option<&EdgeKeys>,
    handle: F,
) -> GatewayAnswer
where
    F: FnOnce(Request) -> Fut,
    Fut: Future<Output = Response>,
{
    let admitted = keys.is_none_or(|keys| keys.admit(&event.headers));
    let request = match into_request(event, invocation, time, keys.is_some() && admitted) {
        Ok(request) => request,
        Err(error) => {
            tracing::error!(request_id = invocation, %error, "an event that is no request");
            return unanswered(Refusal::internal_error(), invocation, None, "").into();
        }
    };
    let stamp = Stamp::of(&request);
    if !admitted {
        let address = request.address.map(tracing::field::display);
        tracing::warn!(
            request_id = stamp.request_id,
            path = loggable(&stamp.path),
            address,
            "a request beside the edge"
        );
        return stamp.refused(Refusal::beside_the_edge()).into();
    }
    let handled = AssertUnwindSafe(async { handle(request).await }).catch_unwind();
    match tokio::time::timeout(time, handled).await {
        Ok(Ok(response)) => response.into(),
        Ok(Err(_)) => {
            tracing::error!(
                request_id = stamp.request_id,
                path = loggable(&stamp.path),
                "the handler panicked"
            );
            stamp.refused(Refusal::internal_error()).into()
        }
        Err(_) => {
            tracing::error!(request_id = stamp.request_id, path = loggable(&stamp.path), "the time ran out");
            stamp.refused(Refusal::unavailable()).into()
        }
    }
}

/// Milliseconds since 1970 at which the invocation ends, as time left for the handler. No invocation begins after its end:
/// a deadline in the past is none (`cargo lambda watch` always sends 600000).
fn time_left(deadline_ms: u64, now_ms: i64) -> Duration {
    match deadline_ms.checked_sub(u64::try_from(now_ms).unwrap_or(0)) {
        Some(left) => Duration::from_millis(left).saturating_sub(RESERVE),
        None => TIME_UNTOLD,
    }
}

/// The verifier of the tokens that routes of `A` ask for, if any does.
fn verifier<A: Api>(process: &Process) -> Result<Option<Verifier>, lambda_runtime::Error> {
    if !A::ROUTES.iter().any(Route::asks_who) {
        return Ok(None);
    }
    let issuers = Issuers::read(process.require(Variable::TokenIssuers)?)?;
    Ok(Some(Verifier::new(issuers, FetchedKeys::new(process.trust().clone()))))
}

/// The answer to a request, whose sender is found out where that matters.
async fn answered<A: Api>(api: &A, verifier: Option<&Verifier>, mut request: Request) -> Response {
    if let Some(verifier) = verifier
        && A::asks_who(&request.method, &request.path)
    {
        let span = tracing::info_span!("caller", request_id = request.request_id);
        let asked_at = api.clock().now();
        request.identity = verifier.identity(&request.headers, asked_at).instrument(span).await;
        // Keys may have been fetched for it, and the handler waits for as long as it is told that it has.
        let taken = api.clock().now().duration_since(asked_at);
        request.time_left = request.time_left.saturating_sub(taken.try_into().unwrap_or_default());
    }
    api.handle(request).await
}

/// Serves the routes of an API until the process ends.
///
/// # Errors
/// [`MissingVariables`](crate::config::MissingVariables) or `InvalidIssuers` if routes ask who calls and the environment does not
/// say who vouches for that; the runtime's own.
pub async fn serve<A: Api>(process: &Process, api: A) -> Result<(), lambda_runtime::Error> {
    let verifier = verifier::<A>(process)?;
    let (api, verifier) = (&api, verifier.as_ref());
    let public_url = process.get(Variable::PublicUrl);
    let keys = process.get(Variable::EdgeKeys).map(EdgeKeys::read);
    let keys = keys.as_ref();
    let service = service_fn(move |event: LambdaEvent<ApiGatewayV2httpRequest>| async move {
        let LambdaEvent { payload, context } = event;
        let time = time_left(context.deadline, SystemClock.now().as_millisecond());
        let base = public_url.map_or_else(|| base_of(&payload), str::to_owned);
        let handle = |request| answered(api, verifier, request);
        Ok::<_, Diagnostic>(answer(payload, &context.request_id, time, keys, handle).await.located(&base))
    });
    Runtime::new(service).run().await
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicI64, Ordering};

    use data_encoding::BASE64URL_NOPAD;
    use holdfast_http::{Budget, Documentation, HttpCode, Problem, Route, Scope};
    use http::Method;
    use jiff::Timestamp;
    use serde_json::{Value, json};
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::util::SubscriberInitExt;

    use super::*;
    use crate::sdk::trust;

    const MINUTE: Duration = Duration::from_secs(60);

    thread_local! {
        /// What this test has logged: a test has a thread of its own.
        static LOGGED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }

    /// Writes a line to the log of its thread.
    struct Lines;

    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            LOGGED.with_borrow_mut(|logged| logged.extend_from_slice(bytes));
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// The log of this process. The first thread that reaches a log line decides for all whether anybody listens
    /// (`tracing_core::callsite`), so that there is one log, and it stands before any event is answered.
    static LOG: LazyLock<()> = LazyLock::new(|| {
        tracing_subscriber::registry().with(tracing_subscriber::fmt::layer().with_writer(|| Lines)).init();
    });

    async fn answer<F, Fut>(
        event: ApiGatewayV2httpRequest,
        time: Duration,
        keys: Option<&EdgeKeys>,
        handle: F,
    ) -> GatewayAnswer
    where
        F: FnOnce(Request) -> Fut,
        Fut: Future<Output = Response>,
    {
        LazyLock::force(&LOG);
        super::answer(event, "i-1", time, keys, handle).await
    }

    fn event(changes: Value) -> ApiGatewayV2httpRequest {
        let mut event = json!({
            "version": "2.0",
            "rawPath": "/api/holds",
            "rawQueryString": "",
            "headers": {"idempotency-key": "k", "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
            "requestContext": {"requestId": "r-1", "http": {"method": "POST"}},
            "body": "{}",
            "isBase64Encoded": false,
        });
        if let (Value::Object(event), Value::Object(changes)) = (&mut event, changes) {
            event.extend(changes);
        }
        serde_json::from_value(event).expect("an event")
    }

    #[test]
    fn a_request_is_read_field_by_field() {
        let sent = event(json!({
            "rawQueryString": "a=%7B&b=\"<>|",
            "body": "eyJ9",
            "isBase64Encoded": true,
            "requestContext": {"requestId": "r-1", "http": {"method": "POST"}, "authorizer": {"jwt": {
                "claims": {"sub": "guest-1", "scope": "booking/guest booking/operator", "exp": "1795"},
                "scopes": ["booking/guest"]}}},
        }));
        let request = into_request(sent, "i-1", MINUTE, false).expect("a request");
        assert_eq!((request.method, request.path.as_str()), (Method::POST, "/api/holds"));
        assert_eq!(request.query, "a=%7B&b=\"<>|");
        assert_eq!(request.headers["Idempotency-Key"], "k");
        assert_eq!(request.body, b"{\"}");
        assert_eq!((request.request_id.as_str(), request.time_left), ("r-1", MINUTE));
        assert_eq!(request.identity, Identity::Unproven, "what the event says of the sender is not believed");
    }

    #[test]
    fn little_is_needed_to_be_a_request() {
        let bare = json!({"requestContext": {"http": {"method": "GET"}}});
        let request = into_request(serde_json::from_value(bare).expect("an event"), "i-1", MINUTE, false)
            .expect("a request");
        assert_eq!((request.method, request.request_id.as_str()), (Method::GET, "i-1"));
        let broken = event(json!({"body": "%", "isBase64Encoded": true}));
        assert_eq!(into_request(broken, "i", MINUTE, false).err(), Some(NoRequest::Body));
    }

    #[tokio::test]
    async fn an_answer_goes_back_as_it_is() {
        let answer = answer(event(json!({})), MINUTE, None, |request| async move {
            assert_eq!(request.body, b"{}");
            http::Response::builder()
                .status(201)
                .header("x-request-id", "r-1")
                .header("vary", "a")
                .header("vary", "b")
                .body("\u{e9}".into())
                .expect("an answer")
        })
        .await;
        let answer = serde_json::to_value(answer).expect("JSON");
        assert_eq!(
            answer,
            json!({
                "statusCode": 201,
                "headers": {"x-request-id": "r-1", "vary": "a, b"},
                "body": "\u{e9}",
                "isBase64Encoded": false,
            })
        );
    }

    #[test]
    fn location_is_a_whole_url() {
        let check = |context: Value, public_url: Option<&str>, location: &str, expected: &str| {
            let event = event(json!({ "requestContext": context }));
            let base = public_url.map_or_else(|| base_of(&event), str::to_owned);
            let created = http::Response::builder().header("location", location).body(Vec::new());
            let answer = GatewayAnswer::from(created.expect("an answer")).located(&base);
            assert_eq!(answer.headers["location"], expected);
        };
        let host = json!({ "http": { "method": "POST" }, "domainName": "a1.execute-api.eu-central-1.amazonaws.com" });
        let path = "/api/holds/h";
        check(host.clone(), None, path, "https://a1.execute-api.eu-central-1.amazonaws.com/api/holds/h");
        let local = "http://localhost:4566/_aws/execute-api/a1/%24default";
        check(host.clone(), Some(local), path, &format!("{local}{path}"));
        check(json!({ "http": { "method": "POST" } }), None, path, path);
        check(host, None, "https://elsewhere.example.com/", "https://elsewhere.example.com/");
        let none = GatewayAnswer::from(http::Response::new(Vec::new())).located(local);
        assert!(none.headers.is_empty());
    }

    async fn check(
        event: ApiGatewayV2httpRequest,
        time: Duration,
        misbehaves: fn(),
        status: u16,
        code: &str,
    ) {
        let answer = answer(event, time, None, |_| async move {
            misbehaves();
            std::future::pending().await
        })
        .await;
        assert_eq!(answer.status_code, status);
        let body: Value = serde_json::from_str(&answer.body).expect("a problem");
        assert_eq!(body["code"], code, "{body}");
        assert!(!answer.body.contains("secret"), "nothing of the inside shows: {body}");
        assert!(answer.headers.contains_key("x-request-id") && answer.headers.contains_key("traceparent"));
        assert_eq!(answer.headers.contains_key("retry-after"), status == 503);
    }

    #[tokio::test]
    async fn a_panic_and_a_timeout_are_clean_answers() {
        check(event(json!({})), MINUTE, || panic!("a secret"), 500, "internal_error").await;
        check(event(json!({})), Duration::from_millis(20), || {}, 503, "service_unavailable").await;
        let broken = event(json!({"body": "%", "isBase64Encoded": true}));
        check(broken, MINUTE, || {}, 500, "internal_error").await;
    }

    #[tokio::test]
    async fn no_address_and_no_card_in_a_path_is_logged() {
        let keys = EdgeKeys::read("present");
        for path in ["/api/bookings/ada%40example.com", "/api/bookings/4242%204242%204242%204242"] {
            let sent = || event(json!({ "rawPath": path }));
            let panics = |_| async { panic!("on purpose") };
            answer(sent(), MINUTE, Some(&keys), panics).await;
            answer(sent(), MINUTE, None, panics).await;
            answer(sent(), Duration::from_millis(1), None, |_| std::future::pending()).await;
        }
        let text = LOGGED.with_borrow(|bytes| String::from_utf8(bytes.clone()).expect("text"));
        for words in ["beside the edge", "panicked", "ran out", "withheld"] {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert!(!text.contains("ada") && !text.contains("4242"), "{text}");
    }

    async fn check_edge(key: Option<&str>, status: u16, viewer: &str) {
        let mut headers = json!({"x-forwarded-for": "192.0.2.1, 198.51.100.7, 203.0.113.9"});
        if let Some(key) = key {
            headers["x-holdfast-edge-key"] = key.into();
        }
        let context = json!({"requestId": "r-1", "http": {"method": "GET", "sourceIp": "203.0.113.9"}});
        let sent = event(json!({"headers": headers, "requestContext": context}));
        let keys = EdgeKeys::read("present,next");
        let answer = answer(sent, MINUTE, Some(&keys), |request| async move {
            assert_eq!(request.address.map(|one| one.to_string()).as_deref(), Some(viewer));
            http::Response::new(Vec::new())
        })
        .await;
        assert_eq!(answer.status_code, status, "{key:?}");
        if status == 403 {
            let body: Value = serde_json::from_str(&answer.body).expect("a problem");
            assert_eq!(body["code"], "forbidden", "{body}");
            assert!(
                answer.headers.contains_key("x-request-id") && answer.headers.contains_key("traceparent")
            );
        }
    }

    #[tokio::test]
    async fn nobody_goes_around_the_edge_where_there_is_one() {
        check_edge(Some("present"), 200, "198.51.100.7").await;
        check_edge(Some("next"), 200, "198.51.100.7").await;
        check_edge(Some("guessed"), 403, "").await;
        check_edge(None, 403, "").await;
    }

    /// One route for operators and one for anybody.
    struct Doors;

    impl Clock for Doors {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }
    }

    const COST: Budget = Budget {
        ledger_units: 0,
        read_model_units: 0,
        units_per_resource: 0,
        body_bytes: 100,
        slots_per_resource: 0,
    };

    impl Api for Doors {
        type Error = Problem<HttpCode>;
        const FUNCTION: &'static str = "doors";

        holdfast_http::routes![
            (
                Route::open(Method::GET, "/api/door", "look", &COST, |_, _| Box::pin(async {
                    Ok(http::Response::new(Vec::new()))
                })),
                Documentation::new("doors", "Looks at the door."),
            ),
            (
                Route::scoped(Method::PUT, "/api/door", "open", &[Scope::Operator], |_, _, _| {
                    Box::pin(async { Ok(http::Response::new(Vec::new())) })
                }),
                Documentation::new("doors", "Opens the door."),
            ),
        ];

        fn clock(&self) -> &dyn Clock {
            self
        }
    }

    #[tokio::test]
    async fn whoever_invokes_the_function_is_believed_no_more_than_whoever_calls_the_api() {
        let issuer =
            json!([{ "url": "http://127.0.0.1:9", "clients": ["c"], "scopes": ["booking/operator"] }]);
        let issuers = Issuers::read(&issuer.to_string()).expect("issuers");
        let verifier =
            Verifier::new(issuers, FetchedKeys::new(trust(Some("http://localhost")).expect("roots")));
        let token = |issuer: &str| {
            let part = |json: Value| BASE64URL_NOPAD.encode(json.to_string().as_bytes());
            let said = json!({ "iss": issuer, "sub": "s", "exp": 600 });
            format!("Bearer {}.{}.", part(json!({ "alg": "RS256", "kid": "k" })), part(said))
        };
        let claims = json!({ "sub": "s", "scope": "booking/operator" });
        for (method, authorization, status) in [
            ("PUT", String::new(), 401),
            ("PUT", token("http://elsewhere.example"), 401),
            // Its issuer's keys cannot be had, which nobody needs for what is open.
            ("PUT", token("http://127.0.0.1:9"), 503),
            ("GET", token("http://127.0.0.1:9"), 200),
        ] {
            let forged = event(json!({
                "rawPath": "/api/door", "headers": { "authorization": authorization },
                "requestContext": { "http": { "method": method }, "authorizer": { "jwt": { "claims": claims, "scopes": [] } } },
            }));
            let answer =
                answer(forged, MINUTE, None, |request| answered(&Doors, Some(&verifier), request)).await;
            assert_eq!(answer.status_code, status, "{method} {authorization}");
        }
    }

    /// At each look at its clock two seconds have passed; it answers with the seconds that it is told that it has.
    #[derive(Default)]
    struct Slow(AtomicI64);

    impl Clock for Slow {
        fn now(&self) -> Timestamp {
            Timestamp::from_second(self.0.fetch_add(2, Ordering::Relaxed)).expect("an instant")
        }
    }

    impl Api for Slow {
        type Error = Problem<HttpCode>;
        const FUNCTION: &'static str = "slow";

        holdfast_http::routes![(
            Route::scoped(Method::PUT, "/api/door", "open", &[Scope::Operator], |_, _, _| Box::pin(async {
                Ok(http::Response::new(Vec::new()))
            })),
            Documentation::new("slow", "Opens the door."),
        )];

        fn clock(&self) -> &dyn Clock {
            self
        }

        async fn handle(&self, request: Request) -> Response {
            http::Response::new(request.time_left.as_secs().to_string().into_bytes())
        }
    }

    #[tokio::test]
    async fn what_finding_out_the_sender_takes_is_no_time_of_the_handlers() {
        let issuer =
            json!([{ "url": "http://127.0.0.1:9", "clients": ["c"], "scopes": ["booking/operator"] }]);
        let issuers = Issuers::read(&issuer.to_string()).expect("issuers");
        let verifier =
            Verifier::new(issuers, FetchedKeys::new(trust(Some("http://localhost")).expect("roots")));
        let asked =
            event(json!({ "rawPath": "/api/door", "requestContext": { "http": { "method": "PUT" } } }));
        let request = into_request(asked, "i-1", MINUTE, false).expect("a request");
        let answer = answered(&Slow::default(), Some(&verifier), request).await;
        assert_eq!(answer.body(), b"58");
    }

    #[test]
    fn some_time_is_kept_for_the_answer() {
        assert_eq!(time_left(10_000, 7_000), Duration::from_millis(2_500));
        assert_eq!(time_left(10_000, 9_900), Duration::ZERO);
        assert_eq!(time_left(10_000, 11_000), TIME_UNTOLD);
    }
}
