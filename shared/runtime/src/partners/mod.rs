//! The entry of notices to the partner.

pub(crate) mod partner;
