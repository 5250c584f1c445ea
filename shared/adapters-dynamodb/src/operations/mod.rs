//! What schedules and operators read: the ledger as a whole, and bookings whose time has passed.

pub(crate) mod cycles;
pub(crate) mod ended;
pub(crate) mod inspection;
pub(crate) mod restore;
