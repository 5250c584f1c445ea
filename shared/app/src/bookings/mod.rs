//! Bookings: asking for one, reading them, cancelling one, and their audit trail.

pub(crate) mod cancel;
pub(crate) mod commit;
pub(crate) mod port;
pub(crate) mod promise;
pub(crate) mod read;
pub(crate) mod request;
pub(crate) mod trail;

pub use cancel::{CAUSE_CANCELLED, Cancellations, Cancelled};
pub use port::{
    AppendError, BookingCommit, BookingContacts, BookingHistory, BookingJournal, BookingReader, BookingStore,
    CONTACT_KEPT, CommitError, JournalEntry,
};
pub use read::{Bookings, TrailPage, WholeBooking};
pub use request::{BookingRequest, BookingRequests, CLAIM_SECONDS, Requested};
pub use trail::{AuditEvent, BookingFacts, PRICE_OVERRIDE, RateFacts, verify};
