//! Mails, and whom they go to.

pub(crate) mod directory;
pub(crate) mod mailer;
