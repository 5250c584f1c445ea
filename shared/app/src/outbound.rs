//! What leaves the house: events on the bus, mails to guests, notices to partners. Ports only; what is said is decided
//! elsewhere.

use async_trait::async_trait;
use jiff::Timestamp;
use thiserror::Error;

use crate::ports::Source;

/// An event as the bus takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingEvent {
    /// Such as `booking.confirmed`: what rules select by.
    pub kind: String,
    /// When it happened.
    pub at: Timestamp,
    /// The whole event, JSON.
    pub body: String,
}

/// Some events were not taken by the bus.
#[derive(Debug, Error)]
#[error("{} events were not taken by the bus, the first of them at {}", .positions.len(), .positions.first().copied().unwrap_or(0))]
pub struct Unpublished {
    /// Their positions in what was to be published, ascending, never empty.
    pub positions: Vec<usize>,
    /// Why the last of them was not.
    #[source]
    pub source: Source,
}

/// The bus. It may take an event twice.
#[async_trait]
pub trait EventBus: Send + Sync {
    /// Publishes all of `events`, or says which not.
    async fn publish(&self, events: &[OutgoingEvent]) -> Result<(), Unpublished>;
}

/// Why something was not delivered.
#[derive(Debug, Error)]
pub enum DeliveryError {
    /// It may be delivered later.
    #[error("the receiver is not to be had")]
    Unavailable(#[source] Source),
    /// It will never be delivered as it is.
    #[error("the receiver refuses: {0}")]
    Refused(String),
}

/// A mail in plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The guest's address.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// The event that caused it, told to the mail service, so that two mails of one event can be told from two events.
    pub cause: String,
}

/// Sends mails.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands the mail over.
    async fn send(&self, mail: &Mail) -> Result<(), DeliveryError>;
}

/// What a partner is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The same when it is delivered again: what the partner drops repetitions by.
    pub id: String,
    /// JSON.
    pub body: String,
}

/// The partner's endpoint.
#[async_trait]
pub trait PartnerEndpoint: Send + Sync {
    /// Delivers the notice, signed at `now`.
    async fn deliver(&self, notice: &Notice, now: Timestamp) -> Result<(), DeliveryError>;
}
