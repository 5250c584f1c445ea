//! Rates: what plans cost, what is not sold, what cancellations keep, and what a card may say.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]
#![expect(
    clippy::inconsistent_digit_grouping,
    reason = "amounts are written as they are read: 100_00 cents are a hundred euros"
)]

mod choices;
mod dated;
mod differential;
mod fixture;
mod generate;
mod golden;
mod naive;
mod naive_terms;
mod nearest;
mod overrides;
mod properties;
mod property_taxes;
mod published;
mod refunds;
mod restrictions;
mod sale;
mod standard;
mod taxes;
mod validation;
mod validation_restrictions;
mod validation_rules;
mod zones;
