//! The entry of the expiry of holds.

pub(crate) mod expiry;
