//! Who issues the tokens that are believed, as the deployment has it.

use std::collections::BTreeSet;

use serde::Deserialize;
use thiserror::Error;

use crate::request::Scope;

/// Why a list of issuers is none.
#[derive(Debug, Error)]
pub enum InvalidIssuers {
    /// It is no JSON of this form.
    #[error("the list of issuers cannot be read: {0}")]
    Form(#[from] serde_json::Error),
    /// An issuer may vouch for a scope that there is not.
    #[error("{issuer} may not vouch for the scope {scope}: there is none")]
    Scope {
        /// The issuer's URL.
        issuer: String,
        /// The scope.
        scope: String,
    },
    /// Two issuers have one URL or one name, or one of them has no client or nothing to vouch for.
    #[error(
        "{0}: an issuer has a URL and a short name of its own, clients and scopes; the short name is one word, and one issuer may be without"
    )]
    Issuer(String),
}

/// An issuer as the list has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    name: Option<String>,
    url: String,
    keys: Option<String>,
    clients: BTreeSet<String>,
    scopes: BTreeSet<String>,
}

/// An issuer, and what its word is worth.
#[derive(Debug)]
pub(super) struct Issuer {
    name: Option<String>,
    pub(super) url: String,
    keys: Option<String>,
    clients: BTreeSet<String>,
    scopes: Vec<Scope>,
}

impl Issuer {
    fn of(listed: Listed) -> Result<Self, InvalidIssuers> {
        let Listed { name, url, keys, clients, scopes } = listed;
        let is_word =
            |name: &String| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !name.as_ref().is_none_or(is_word) || url.is_empty() || clients.is_empty() || scopes.is_empty() {
            return Err(InvalidIssuers::Issuer(url));
        }
        let known = |scope: String| match Scope::ALL.iter().find(|known| known.as_str() == scope) {
            Some(known) => Ok(*known),
            None => Err(InvalidIssuers::Scope { issuer: url.clone(), scope }),
        };
        let scopes = scopes.into_iter().map(known).collect::<Result<_, _>>()?;
        Ok(Self { name, url, keys, clients, scopes })
    }

    /// Where its keys are: where Cognito, and every issuer that follows it, has them, unless the list says another place, as it does of
    /// a user pool that an emulator has.
    pub(super) fn keys_url(&self) -> String {
        self.keys.clone().unwrap_or_else(|| format!("{}/.well-known/jwks.json", self.url))
    }

    pub(super) fn is_audience(&self, name: &str) -> bool {
        self.clients.contains(name)
    }

    /// Whether it may give a token this scope: one of ours that is its own to give, or one that means nothing here.
    pub(super) fn vouches_for(&self, scope: &str) -> bool {
        Scope::ALL.iter().all(|known| known.as_str() != scope || self.scopes.contains(known))
    }

    /// The caller that one of its tokens names. No two issuers share a caller: the name of the issuer stands in front, and subjects have
    /// no slash. One issuer is without a name: the first there ever was, whose callers are stored so.
    pub(super) fn caller(&self, subject: &str) -> Option<String> {
        if subject.is_empty() || subject.contains('/') {
            return None;
        }
        Some(self.name.as_ref().map_or_else(|| subject.to_owned(), |name| format!("{name}/{subject}")))
    }
}

/// The issuers whose tokens are believed.
#[derive(Debug)]
pub struct Issuers(Vec<Issuer>);

impl Issuers {
    /// Reads a list such as `[{"url": "https://...", "clients": ["..."], "scopes": ["booking/guest"]}, {"name": "staff", ...}]`.
    ///
    /// # Errors
    /// [`InvalidIssuers`].
    pub fn read(text: &str) -> Result<Self, InvalidIssuers> {
        let listed: Vec<Listed> = serde_json::from_str(text)?;
        let issuers = listed.into_iter().map(Issuer::of).collect::<Result<Vec<_>, _>>()?;
        for (place, issuer) in issuers.iter().enumerate() {
            let like_it = |other: &Issuer| other.url == issuer.url || other.name == issuer.name;
            if issuers.iter().take(place).any(like_it) {
                return Err(InvalidIssuers::Issuer(issuer.url.clone()));
            }
        }
        if issuers.is_empty() {
            Err(InvalidIssuers::Issuer("no issuer".to_owned()))
        } else {
            Ok(Self(issuers))
        }
    }

    pub(super) fn into_iter(self) -> impl Iterator<Item = Issuer> {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn issuer(name: Option<&str>, url: &str) -> Value {
        json!({ "name": name, "url": url, "clients": ["c"], "scopes": ["booking/guest"] })
    }

    fn check(list: &Value, expected: Result<usize, &str>) {
        let read = Issuers::read(&list.to_string()).map(|issuers| issuers.0.len());
        match (read, expected) {
            (Ok(count), Ok(expected)) => assert_eq!(count, expected, "{list}"),
            (Err(error), Err(words)) => assert!(error.to_string().contains(words), "{list}: {error}"),
            (read, _) => panic!("{list}: {read:?}"),
        }
    }

    #[test]
    fn keys_are_below_the_issuers_url_or_where_the_list_says() {
        let elsewhere = json!({ "name": "pool", "url": "https://b", "keys": "http://c/keys", "clients": ["c"], "scopes": ["booking/guest"] });
        let list = json!([issuer(None, "https://a"), elsewhere]);
        let urls: Vec<_> = Issuers::read(&list.to_string())
            .expect("issuers")
            .into_iter()
            .map(|one| one.keys_url())
            .collect();
        assert_eq!(urls, ["https://a/.well-known/jwks.json", "http://c/keys"]);
    }

    #[test]
    fn issuers_can_be_told_apart_and_vouch_for_something() {
        check(&json!([issuer(None, "https://a"), issuer(Some("staff"), "https://b")]), Ok(2));
        check(&json!([issuer(Some("a"), "https://a")]), Ok(1));
        check(&json!([]), Err("no issuer"));
        check(&json!([issuer(None, "https://a"), issuer(None, "https://b")]), Err("https://b"));
        check(&json!([issuer(None, "https://a"), issuer(Some("s"), "https://a")]), Err("https://a"));
        check(&json!([issuer(Some("s"), "https://a"), issuer(Some("s"), "https://b")]), Err("https://b"));
        for name in ["", "a/b", "a b"] {
            check(&json!([issuer(Some(name), "https://a")]), Err("https://a"));
        }
        for (member, none) in [("url", json!("")), ("clients", json!([])), ("scopes", json!([]))] {
            let mut without = issuer(None, "https://a");
            without[member] = none;
            check(&json!([without]), Err("an issuer has"));
        }
        let mut odd = issuer(None, "https://a");
        odd["scopes"] = json!(["booking/everything"]);
        check(&json!([odd]), Err("booking/everything"));
        odd["scope"] = json!("booking/guest");
        check(&json!([odd]), Err("unknown field"));
    }
}
