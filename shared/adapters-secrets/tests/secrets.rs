//! Each key is read from a secret of its own, which is fetched when it is first needed; against a server that plays Secrets Manager.
#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_sdk_secretsmanager::config::retry::RetryConfig;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Credentials, Region};
use holdfast_adapters_secrets::{LIFETIME, STALE_MAX, SecretsManager, StoredSecrets};
use holdfast_app::Clock;
use holdfast_app::kernel::{Secret, SecretError, SecretReader};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

const STRIPE: &str = r#"{"stripeApiKey":"sk_1"}"#;
const STRIPE_ROTATED: &str = r#"{"stripeApiKey":"rk_2","unused":"x"}"#;
const WEBHOOK: &str = r#"{"stripeWebhookSecret":"whsec_1"}"#;
const WEBHOOK_ROTATED: &str = r#"{"stripeWebhookSecret":"whsec_3","stripeWebhookSecretPrevious":"whsec_1"}"#;
const PARTNER: &str = r#"{"partnerSigningSecret":"whsec_2"}"#;
const PARTNER_ROTATED: &str =
    r#"{"partnerSigningSecret":"whsec_4","partnerSigningSecretPrevious":"whsec_2"}"#;

const QUOTES: &str = r#"{"quoteSigningKey":"generated1"}"#;
const QUOTES_ROTATED: &str = r#"{"quoteSigningKey":"generated2","quoteSigningKeyPrevious":"generated1"}"#;

/// What a secret of that purpose is called.
const IDS: [(Secret, &str); 4] = [
    (Secret::PaymentApiKey, "stripe"),
    (Secret::PaymentWebhookKey, "webhook"),
    (Secret::PartnerSigningKey, "partner"),
    (Secret::QuoteSigningKey, "quotes"),
];

/// A clock that goes on when it is set forward.
struct Forward(Mutex<Timestamp>);

impl Forward {
    fn by(&self, time: SignedDuration) {
        *self.0.lock().expect("not poisoned") += time;
    }
}

impl Clock for Forward {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("not poisoned")
    }
}

struct Stored {
    secrets: StoredSecrets,
    fetched: Arc<AtomicUsize>,
    /// Bodies of the calls that came.
    asked: Arc<Mutex<Vec<String>>>,
    clock: Arc<Forward>,
}

impl Stored {
    fn fetched(&self) -> usize {
        self.fetched.load(Ordering::Relaxed)
    }

    /// The present key of a secret.
    async fn key(&self, secret: Secret) -> Result<String, SecretError> {
        self.secrets.keys(secret).await.map(|keys| keys.present)
    }

    async fn api_key(&self) -> String {
        self.key(Secret::PaymentApiKey).await.unwrap_or_else(|_| "none".to_owned())
    }
}

/// A store whose secret has these texts, one for each time it is fetched and none for an outage; and how often it was.
fn store(texts: Vec<Option<&'static str>>) -> Stored {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let fetched = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&fetched);
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let noted = Arc::clone(&asked);
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
            let mut asked = vec![0; length];
            reader.read_exact(&mut asked).expect("a body");
            noted.lock().expect("not poisoned").push(String::from_utf8_lossy(&asked).into_owned());
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
    let clock = Arc::new(Forward(Mutex::new(Timestamp::UNIX_EPOCH)));
    let none = StoredSecrets::new(SecretsManager::from_conf(config), clock.clone());
    let secrets = IDS.into_iter().fold(none, |secrets, (secret, id)| secrets.with(secret, id));
    Stored { secrets, fetched, asked, clock }
}

#[tokio::test]
async fn each_key_is_read_from_its_own_secret_which_is_fetched_once() {
    let stored = store(vec![Some(STRIPE), Some(WEBHOOK), Some(PARTNER), Some(QUOTES)]);
    assert_eq!(stored.fetched(), 0, "nothing is fetched before it is needed");
    for _ in 0..2 {
        for ((secret, _), expected) in IDS.into_iter().zip(["sk_1", "whsec_1", "whsec_2", "generated1"]) {
            let keys = stored.secrets.keys(secret).await.unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(keys.each().collect::<Vec<_>>(), [expected]);
        }
    }
    assert_eq!(stored.fetched(), 4);
    let asked = stored.asked.lock().expect("not poisoned").clone();
    assert_eq!(asked, IDS.map(|(_, id)| json!({ "SecretId": id }).to_string()));
}

#[tokio::test]
async fn a_secret_that_the_function_does_not_have_is_none() {
    let Stored { clock, .. } = store(Vec::new());
    let config =
        aws_sdk_secretsmanager::Config::builder().behavior_version(BehaviorVersion::latest()).build();
    let secrets = StoredSecrets::new(SecretsManager::from_conf(config), clock);
    let error = secrets.keys(Secret::PaymentApiKey).await.err().expect("no secret");
    assert_eq!(error.0.to_string(), "the function has no such secret");
}

#[tokio::test]
async fn a_rotated_secret_is_known_within_minutes_with_the_key_before_it() {
    for (secret, before, rotated, known, expected) in [
        (Secret::PaymentApiKey, STRIPE, STRIPE_ROTATED, "sk_1", &["rk_2"][..]),
        (Secret::PaymentWebhookKey, WEBHOOK, WEBHOOK_ROTATED, "whsec_1", &["whsec_3", "whsec_1"]),
        (Secret::PartnerSigningKey, PARTNER, PARTNER_ROTATED, "whsec_2", &["whsec_4", "whsec_2"]),
        (Secret::QuoteSigningKey, QUOTES, QUOTES_ROTATED, "generated1", &["generated2", "generated1"]),
    ] {
        let stored = store(vec![Some(before), Some(rotated)]);
        let keys = async || {
            let keys = stored.secrets.keys(secret).await.unwrap_or_else(|error| panic!("{error}"));
            keys.each().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(keys().await, [known]);
        stored.clock.by(LIFETIME - SignedDuration::from_secs(1));
        assert_eq!((keys().await, stored.fetched()), (vec![known.to_owned()], 1));
        stored.clock.by(SignedDuration::from_secs(1));
        assert_eq!(
            (keys().await, stored.fetched()),
            (expected.iter().map(|&key| key.to_owned()).collect(), 2)
        );
    }
}

#[tokio::test]
async fn a_failure_is_not_kept_and_shows_nothing_of_the_secret() {
    let stored = store(vec![None, Some(r#"{"otherKey":"sk_1"}"#), Some(STRIPE)]);
    for _ in 0..2 {
        let error = stored.key(Secret::PaymentApiKey).await.expect_err("no secret");
        assert!(!format!("{error:?}").contains("sk_1"), "{error:?}");
    }
    assert_eq!(stored.api_key().await, "sk_1");
    assert_eq!(stored.fetched(), 3);
}

/// A secret that somebody has stored wrongly is like one that cannot be fetched.
#[tokio::test]
async fn an_old_secret_serves_for_a_while_when_no_new_one_can_be_fetched() {
    let stored = store(vec![Some(STRIPE), None, Some("{"), None, Some(STRIPE_ROTATED)]);
    assert_eq!(stored.api_key().await, "sk_1");
    stored.clock.by(LIFETIME);
    assert_eq!((stored.api_key().await.as_str(), stored.fetched()), ("sk_1", 2));
    assert_eq!((stored.api_key().await.as_str(), stored.fetched()), ("sk_1", 2), "not every call waits");
    stored.clock.by(SignedDuration::from_mins(1));
    assert_eq!((stored.api_key().await.as_str(), stored.fetched()), ("sk_1", 3));
    stored.clock.by(STALE_MAX - LIFETIME - SignedDuration::from_mins(1));
    assert_eq!((stored.api_key().await.as_str(), stored.fetched()), ("none", 4), "it is too old");
    assert_eq!((stored.api_key().await.as_str(), stored.fetched()), ("rk_2", 5));
}

#[tokio::test]
async fn a_rejected_key_is_looked_up_at_once_unless_another_is_known_already() {
    let stored = store(vec![Some(STRIPE), Some(STRIPE), Some(STRIPE_ROTATED)]);
    assert_eq!(stored.api_key().await, "sk_1");
    for (expected, fetched) in [("sk_1", 2), ("rk_2", 3), ("rk_2", 3)] {
        let keys = stored.secrets.keys_after(Secret::PaymentApiKey, "sk_1").await;
        let keys = keys.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((keys.present.as_str(), stored.fetched()), (expected, fetched));
    }
}

/// Anybody can sign with an empty key, or with what stands in the secret of a new stack; and a key in the wrong place is none.
#[tokio::test]
async fn what_is_no_key_is_refused_and_why_is_said() {
    let check = async |secret: Secret, text: &'static str, expected: &str| {
        let stored = store(vec![Some(text)]);
        let error = stored.secrets.keys(secret).await.err().unwrap_or_else(|| panic!("a key: {text}"));
        assert_eq!(error.0.to_string(), expected, "{text}");
    };
    let (api, webhook) = (Secret::PaymentApiKey, Secret::PaymentWebhookKey);
    check(api, r#"{"stripeApiKey":"to-be-filled-in"}"#, "stripeApiKey is not filled in").await;
    check(api, r#"{"stripeApiKey":""}"#, "stripeApiKey is not filled in").await;
    check(api, r#"{"stripeApiKey":1}"#, "the secret is not a JSON object with a text stripeApiKey").await;
    check(api, r#"["sk_1"]"#, "the secret is not a JSON object with a text stripeApiKey").await;
    let no_key = "stripeApiKey does not begin as such a key does, or has characters that no key has";
    for text in [r#"{"stripeApiKey":"pk_1"}"#, r#"{"stripeApiKey":"sk_"}"#, r#"{"stripeApiKey":"sk_1\n"}"#] {
        check(api, text, no_key).await;
    }
    check(webhook, r#"{"stripeWebhookSecret":"to-be-filled-in"}"#, "stripeWebhookSecret is not filled in")
        .await;
    let previous =
        "stripeWebhookSecretPrevious does not begin as such a key does, or has characters that no key has";
    check(webhook, r#"{"stripeWebhookSecret":"whsec_1","stripeWebhookSecretPrevious":"sk_1"}"#, previous)
        .await;
    for previous in ["", "to-be-filled-in"] {
        let text =
            format!(r#"{{"partnerSigningSecret":"whsec_2","partnerSigningSecretPrevious":"{previous}"}}"#);
        let stored = store(vec![Some(text.leak())]);
        let keys = stored.secrets.keys(Secret::PartnerSigningKey).await;
        assert_eq!(keys.unwrap_or_else(|error| panic!("{error}")).previous, None);
    }
}

/// Who empties a secret by mistake stops no payment that its key still makes.
#[tokio::test]
async fn an_old_key_serves_for_a_while_in_place_of_none() {
    let stored = store(vec![Some(STRIPE), Some(r#"{"stripeApiKey":"to-be-filled-in"}"#)]);
    assert_eq!(stored.api_key().await, "sk_1");
    stored.clock.by(LIFETIME);
    assert_eq!((stored.api_key().await.as_str(), stored.fetched()), ("sk_1", 2));
}
