//! Bookings: one file per port, and what each change of a booking writes.

pub(crate) mod contacts;
pub(crate) mod entry;
pub(crate) mod history;
pub(crate) mod journal;
pub(crate) mod store;
