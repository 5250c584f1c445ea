//! Uses of promotions whose uses are limited: how often they were used, and their writes, with the hold or the booking that makes them; and
//! the codes that somebody tries.

pub(crate) mod counters;
pub(crate) mod tries;
pub(crate) mod uses;
