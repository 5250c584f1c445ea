//! Bookings: asking for one, reading them, cancelling one, and their audit trail.

pub(crate) mod commit;
pub(crate) mod port;
pub(crate) mod requests;
pub(crate) mod trail;

pub use port::{BookingCommit, CommitError};
pub use requests::{BookingRequest, Bookings, CAUSE_CANCELLED, CLAIM_SECONDS, Cancelled, Requested};
pub use trail::{AuditEvent, BrokenTrail, verify};
