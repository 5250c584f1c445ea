//! Sends notices to partners by HTTP POST, signed as Standard Webhooks defines (<https://www.standardwebhooks.com>).
//!
//! Only the operator configures the endpoint. Redirects are not followed, the answer's body is not read, and plain HTTP goes to
//! this very machine only.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use holdfast_app::DeliveryError;
use holdfast_app::kernel::{Secret, SecretReader, Source};
use holdfast_app::partners::{Notice, PartnerEndpoint};
use jiff::Timestamp;
use reqwest::{Client, StatusCode, Url, redirect};
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook};
use thiserror::Error;
use tokio::sync::OnceCell;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const TIMEOUT: Duration = Duration::from_secs(10);

/// An endpoint or secret that cannot be used.
#[derive(Debug, Error)]
enum InvalidEndpoint {
    /// The URL is neither https nor http on this machine.
    #[error("the partner's URL must be https, or http on this machine")]
    Url,
    /// The secret is not base64 after `whsec_`.
    #[error("the partner's signing secret must be base64 after whsec_")]
    Secret,
    /// The HTTP client could not be made.
    #[error("no HTTP client")]
    Client(#[source] reqwest::Error),
}

/// The endpoint of one partner, whose signing key is read when it is first needed.
pub struct PartnerWebhook {
    url: String,
    secrets: Arc<dyn SecretReader>,
    sender: OnceCell<Sender>,
}

/// The HTTP client, with the partner's address and the key.
struct Sender {
    http: Client,
    url: Url,
    signer: Webhook,
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn endpoint(url: &str) -> Result<Url, InvalidEndpoint> {
    let url = Url::parse(url).map_err(|_| InvalidEndpoint::Url)?;
    let host = url.host_str().ok_or(InvalidEndpoint::Url)?;
    let plain = !url.username().is_empty() || url.password().is_some();
    match url.scheme() {
        _ if plain => Err(InvalidEndpoint::Url),
        "https" => Ok(url),
        "http" if is_loopback(host) => Ok(url),
        _ => Err(InvalidEndpoint::Url),
    }
}

impl Sender {
    /// Makes a sender to `url` that signs with `key` (`whsec_` and base64).
    fn new(url: &str, key: &str) -> Result<Self, InvalidEndpoint> {
        let http = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(InvalidEndpoint::Client)?;
        let signer = Webhook::new(key).map_err(|_| InvalidEndpoint::Secret)?;
        Ok(Self { http, url: endpoint(url)?, signer })
    }
}

impl PartnerWebhook {
    /// Makes the endpoint at `url`. The process must have installed a rustls provider before the first delivery.
    #[must_use]
    pub fn new(url: &str, secrets: Arc<dyn SecretReader>) -> Self {
        Self { url: url.to_owned(), secrets, sender: OnceCell::new() }
    }

    async fn sender(&self) -> Result<&Sender, Source> {
        let make = || async {
            let key = self.secrets.secret(Secret::PartnerSigningKey).await?;
            Ok::<_, Source>(Sender::new(&self.url, &key)?)
        };
        self.sender.get_or_try_init(make).await
    }
}

#[async_trait]
impl PartnerEndpoint for PartnerWebhook {
    async fn deliver(&self, notice: &Notice, now: Timestamp) -> Result<(), DeliveryError> {
        let sender = self.sender().await.map_err(DeliveryError::Unavailable)?;
        let at = now.as_second();
        let signature = sender
            .signer
            .sign(&notice.id, at, notice.body.as_bytes())
            .map_err(|error| DeliveryError::Refused(error.to_string()))?;
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
        match answer.status() {
            status if status.is_success() => Ok(()),
            StatusCode::GONE => {
                Err(DeliveryError::Refused("410 Gone: the partner wants no more notices".to_owned()))
            }
            status => Err(DeliveryError::Unavailable(format!("the partner answered {status}").into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_or_this_machine() {
        for (url, accepted) in [
            ("https://partner.example/hooks", true),
            ("http://localhost:8423/webhooks", true),
            ("http://127.0.0.1/x", true),
            ("http://[::1]/x", true),
            ("http://partner.example/hooks", false),
            ("http://localhost.partner.example/", false),
            ("https://user:secret@partner.example/", false),
            ("ftp://partner.example/", false),
            ("", false),
            ("partner.example", false),
        ] {
            assert_eq!(endpoint(url).is_ok(), accepted, "{url}");
        }
    }
}
