//! What turns the use cases into Lambda functions: configuration, clients, clock, logs, secrets, and the loops that take
//! events in.
//!
//! Promises: everything slow is made once, before the first event ([`Process`]); no handler's panic and no outage ends in
//! anything but a clean answer or a reported failure; what cannot be understood is reported as failed and so reaches its
//! dead-letter queue.
//!
//! Deliberately absent: decisions. The environment is read here and nowhere else, and so is the clock.

pub mod config;
pub mod http;
pub mod queue;
pub mod saga;
pub mod stream;

pub mod batch;
mod clients;
mod clock;
mod completion;
mod expiry;
mod lazy;
mod logging;
mod notify;
mod partner;
mod process;
mod projector;
mod reconciliation;
mod relay;
mod secrets;
mod webhook;

pub use batch::BatchFailures;
pub use clock::SystemClock;
pub use completion::{CompletionHandler, ScheduledEvent};
pub use config::{Config, Variable};
pub use expiry::{ExpiryEvent, ExpiryHandler};
pub use lambda_runtime::Error;
pub use lazy::LazyPayments;
pub use notify::NotifyHandler;
pub use partner::PartnerHandler;
pub use process::Process;
pub use projector::ProjectorHandler;
pub use reconciliation::{ReconciliationHandler, ReconciliationRequest};
pub use relay::RelayHandler;
pub use secrets::{SecretStore, Secrets, SecretsError};
pub use webhook::WebhookHandler;

use std::error::Error as StdError;

/// An error with all that caused it, for the log.
pub(crate) fn causes(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
