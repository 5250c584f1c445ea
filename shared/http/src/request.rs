//! Requests as the runtime hands them over, and answers as it gets them back.

use std::net::IpAddr;
use std::time::Duration;

use http::{HeaderMap, Method};

/// An answer that can be sent as it is.
pub type Response = http::Response<Vec<u8>>;

/// A request as the gateway passed it on.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path, percent-encoding kept or already undone: no identifier needs any.
    pub path: String,
    /// The query string as sent, without `?`; empty if there is none.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, base64 of the event already undone.
    pub body: Vec<u8>,
    /// Who sent it, where a route asks for that.
    pub identity: Identity,
    /// The address that it was sent from, if that is known.
    pub address: Option<IpAddr>,
    /// The gateway's id of this request.
    pub request_id: String,
    /// How long the answer may take, from when the request was handed over.
    pub time_left: Duration,
}

/// Who sent a request, as far as its token shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// There is no token, or none to be believed.
    Unproven,
    /// There is a token that cannot be checked just now.
    Unverifiable,
    /// The bearer of a verified token.
    Bearer(Claims),
}

impl Identity {
    /// What is known of the sender.
    #[must_use]
    pub fn claims(&self) -> Option<&Claims> {
        match self {
            Self::Bearer(claims) => Some(claims),
            Self::Unproven | Self::Unverifiable => None,
        }
    }
}

/// The claims of a verified token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// The caller: the token's subject, with the issuer's name in front if it has one.
    pub sub: String,
    /// The scopes by their names, such as `booking/guest`; those of others may be among them.
    pub scopes: Vec<String>,
    /// The groups of the issuer that the subject is in, by their names; none of a machine.
    pub groups: Vec<String>,
}

impl Claims {
    /// Whether the token has a scope.
    #[must_use]
    pub fn has(&self, scope: Scope) -> bool {
        self.scopes.iter().any(|name| name == scope.as_str())
    }
}

/// A scope of Holdfast's tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The bearer's own holds and bookings.
    Guest,
    /// Resources and the holds and bookings of them, of the properties that the token's groups say.
    Operator,
    /// A partner's machine. No route takes it yet.
    Partner,
}

impl Scope {
    /// Every scope.
    pub const ALL: &'static [Self] = &[Self::Guest, Self::Operator, Self::Partner];

    /// The name in the token.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Guest => "booking/guest",
            Self::Operator => "booking/operator",
            Self::Partner => "booking/partner",
        }
    }
}
