//! The entry of the relay.

pub(crate) mod relay;
