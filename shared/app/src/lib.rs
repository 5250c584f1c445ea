//! Use cases of Holdfast and the ports they need.
//!
//! A use case reads through ports, lets the domain decide, and writes through ports. It owns no clock, no client and no
//! wire format. Deliberately absent: HTTP, JSON of requests and answers, the names of Step Functions states, SDK types.

pub mod audit;
pub mod bookings;
pub mod completion;
pub mod expiry;
pub mod failure;
pub mod holds;
pub mod identity;
pub mod notices;
pub mod outbound;
pub mod ports;
pub mod projection;
pub mod reconciliation;
pub mod resources;
pub mod saga;
pub mod search;
pub mod webhook;

pub use audit::{AuditEvent, BrokenTrail};
pub use failure::Failure;
pub use identity::{Caller, RequestKey};
pub use ports::{
    Clock, CommitError, InventoryMove, Ledger, LedgerError, Mutation, PaymentError, Payments, SearchIndex,
    StoreError, Timers, Workflow, WorkflowError,
};
pub use webhook::{InvalidWebhook, WebhookEvent, WebhookVerifier};
