//! When, by whom and in which trace something is changed.

use jiff::Timestamp;

/// The time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// When, by whom and in which trace something is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutation {
    /// Now: the same for every decision of one request.
    pub now: Timestamp,
    /// The caller's `sub`, or a part of the system such as `saga`.
    pub actor: String,
    /// W3C trace context, for the events.
    pub trace: Option<String>,
}
