//! Notifications: mails to guests.

pub(crate) mod notices;
pub(crate) mod port;

pub use notices::{NoticeError, Notices, Occasion, Told};
pub use port::{Mail, Mailer};
