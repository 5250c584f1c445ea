//! The tasks of the sagas: payloads in, outcomes out, exactly as `statemachines/*.asl.json` has them.

use holdfast_app::payments::{Outcome, Saga};
use holdfast_app::{Failure, Mutation, Part};
use holdfast_domain::BookingId;
use holdfast_domain::bookings::FailureReason;
use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

use crate::errors::{INVALID_TASK, error_name};

/// Who changes bookings in a saga's name.
pub const ACTOR: &str = Part::Saga.as_str();

/// One step of a saga.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// Is the claim of the hold still live?
    ClaimHold,
    /// Prepare the payment.
    CreatePayment,
    /// Ask the bank.
    AuthorizePayment,
    /// Ask the provider for the state of the payment.
    InquirePayment,
    /// Remember how to resume the saga when the customer is done.
    AwaitCustomer {
        /// The callback.
        task_token: String,
    },
    /// The same, after the hold died.
    AwaitLatePayment {
        /// The callback.
        task_token: String,
    },
    /// Make the places the guest's.
    ConfirmBooking,
    /// Take the money.
    CapturePayment,
    /// Give the reservation back.
    VoidPayment,
    /// Give the money back.
    RefundPayment,
    /// The booking failed.
    FailBooking {
        /// Why.
        reason: FailureReason,
    },
    /// Settle the money of a cancelled or failed booking.
    SettleCancellation,
}

impl Task {
    /// Every name, as the machines write it.
    pub const NAMES: [&str; 12] = [
        "ClaimHold",
        "CreatePayment",
        "AuthorizePayment",
        "InquirePayment",
        "AwaitCustomer",
        "AwaitLatePayment",
        "ConfirmBooking",
        "CapturePayment",
        "VoidPayment",
        "RefundPayment",
        "FailBooking",
        "SettleCancellation",
    ];
}

/// A task for a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskCall {
    /// What to do.
    pub task: Task,
    /// For which booking.
    pub booking: BookingId,
    /// W3C trace context of the request that started the saga.
    pub trace: Option<String>,
}

/// A running execution keeps the machine that it was started with, and may meet another release of the function: fields that
/// a task does not take are nothing to it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    task: String,
    booking_id: String,
    #[serde(default)]
    task_token: Option<String>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    decline_code: Option<String>,
    #[serde(default)]
    traceparent: Option<String>,
}

/// A task that did not come to an outcome.
#[derive(Debug, Error)]
pub enum TaskError {
    /// The payload is no task.
    #[error("not a task: {0}")]
    Invalid(String),
    /// The step failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl TaskError {
    /// The name by which the machine knows it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Invalid(_) => INVALID_TASK,
            Self::Failure(failure) => error_name(failure),
        }
    }
}

impl TaskCall {
    /// Reads a payload.
    ///
    /// # Errors
    /// [`TaskError::Invalid`].
    pub fn parse(payload: &Value) -> Result<Self, TaskError> {
        let invalid = |reason: &dyn std::fmt::Display| TaskError::Invalid(reason.to_string());
        let Payload { task, booking_id, task_token, reason, decline_code, traceparent } =
            Payload::deserialize(payload).map_err(|error| invalid(&error))?;
        let token = || task_token.ok_or_else(|| invalid(&"a callback needs a taskToken"));
        let parsed = match task.as_str() {
            "ClaimHold" => Task::ClaimHold,
            "CreatePayment" => Task::CreatePayment,
            "AuthorizePayment" => Task::AuthorizePayment,
            "InquirePayment" => Task::InquirePayment,
            "AwaitCustomer" => Task::AwaitCustomer { task_token: token()? },
            "AwaitLatePayment" => Task::AwaitLatePayment { task_token: token()? },
            "ConfirmBooking" => Task::ConfirmBooking,
            "CapturePayment" => Task::CapturePayment,
            "VoidPayment" => Task::VoidPayment,
            "RefundPayment" => Task::RefundPayment,
            "FailBooking" => {
                let reason = reason.as_deref().ok_or_else(|| invalid(&"a failure needs a reason"))?;
                let reason = failure_reason(reason, decline_code.as_deref())
                    .ok_or_else(|| invalid(&format!("{reason} is no reason of a failure")))?;
                Task::FailBooking { reason }
            }
            "SettleCancellation" => Task::SettleCancellation,
            other => return Err(invalid(&format!("there is no task {other}"))),
        };
        let booking = BookingId::parse(&booking_id).map_err(|error| invalid(&error))?;
        Ok(Self { task: parsed, booking, trace: traceparent })
    }

    /// Takes the step.
    ///
    /// # Errors
    /// [`TaskError::Failure`].
    pub async fn run(&self, saga: &Saga, now: jiff::Timestamp) -> Result<Value, TaskError> {
        let mutation = Mutation { now, actor: ACTOR.to_owned(), trace: self.trace.clone() };
        let id = &self.booking;
        let outcome = match &self.task {
            Task::ClaimHold => saga.claim_hold(id, &mutation).await,
            Task::CreatePayment => saga.create_payment(id, &mutation).await,
            Task::AuthorizePayment => saga.authorize_payment(id, &mutation).await,
            Task::InquirePayment => saga.inquire_payment(id, &mutation).await,
            Task::AwaitCustomer { task_token } | Task::AwaitLatePayment { task_token } => {
                saga.await_customer(id, task_token, &mutation).await
            }
            Task::ConfirmBooking => saga.confirm_booking(id, &mutation).await,
            Task::CapturePayment => saga.capture_payment(id, &mutation).await,
            Task::VoidPayment => saga.void_payment(id, &mutation).await,
            Task::RefundPayment => saga.refund_payment(id, &mutation).await,
            Task::FailBooking { reason } => saga.fail_booking(id, reason, &mutation).await,
            Task::SettleCancellation => saga.settle(id, &mutation).await,
        }?;
        Ok(outcome_json(&outcome))
    }
}

/// The reason that a machine names: a decline by the provider's code, where the machine knows it, or a code of ours.
#[must_use]
pub fn failure_reason(reason: &str, decline_code: Option<&str>) -> Option<FailureReason> {
    match (decline_code, reason) {
        (Some(code), _) => Some(FailureReason::Declined { code: code.to_owned() }),
        (None, FailureReason::DECLINED) => Some(FailureReason::Declined { code: reason.to_owned() }),
        (None, own) => FailureReason::parse_own(own),
    }
}

/// The name of an outcome, as the machines' choices write it.
#[must_use]
pub fn outcome_name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Claimed => "claimed",
        Outcome::Dead => "dead",
        Outcome::Created => "created",
        Outcome::Authorized => "authorized",
        Outcome::ActionRequired { .. } => "action_required",
        Outcome::Declined { .. } => "declined",
        Outcome::NotStarted => "not_started",
        Outcome::Notified => "notified",
        Outcome::Confirmed => "confirmed",
        Outcome::SoldOut => "sold_out",
        Outcome::Captured => "captured",
        Outcome::Voided => "voided",
        Outcome::Refunded => "refunded",
        Outcome::Failed => "failed",
        Outcome::Settled => "settled",
        Outcome::Cancelled => "cancelled",
    }
}

/// An outcome as the machine reads it.
#[must_use]
pub fn outcome_json(outcome: &Outcome) -> Value {
    let name = outcome_name(outcome);
    match outcome {
        Outcome::ActionRequired { timeout_seconds } => {
            json!({ "outcome": name, "timeoutSeconds": timeout_seconds })
        }
        Outcome::Declined { code } => json!({ "outcome": name, "declineCode": code }),
        Outcome::Claimed
        | Outcome::Dead
        | Outcome::Created
        | Outcome::Authorized
        | Outcome::NotStarted
        | Outcome::Notified
        | Outcome::Confirmed
        | Outcome::SoldOut
        | Outcome::Captured
        | Outcome::Voided
        | Outcome::Refunded
        | Outcome::Failed
        | Outcome::Settled
        | Outcome::Cancelled => json!({ "outcome": name }),
    }
}
