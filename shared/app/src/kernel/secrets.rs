//! The port of secrets. Adapters read through it the keys that they call the outside with, each when it is needed: an outage of
//! the secret store is an outage of what the key is for, not a function that cannot start. A key may be replaced at any time.

use async_trait::async_trait;

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
