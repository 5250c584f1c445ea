//! The entry of mails to guests.

pub(crate) mod notify;
