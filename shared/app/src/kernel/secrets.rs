//! The port of secrets. Adapters read through it the keys that they call the outside with, each when it is first needed: an
//! outage of the secret store is an outage of what the key is for, not a function that cannot start.

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

/// Reads secrets.
#[async_trait]
pub trait SecretReader: Send + Sync {
    /// Returns the text of a secret.
    async fn secret(&self, secret: Secret) -> Result<String, SecretError>;
}
