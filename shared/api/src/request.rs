//! What the runtime hands over, and what it gets back.

use http::{HeaderMap, Method};

/// An answer, ready to be sent.
pub type Response = http::Response<Vec<u8>>;

/// A request, as the gateway passed it on.
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
    /// The token's claims, as the gateway's authorizer checked them; `None` on a public route or without a token.
    pub claims: Option<Claims>,
    /// The gateway's id of this request.
    pub request_id: String,
}

/// What a token says of its bearer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// Who: the guest.
    pub sub: String,
    /// What for, such as `booking/guest`.
    pub scopes: Vec<String>,
    /// Their address, if the token names one.
    pub email: Option<String>,
}

/// What a token may be good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Holds and bookings of one's own.
    Guest,
    /// Resources, and everybody's holds and bookings.
    Operator,
}

impl Scope {
    /// The name in the token.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Guest => "booking/guest",
            Self::Operator => "booking/operator",
        }
    }
}
