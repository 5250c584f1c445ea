//! The ledger against a real DynamoDB protocol (dynoxide over HTTP) and a clock the tests turn.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod bookings;
mod callers;
mod catalogue;
mod cycles;
mod exchanges;
mod expiry;
mod faults;
mod harness;
mod histories;
mod hoarding;
mod index;
mod lives;
mod long;
mod model;
mod overbooking;
mod placing;
mod promotions;
mod races;
mod receipts;
mod refusals;
mod restoring;
mod shards;
mod sold_out;
mod steps;
