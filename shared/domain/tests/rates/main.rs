//! Rates: what plans cost, what is not sold, what cancellations keep, and what a card may say.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod choices;
mod dated;
mod differential;
mod fixture;
mod generate;
mod golden;
mod naive;
mod properties;
mod refunds;
mod restrictions;
mod taxes;
mod validation;
mod zones;
