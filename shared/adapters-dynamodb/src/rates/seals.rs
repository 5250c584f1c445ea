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
use crate::stored::v1::order::{StoredTier, read_policy, store_policy};
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
    /// Left out where an order keeps the rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    policy: Option<Vec<StoredTier>>,
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
            policy: quote.policy.as_ref().map(store_policy),
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
            policy: self.policy.map(read_policy).transpose()?,
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use holdfast_domain::Currency;
    use holdfast_domain::Money;
    use holdfast_domain::catalogue::Label;
    use holdfast_domain::rates::cancellation::RefundTerms;
    use holdfast_domain::rates::ids::PlanId;
    use holdfast_domain::rates::occupancy::Unit;
    use holdfast_domain::rates::plan::Payment;
    use holdfast_domain::rates::promotion::UseLimits;
    use holdfast_domain::rates::quote::AppliedRate;

    use super::*;

    /// The keys as a function has read them, and as they are by now.
    struct Rotated(Mutex<Keys>, Keys);

    #[async_trait]
    impl SecretReader for Rotated {
        async fn keys(&self, _: Secret) -> Result<Keys, SecretError> {
            Ok(self.0.lock().expect("unpoisoned").clone())
        }

        async fn keys_after(&self, _: Secret, _: &str) -> Result<Keys, SecretError> {
            *self.0.lock().expect("unpoisoned") = self.1.clone();
            Ok(self.1.clone())
        }
    }

    fn seals(known: Keys, present: Keys) -> SignedQuotes {
        SignedQuotes::new(Arc::new(Rotated(Mutex::new(known), present)))
    }

    fn one(key: &str) -> Keys {
        Keys::one(key.to_owned())
    }

    fn both(present: &str, previous: &str) -> Keys {
        Keys { present: present.to_owned(), previous: Some(previous.to_owned()) }
    }

    fn quote() -> Quote {
        let money = Money::new(12_900, Currency::parse("EUR").expect("known")).expect("in range");
        let mark = GuestMark::parse(&"a".repeat(12)).expect("a mark");
        Quote {
            resource: ResourceId::parse("room").expect("an id"),
            start: Timestamp::from_second(1_900_000_000).expect("in range"),
            end: Timestamp::from_second(1_900_100_000).expect("in range"),
            quantity: 1,
            price: money.into(),
            rate: AppliedRate {
                plan: PlanId::parse("flexible").expect("a name"),
                plan_name: Label::parse("Flexible").expect("a label"),
                card_version: 1,
                payment: Payment::Now,
                included: Vec::new(),
                units: vec![Unit::default()],
                extras: Vec::new(),
                promotion: None,
                promotion_limits: UseLimits::default(),
                price_override: None,
                refunds: RefundTerms { free_hours_after_booking: 0, steps: Vec::new(), kept_always: money },
                priced_at: Timestamp::from_second(1_800_000_000).expect("in range"),
            },
            policy: None,
            guest: Some(mark),
            expires_at: Timestamp::from_second(1_800_000_900).expect("in range"),
        }
    }

    /// Whether what was signed under some keys is known under others.
    async fn check(signed: Keys, known: Keys, present: Keys, expected: bool) {
        let id = seals(signed.clone(), signed).seal(&quote()).await.expect("a key").expect("an id");
        let opened = seals(known, present).open(&id, Timestamp::UNIX_EPOCH).await.expect("a key");
        assert_eq!(opened, expected.then(quote));
    }

    #[tokio::test]
    async fn a_quote_is_known_by_the_key_and_the_one_before_also_if_it_was_read_a_moment_too_early() {
        check(one("a"), one("a"), one("a"), true).await;
        check(one("a"), both("b", "a"), both("b", "a"), true).await;
        check(both("b", "a"), one("a"), both("b", "a"), true).await;
        check(one("a"), one("b"), one("b"), false).await;
        check(both("b", "a"), one("a"), one("a"), false).await;
    }

    #[tokio::test]
    async fn each_changed_character_makes_it_none() {
        let id = seals(one("a"), one("a")).seal(&quote()).await.expect("a key").expect("an id");
        for at in (0..id.len()).step_by(7).chain([0, id.len() - 1, id.len() - 2]) {
            let mut altered = id.clone().into_bytes();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).expect("ASCII");
            let opened =
                seals(one("a"), one("a")).open(&altered, Timestamp::UNIX_EPOCH).await.expect("a key");
            assert_eq!(opened, None, "{at} of {id}");
        }
        for other in ["", ".", "eyJ.", &id[..id.len() - 1], &format!("{id}.{id}"), &format!("{id}A")] {
            let opened = seals(one("a"), one("a")).open(other, Timestamp::UNIX_EPOCH).await.expect("a key");
            assert_eq!(opened, None, "{other}");
        }
    }
}
