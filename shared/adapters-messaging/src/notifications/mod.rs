//! Mails.

pub(crate) mod mailer;
