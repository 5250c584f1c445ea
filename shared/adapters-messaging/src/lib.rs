//! This crate sends messages to the outside: events to EventBridge, timers and poison records to SQS, sagas to Step Functions, mails to SES, notices
//! to partners. It asks Cognito for the addresses of guests.
//!
//! Promises: everything here may be repeated. A saga is named after what it is for, so that starting it twice starts one;
//! events, mails and notices carry the id of their cause, so that a receiver can drop the second.
//!
//! Deliberately absent: what events say (`holdfast-workflow`) and what mails say (`holdfast-app`). SDK types end here.

mod client;
mod events;
mod holds;
mod machine;
mod notifications;
mod operations;
mod partners;
mod payments;
mod queue;

// The clients that the adapters are made of.
pub use aws_sdk_cognitoidentityprovider::Client as Cognito;
pub use aws_sdk_eventbridge::Client as EventBridge;
pub use aws_sdk_sesv2::Client as Ses;
pub use aws_sdk_sfn::Client as StepFunctions;
pub use aws_sdk_sqs::Client as Sqs;
pub use client::OnFirstUse;
pub use events::bus::EventBridgeBus;
// How far notices may reach.
pub use holdfast_egress::Reach;
pub use holds::timers::{InvalidTimer, SqsTimers, Timer};
pub use notifications::directory::CognitoGuests;
pub use notifications::mailer::SesMailer;
pub use operations::inspection::StepFunctionsInspection;
pub use operations::poison::SqsPoisonRecords;
pub use operations::review::SqsReviewQueue;
pub use partners::webhook::PartnerWebhook;
pub use payments::sagas::{StepFunctionsBookingSaga, StepFunctionsResumption, StepFunctionsSettlementSaga};
