//! Notifications: mails to guests.

pub(crate) mod notices;
pub(crate) mod port;

pub use notices::{MAILS_PER_GUEST_AND_DAY, NoticeError, NoticeKind, NoticeOutcome, Notices};
pub use port::{GuestDirectory, Mail, MailCounts, Mailer, SentMails};
