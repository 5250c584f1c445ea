//! This crate implements the port of secrets on Secrets Manager: a secret of its own for each purpose, so that a function's role
//! reads those that it needs and no other.
//!
//! Promises: a secret is fetched when it is first needed, and again when it was needed for [`LIFETIME`], so that a new value is in
//! force everywhere within minutes and without a deployment. While it cannot be fetched, or has no key, the old value serves for up
//! to [`STALE_MAX`], and the log says so. A failure is not kept; neither an error nor a log line contains a secret.
//!
//! Deliberately absent: which key a call needs (the adapter that makes the call knows); the caching client of AWS, which forgets
//! nothing that was rejected and asks for another right besides (`DescribeSecret`).

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use holdfast_app::Clock;
use holdfast_app::kernel::{Keys, Secret, SecretError, SecretReader};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use thiserror::Error;
use tokio::sync::Mutex;

// The client that the adapter is made of.
pub use aws_sdk_secretsmanager::Client as SecretsManager;

/// How long a secret that was fetched is not fetched again.
pub const LIFETIME: SignedDuration = SignedDuration::from_mins(5);
/// How old a secret may be that is still used because none can be fetched.
pub const STALE_MAX: SignedDuration = SignedDuration::from_hours(1);
/// How long an old secret is used before it is tried again to fetch a new one, so that not each call waits for the store.
const PAUSE: SignedDuration = SignedDuration::from_secs(30);
/// What a new stack's secret has in place of a key (`infra/cdk/lib/foundations/secrets.ts`).
const UNSET: &str = "to-be-filled-in";

/// Where the keys of a secret are in its JSON object, and how they begin.
struct Form {
    present: &'static str,
    /// The key before, while it is rotated.
    previous: Option<&'static str>,
    prefixes: &'static [&'static str],
}

fn form_of(secret: Secret) -> Form {
    match secret {
        // Stripe's secret key, or one with fewer rights.
        Secret::PaymentApiKey => Form { present: "stripeApiKey", previous: None, prefixes: &["sk_", "rk_"] },
        Secret::PaymentWebhookKey => Form {
            present: "stripeWebhookSecret",
            previous: Some("stripeWebhookSecretPrevious"),
            prefixes: &["whsec_"],
        },
        Secret::PartnerSigningKey => Form {
            present: "partnerSigningSecret",
            previous: Some("partnerSigningSecretPrevious"),
            prefixes: &["whsec_"],
        },
        Secret::QuoteSigningKey => Form {
            present: "quoteSigningKey",
            previous: Some("quoteSigningKeyPrevious"),
            // Whatever was generated.
            prefixes: &[""],
        },
    }
}

/// Why what is stored is no key. Its content is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
enum Unusable {
    #[error("the secret is not a JSON object with a text {0}")]
    Malformed(&'static str),
    #[error("{0} is not filled in")]
    Unset(&'static str),
    #[error("{0} does not begin as such a key does, or has characters that no key has")]
    NoKey(&'static str),
    #[error("the function has no such secret")]
    Unknown,
}

impl Form {
    fn keys(&self, text: &str) -> Result<Keys, Unusable> {
        let object: Map<String, Value> =
            serde_json::from_str(text).map_err(|_| Unusable::Malformed(self.present))?;
        let present = self.key(&object, self.present)?.ok_or(Unusable::Unset(self.present))?;
        let previous = self.previous.filter(|name| object.contains_key(*name));
        let previous = previous.map(|name| self.key(&object, name)).transpose()?.flatten();
        Ok(Keys { present, previous })
    }

    /// The key of that name; `None` for what anybody knows: nothing, or what a new stack's secret has.
    fn key(&self, object: &Map<String, Value>, name: &'static str) -> Result<Option<String>, Unusable> {
        let text = object.get(name).and_then(Value::as_str).ok_or(Unusable::Malformed(name))?;
        if text.is_empty() || text == UNSET {
            return Ok(None);
        }
        let begins_well =
            self.prefixes.iter().any(|prefix| text.len() > prefix.len() && text.starts_with(prefix));
        let is_key = begins_well && text.bytes().all(|byte| byte.is_ascii_graphic());
        if is_key { Ok(Some(text.to_owned())) } else { Err(Unusable::NoKey(name)) }
    }
}

/// The secrets of a function in Secrets Manager, by their names or ARNs.
pub struct StoredSecrets {
    client: Client,
    clock: Arc<dyn Clock>,
    stored: Vec<Stored>,
}

/// One secret.
struct Stored {
    secret: Secret,
    id: String,
    known: Mutex<Option<Known>>,
}

/// A secret that was fetched.
struct Known {
    keys: Keys,
    fetched_at: Timestamp,
    /// When it is to be fetched again.
    due_at: Timestamp,
}

impl Known {
    fn is_younger_than(&self, age: SignedDuration, now: Timestamp) -> bool {
        now.duration_since(self.fetched_at) < age
    }
}

impl StoredSecrets {
    /// Makes a reader of no secret.
    #[must_use]
    pub fn new(client: Client, clock: Arc<dyn Clock>) -> Self {
        Self { client, clock, stored: Vec::new() }
    }

    /// With a secret, which is fetched when its key is first asked for.
    #[must_use]
    pub fn with(mut self, secret: Secret, id: &str) -> Self {
        self.stored.push(Stored { secret, id: id.to_owned(), known: Mutex::new(None) });
        self
    }

    async fn fetch(&self, stored: &Stored) -> Result<Keys, SecretError> {
        let answer = self.client.get_secret_value().secret_id(&stored.id).send().await;
        let answer = answer.map_err(|error| SecretError(Box::new(error)))?;
        let form = form_of(stored.secret);
        let text = answer.secret_string().ok_or(Unusable::Malformed(form.present));
        text.and_then(|text| form.keys(text)).map_err(unusable)
    }

    /// Reads a secret, anew if what is known is too old or has the key that was rejected.
    async fn read(&self, secret: Secret, rejected: Option<&str>) -> Result<Keys, SecretError> {
        let now = self.clock.now();
        let stored = self.stored.iter().find(|stored| stored.secret == secret);
        let stored = stored.ok_or_else(|| unusable(Unusable::Unknown))?;
        // One call fetches, and the others wait for it.
        let mut known = stored.known.lock().await;
        if let Some(known) = known.as_ref().filter(|known| now < known.due_at)
            && rejected != Some(&known.keys.present)
        {
            return Ok(known.keys.clone());
        }
        let fetched = Box::pin(self.fetch(stored)).await;
        let known = match (fetched, known.as_mut()) {
            (Ok(keys), _) => known.insert(Known { keys, fetched_at: now, due_at: now + LIFETIME }),
            (Err(error), Some(old)) if old.is_younger_than(STALE_MAX, now) => {
                let age_seconds = now.duration_since(old.fetched_at).as_secs();
                tracing::error!(age_seconds, %error, source = error.0, "an old secret is used: none can be fetched");
                old.due_at = now + PAUSE;
                old
            }
            (Err(error), _) => return Err(error),
        };
        Ok(known.keys.clone())
    }
}

fn unusable(why: Unusable) -> SecretError {
    SecretError(Box::new(why))
}

#[async_trait]
impl SecretReader for StoredSecrets {
    async fn keys(&self, secret: Secret) -> Result<Keys, SecretError> {
        self.read(secret, None).await
    }

    async fn keys_after(&self, secret: Secret, rejected: &str) -> Result<Keys, SecretError> {
        self.read(secret, Some(rejected)).await
    }
}
