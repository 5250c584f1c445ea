//! Notifications: mails to guests.

pub(crate) mod notices;
pub(crate) mod port;

pub use notices::{NoticeError, NoticeKind, NoticeOutcome, Notices};
pub use port::{Mail, Mailer};
