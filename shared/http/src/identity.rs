//! Who asks: from the claims of a verified token to the caller.
//!
//! API Gateway's authorizer verifies tokens today and hands their claims over with the request. When tokens of several
//! issuers are to be trusted, their verifier belongs here, in front of `caller`: it takes a token and gives [`Claims`],
//! and nothing behind it changes.

use holdfast_app::Caller;
use holdfast_domain::GuestId;

use crate::refusal::Refusal;
use crate::request::{Claims, Scope};

/// The caller whose token has one of `scopes`. The gateway has checked this before; a route that is wired wrongly must not
/// open a door.
///
/// # Errors
/// 401 without a usable token, 403 without any of the scopes.
pub fn authorized(claims: Option<&Claims>, scopes: &[Scope]) -> Result<Caller, Refusal> {
    let claims = claims.ok_or_else(Refusal::unauthorized)?;
    let caller = caller(claims)?;
    if scopes.iter().any(|scope| claims.has(*scope)) {
        Ok(caller)
    } else {
        Err(Refusal::insufficient_scope(scopes))
    }
}

/// The caller that a token's claims name. This is the one place where claims become a caller.
fn caller(claims: &Claims) -> Result<Caller, Refusal> {
    let guest = GuestId::parse(&claims.sub).map_err(|_| Refusal::unauthorized())?;
    Ok(Caller { guest, operator: claims.has(Scope::Operator), email: claims.email.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUEST: &[Scope] = &[Scope::Guest, Scope::Operator];

    fn check(sub: &str, scopes: &[&str], expected: Result<bool, u16>) {
        let scopes = scopes.iter().map(|name| (*name).to_owned()).collect();
        let claims = Claims { sub: sub.to_owned(), scopes, email: None };
        let found = authorized(Some(&claims), GUEST);
        let found = found.map(|caller| caller.operator).map_err(|refusal| {
            use crate::code::ProblemCode;
            refusal.code.status().as_u16()
        });
        assert_eq!(found, expected, "{sub} {:?}", claims.scopes);
    }

    #[test]
    fn a_caller_has_a_name_and_one_of_the_scopes() {
        check("guest-1", &["booking/guest"], Ok(false));
        check("guest-1", &["openid", "booking/operator"], Ok(true));
        check("guest-1", &["booking/partner"], Err(403));
        check("guest-1", &[], Err(403));
        check("spaces in it", &["booking/guest"], Err(401));
        assert_eq!(authorized(None, GUEST), Err(Refusal::unauthorized()));
    }

    #[test]
    fn a_refusal_names_the_scopes_that_would_do() {
        let refusal = Refusal::insufficient_scope(GUEST);
        let header = refusal.headers.first().map(|(_, value)| value.to_str().expect("text"));
        assert_eq!(
            header,
            Some("Bearer error=\"insufficient_scope\", scope=\"booking/guest booking/operator\"")
        );
    }
}
