//! The partner's endpoint.

pub(crate) mod webhook;
