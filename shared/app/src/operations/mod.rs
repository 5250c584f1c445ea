//! What operators and schedules run: completion, reconciliation, the check of audit trails, the look at cases for review.

pub mod audit_verification;
pub(crate) mod cases;
pub mod completion;
pub(crate) mod poison;
pub(crate) mod port;
pub mod reconciliation;

pub use cases::{Need, Review, ReviewCase, ReviewQueue};
pub use poison::{PoisonRecord, PoisonRecords};
pub use port::{
    CycleStore, EndedBookings, Inspected, LedgerInspection, ListedPayment, ManualReview, Part,
    PaymentListing, SagaInspection, SagaState, Unreadable,
};
