//! Who asks: from a request's token by its claims to the caller.
//!
//! The [`Verifier`] takes a token and gives [`Claims`]; nobody before it is believed, API Gateway included.

mod issuers;
mod keys;
mod token;
mod verifier;

#[cfg(test)]
mod tests;

use holdfast_app::Caller;
use holdfast_domain::GuestId;

use crate::refusal::Refusal;
use crate::request::{Claims, Identity, Scope};

pub use issuers::{InvalidIssuers, Issuers};
pub use keys::{KeySource, KeysUnavailable};
pub use verifier::Verifier;

/// The caller whose token has one of `scopes`.
///
/// # Errors
/// 401 without a usable token, 403 without any of the scopes, 503 if the token cannot be checked.
pub fn authorized(identity: &Identity, scopes: &[Scope]) -> Result<Caller, Refusal> {
    let claims = match identity {
        Identity::Bearer(claims) => claims,
        Identity::Unproven => return Err(Refusal::unauthorized()),
        Identity::Unverifiable => return Err(Refusal::unavailable()),
    };
    let caller = caller(claims)?;
    if scopes.iter().any(|scope| claims.has(*scope)) {
        Ok(caller)
    } else {
        Err(Refusal::insufficient_scope(scopes))
    }
}

/// The caller, if a token says who it is.
///
/// # Errors
/// 401 if the token names nobody, 503 if it cannot be checked.
pub fn known(identity: &Identity) -> Result<Option<Caller>, Refusal> {
    match identity {
        Identity::Bearer(claims) => caller(claims).map(Some),
        Identity::Unproven => Ok(None),
        Identity::Unverifiable => Err(Refusal::unavailable()),
    }
}

/// The caller that a token's claims name. This is the one place where claims become a caller.
fn caller(claims: &Claims) -> Result<Caller, Refusal> {
    let guest = GuestId::parse(&claims.sub).map_err(|_| Refusal::unauthorized())?;
    Ok(Caller { guest, operator: claims.has(Scope::Operator) })
}
