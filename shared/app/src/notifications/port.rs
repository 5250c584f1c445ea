//! What notifications need from outside: a mail service, a memory of what it took, and a directory of guests.

use async_trait::async_trait;
use holdfast_domain::bookings::EmailAddress;
use holdfast_domain::{BookingId, GuestId, GuestMark};
use jiff::Timestamp;

use crate::kernel::errors::{DeliveryError, StoreError};

/// A mail in plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The guest's address.
    pub to: EmailAddress,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// The event that caused it, passed to the mail service, so that two mails of one event can be distinguished from mails of two
    /// events.
    pub cause: String,
}

/// Sends mails.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands the mail over.
    async fn send(&self, mail: &Mail) -> Result<(), DeliveryError>;
}

/// Knows the accounts of guests.
#[async_trait]
pub trait GuestDirectory: Send + Sync {
    /// The address of a guest's account, if they have shown that it is theirs.
    async fn verified_email(&self, guest: &GuestId) -> Result<Option<EmailAddress>, DeliveryError>;
}

/// Remembers which mails were sent, for good.
#[async_trait]
pub trait SentMails: Send + Sync {
    /// When the mail about an event of a booking was sent, if it was.
    async fn sent_at(&self, booking: &BookingId, cause: &str) -> Result<Option<Timestamp>, StoreError>;
    /// Notes that it was sent.
    async fn note_sent(&self, booking: &BookingId, cause: &str, at: Timestamp) -> Result<(), StoreError>;
}

/// Counts the mails that guests cause to addresses that they have named, and nobody has shown to be theirs.
#[async_trait]
pub trait MailCounts: Send + Sync {
    /// Counts the mail of an event, once, on the UTC day of `now`; `false` if it has `most` others of the guest.
    async fn count(
        &self,
        guest: &GuestMark,
        cause: &str,
        most: usize,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
}
