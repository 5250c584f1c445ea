//! Stored items: each version that was ever written can be read, and what is written today can be read by the release before.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod actions;
mod applied;
mod before;
mod changes;
mod contacts;
mod cycles;
mod golden;
mod guests;
mod properties;
mod rates;
mod receipts;
mod replay;
mod rolling;
mod roundtrip;
mod samples;
mod scalars;
mod sizes;
mod tables;
mod uses;
mod values;
mod versions;
