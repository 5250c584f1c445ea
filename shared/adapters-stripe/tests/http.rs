//! Each answer of Stripe is classified by what it means for money, against a scripted server.
#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use holdfast_adapters_stripe::{StripeEndpoint, StripePayments};
use holdfast_app::PaymentError;
use holdfast_app::kernel::{Secret, SecretError, SecretReader};
use holdfast_app::operations::{ListedPayment, PaymentListing};
use holdfast_app::payments::{NewPayment, PaymentInquiry, PaymentState, Payments};
use holdfast_domain::{BookingId, Currency, Money};
use jiff::Timestamp;
use tokio::net::TcpSocket;

/// How one request is answered.
enum Reply {
    Json(u16, String),
    Replayed(u16, String),
    HangUp,
    Silence,
}

/// A request as received: its first line, headers in lower case, body.
#[derive(Clone, Debug)]
struct Seen {
    line: String,
    headers: Vec<String>,
    body: String,
}

impl Seen {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|line| line.strip_prefix(&format!("{name}: ")))
    }

    fn key(&self) -> &str {
        self.header("idempotency-key").expect("every POST has a key")
    }
}

struct Server {
    payments: StripePayments,
    keys: Arc<Keys>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

fn read_request(stream: &TcpStream) -> Option<Seen> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        match header.trim_end().split_once(": ") {
            Some((name, value)) => headers.push(format!("{}: {value}", name.to_ascii_lowercase())),
            None => break,
        }
    }
    let length = headers.iter().find_map(|header| header.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).ok()?;
    Some(Seen { line: line.trim_end().trim_end_matches(" HTTP/1.1").to_owned(), headers, body })
}

/// Longer than a busy machine takes for an answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// What a client waits for an answer that does not come.
const SHORT: Duration = Duration::from_millis(200);

/// A store that fails in these ways first, and then knows the key.
#[derive(Default)]
struct Keys(Mutex<Vec<SecretError>>);

#[async_trait]
impl SecretReader for Keys {
    async fn secret(&self, secret: Secret) -> Result<String, SecretError> {
        assert_eq!(secret, Secret::PaymentApiKey);
        self.0.lock().expect("not poisoned").pop().map_or_else(|| Ok("sk_test_1".to_owned()), Err)
    }
}

fn client(url: &str, timeout: Duration, keys: &Arc<Keys>) -> StripePayments {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let endpoint = StripeEndpoint { timeout, connect_timeout: PATIENCE, ..StripeEndpoint::new(url) };
    StripePayments::new(endpoint, Arc::clone(keys) as Arc<dyn SecretReader>)
}

/// A socket whose port is taken and where nobody listens: connections to it are refused as long as it is there.
fn deaf_socket() -> (TcpSocket, String) {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
    let url = format!("http://{}", socket.local_addr().expect("bound"));
    (socket, url)
}

/// A server that gives these replies in order, one connection each.
fn server(replies: Vec<Reply>) -> Server {
    let is_silent = replies.iter().any(|reply| matches!(reply, Reply::Silence));
    let timeout = if is_silent { SHORT } else { PATIENCE };
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    std::thread::spawn(move || {
        for reply in replies {
            let Ok((mut stream, _)) = listener.accept() else { return };
            if let Some(request) = read_request(&stream) {
                log.lock().expect("not poisoned").push(request);
            }
            let (status, body, more) = match reply {
                Reply::Json(status, body) => (status, body, ""),
                Reply::Replayed(status, body) => (status, body, "Idempotent-Replayed: true\r\n"),
                Reply::HangUp => continue,
                Reply::Silence => {
                    // Open until the client gives up.
                    let _ = stream.read_to_end(&mut Vec::new());
                    continue;
                }
            };
            let head = format!(
                "HTTP/1.1 {status} X\r\nConnection: close\r\n{more}Content-Length: {}\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    let keys = Arc::default();
    Server { payments: client(&url, timeout, &keys), keys, seen }
}

impl Server {
    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("not poisoned").clone()
    }
}

fn booking() -> BookingId {
    BookingId::parse("bkg_1").expect("valid")
}

fn usd(amount: i64) -> Money {
    Money::new(amount, Currency::parse("USD").expect("known")).expect("valid")
}

fn intent(status: &str) -> String {
    format!(
        r#"{{"id":"pi_1","object":"payment_intent","currency":"usd","status":"{status}","metadata":{{"bookingId":"bkg_1"}},
           "latest_charge":{{"id":"ch_1","amount_refunded":0}}}}"#
    )
}

fn refunded(amount: i64) -> String {
    format!(
        r#"{{"id":"pi_1","currency":"usd","status":"succeeded","latest_charge":{{"amount_refunded":{amount}}}}}"#
    )
}

fn error(kind: &str, code: &str) -> String {
    format!(r#"{{"error":{{"type":"{kind}","code":"{code}","message":"No."}}}}"#)
}

fn wrong_state() -> Reply {
    Reply::Json(400, error("invalid_request_error", "payment_intent_unexpected_state"))
}

fn failure() -> Reply {
    Reply::Json(500, error("api_error", "x"))
}

fn repeated_failure() -> Reply {
    Reply::Replayed(500, error("api_error", "x"))
}

#[tokio::test]
async fn a_payment_is_created_unconfirmed_and_captured_by_hand() {
    let server = server(vec![Reply::Json(200, intent("requires_payment_method"))]);
    let new =
        NewPayment { booking: booking(), confirmation_number: "HF-ABC".to_owned(), amount: usd(25_800) };
    assert_eq!(server.payments.create(&new).await.expect("created"), "pi_1");
    let seen = server.seen().remove(0);
    assert_eq!(seen.line, "POST /v1/payment_intents");
    assert_eq!(seen.key(), "holdfast-bkg_1-create");
    assert_eq!(seen.header("authorization"), Some("Bearer sk_test_1"));
    assert_eq!(seen.header("stripe-version"), Some("2024-06-20"));
    for part in [
        "amount=25800",
        "currency=usd",
        "capture_method=manual",
        "payment_method_types%5B%5D=card",
        "metadata%5BbookingId%5D=bkg_1",
        "description=Booking+HF-ABC",
    ] {
        assert!(seen.body.split('&').any(|field| field == part), "{part} in {}", seen.body);
    }
    assert!(!seen.body.contains("confirm"));
}

#[tokio::test]
async fn every_step_has_a_key_of_its_own_and_the_same_again() {
    let ok = |status| Reply::Json(200, intent(status));
    let server = server(vec![
        ok("requires_capture"),
        ok("requires_capture"),
        ok("succeeded"),
        ok("canceled"),
        Reply::Json(200, r#"{"status":"succeeded"}"#.to_owned()),
    ]);
    let payments = &server.payments;
    for _ in 0..2 {
        let authorized = payments.authorize(&booking(), "pi_1", "pm_card_visa").await.expect("authorized");
        assert_eq!(authorized.state, PaymentState::Authorized);
        assert_eq!(authorized.booking.as_deref(), Some("bkg_1"));
    }
    payments.capture(&booking(), "pi_1", usd(500)).await.expect("captured");
    payments.void(&booking(), "pi_1").await.expect("voided");
    payments.refund(&booking(), "pi_1", usd(200), usd(100)).await.expect("refunded");
    let seen = server.seen();
    let calls: Vec<(&str, &str)> = seen.iter().map(|seen| (seen.line.as_str(), seen.key())).collect();
    assert_eq!(
        calls,
        [
            ("POST /v1/payment_intents/pi_1/confirm", "holdfast-bkg_1-authorize"),
            ("POST /v1/payment_intents/pi_1/confirm", "holdfast-bkg_1-authorize"),
            ("POST /v1/payment_intents/pi_1/capture", "holdfast-bkg_1-capture"),
            ("POST /v1/payment_intents/pi_1/cancel", "holdfast-bkg_1-void"),
            ("POST /v1/refunds", "holdfast-bkg_1-refund-from-100"),
        ]
    );
    assert!(seen[0].body.contains("payment_method=pm_card_visa"));
    assert!(seen[2].body.contains("amount_to_capture=500"));
    assert!(seen[4].body.contains("payment_intent=pi_1") && seen[4].body.contains("amount=200"));
}

#[tokio::test]
async fn a_declined_card_is_an_answer_not_an_error() {
    let body = r#"{"error":{"type":"card_error","code":"card_declined","decline_code":"insufficient_funds",
        "payment_intent":{"id":"pi_1","currency":"usd","status":"requires_payment_method"}}}"#;
    let server = server(vec![Reply::Json(402, body.to_owned())]);
    let payment = server.payments.authorize(&booking(), "pi_1", "pm_1").await.expect("an answer");
    assert_eq!(payment.state, PaymentState::Declined { code: "insufficient_funds".to_owned() });
}

#[tokio::test]
async fn an_inquiry_asks_for_the_refunds_too() {
    let server = server(vec![Reply::Json(200, refunded(700))]);
    assert_eq!(server.payments.inquire("pi_1").await.expect("known").refunded, usd(700));
    assert_eq!(server.seen()[0].line, "GET /v1/payment_intents/pi_1?expand%5B%5D=latest_charge");
}

fn listed(id: &str, status: &str, metadata: &str) -> String {
    format!(
        r#"{{"id":"{id}","currency":"usd","amount":900,"created":1780000000,"status":"{status}","metadata":{metadata},
           "latest_charge":{{"id":"ch_1","amount_refunded":100}}}}"#
    )
}

#[tokio::test]
async fn payments_of_a_period_are_listed_part_by_part() {
    let of_booking = r#"{"bookingId":"bkg_1"}"#;
    let list = |intents: &[String], more: bool| {
        Reply::Json(200, format!(r#"{{"object":"list","has_more":{more},"data":[{}]}}"#, intents.join(",")))
    };
    // What names no booking is somebody else's, whatever it is.
    let foreign = listed("pi_2", "an_unknown_status", "{}");
    let server = server(vec![
        list(&[listed("pi_1", "succeeded", of_booking), foreign], true),
        list(&[listed("pi_3", "requires_capture", of_booking)], false),
        list(&[listed("pi_4", "an_unknown_status", of_booking)], false),
        failure(),
    ]);
    let since = Timestamp::from_second(1_780_000_000).expect("in range");
    let (first, next) = server.payments.payments_since(since, None).await.expect("a list");
    let [ListedPayment { payment, amount, created_at }] = &first[..] else { panic!("{first:?}") };
    assert_eq!((payment.intent.as_str(), payment.booking.as_deref()), ("pi_1", Some("bkg_1")));
    assert_eq!((*amount, payment.refunded, *created_at), (usd(900), usd(100), since));
    assert_eq!(next.as_deref(), Some("pi_2"));
    let (rest, end) = server.payments.payments_since(since, next.as_deref()).await.expect("a list");
    assert_eq!((rest.len(), end), (1, None));
    assert_eq!(rest[0].payment.state, PaymentState::Authorized);
    let query =
        "GET /v1/payment_intents?limit=100&created%5Bgte%5D=1780000000&expand%5B%5D=data.latest_charge";
    assert_eq!(server.seen()[0].line, query);
    assert_eq!(server.seen()[1].line, format!("{query}&starting_after=pi_2"));
    let unknown = server.payments.payments_since(since, None).await;
    assert!(matches!(unknown, Err(PaymentError::Unknown(_))), "nobody guesses: {unknown:?}");
    let away = server.payments.payments_since(since, None).await;
    assert!(matches!(away, Err(PaymentError::Unavailable(_))), "{away:?}");
}

/// Authorizes against the replies, and gives the kind of error.
async fn kind_of_error(replies: Vec<Reply>) -> &'static str {
    let server = server(replies);
    match server.payments.authorize(&booking(), "pi_1", "pm_1").await {
        Ok(_) => "none",
        Err(PaymentError::Unknown(_)) => "unknown",
        Err(PaymentError::Unavailable(_)) => "unavailable",
        Err(PaymentError::Refused { .. }) => "refused",
    }
}

#[tokio::test]
async fn what_may_have_happened_is_unknown_and_what_did_not_is_not() {
    let json = |status, code| vec![Reply::Json(status, error("invalid_request_error", code))];
    assert_eq!(kind_of_error(vec![failure()]).await, "unknown");
    assert_eq!(kind_of_error(vec![Reply::HangUp]).await, "unknown");
    assert_eq!(kind_of_error(vec![Reply::Silence]).await, "unknown");
    assert_eq!(kind_of_error(vec![Reply::Json(200, "{".to_owned())]).await, "unknown");
    assert_eq!(kind_of_error(json(409, "idempotency_key_in_use")).await, "unknown");
    assert_eq!(kind_of_error(json(429, "rate_limit")).await, "unavailable");
    assert_eq!(kind_of_error(json(401, "api_key_expired")).await, "unavailable");
    assert_eq!(kind_of_error(json(400, "resource_missing")).await, "refused");
}

#[tokio::test]
async fn nobody_at_home_is_certainly_not_done() {
    let (_deaf, url) = deaf_socket();
    let payments = client(&url, PATIENCE, &Arc::default());
    let refused = payments.capture(&booking(), "pi_1", usd(1)).await;
    assert!(matches!(refused, Err(PaymentError::Unavailable(_))), "{refused:?}");
}

#[tokio::test]
async fn a_key_that_cannot_be_read_is_an_outage_and_is_asked_for_again() {
    let server = server(vec![Reply::Json(200, intent("succeeded"))]);
    server.keys.0.lock().expect("not poisoned").push(SecretError("away".into()));
    let outcome = server.payments.capture(&booking(), "pi_1", usd(1)).await;
    assert!(matches!(outcome, Err(PaymentError::Unavailable(_))), "{outcome:?}");
    assert!(server.seen().is_empty(), "nothing was asked of Stripe");
    assert!(server.payments.capture(&booking(), "pi_1", usd(1)).await.is_ok());
}

#[tokio::test]
async fn a_lost_answer_to_a_question_is_an_outage_only() {
    let server = server(vec![Reply::HangUp, failure()]);
    for _ in 0..2 {
        let outcome = server.payments.inquire("pi_1").await;
        assert!(matches!(outcome, Err(PaymentError::Unavailable(_))), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_step_out_of_turn_gives_the_true_state() {
    let server = server(vec![
        wrong_state(),
        Reply::Json(200, intent("succeeded")),
        wrong_state(),
        Reply::Json(200, intent("canceled")),
    ]);
    let late = server.payments.void(&booking(), "pi_1").await.expect("known");
    assert_eq!(late.state, PaymentState::Captured);
    let lapsed = server.payments.capture(&booking(), "pi_1", usd(1)).await.expect("known");
    assert_eq!(lapsed.state, PaymentState::Voided);
}

#[tokio::test]
async fn a_repeated_failure_is_asked_about_and_only_then_tried_again() {
    let server = server(vec![
        repeated_failure(),
        Reply::Json(200, intent("requires_capture")),
        repeated_failure(),
        Reply::Json(200, intent("requires_capture")),
        Reply::Json(200, intent("succeeded")),
        repeated_failure(),
        Reply::Json(200, intent("succeeded")),
    ]);
    let captured = server.payments.capture(&booking(), "pi_1", usd(1)).await.expect("captured");
    assert_eq!(captured.state, PaymentState::Captured);
    let keys: Vec<String> =
        server.seen().iter().filter_map(|seen| seen.header("idempotency-key").map(str::to_owned)).collect();
    assert_eq!(
        keys,
        ["holdfast-bkg_1-capture", "holdfast-bkg_1-capture-after-1", "holdfast-bkg_1-capture-after-2"]
    );
    let done_all_along = server.payments.capture(&booking(), "pi_1", usd(1)).await.expect("captured");
    assert_eq!(done_all_along.state, PaymentState::Captured);
    assert_eq!(server.seen().len(), 7, "no further key is used for what has happened");
}

#[tokio::test]
async fn a_refusal_that_was_right_at_the_time_is_not_taken_for_the_answer_now() {
    let outdated = || Reply::Replayed(400, error("invalid_request_error", "payment_intent_unexpected_state"));
    let server = server(vec![
        wrong_state(),
        Reply::Json(200, intent("processing")),
        outdated(),
        Reply::Json(200, intent("requires_capture")),
        Reply::Json(200, intent("canceled")),
    ]);
    let early = server.payments.void(&booking(), "pi_1").await;
    assert!(matches!(early, Err(PaymentError::Unknown(_))), "not while the bank is at work: {early:?}");
    let voided = server.payments.void(&booking(), "pi_1").await.expect("voided");
    assert_eq!(voided.state, PaymentState::Voided);
    let keys: Vec<String> =
        server.seen().iter().filter_map(|seen| seen.header("idempotency-key").map(str::to_owned)).collect();
    assert_eq!(keys, ["holdfast-bkg_1-void", "holdfast-bkg_1-void", "holdfast-bkg_1-void-after-1"]);
}

#[tokio::test]
async fn a_refund_that_came_back_is_made_again_and_one_that_stands_is_not() {
    let taken_on = || r#"{"status":"pending"}"#.to_owned();
    let server = server(vec![
        Reply::Json(200, taken_on()),
        Reply::Replayed(200, taken_on()),
        Reply::Json(200, refunded(200)),
        Reply::Replayed(200, taken_on()),
        Reply::Json(200, refunded(0)),
        Reply::Json(200, taken_on()),
        Reply::Replayed(400, error("invalid_request_error", "balance_insufficient")),
        Reply::Json(200, refunded(0)),
        Reply::Json(200, taken_on()),
    ]);
    let booking = booking();
    let refund = || server.payments.refund(&booking, "pi_1", usd(200), usd(0));
    assert!(refund().await.is_ok());
    assert!(refund().await.is_ok(), "it stands");
    assert_eq!(server.seen().len(), 3);
    assert!(refund().await.is_ok(), "it had failed at the bank");
    assert_eq!(server.seen().last().expect("a call").key(), "holdfast-bkg_1-refund-from-0-after-1");
    assert!(refund().await.is_ok(), "what was refused once may be taken now");
    assert_eq!(server.seen().len(), 9);
}

#[tokio::test]
async fn a_refund_is_never_made_twice() {
    let already = || Reply::Json(400, error("invalid_request_error", "charge_already_refunded"));
    let server = server(vec![
        failure(),
        repeated_failure(),
        Reply::Json(200, refunded(300)),
        already(),
        Reply::Json(200, refunded(300)),
        already(),
        Reply::Json(200, refunded(100)),
        Reply::Json(200, r#"{"status":"failed","failure_reason":"expired_or_canceled_card"}"#.to_owned()),
    ]);
    let booking = booking();
    let refund = || server.payments.refund(&booking, "pi_1", usd(200), usd(100));
    assert!(matches!(refund().await, Err(PaymentError::Unknown(_))), "the first answer is lost");
    assert!(refund().await.is_ok(), "it had been made");
    assert!(refund().await.is_ok(), "all has been given back, by whomever");
    assert!(matches!(refund().await, Err(PaymentError::Refused { .. })), "it cannot be made");
    assert!(matches!(refund().await, Err(PaymentError::Refused { .. })), "the bank sent it back");
}

#[tokio::test]
async fn only_ids_go_into_paths() {
    let server = server(Vec::new());
    for wrong in ["", "pi_1/../x", "pi 1", "pi?x"] {
        assert!(matches!(server.payments.inquire(wrong).await, Err(PaymentError::Refused { .. })), "{wrong}");
    }
    assert!(server.seen().is_empty());
}
