//! When, by whom and in which trace something is changed.

use async_trait::async_trait;
use jiff::Timestamp;

/// The time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// A clock by which a use case waits.
#[async_trait]
pub trait Pause: Clock {
    /// Waits until an instant; not at all if it has passed.
    async fn until(&self, at: Timestamp);
}

/// When, by whom and in which trace something is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutation {
    /// Now: the same for every decision of one request.
    pub now: Timestamp,
    /// The caller, or a part of the system such as `saga`.
    pub actor: String,
    /// W3C trace context, for the events.
    pub trace: Option<String>,
}

/// A part of the system that changes something by itself: an actor who is nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The booking saga and the settlement.
    Saga,
    /// The payment provider's webhook.
    Stripe,
    /// The end of holds.
    Expiry,
    /// The end of bookings.
    Completion,
    /// The reconciliation.
    Reconciliation,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 5] =
        [Self::Saga, Self::Stripe, Self::Expiry, Self::Completion, Self::Reconciliation];

    /// The name, as an actor.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Saga => "saga",
            Self::Stripe => "stripe",
            Self::Expiry => "expiry",
            Self::Completion => "completion",
            Self::Reconciliation => "reconciliation",
        }
    }

    /// The part of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.as_str() == name)
    }
}
