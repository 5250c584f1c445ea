//! The timers of holds.

pub(crate) mod timers;
