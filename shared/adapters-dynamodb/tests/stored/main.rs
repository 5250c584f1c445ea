//! Stored items: each version that was ever written can be read, and what is written today can be read by the release before.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod golden;
mod samples;
mod sizes;
mod values;
mod versions;
