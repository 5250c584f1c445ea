//! The verifier of tokens (`docs/adr/0006-identity.md`): nothing is believed of a request that it has not checked itself, by RFC 8725.

use http::HeaderMap;
use jiff::Timestamp;

use super::issuers::{Issuer, Issuers};
use super::keys::{KeyRing, KeySource, KeysUnavailable};
use super::token::{Token, Unbelievable, bearer};
use crate::request::{Claims, Identity};

/// Finds out who sends requests, by tokens of the issuers that it knows.
pub struct Verifier {
    issuers: Vec<(Issuer, KeyRing)>,
    source: Box<dyn KeySource>,
}

/// Why a token gives no claims.
enum Refused {
    Unbelievable(Unbelievable),
    Unverifiable(KeysUnavailable),
}

impl Verifier {
    /// A verifier of these issuers' tokens, whose keys come from `source`.
    #[must_use]
    pub fn new(issuers: Issuers, source: impl KeySource + 'static) -> Self {
        let issuers = issuers.into_iter().map(|issuer| (issuer, KeyRing::default())).collect();
        Self { issuers, source: Box::new(source) }
    }

    /// Who sends a request with these headers, at this time.
    pub async fn identity(&self, headers: &HeaderMap, now: Timestamp) -> Identity {
        let Some(text) = bearer(headers) else { return Identity::Unproven };
        match self.claims(text, now).await {
            Ok(claims) => Identity::Bearer(claims),
            Err(Refused::Unbelievable(reason)) => {
                tracing::info!(%reason, "a token is not believed");
                Identity::Unproven
            }
            Err(Refused::Unverifiable(reason)) => {
                tracing::warn!(%reason, "a token cannot be checked");
                Identity::Unverifiable
            }
        }
    }

    async fn claims(&self, text: &str, now: Timestamp) -> Result<Claims, Refused> {
        let token = Token::read(text).map_err(Refused::Unbelievable)?;
        let issued = self.issuers.iter().find(|(issuer, _)| issuer.url == token.issuer());
        let (issuer, keys) = issued.ok_or(Refused::Unbelievable(Unbelievable::Issuer))?;
        let found = keys.find(&token.key, now, self.source.as_ref(), &issuer.keys_url()).await;
        let key = found.map_err(Refused::Unverifiable)?.ok_or(Refused::Unbelievable(Unbelievable::Key))?;
        if !key.has_signed(token.signed, &token.signature) {
            return Err(Refused::Unbelievable(Unbelievable::Signature));
        }
        token.claims(issuer, now).map_err(Refused::Unbelievable)
    }
}
