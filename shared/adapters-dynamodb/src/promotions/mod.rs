//! Uses of promotions whose uses are limited: how often they were used, and their writes, with the hold or the booking that makes them.

pub(crate) mod counters;
pub(crate) mod uses;
