//! Uses of promotions whose uses are limited, written with the hold or the booking that makes them.

pub(crate) mod uses;
