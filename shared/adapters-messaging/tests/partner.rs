//! A partner receives signed notices, and its answers are classified, against a server that plays the partner.
#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use async_trait::async_trait;
use holdfast_adapters_messaging::{PartnerWebhook, Reach};
use holdfast_app::DeliveryError;
use holdfast_app::kernel::{Keys, Secret, SecretError, SecretReader};
use holdfast_app::partners::{Notice, PartnerEndpoint};
use jiff::Timestamp;
use standardwebhooks::Webhook;
use tokio::net::TcpSocket;

const SECRET: &str = "whsec_aG9sZGZhc3QtbG9jYWwtcGFydG5lci1zZWNyZXQ=";
const AT: i64 = 1_800_000_000;

/// By names in lower case.
type Headers = BTreeMap<String, String>;

/// A partner that answers once with these lines; gives its URL and what it received.
fn partner(answer: &'static str) -> (String, Receiver<(Headers, String)>) {
    partner_of(vec![answer])
}

/// A partner that gives these answers, each over a connection of its own.
fn partner_of(answers: Vec<&'static str>) -> (String, Receiver<(Headers, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/webhooks", listener.local_addr().expect("bound"));
    let (send, received) = channel();
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().expect("a delivery");
            let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
            let mut headers = Headers::new();
            let mut line = String::new();
            reader.read_line(&mut line).expect("a request line");
            loop {
                line.clear();
                reader.read_line(&mut line).expect("a header");
                let Some((name, value)) = line.trim_end().split_once(": ") else { break };
                headers.insert(name.to_ascii_lowercase(), value.to_owned());
            }
            let length = headers["content-length"].parse().expect("a length");
            let mut body = vec![0; length];
            reader.read_exact(&mut body).expect("a body");
            send.send((headers, String::from_utf8(body).expect("text"))).expect("a listener");
            let lines = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(lines.as_bytes()).expect("sent");
        }
    });
    (url, received)
}

/// A store that knows the signing key, or none, and the one before.
struct Key(Option<&'static str>, Option<&'static str>);

#[async_trait]
impl SecretReader for Key {
    async fn keys(&self, secret: Secret) -> Result<Keys, SecretError> {
        assert_eq!(secret, Secret::PartnerSigningKey);
        let present = self.0.map(str::to_owned).ok_or_else(|| SecretError("away".into()))?;
        Ok(Keys { present, previous: self.1.map(str::to_owned) })
    }

    async fn keys_after(&self, _: Secret, _: &str) -> Result<Keys, SecretError> {
        Err(SecretError("no partner rejects a key".into()))
    }
}

/// A store whose key, once rejected, turns out to be another.
struct Rolled(&'static str);

#[async_trait]
impl SecretReader for Rolled {
    async fn keys(&self, _: Secret) -> Result<Keys, SecretError> {
        Ok(Keys { present: SECRET.to_owned(), previous: None })
    }

    async fn keys_after(&self, secret: Secret, rejected: &str) -> Result<Keys, SecretError> {
        assert_eq!((secret, rejected), (Secret::PartnerSigningKey, SECRET));
        Ok(Keys { present: self.0.to_owned(), previous: None })
    }
}

async fn deliver(url: &str) -> Result<(), DeliveryError> {
    deliver_signed(url, Key(Some(SECRET), None)).await
}

async fn deliver_signed(url: &str, key: impl SecretReader + 'static) -> Result<(), DeliveryError> {
    deliver_within(Reach::Emulated, url, key).await
}

async fn deliver_within(
    reach: Reach,
    url: &str,
    key: impl SecretReader + 'static,
) -> Result<(), DeliveryError> {
    let endpoint = PartnerWebhook::new(url, reach, Arc::new(key));
    let notice = Notice { id: "hotel-1/2026-06/7/inventory".to_owned(), body: r#"{"a":1}"#.to_owned() };
    endpoint.deliver(&notice, Timestamp::from_second(AT).expect("valid")).await
}

#[tokio::test]
async fn a_notice_is_signed_as_standard_webhooks_says() {
    let (url, received) = partner("204 No Content");
    deliver(&url).await.expect("delivered");
    let (headers, body) = received.recv().expect("a delivery");
    assert_eq!(body, r#"{"a":1}"#);
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(headers["webhook-id"], "hotel-1/2026-06/7/inventory");
    assert_eq!(headers["webhook-timestamp"], AT.to_string());
    let expected = Webhook::new(SECRET)
        .expect("a secret")
        .sign("hotel-1/2026-06/7/inventory", AT, body.as_bytes())
        .expect("signed");
    assert_eq!(headers["webhook-signature"], expected);
}

#[tokio::test]
async fn while_the_key_is_rotated_a_partner_may_verify_with_either() {
    let new = "whsec_bmV3LXNlY3JldC1vZi10aGUtcGFydG5lci0xMjM0NTY=";
    let (url, received) = partner("200 OK");
    deliver_signed(&url, Key(Some(new), Some(SECRET))).await.expect("delivered");
    let (headers, body) = received.recv().expect("a delivery");
    let signatures = &headers["webhook-signature"];
    let by = |key: &str| {
        let signer = Webhook::new(key).expect("a secret");
        signer.sign("hotel-1/2026-06/7/inventory", AT, body.as_bytes()).expect("signed")
    };
    assert_eq!(signatures.split(' ').collect::<Vec<_>>(), [by(new), by(SECRET)]);
}

#[tokio::test]
async fn what_a_partner_rejects_is_signed_anew_once_if_the_key_is_another() {
    let new = "whsec_bmV3LXNlY3JldC1vZi10aGUtcGFydG5lci0xMjM0NTY=";
    for (now, answers, sent) in [
        (new, &["401 Unauthorized", "204 No Content"][..], 2),
        (new, &["401 Unauthorized", "401 Unauthorized"], 2),
        (SECRET, &["401 Unauthorized"], 1),
    ] {
        let (url, received) = partner_of(answers.to_vec());
        let delivered = deliver_signed(&url, Rolled(now)).await;
        assert_eq!(delivered.is_ok(), answers.contains(&"204 No Content"), "{answers:?}");
        let all: Vec<_> = received.iter().collect();
        assert_eq!(all.len(), sent, "{answers:?}");
        let (headers, body) = all.last().expect("a delivery");
        let by = Webhook::new(now).expect("a secret");
        let expected = by.sign("hotel-1/2026-06/7/inventory", AT, body.as_bytes()).expect("signed");
        assert_eq!(headers["webhook-signature"], expected);
    }
}

#[tokio::test]
async fn answers_mean_delivered_later_or_never() {
    for (answer, expected) in [
        ("200 OK", "delivered"),
        ("500 Internal Server Error", "later"),
        ("429 Too Many Requests", "later"),
        ("302 Found\r\nLocation: http://127.0.0.1:1/elsewhere", "later"),
        ("410 Gone", "never"),
    ] {
        let (url, _received) = partner(answer);
        let outcome = match deliver(&url).await {
            Ok(()) => "delivered",
            Err(DeliveryError::Unavailable(_)) => "later",
            Err(DeliveryError::Refused(_)) => "never",
        };
        assert_eq!(outcome, expected, "{answer}");
    }
    // Its port is taken, and nobody listens there: connections are refused as long as it is there.
    let deaf = TcpSocket::new_v4().expect("a socket");
    deaf.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
    let nobody = deliver(&format!("http://{}/", deaf.local_addr().expect("bound"))).await;
    assert!(matches!(nobody, Err(DeliveryError::Unavailable(_))));
}

#[tokio::test]
async fn without_a_key_that_can_be_used_nothing_is_sent_yet() {
    for (key, cause) in [(None, "secret cannot be read"), (Some("whsec_%%%"), "must be base64 after whsec_")]
    {
        let (url, received) = partner("200 OK");
        match deliver_signed(&url, Key(key, None)).await {
            Err(DeliveryError::Unavailable(source)) => {
                assert!(source.to_string().contains(cause), "{source}")
            }
            other => panic!("{other:?}"),
        }
        assert!(received.try_recv().is_err(), "{key:?}");
    }
}

#[tokio::test]
async fn on_aws_nothing_is_sent_to_this_machine_or_without_tls() {
    let (url, received) = partner("204 No Content");
    let named = url.replace("http://127.0.0.1", "https://localhost");
    for refused in [url.as_str(), &named, "https://169.254.169.254/latest/meta-data"] {
        let outcome = deliver_within(Reach::Public, refused, Key(Some(SECRET), None)).await;
        assert!(matches!(outcome, Err(DeliveryError::Unavailable(_))), "{refused}: {outcome:?}");
    }
    assert!(received.try_recv().is_err(), "nothing came");
}
