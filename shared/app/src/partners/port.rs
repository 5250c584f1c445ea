//! What partners need from outside: their endpoint.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::kernel::errors::DeliveryError;

/// A notice to a partner.
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
