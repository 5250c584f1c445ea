//! Holds: taking places for a while.

pub(crate) mod routes;
pub(crate) mod wire;

pub use routes::HoldApi;
pub use wire::{HoldBody, HoldStatusName, NewHold, Nothing};
