//! Who asks: from a request's token by its claims to the caller.
//!
//! The [`Verifier`] takes a token and gives [`Claims`]; nobody before it is believed, API Gateway included.

mod issuers;
mod keys;
mod token;
mod verifier;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use holdfast_app::{Caller, StaffOf};
use holdfast_domain::rates::ids::RateGroup;
use holdfast_domain::{GuestId, PropertyId};

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
    let staff = claims.has(Scope::Operator).then(|| staff_of(&claims.groups));
    Ok(Caller { guest, staff, rate_groups: rate_groups(&claims.groups) })
}

/// The group of staff who are operators of every property.
const PLATFORM: &str = "platform";
/// Groups of the staff of a property begin with it; the property's id follows.
const OF_A_PROPERTY: &str = "property.";

/// Of what staff in these groups are operators. Only the issuer that vouches for the scope of operators is asked: nobody else's groups
/// say anything here.
fn staff_of(groups: &[String]) -> StaffOf {
    if groups.iter().any(|group| group == PLATFORM) {
        return StaffOf::All;
    }
    let property = |group: &String| PropertyId::parse(group.strip_prefix(OF_A_PROPERTY)?).ok();
    StaffOf::Some(groups.iter().filter_map(property).collect())
}

/// Groups that entitle to private rates begin with it; the name of the group in rate cards follows.
const OF_RATES: &str = "rate.";
/// The most groups of private rates that count of one caller: as many groups as Cognito lets an account be in
/// (<https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html>). The first of the token's count.
const RATE_GROUPS_MAX: usize = 100;

/// The groups whose private rates are the caller's. Any of the issuers may say so, that of guests too. What is no name of a group says nothing.
fn rate_groups(groups: &[String]) -> BTreeSet<RateGroup> {
    let group = |group: &String| RateGroup::parse(group.strip_prefix(OF_RATES)?).ok();
    groups.iter().filter_map(group).take(RATE_GROUPS_MAX).collect()
}
