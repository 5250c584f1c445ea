//! What every use case and every adapter shares: caller, request key, mutation, errors, secrets.

pub(crate) mod canonical;
pub(crate) mod chain;
pub(crate) mod errors;
pub(crate) mod failure;
pub(crate) mod field;
pub(crate) mod identity;
pub(crate) mod money_text;
pub(crate) mod mutation;
pub(crate) mod not_chargeable;
pub(crate) mod secrets;

pub use canonical::canonical;
pub use chain::{BrokenTrail, TRAIL_LIMIT_MAX};
pub use errors::{DeliveryError, LedgerError, PaymentError, SecretError, Source, StoreError, WorkflowError};
pub use failure::{Failure, SlotInUse};
pub use field::{Field, FieldPath};
pub use identity::{
    Caller, RequestKey, StaffOf, booking_id, booking_id_of_run, confirmation_number, fingerprint, guest_mark,
    hold_id, key_digest,
};
pub use mutation::{Clock, Mutation, Part, Pause};
pub use not_chargeable::NotChargeable;
pub use secrets::{Keys, Secret, SecretReader, SharedSecret};
