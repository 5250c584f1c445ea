//! This crate sends messages to the outside: events to EventBridge, timers to SQS, sagas to Step Functions, mails to SES, notices
//! to partners.
//!
//! Promises: everything here may be repeated. A saga is named after what it is for, so that starting it twice starts one;
//! events, mails and notices carry the id of their cause, so that a receiver can drop the second.
//!
//! Deliberately absent: what events say (`holdfast-workflow`) and what mails say (`holdfast-app`). SDK types end here.

mod bus;
mod mailer;
mod partner;
mod queue;
mod review;
mod sagas;
mod timers;

pub use bus::EventBridgeBus;
pub use mailer::SesMailer;
pub use partner::{InvalidEndpoint, PartnerWebhook};
pub use review::SqsManualReview;
pub use sagas::{Machines, StepFunctionsWorkflow};
pub use timers::{InvalidTimer, SqsTimers, Timer};
