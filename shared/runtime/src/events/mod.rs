//! The entry of the relay.

mod over_limit;
pub(crate) mod relay;
