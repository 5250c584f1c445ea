//! The memory of mails.

pub(crate) mod counts;
pub(crate) mod sent;
