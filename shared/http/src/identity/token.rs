//! Tokens as they are sent: three parts, of which the first two are JSON (RFC 7519), with the claims of Cognito's access tokens.

use data_encoding::BASE64URL_NOPAD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use thiserror::Error;

use super::issuers::Issuer;
use crate::request::Claims;

/// The longest token that is looked at, in bytes.
const LENGTH_MAX: usize = 8 * 1024;
/// How far clocks may be apart, in seconds.
const CLOCKS_APART_SECONDS_MAX: i64 = 60;
/// The only algorithm, whatever a token says.
const ALGORITHM: &str = "RS256";
/// The only kind of token that is for an API.
const USE: &str = "access";

/// Why a token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum Unbelievable {
    #[error("it is no token of this form")]
    Form,
    #[error("it is signed by another algorithm, or by none")]
    Algorithm,
    #[error("its issuer is not among ours")]
    Issuer,
    #[error("its issuer has no key of that name")]
    Key,
    #[error("its signature is of something else or by somebody else")]
    Signature,
    #[error("it is for another audience")]
    Audience,
    #[error("it is no access token")]
    Use,
    #[error("it has expired")]
    Expired,
    #[error("it is not valid yet")]
    NotYetValid,
    #[error("it has a scope that its issuer may not vouch for")]
    Scope,
    #[error("its subject is none")]
    Subject,
}

/// The token of a request: that of its only `Authorization: Bearer`.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut sent = headers.get_all(AUTHORIZATION).iter();
    let (Some(only), None) = (sent.next(), sent.next()) else { return None };
    let (scheme, token) = only.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// What must be understood to believe the token; nothing of that kind is.
    crit: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn any(&self, is_meant: impl Fn(&str) -> bool) -> bool {
        match self {
            Self::One(name) => is_meant(name),
            Self::Several(names) => names.iter().any(|name| is_meant(name)),
        }
    }
}

/// What a token says, which nobody has checked yet.
#[derive(Deserialize)]
struct Said {
    iss: String,
    sub: String,
    aud: Option<Audience>,
    client_id: Option<String>,
    token_use: Option<String>,
    scope: Option<String>,
    /// Seconds since 1970.
    exp: i64,
    nbf: Option<i64>,
    /// Cognito leaves it out of the token of somebody who is in none.
    #[serde(default, rename = "cognito:groups")]
    groups: Vec<String>,
}

/// A token that has the form of one.
pub(super) struct Token<'a> {
    /// The name of the key that it says it was signed with.
    pub(super) key: String,
    pub(super) signed: &'a [u8],
    pub(super) signature: Vec<u8>,
    said: Said,
}

impl<'a> Token<'a> {
    pub(super) fn read(text: &'a str) -> Result<Self, Unbelievable> {
        let parts: Vec<&str> = text.split('.').collect();
        let &[header, said, signature] = parts.as_slice() else { return Err(Unbelievable::Form) };
        if text.len() > LENGTH_MAX {
            return Err(Unbelievable::Form);
        }
        let bytes = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| Unbelievable::Form);
        let header: Header = serde_json::from_slice(&bytes(header)?).map_err(|_| Unbelievable::Form)?;
        if header.alg != ALGORITHM {
            return Err(Unbelievable::Algorithm);
        }
        if header.crit.is_some() {
            return Err(Unbelievable::Form);
        }
        let said: Said = serde_json::from_slice(&bytes(said)?).map_err(|_| Unbelievable::Form)?;
        let signature = bytes(signature)?;
        let signed = text.rsplit_once('.').map_or(text, |(signed, _)| signed).as_bytes();
        Ok(Self { key: header.kid.ok_or(Unbelievable::Form)?, signed, signature, said })
    }

    /// Who says that they have issued it.
    pub(super) fn issuer(&self) -> &str {
        &self.said.iss
    }

    /// What it says, once its signature is known to be `issuer`'s.
    pub(super) fn claims(&self, issuer: &Issuer, now: Timestamp) -> Result<Claims, Unbelievable> {
        let said = &self.said;
        // Cognito's access tokens have a client in the place of an audience.
        let is_meant = match (&said.aud, &said.client_id) {
            (Some(audience), _) => audience.any(|name| issuer.is_audience(name)),
            (None, Some(client)) => issuer.is_audience(client),
            (None, None) => false,
        };
        if !is_meant {
            return Err(Unbelievable::Audience);
        }
        if said.token_use.as_deref() != Some(USE) {
            return Err(Unbelievable::Use);
        }
        let now = now.as_second();
        if now >= said.exp.saturating_add(CLOCKS_APART_SECONDS_MAX) {
            return Err(Unbelievable::Expired);
        }
        if said.nbf.is_some_and(|from| now < from.saturating_sub(CLOCKS_APART_SECONDS_MAX)) {
            return Err(Unbelievable::NotYetValid);
        }
        let scopes = said.scope.as_deref().unwrap_or_default().split(' ').filter(|scope| !scope.is_empty());
        let scopes: Vec<String> = scopes.map(str::to_owned).collect();
        if !scopes.iter().all(|scope| issuer.vouches_for(scope)) {
            return Err(Unbelievable::Scope);
        }
        let sub = issuer.caller(&said.sub).ok_or(Unbelievable::Subject)?;
        Ok(Claims { sub, scopes, groups: said.groups.clone() })
    }
}
