//! What operators and schedules run: completion, reconciliation, the check of audit trails.

pub mod audit_verification;
pub mod completion;
pub(crate) mod port;
pub mod reconciliation;

pub use port::{
    EndedBookings, LedgerInspection, ListedPayment, ManualReview, Part, PaymentListing, SagaInspection,
    SagaState, Unreadable,
};
