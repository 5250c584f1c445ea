//! Bookings: asking for one, reading them, cancelling one, and their audit trail.

pub(crate) mod cancel;
pub(crate) mod commit;
pub(crate) mod port;
pub(crate) mod read;
pub(crate) mod request;
pub(crate) mod trail;

pub use cancel::{CAUSE_CANCELLED, Cancellations, Cancelled, is_at_rest};
pub use port::{
    AppendError, BookingCommit, BookingHistory, BookingJournal, BookingReader, BookingStore, CommitError,
    JournalEntry,
};
pub use read::Bookings;
pub use request::{
    BookingRequest, BookingRequests, CLAIM_SECONDS, OUTAGE_REASONS, Requested, failed_by_outage,
};
pub use trail::{AuditEvent, BrokenTrail, verify};
