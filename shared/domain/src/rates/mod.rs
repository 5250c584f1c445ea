//! Rates: which plans a stay can be booked under, what it costs line by line and why, and what a cancellation gives back.
//!
//! A [`RateCard`](card::RateCard) is what an operator says of one resource; [`DatedRates`](dated::DatedRates) are prices and
//! restrictions of single dates, which come before it. Both are data: this module decides by them alone, without a clock, without
//! floating point, and rounds only where it says so.

pub mod cancellation;
pub mod card;
pub mod changes;
pub mod charge;
pub mod condition;
pub mod dated;
pub mod dated_edit;
pub mod evaluate;
pub(crate) mod exact;
pub mod extra;
pub mod ids;
mod lines;
pub mod listed;
pub mod nearest;
mod night;
pub mod occupancy;
pub mod percentage;
pub mod plan;
pub mod price_override;
pub mod promotion;
pub mod property_taxes;
pub mod quote;
mod refunds;
pub mod request;
pub mod restrict;
pub mod restriction;
pub mod rule;
pub mod sale;
pub mod snapshot;
pub mod standard;
mod taxes;
mod units;
pub mod uses;
pub mod validate;
pub mod versions;
pub mod words;
