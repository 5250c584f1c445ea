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
use holdfast_app::kernel::{Keys, Secret, SecretReader, Source};
use holdfast_app::partners::{Notice, PartnerEndpoint};
use holdfast_egress::{Reach, UnfitUrl};
use jiff::Timestamp;
use reqwest::{Client, StatusCode, Url, redirect};
use standardwebhooks::{
    HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook, WebhookError,
};
use thiserror::Error;
use tokio::sync::OnceCell;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const TIMEOUT: Duration = Duration::from_secs(10);

/// An endpoint or secret that cannot be used.
#[derive(Debug, Error)]
enum InvalidEndpoint {
    /// Nothing is sent there.
    #[error("the partner's URL cannot be used")]
    Url(#[source] UnfitUrl),
    /// The secret is not base64 after `whsec_`.
    #[error("the partner's signing secret must be base64 after whsec_")]
    Secret,
    /// The HTTP client could not be made.
    #[error("no HTTP client")]
    Client(#[source] reqwest::Error),
}

/// The endpoint of one partner, whose signing keys are read when they are needed.
pub struct PartnerWebhook {
    url: String,
    reach: Reach,
    secrets: Arc<dyn SecretReader>,
    sender: OnceCell<Sender>,
}

/// The HTTP client, with the partner's address.
struct Sender {
    http: Client,
    url: Url,
}

impl Sender {
    fn new(url: &str, reach: Reach) -> Result<Self, InvalidEndpoint> {
        let url = reach.url(url).map_err(InvalidEndpoint::Url)?;
        let http = reach
            .guard(Client::builder())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(InvalidEndpoint::Client)?;
        Ok(Self { http, url })
    }
}

impl PartnerWebhook {
    /// Makes the endpoint at `url`, if that is within reach. The process must have installed a rustls provider before the first delivery.
    #[must_use]
    pub fn new(url: &str, reach: Reach, secrets: Arc<dyn SecretReader>) -> Self {
        Self { url: url.to_owned(), reach, secrets, sender: OnceCell::new() }
    }

    async fn sender(&self) -> Result<&Sender, Source> {
        self.sender.get_or_try_init(|| async { Ok::<_, Source>(Sender::new(&self.url, self.reach)?) }).await
    }

    /// Sends a notice that these keys have signed.
    async fn send(&self, notice: &Notice, at: i64, keys: &Keys) -> Result<StatusCode, DeliveryError> {
        let sender = self.sender().await.map_err(DeliveryError::Unavailable)?;
        let signers = signers(keys).map_err(|error| DeliveryError::Unavailable(error.into()))?;
        let signature =
            signature(&signers, notice, at).map_err(|error| DeliveryError::Refused(error.to_string()))?;
        let answer = sender
            .http
            .post(sender.url.clone())
            .header(HEADER_WEBHOOK_ID, &notice.id)
            .header(HEADER_WEBHOOK_TIMESTAMP, at)
            .header(HEADER_WEBHOOK_SIGNATURE, signature)
            .header("Content-Type", "application/json")
            .body(notice.body.clone())
            .send()
            .await
            .map_err(|error| DeliveryError::Unavailable(Box::new(error.without_url())))?;
        Ok(answer.status())
    }

    /// The keys as they are stored now, if the partner has rejected others; `None` also while they cannot be read, since the notice
    /// comes again later.
    async fn keys_after(&self, rejected: &Keys) -> Option<Keys> {
        let keys = self.secrets.keys_after(Secret::PartnerSigningKey, &rejected.present).await.ok()?;
        (keys.present != rejected.present).then_some(keys)
    }
}

/// What signs: with the present key (`whsec_` and base64), and with the one before.
fn signers(keys: &Keys) -> Result<Vec<Webhook>, InvalidEndpoint> {
    keys.each().map(|key| Webhook::new(key).map_err(|_| InvalidEndpoint::Secret)).collect()
}

/// The signatures of a notice, with spaces between them.
fn signature(signers: &[Webhook], notice: &Notice, at: i64) -> Result<String, WebhookError> {
    let signed = signers.iter().map(|signer| signer.sign(&notice.id, at, notice.body.as_bytes()));
    Ok(signed.collect::<Result<Vec<_>, _>>()?.join(" "))
}

#[async_trait]
impl PartnerEndpoint for PartnerWebhook {
    async fn deliver(&self, notice: &Notice, now: Timestamp) -> Result<(), DeliveryError> {
        let keys = self.secrets.keys(Secret::PartnerSigningKey).await;
        let keys = keys.map_err(|error| DeliveryError::Unavailable(error.into()))?;
        let at = now.as_second();
        let mut status = self.send(notice, at, &keys).await?;
        if status == StatusCode::UNAUTHORIZED
            && let Some(keys) = self.keys_after(&keys).await
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
