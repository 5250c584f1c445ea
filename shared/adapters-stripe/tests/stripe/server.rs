//! A scripted server in Stripe's place.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use holdfast_adapters_stripe::{Reach, StripeEndpoint, StripePayments};
use holdfast_app::kernel::{Keys as SecretKeys, Secret, SecretError, SecretReader};
use holdfast_domain::{BookingId, Currency, Money};
use tokio::net::TcpSocket;

/// How one request is answered.
pub(crate) enum Reply {
    Json(u16, String),
    Replayed(u16, String),
    HangUp,
    Silence,
}

/// A request as received: its first line, headers in lower case, body.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|line| line.strip_prefix(&format!("{name}: ")))
    }

    pub(crate) fn key(&self) -> &str {
        self.header("idempotency-key").expect("every POST has a key")
    }
}

pub(crate) struct Server {
    pub(crate) payments: StripePayments,
    pub(crate) keys: Arc<Keys>,
    pub(crate) seen: Arc<Mutex<Vec<Seen>>>,
}

pub(crate) fn read_request(stream: &TcpStream) -> Option<Seen> {
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
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// What a client waits for an answer that does not come.
pub(crate) const SHORT: Duration = Duration::from_secs(4);

/// A store that fails in these ways first, and then knows the key; and the one that has taken its place, if one has.
#[derive(Default)]
pub(crate) struct Keys(pub(crate) Mutex<Vec<SecretError>>, pub(crate) Mutex<Option<&'static str>>);

/// The key that is known until it is rejected.
pub(crate) const API_KEY: &str = "sk_test_1";

#[async_trait]
impl SecretReader for Keys {
    async fn keys(&self, secret: Secret) -> Result<SecretKeys, SecretError> {
        assert_eq!(secret, Secret::PaymentApiKey);
        let fault = self.0.lock().expect("not poisoned").pop();
        fault.map_or_else(|| Ok(SecretKeys::one(API_KEY.to_owned())), Err)
    }

    async fn keys_after(&self, secret: Secret, rejected: &str) -> Result<SecretKeys, SecretError> {
        assert_eq!((secret, rejected), (Secret::PaymentApiKey, API_KEY));
        let other = *self.1.lock().expect("not poisoned");
        Ok(SecretKeys::one(other.unwrap_or(API_KEY).to_owned()))
    }
}

pub(crate) fn client(url: &str, timeout: Duration, keys: &Arc<Keys>) -> StripePayments {
    let (connect_timeout, read_timeout) = (PATIENCE, timeout / 2);
    let endpoint = StripeEndpoint {
        timeout,
        connect_timeout,
        read_timeout,
        ..StripeEndpoint::new(url, Reach::Emulated)
    };
    StripePayments::new(endpoint, Arc::clone(keys) as Arc<dyn SecretReader>)
}

/// A server that answers every request alike and never closes a connection: a client that keeps connections for `idle`, and the
/// number of connections so far.
pub(crate) fn lasting_server(body: String, idle: Duration) -> (StripePayments, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            count.fetch_add(1, Ordering::SeqCst);
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            std::thread::spawn(move || {
                while read_request(&stream).is_some() && stream.write_all(answer.as_bytes()).is_ok() {}
            });
        }
    });
    let endpoint = StripeEndpoint { idle_timeout: idle, ..StripeEndpoint::new(&url, Reach::Emulated) };
    (StripePayments::new(endpoint, Arc::<Keys>::default()), connections)
}

/// A socket whose port is taken and where nobody listens: connections to it are refused as long as it is there.
pub(crate) fn deaf_socket() -> (TcpSocket, String) {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
    let url = format!("http://{}", socket.local_addr().expect("bound"));
    (socket, url)
}

/// A server that gives these replies in order, one connection each.
pub(crate) fn server(replies: Vec<Reply>) -> Server {
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
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("not poisoned").clone()
    }
}

pub(crate) fn booking() -> BookingId {
    BookingId::parse("bkg_1").expect("valid")
}

pub(crate) fn usd(amount: i64) -> Money {
    Money::new(amount, Currency::parse("USD").expect("known")).expect("valid")
}

pub(crate) fn intent(status: &str) -> String {
    format!(
        r#"{{"id":"pi_1","object":"payment_intent","currency":"usd","status":"{status}","metadata":{{"bookingId":"bkg_1"}},
           "amount_received":900,"latest_charge":{{"id":"ch_1","amount_refunded":0}}}}"#
    )
}

pub(crate) fn refunded(amount: i64) -> String {
    format!(
        r#"{{"id":"pi_1","currency":"usd","status":"succeeded","amount_received":900,
            "latest_charge":{{"amount_refunded":{amount}}}}}"#
    )
}

pub(crate) fn error(kind: &str, code: &str) -> String {
    format!(r#"{{"error":{{"type":"{kind}","code":"{code}","message":"No."}}}}"#)
}

pub(crate) fn wrong_state() -> Reply {
    Reply::Json(400, error("invalid_request_error", "payment_intent_unexpected_state"))
}

pub(crate) fn failure() -> Reply {
    Reply::Json(500, error("api_error", "x"))
}

pub(crate) fn repeated_failure() -> Reply {
    Reply::Replayed(500, error("api_error", "x"))
}
