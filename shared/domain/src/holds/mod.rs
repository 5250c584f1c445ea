//! Holds: what a hold was placed for.

pub(crate) mod hold;

pub use hold::{Extension, Hold, HoldSnapshot, HoldStatus, RecordChange};
