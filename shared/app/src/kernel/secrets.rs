//! The port of secrets. Adapters read through it the keys that they call the outside with, each when it is needed: an outage of
//! the secret store is an outage of what the key is for, not a function that cannot start. A key may be replaced at any time.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use crate::kernel::errors::SecretError;

/// The name of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secret {
    /// The key that the payment provider is called with.
    PaymentApiKey,
    /// The key that the payment provider signs its webhooks with.
    PaymentWebhookKey,
    /// The key that notices to partners are signed with.
    PartnerSigningKey,
    /// The key that quotes are signed with.
    QuoteSigningKey,
}

/// The keys of a secret that are good at a time. It has no `Debug`, so that no log shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    /// The present one.
    pub present: String,
    /// The one before, while a secret with two keys is rotated.
    pub previous: Option<String>,
}

impl Keys {
    /// A secret with one key.
    #[must_use]
    pub fn one(present: String) -> Self {
        Self { present, previous: None }
    }

    /// Each of them, the present one first.
    pub fn each(&self) -> impl Iterator<Item = &str> {
        [Some(&self.present), self.previous.as_ref()].into_iter().flatten().map(String::as_str)
    }
}

/// Reads secrets.
#[async_trait]
pub trait SecretReader: Send + Sync {
    /// Returns the keys of a secret, as they were some minutes ago at most.
    async fn keys(&self, secret: Secret) -> Result<Keys, SecretError>;

    /// Returns the keys of a secret whose present key was rejected: they are read anew, unless they are others already.
    async fn keys_after(&self, secret: Secret, rejected: &str) -> Result<Keys, SecretError>;
}

/// For so long after it was read anew a secret is not read anew again because others reject its keys.
const READ_ANEW_PAUSE: SignedDuration = SignedDuration::from_secs(30);

/// A secret whose keys somebody else may reject who knows others, or none: it is read anew for that, and now and then only, so that
/// strangers cause no load.
pub struct SharedSecret {
    secrets: Arc<dyn SecretReader>,
    secret: Secret,
    read_anew_at: Mutex<Option<Timestamp>>,
}

impl SharedSecret {
    /// The secret of that name.
    #[must_use]
    pub fn new(secrets: Arc<dyn SecretReader>, secret: Secret) -> Self {
        Self { secrets, secret, read_anew_at: Mutex::new(None) }
    }

    /// Returns its keys, as they were some minutes ago at most.
    ///
    /// # Errors
    /// [`SecretError`] if they cannot be read.
    pub async fn keys(&self) -> Result<Keys, SecretError> {
        self.secrets.keys(self.secret).await
    }

    /// Returns the keys that have taken the place of those that were rejected; `None` if they are the same, cannot be read, or were read
    /// anew a moment ago.
    pub async fn keys_after(&self, rejected: &Keys, now: Timestamp) -> Option<Keys> {
        {
            let mut read_anew_at = self.read_anew_at.lock().unwrap_or_else(PoisonError::into_inner);
            if read_anew_at.is_some_and(|at| now.duration_since(at) < READ_ANEW_PAUSE) {
                return None;
            }
            *read_anew_at = Some(now);
        }
        let keys = self.secrets.keys_after(self.secret, &rejected.present).await.ok()?;
        (keys != *rejected).then_some(keys)
    }
}
