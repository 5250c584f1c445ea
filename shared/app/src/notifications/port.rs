//! What notifications need from outside: a mail service.

use async_trait::async_trait;

use crate::kernel::errors::DeliveryError;

/// A mail in plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The guest's address.
    pub to: String,
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
