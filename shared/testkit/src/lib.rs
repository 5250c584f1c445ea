//! What tests share: a DynamoDB of their own over HTTP, the ports of the store over it, a clock they turn by
//! hand, and resources to book.
//!
//! For tests only. Helpers panic where a test cannot go on.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot be set up has failed")]

mod clock;
mod database;
mod faults;
mod fixtures;
mod image;
mod meter;
mod promotions;
mod provider;
mod rates;
mod store;
mod throughput;

pub use clock::TestClock;
pub use database::Database;
pub use faults::{Fault, Faults};
pub use fixtures::{
    UNLIMITED, at, daily_resource, event_resource, hold_for, money, mutation, nightly_resource, platform,
    slots_resource,
};
pub use holdfast_stripe_amounts::charge_rules;
pub use image::image_json;
pub use meter::Meter;
pub use promotions::with_promotion;
pub use provider::{Endpoint, LimitedPayments, Requests};
pub use rates::{card_at, rated};
pub use store::{QUOTE_KEY, Store, quote_seals};
pub use throughput::{Tally, Throughput};
