//! The public keys of an issuer: fetched when first needed, kept, and fetched again when they are old or one is missing.

use std::collections::BTreeMap;
use std::error::Error as StdError;

use async_trait::async_trait;
use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde::Deserialize;
use thiserror::Error;
use tokio::sync::Mutex;

/// After so long a key that its issuer has withdrawn is believed no more, if the issuer can be asked.
const KEPT: SignedDuration = SignedDuration::from_hours(1);
/// The least time between two fetches for keys that are missing: whoever invents names of keys causes no more.
const PAUSE: SignedDuration = SignedDuration::from_mins(1);
/// The same as long as there is no key at all, so that nobody can be let in.
const PAUSE_WITHOUT_KEYS: SignedDuration = SignedDuration::from_secs(5);

/// An issuer's keys cannot be had.
#[derive(Debug, Error)]
#[error("the keys cannot be fetched")]
pub struct KeysUnavailable(#[source] pub Box<dyn StdError + Send + Sync>);

/// Where keys come from.
#[async_trait]
pub trait KeySource: Send + Sync {
    /// Fetches the key set (RFC 7517) at a URL of the configuration's.
    ///
    /// # Errors
    /// [`KeysUnavailable`].
    async fn fetch(&self, url: &str) -> Result<Vec<u8>, KeysUnavailable>;
}

/// A public key for RS256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl Key {
    /// Whether the signature of `signed` was made with its private half.
    pub(super) fn has_signed(&self, signed: &[u8], signature: &[u8]) -> bool {
        let key = RsaPublicKeyComponents { n: &self.modulus, e: &self.exponent };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature).is_ok()
    }
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Listed>,
}

/// A key as a set has it. Other kinds have other members.
#[derive(Deserialize)]
struct Listed {
    kid: Option<String>,
    kty: String,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

impl Listed {
    /// The key with its name, if it is one for RS256.
    fn named(self) -> Option<(String, Key)> {
        let is_for = |wanted: &str, said: &Option<String>| said.as_ref().is_none_or(|said| said == wanted);
        if self.kty != "RSA" || !is_for("RS256", &self.alg) || !is_for("sig", &self.purpose) {
            return None;
        }
        let number = |text: String| BASE64URL_NOPAD.decode(text.as_bytes()).ok();
        Some((self.kid?, Key { modulus: number(self.n?)?, exponent: number(self.e?)? }))
    }
}

/// The keys of a set that tokens can be checked with.
fn read(set: &[u8]) -> Result<BTreeMap<String, Key>, KeysUnavailable> {
    let set: KeySet = serde_json::from_slice(set).map_err(|error| KeysUnavailable(error.into()))?;
    let keys: BTreeMap<String, Key> = set.keys.into_iter().filter_map(Listed::named).collect();
    if keys.is_empty() { Err(KeysUnavailable("there is none for RS256".into())) } else { Ok(keys) }
}

/// An issuer's keys as they were last fetched.
#[derive(Debug, Default)]
pub(super) struct KeyRing(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    keys: BTreeMap<String, Key>,
    asked_at: Option<Timestamp>,
    has_failed: bool,
}

impl Known {
    /// Whether the issuer is to be asked before a key is looked for.
    fn is_due(&self, name: &str, now: Timestamp) -> bool {
        let pause = if self.keys.contains_key(name) {
            KEPT
        } else if self.keys.is_empty() {
            PAUSE_WITHOUT_KEYS
        } else {
            PAUSE
        };
        self.asked_at.is_none_or(|asked_at| now.duration_since(asked_at) >= pause)
    }
}

impl KeyRing {
    /// The key of that name; `None` if the issuer has none. What is known stays in use while the issuer cannot be asked.
    ///
    /// # Errors
    /// [`KeysUnavailable`] if it may be one that could not be fetched.
    pub(super) async fn find(
        &self,
        name: &str,
        now: Timestamp,
        source: &dyn KeySource,
        url: &str,
    ) -> Result<Option<Key>, KeysUnavailable> {
        // Locked while it fetches: who comes meanwhile waits for the same keys.
        let mut known = self.0.lock().await;
        if known.is_due(name, now) {
            known.asked_at = Some(now);
            match source.fetch(url).await.and_then(|set| read(&set)) {
                Ok(keys) => {
                    known.keys = keys;
                    known.has_failed = false;
                }
                Err(error) => {
                    known.has_failed = true;
                    let cause = error.0.to_string();
                    tracing::warn!(url, cause, "the keys of an issuer cannot be fetched");
                }
            }
        }
        match known.keys.get(name) {
            Some(key) => Ok(Some(key.clone())),
            None if known.has_failed => Err(KeysUnavailable("the last attempt has failed".into())),
            None => Ok(None),
        }
    }
}
