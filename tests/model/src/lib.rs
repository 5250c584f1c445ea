//! Model checking of hold, confirm, expire, webhook and cancel: every order in which guests, sagas, settlements, webhooks,
//! the clock and the operator can come between each other, within bounds.
//!
//! What is checked is the code itself, not a copy: `Page` and `Booking` decide, and the steps are those of
//! `holdfast_app::payments` and `bookings`, run over ports that stop them at every effect of the payment provider
//! ([`stage`]). Modelled, and held against the original where a test can: the ledger's transactions ([`ledger`]; `tests/contract`
//! puts them and the DynamoDB adapter to one suite), the
//! provider ([`provider`]) and the state machine ([`machine`]).
//!
//! [`placing`] is a model of its own, of places on shards: nothing of it is the code, since it was written before it.
//!
//! Promises: no clock, no chance; the same scenario gives the same states. Deliberately absent: stays over several slots or
//! pages (one slot is enough to be oversold), the store's own faults (a transaction is written or not), the TTL's deletion
//! of hold records, prices other than one.

pub mod cast;
pub mod explore;
mod guests;
pub mod ledger;
pub mod machine;
pub mod memory;
pub mod model;
pub mod placing;
mod ports;
pub mod properties;
pub mod provider;
pub mod scenario;
pub mod stage;
pub mod state;
pub mod uses;
