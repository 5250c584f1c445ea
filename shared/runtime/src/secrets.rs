//! The one secret: keys of the payment provider, and the key that signs what partners get. Fetched when first needed, kept
//! as long as the process; a new value is seen by new processes.

use std::fmt;

use aws_sdk_secretsmanager::Client;
use holdfast_app::kernel::Source;
use serde::Deserialize;
use thiserror::Error;
use tokio::sync::OnceCell;

/// What the secret holds.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Secrets {
    /// Stripe's secret key.
    pub stripe_api_key: String,
    /// The secret of our webhook endpoint at Stripe.
    pub stripe_webhook_secret: String,
    /// Signs notices to partners: `whsec_` and base64.
    pub partner_signing_secret: String,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}

/// Why there are no secrets.
#[derive(Debug, Error)]
pub enum SecretsError {
    /// Secrets Manager did not answer.
    #[error("the secret cannot be read")]
    Unavailable(#[source] Source),
    /// It is not the JSON it should be. What it is, is not said.
    #[error("the secret is not the JSON object it should be")]
    Malformed,
}

/// Fetches the secret once.
pub struct SecretStore {
    client: Client,
    id: String,
    known: OnceCell<Secrets>,
}

impl SecretStore {
    pub(crate) fn new(client: Client, id: &str) -> Self {
        Self { client, id: id.to_owned(), known: OnceCell::new() }
    }

    /// The secrets. A failure is not remembered.
    /// # Errors
    /// [`SecretsError`].
    pub async fn get(&self) -> Result<&Secrets, SecretsError> {
        self.known.get_or_try_init(|| Box::pin(self.fetch())).await
    }

    async fn fetch(&self) -> Result<Secrets, SecretsError> {
        let answer = self.client.get_secret_value().secret_id(&self.id).send().await;
        let answer = answer.map_err(|error| SecretsError::Unavailable(Box::new(error)))?;
        let text = answer.secret_string().ok_or(SecretsError::Malformed)?;
        serde_json::from_str(text).map_err(|_| SecretsError::Malformed)
    }
}
