//! Attempts of a guest to pay, as the store keeps them.

use async_trait::async_trait;
use holdfast_domain::GuestMark;
use holdfast_domain::payments::PaymentAttempts;

use crate::kernel::errors::StoreError;

/// A guest's attempts as they are stored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoredAttempts {
    /// The attempts, those that count for nothing any more included.
    pub attempts: PaymentAttempts,
    /// Grows by one with each write; 0 before the first.
    pub revision: u64,
}

/// A guest's attempts after one more. It is written with the booking that is attempted, if nobody has written them since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptsChange {
    /// The guest.
    pub guest: GuestMark,
    /// The attempts, with the revision that they follow.
    pub after: StoredAttempts,
}

/// Reads the attempts of guests.
#[async_trait]
pub trait AttemptReader: Send + Sync {
    /// A guest's attempts; reads the latest write.
    async fn attempts(&self, guest: &GuestMark) -> Result<StoredAttempts, StoreError>;
}
