//! What every use case shares: caller, request key, mutation, errors.

pub(crate) mod canonical;
pub(crate) mod errors;
pub(crate) mod failure;
pub(crate) mod identity;
pub(crate) mod ledger;
pub(crate) mod mutation;

pub use canonical::canonical;
pub use errors::{DeliveryError, LedgerError, PaymentError, Source, StoreError, WorkflowError};
pub use failure::Failure;
pub use identity::{
    Caller, RequestKey, booking_id, booking_id_of_run, confirmation_number, fingerprint, guest_mark, hold_id,
    key_digest,
};
pub use ledger::Ledger;
pub use mutation::{Clock, Mutation};
