//! This crate implements the port of secrets on Secrets Manager.
//!
//! Promises: the secret is fetched when it is first needed and kept as long as the process, so that new processes see a new
//! value; a failure is not kept; neither an error nor a log line contains a secret.
//!
//! Deliberately absent: which key a call needs (the adapter that makes the call knows), rotation within a process.

use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use holdfast_app::kernel::{Secret, SecretError, SecretReader};
use serde::Deserialize;
use thiserror::Error;
use tokio::sync::OnceCell;

// The client that the adapter is made of.
pub use aws_sdk_secretsmanager::Client as SecretsManager;

/// The content of the one secret, a JSON object.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Secrets {
    /// Stripe's secret key.
    stripe_api_key: String,
    /// The secret of our webhook endpoint at Stripe.
    stripe_webhook_secret: String,
    /// The key that signs notices to partners: `whsec_` and base64.
    partner_signing_secret: String,
}

/// A secret that is not the JSON object it should be. Its content is not shown.
#[derive(Debug, Error)]
#[error("the secret is not the JSON object it should be")]
struct Malformed;

/// The secret of that name or ARN in Secrets Manager.
pub struct StoredSecrets {
    client: Client,
    id: String,
    known: OnceCell<Secrets>,
}

impl StoredSecrets {
    /// Makes a reader that fetches the secret when it is first asked for a key.
    #[must_use]
    pub fn new(client: Client, id: &str) -> Self {
        Self { client, id: id.to_owned(), known: OnceCell::new() }
    }

    async fn fetch(&self) -> Result<Secrets, SecretError> {
        let answer = self.client.get_secret_value().secret_id(&self.id).send().await;
        let answer = answer.map_err(|error| SecretError(Box::new(error)))?;
        let secrets = answer.secret_string().and_then(|text| serde_json::from_str(text).ok());
        secrets.ok_or_else(|| SecretError(Box::new(Malformed)))
    }
}

#[async_trait]
impl SecretReader for StoredSecrets {
    async fn secret(&self, secret: Secret) -> Result<String, SecretError> {
        let secrets = self.known.get_or_try_init(|| Box::pin(self.fetch())).await?;
        let text = match secret {
            Secret::PaymentApiKey => &secrets.stripe_api_key,
            Secret::PaymentWebhookKey => &secrets.stripe_webhook_secret,
            Secret::PartnerSigningKey => &secrets.partner_signing_secret,
        };
        Ok(text.clone())
    }
}
