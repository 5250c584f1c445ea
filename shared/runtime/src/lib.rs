//! This crate turns use cases into Lambda functions: configuration, the SDK's settings, clock, log, and the entries that take
//! events in.
//!
//! Promises: everything slow is made once, before the first event ([`Process`]); no handler's panic and no outage ends in
//! anything but a clean answer or a reported failure; what cannot be understood is reported as failed and so reaches its
//! dead-letter queue.
//!
//! Deliberately absent: decisions, and adapters. A function is composed in its `main.rs` of the adapters that it uses, so that
//! a change in one adapter rebuilds the functions that have it and no others. The environment is read here and nowhere
//! else, and so is the clock.

pub mod batch;
pub mod config;
pub mod http;
pub mod queue;
pub mod stream;

mod clock;
mod connector;
mod edge;
mod events;
mod holds;
mod keys;
mod logging;
mod notifications;
mod operations;
mod partners;
mod payments;
mod process;
mod receipts;
mod sdk;
mod search;

pub use batch::BatchFailures;
pub use clock::SystemClock;
pub use config::{Config, Variable};
pub use events::relay::RelayHandler;
pub use holds::expiry::{ExpiryEvent, ExpiryFormats, ExpiryHandler};
pub use lambda_runtime::Error;
pub use notifications::notify::NotifyHandler;
pub use operations::completion::{CompletionHandler, ScheduledEvent};
pub use operations::reconciliation::{ReconciliationHandler, ReconciliationRequest};
pub use operations::review::ReviewRequests;
pub use partners::partner::PartnerHandler;
pub use payments::saga;
pub use process::{Process, StartError};
pub use receipts::issue::ReceiptHandler;
pub use search::projector::ProjectorHandler;

use std::error::Error as StdError;

/// Writes an error with all that caused it, for the log.
pub(crate) fn causes(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    // Ends: a chain of causes does.
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
