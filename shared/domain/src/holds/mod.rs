//! Holds: what a hold was placed for.

pub(crate) mod hold;
pub(crate) mod record_change;

pub use hold::{Extension, Hold, HoldSnapshot, HoldStatus};
pub use record_change::RecordChange;
