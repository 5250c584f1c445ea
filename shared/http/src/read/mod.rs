//! Readers of what clients send. A reader names everything that is wrong, not only the first thing.

pub mod body;
pub mod cards;
mod distinct;
pub mod errors;
pub mod fields;
pub mod query;
