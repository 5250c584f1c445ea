//! Rates: what plans cost, what is not sold, what cancellations keep, and what a card may say.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod differential;
mod fixture;
mod generate;
mod naive;
mod properties;
