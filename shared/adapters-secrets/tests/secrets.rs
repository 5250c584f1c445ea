//! Keys are read from the one secret, which is fetched when it is first needed; against a server that plays Secrets Manager.
#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_secretsmanager::config::retry::RetryConfig;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Credentials, Region};
use holdfast_adapters_secrets::{SecretsManager, StoredSecrets};
use holdfast_app::kernel::{Secret, SecretReader};
use serde_json::json;

const WHOLE: &str =
    r#"{"stripeApiKey":"sk_1","stripeWebhookSecret":"whsec_1","partnerSigningSecret":"whsec_2"}"#;

/// A store whose secret has these texts, one for each time it is fetched and none for an outage; and how often it was.
fn store(texts: Vec<Option<&'static str>>) -> (StoredSecrets, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let fetched = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&fetched);
    std::thread::spawn(move || {
        for text in texts {
            let (mut stream, _) = listener.accept().expect("a call");
            let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
            let (mut line, mut length) = (String::new(), 0);
            while reader.read_line(&mut line).expect("a line") > 2 {
                let header = line.to_ascii_lowercase();
                length = header
                    .strip_prefix("content-length: ")
                    .map_or(length, |it| it.trim().parse().expect("a length"));
                line.clear();
            }
            reader.read_exact(&mut vec![0; length]).expect("a body");
            counted.fetch_add(1, Ordering::Relaxed);
            let (status, body) = match text {
                Some(text) => ("200 OK", json!({ "SecretString": text }).to_string()),
                None => ("400 Bad Request", json!({ "__type": "DecryptionFailure" }).to_string()),
            };
            let length = body.len();
            let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
            stream.write_all(format!("{head}{body}").as_bytes()).expect("sent");
        }
    });
    let config = aws_sdk_secretsmanager::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(url)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(RetryConfig::disabled())
        .build();
    (StoredSecrets::new(SecretsManager::from_conf(config), "holdfast"), fetched)
}

#[tokio::test]
async fn each_key_is_read_from_the_secret_that_was_fetched_once() {
    let (secrets, fetched) = store(vec![Some(WHOLE)]);
    assert_eq!(fetched.load(Ordering::Relaxed), 0, "nothing is fetched before it is needed");
    for (secret, expected) in [
        (Secret::PaymentApiKey, "sk_1"),
        (Secret::PaymentWebhookKey, "whsec_1"),
        (Secret::PartnerSigningKey, "whsec_2"),
    ] {
        assert_eq!(secrets.secret(secret).await.expect("a key"), expected);
    }
    assert_eq!(fetched.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_failure_is_not_kept_and_shows_nothing_of_the_secret() {
    let (secrets, fetched) = store(vec![None, Some(r#"{"stripeApiKey":"sk_1"}"#), Some(WHOLE)]);
    for _ in 0..2 {
        let error = secrets.secret(Secret::PaymentApiKey).await.expect_err("no secret");
        assert!(!format!("{error:?}").contains("sk_1"), "{error:?}");
    }
    assert_eq!(secrets.secret(Secret::PaymentApiKey).await.expect("a key"), "sk_1");
    assert_eq!(fetched.load(Ordering::Relaxed), 3);
}
