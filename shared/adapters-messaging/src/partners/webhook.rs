//! Sends notices to partners by HTTP POST, signed as Standard Webhooks defines (<https://www.standardwebhooks.com>): while the key
//! is rotated with both, so that the partner may change at any time. What a partner answers with 401 is signed with the keys as they
//! are now, and sent again if they are others.
//!
//! Only the operator configures the endpoint. Redirects are not followed, the answer's body is not read, and on AWS notices go over TLS
//! to public addresses only, whatever the endpoint's name resolves to.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use holdfast_app::DeliveryError;
use holdfast_app::kernel::{Keys, Secret, SecretReader, SharedSecret, Source};
use holdfast_app::partners::{Notice, PartnerEndpoint};
use holdfast_egress::{Client, Content, Limits, Reach, Request, StatusCode};
use jiff::Timestamp;
use standardwebhooks::{
    HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook, WebhookError,
};
use thiserror::Error;
use tokio::sync::OnceCell;

/// A connection is kept while a partner's notices come one after the other.
const LIMITS: Limits =
    Limits { connect_timeout: Duration::from_secs(3), idle_timeout: Duration::from_secs(90) };
const TIMEOUT: Duration = Duration::from_secs(10);

/// The secret is not base64 after `whsec_`.
#[derive(Debug, Error)]
#[error("the partner's signing secret must be base64 after whsec_")]
struct InvalidSecret;

/// The endpoint of one partner, whose signing keys are read when they are needed.
pub struct PartnerWebhook {
    url: String,
    reach: Reach,
    secret: SharedSecret,
    client: OnceCell<Client>,
}

impl PartnerWebhook {
    /// Makes the endpoint at `url`, if that is within reach.
    #[must_use]
    pub fn new(url: &str, reach: Reach, secrets: Arc<dyn SecretReader>) -> Self {
        let secret = SharedSecret::new(secrets, Secret::PartnerSigningKey);
        Self { url: url.to_owned(), reach, secret, client: OnceCell::new() }
    }

    /// Makes the client at the first delivery. When this fails, the next one tries again.
    async fn client(&self) -> Result<&Client, Source> {
        self.client.get_or_try_init(|| async { Client::new(&self.url, self.reach, LIMITS) }).await
    }

    /// Sends a notice that these keys have signed.
    async fn send(&self, notice: &Notice, at: i64, keys: &Keys) -> Result<StatusCode, DeliveryError> {
        let client = self.client().await.map_err(DeliveryError::Unavailable)?;
        let signers = signers(keys).map_err(|error| DeliveryError::Unavailable(error.into()))?;
        let signature =
            signature(&signers, notice, at).map_err(|error| DeliveryError::Refused(error.to_string()))?;
        let request = Request {
            path: "",
            headers: &[
                (HEADER_WEBHOOK_ID, &notice.id),
                (HEADER_WEBHOOK_TIMESTAMP, &at.to_string()),
                (HEADER_WEBHOOK_SIGNATURE, &signature),
            ],
            content: Content::Json(&notice.body),
            time_limit: TIMEOUT,
            answer_bytes_max: None,
        };
        let answer = client.send(&request).await;
        Ok(answer.map_err(|error| DeliveryError::Unavailable(Box::new(error)))?.status)
    }
}

/// What signs: with the present key (`whsec_` and base64), and with the one before.
fn signers(keys: &Keys) -> Result<Vec<Webhook>, InvalidSecret> {
    keys.each().map(|key| Webhook::new(key).map_err(|_| InvalidSecret)).collect()
}

/// The signatures of a notice, with spaces between them.
fn signature(signers: &[Webhook], notice: &Notice, at: i64) -> Result<String, WebhookError> {
    let signed = signers.iter().map(|signer| signer.sign(&notice.id, at, notice.body.as_bytes()));
    Ok(signed.collect::<Result<Vec<_>, _>>()?.join(" "))
}

#[async_trait]
impl PartnerEndpoint for PartnerWebhook {
    async fn deliver(&self, notice: &Notice, now: Timestamp) -> Result<(), DeliveryError> {
        let keys = self.secret.keys().await;
        let keys = keys.map_err(|error| DeliveryError::Unavailable(error.into()))?;
        let at = now.as_second();
        let mut status = self.send(notice, at, &keys).await?;
        if status == StatusCode::UNAUTHORIZED
            && let Some(keys) = self.secret.keys_after(&keys, now).await
        {
            status = self.send(notice, at, &keys).await?;
        }
        match status {
            status if status.is_success() => Ok(()),
            StatusCode::GONE => {
                Err(DeliveryError::Refused("410 Gone: the partner wants no more notices".to_owned()))
            }
            status => Err(DeliveryError::Unavailable(format!("the partner answered {status}").into())),
        }
    }
}
