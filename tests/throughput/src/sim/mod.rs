//! A discrete-event simulation of holds on one slot: no clock, no sleeping, the same seed gives the same result.
//!
//! Requests come at a rate whatever becomes of them. Each goes through the steps of its design: the record of the hold, its page, further
//! pages where one refuses, and what becomes of the hold: claimed and confirmed, released or expired. Instants are microseconds.

mod page;
mod run;
mod search;
mod setup;
mod state;
mod steps;
mod table;
mod writer;

pub use self::run::run;
pub use self::setup::{Outcome, Setup};
