//! Quotes as texts that are signed: nothing is stored of them.
//!
//! A text is the quote's document, in the form in which orders are stored, and HMAC-SHA256 (RFC 2104) over it, each in base64url with a
//! point between. Who has the key could promise any price: it is a secret of its own.

use std::sync::Arc;

use async_trait::async_trait;
use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use holdfast_app::kernel::{Keys, Secret, SecretError, SecretReader, SharedSecret};
use holdfast_app::rates::{QUOTE_ID_LENGTH_MAX, Quote, QuoteSeals};
use holdfast_domain::{GuestMark, ResourceId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::stored::reason::Reason;
use crate::stored::v1::applied::StoredRate;
use crate::stored::v1::price::StoredPrice;
use crate::stored::v1::scalar::{Millis, Scalar, Text, parsed};

/// [`QuoteSeals`] by a key that nobody else knows.
pub struct SignedQuotes {
    secret: SharedSecret,
}

impl SignedQuotes {
    /// With the key of [`Secret::QuoteSigningKey`].
    #[must_use]
    pub fn new(secrets: Arc<dyn SecretReader>) -> Self {
        Self { secret: SharedSecret::new(secrets, Secret::QuoteSigningKey) }
    }
}

/// The document of a quote.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct QuoteDocument {
    resource: Text<ResourceId>,
    start: Millis,
    end: Millis,
    quantity: u32,
    price: StoredPrice,
    rate: StoredRate,
    /// Left out if it is for anyone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    guest: Option<Text<GuestMark>>,
    expires: Millis,
}

impl Scalar for GuestMark {
    fn write(&self) -> String {
        self.as_str().to_owned()
    }

    fn read(text: &str) -> Result<Self, Reason> {
        parsed(Self::parse, text)
    }
}

impl From<&Quote> for QuoteDocument {
    fn from(quote: &Quote) -> Self {
        Self {
            resource: Text(quote.resource.clone()),
            start: Millis(quote.start),
            end: Millis(quote.end),
            quantity: quote.quantity,
            price: (&quote.price).into(),
            rate: (&quote.rate).into(),
            guest: quote.guest.clone().map(Text),
            expires: Millis(quote.expires_at),
        }
    }
}

impl QuoteDocument {
    fn read(self) -> Result<Quote, Reason> {
        Ok(Quote {
            resource: self.resource.0,
            start: self.start.0,
            end: self.end.0,
            quantity: self.quantity,
            price: self.price.read()?,
            rate: self.rate.read(self.quantity)?,
            guest: self.guest.map(|Text(mark)| mark),
            expires_at: self.expires.0,
        })
    }
}

#[async_trait]
impl QuoteSeals for SignedQuotes {
    async fn seal(&self, quote: &Quote) -> Result<Option<String>, SecretError> {
        let keys = self.secret.keys().await?;
        let document =
            serde_json::to_vec(&QuoteDocument::from(quote)).map_err(|error| SecretError(error.into()))?;
        let document = BASE64URL_NOPAD.encode(&document);
        let seal = BASE64URL_NOPAD.encode(&mac(&keys.present, &document).finalize().into_bytes());
        let id = format!("{document}.{seal}");
        Ok((id.len() <= QUOTE_ID_LENGTH_MAX).then_some(id))
    }

    async fn open(&self, id: &str, now: Timestamp) -> Result<Option<Quote>, SecretError> {
        let Some((document, seal)) = id.split_once('.').filter(|_| id.len() <= QUOTE_ID_LENGTH_MAX) else {
            return Ok(None);
        };
        let Ok(seal) = BASE64URL_NOPAD.decode(seal.as_bytes()) else { return Ok(None) };
        let keys = self.secret.keys().await?;
        let is_signed = if is_signed_by(&keys, document, &seal) {
            true
        } else {
            // It may be signed with a key that another function has read already.
            let newer = self.secret.keys_after(&keys, now).await;
            newer.is_some_and(|keys| is_signed_by(&keys, document, &seal))
        };
        if !is_signed {
            return Ok(None);
        }
        let document = BASE64URL_NOPAD.decode(document.as_bytes()).ok();
        let document = document.and_then(|document| serde_json::from_slice::<QuoteDocument>(&document).ok());
        Ok(document.and_then(|document| document.read().ok()))
    }
}

fn is_signed_by(keys: &Keys, document: &str, seal: &[u8]) -> bool {
    keys.each().any(|key| mac(key, document).verify_slice(seal).is_ok())
}

fn mac(key: &str, document: &str) -> Hmac<Sha256> {
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes());
    let Ok(mut mac) = mac else { unreachable!("HMAC takes a key of any length") };
    mac.update(document.as_bytes());
    mac
}
