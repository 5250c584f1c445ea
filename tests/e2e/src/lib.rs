//! The contract of the HTTP API, sentence by sentence, against the deployed local stack: `make up`, then
//! `cargo test -p holdfast-e2e`. Which test answers for which sentence stands in `API_COVERAGE.md`.
//!
//! Every test makes its own resources and guests under names nobody has used before, so that all of them may run side by
//! side and again and again. Nothing is skipped: without a stack every test fails with one line that says what to do.
//! Waiting is polling with a deadline; what waits for a clock waits until that moment has passed.

#![cfg(test)]

mod access;
mod bookings;
mod browsers;
mod cancel;
mod commands;
mod completion;
mod contacts;
mod conventions;
mod coverage;
mod edge;
mod edits;
mod events;
mod expiry;
mod extend;
mod history;
mod hoarding;
mod holds;
mod idempotency;
mod idempotency_bookings;
mod inventory;
mod legal_order;
mod matrix;
mod money;
mod one_booking;
mod outages;
mod overbooking;
mod plans;
mod policy;
mod properties;
mod property_taxes;
mod race;
mod rates;
mod receipts;
mod reconciliation;
mod resources;
mod rotation;
mod schedules;
mod search;
mod search_paging;
mod sign_in;
mod terms;
mod three_d_secure;
mod tracing;
mod trails;
mod validation;
mod webhooks;
mod world;
