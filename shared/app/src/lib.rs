//! Use cases of Holdfast and the ports they need.
//!
//! A use case reads through ports, lets the domain decide, and writes through ports. It owns no clock, no client and no
//! wire format. Deliberately absent: HTTP, JSON of requests and answers, the names of Step Functions states, SDK types.

pub mod bookings;
pub mod catalogue;
pub mod events;
pub mod holds;
pub mod kernel;
pub mod notifications;
pub mod operations;
pub mod partners;
pub mod payments;
pub mod properties;
pub mod rates;
pub mod receipts;
pub mod search;

pub use kernel::{
    Caller, Clock, DeliveryError, Failure, Field, FieldPath, LedgerError, Mutation, Part, PaymentError,
    RequestKey, StaffOf, StoreError, WorkflowError,
};
