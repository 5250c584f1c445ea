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
use holdfast_http::problem::unanswered;
use holdfast_http::{Claims, Refusal, Request, Response};
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use serde::Serialize;

use crate::clock::SystemClock;
use crate::config::{Config, Variable};

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

fn claims(claims: &HashMap<String, String>) -> Option<Claims> {
    let text = |name: &str| claims.get(name).map(String::as_str).filter(|text| !text.is_empty());
    let scopes = text("scope").unwrap_or_default().split(' ').filter(|scope| !scope.is_empty());
    Some(Claims {
        sub: text("sub")?.to_owned(),
        scopes: scopes.map(str::to_owned).collect(),
        email: text("email").map(str::to_owned),
    })
}

/// The request in an event. `invocation` names it if the gateway did not.
///
/// # Errors
/// [`NoRequest`], which the gateway itself never sends.
pub fn into_request(event: ApiGatewayV2httpRequest, invocation: &str) -> Result<Request, NoRequest> {
    let body = event.body.unwrap_or_default();
    let body = if event.is_base64_encoded {
        BASE64.decode(body.as_bytes()).map_err(|_| NoRequest::Body)?
    } else {
        body.into_bytes()
    };
    let context = event.request_context;
    let jwt = context.authorizer.and_then(|authorizer| authorizer.jwt);
    Ok(Request {
        method: context.http.method,
        path: event.raw_path.unwrap_or_default(),
        query: event.raw_query_string.unwrap_or_default(),
        headers: event.headers,
        body,
        claims: jwt.and_then(|jwt| claims(&jwt.claims)),
        request_id: context.request_id.unwrap_or_else(|| invocation.to_owned()),
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

/// Answers one event within `time`: a panic is a clean 500, time running out a clean 503.
pub async fn answer<F, Fut>(
    event: ApiGatewayV2httpRequest,
    invocation: &str,
    time: Duration,
    handle: F,
) -> GatewayAnswer
where
    F: FnOnce(Request) -> Fut,
    Fut: Future<Output = Response>,
{
    let request = match into_request(event, invocation) {
        Ok(request) => request,
        Err(error) => {
            tracing::error!(request_id = invocation, %error, "an event that is no request");
            return unanswered(Refusal::internal_error(), invocation, None, "").into();
        }
    };
    let stamp = Stamp::of(&request);
    let handled = AssertUnwindSafe(async { handle(request).await }).catch_unwind();
    match tokio::time::timeout(time, handled).await {
        Ok(Ok(response)) => response.into(),
        Ok(Err(_)) => {
            tracing::error!(request_id = stamp.request_id, path = stamp.path, "the handler panicked");
            stamp.refused(Refusal::internal_error()).into()
        }
        Err(_) => {
            tracing::error!(request_id = stamp.request_id, path = stamp.path, "the time ran out");
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

/// Serves requests until the process ends.
///
/// # Errors
/// The runtime's own.
pub async fn serve<F, Fut>(handle: F) -> Result<(), lambda_runtime::Error>
where
    F: Fn(Request) -> Fut,
    Fut: Future<Output = Response>,
{
    let handle = &handle;
    let config = Config::from_environment(&[])?;
    let public_url = config.get(Variable::PublicUrl);
    let service = service_fn(move |event: LambdaEvent<ApiGatewayV2httpRequest>| async move {
        let LambdaEvent { payload, context } = event;
        let time = time_left(context.deadline, SystemClock.now().as_millisecond());
        let base = public_url.map_or_else(|| base_of(&payload), str::to_owned);
        Ok::<_, Diagnostic>(answer(payload, &context.request_id, time, handle).await.located(&base))
    });
    Runtime::new(service).run().await
}

#[cfg(test)]
mod tests {
    use http::Method;
    use serde_json::{Value, json};

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

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
                "claims": {"sub": "guest-1", "scope": "booking/guest booking/operator", "exp": "1795", "email": "a@b.c"},
                "scopes": ["booking/guest"]}}},
        }));
        let request = into_request(sent, "i-1").expect("a request");
        assert_eq!((request.method, request.path.as_str()), (Method::POST, "/api/holds"));
        assert_eq!(request.query, "a=%7B&b=\"<>|");
        assert_eq!(request.headers["Idempotency-Key"], "k");
        assert_eq!(request.body, b"{\"}");
        assert_eq!(request.request_id, "r-1");
        let claims = request.claims.expect("a token");
        assert_eq!((claims.sub.as_str(), claims.email.as_deref()), ("guest-1", Some("a@b.c")));
        assert_eq!(claims.scopes, ["booking/guest", "booking/operator"]);
    }

    #[test]
    fn little_is_needed_to_be_a_request() {
        let bare = json!({"requestContext": {"http": {"method": "GET"}}});
        let request =
            into_request(serde_json::from_value(bare).expect("an event"), "i-1").expect("a request");
        assert_eq!((request.method, request.request_id.as_str(), request.claims), (Method::GET, "i-1", None));
        let broken = event(json!({"body": "%", "isBase64Encoded": true}));
        assert_eq!(into_request(broken, "i").err(), Some(NoRequest::Body));
    }

    #[tokio::test]
    async fn an_answer_goes_back_as_it_is() {
        let answer = answer(event(json!({})), "i-1", MINUTE, |request| async move {
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
        let answer = answer(event, "i-1", time, |_| async move {
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

    #[test]
    fn some_time_is_kept_for_the_answer() {
        assert_eq!(time_left(10_000, 7_000), Duration::from_millis(2_500));
        assert_eq!(time_left(10_000, 9_900), Duration::ZERO);
        assert_eq!(time_left(10_000, 11_000), TIME_UNTOLD);
    }
}
