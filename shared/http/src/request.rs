//! Requests as the runtime hands them over, and answers as it gets them back.

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
    /// The claims of the token that the gateway's authorizer verified; `None` on a public route or without a token.
    pub claims: Option<Claims>,
    /// The gateway's id of this request.
    pub request_id: String,
}

/// The claims of a verified token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// The subject: the guest.
    pub sub: String,
    /// The scopes by their names, such as `booking/guest`; those of others may be among them.
    pub scopes: Vec<String>,
    /// The subject's email address, if the token names one.
    pub email: Option<String>,
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
    /// Resources, and everybody's holds and bookings.
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
