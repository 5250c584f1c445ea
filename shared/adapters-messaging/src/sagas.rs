//! Starts, resumes and inspects sagas on Step Functions.

use async_trait::async_trait;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::ExecutionStatus;
use holdfast_app::WorkflowError;
use holdfast_app::operations::{SagaInspection, SagaState};
use holdfast_app::payments::Workflow;
use holdfast_domain::BookingId;
use serde_json::json;

/// The longest name of an execution that Step Functions allows, in characters.
const NAME_LENGTH_MAX: usize = 80;

/// The state machines that a function may start. One that it may not start is not configured.
#[derive(Debug, Clone, Default)]
pub struct Machines {
    /// The ARN of the booking saga.
    pub booking: Option<String>,
    /// The ARN of the settlement of failed and cancelled bookings.
    pub cancellation: Option<String>,
}

/// The sagas, as executions of Step Functions.
#[derive(Clone)]
pub struct StepFunctionsWorkflow {
    client: Client,
    machines: Machines,
}

/// Derives the name of an execution from booking and cause, with the characters that Step Functions allows. A long cause keeps its
/// end, which differs between two executions of one booking.
fn execution_name(booking: &BookingId, cause: Option<&str>) -> String {
    let clean = |text: &str| -> String {
        text.chars()
            .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '-' })
            .collect()
    };
    let mut name = clean(booking.as_str());
    if let Some(cause) = cause {
        let mut cause = clean(cause);
        cause = cause.split_off(cause.len().saturating_sub(NAME_LENGTH_MAX / 2));
        name.truncate(NAME_LENGTH_MAX - 1 - cause.len());
        name = format!("{name}-{cause}");
    }
    name.truncate(NAME_LENGTH_MAX);
    name
}

fn input(booking: &BookingId, trace: Option<&str>) -> String {
    match trace {
        Some(trace) => json!({ "bookingId": booking.as_str(), "traceparent": trace }),
        None => json!({ "bookingId": booking.as_str() }),
    }
    .to_string()
}

impl StepFunctionsWorkflow {
    /// Makes the port for these machines.
    #[must_use]
    pub fn new(client: Client, machines: Machines) -> Self {
        Self { client, machines }
    }

    async fn start(
        &self,
        machine: Option<&String>,
        name: String,
        input: String,
    ) -> Result<(), WorkflowError> {
        let Some(machine) = machine else {
            return Err(WorkflowError("this function does not start that machine".into()));
        };
        let started =
            self.client.start_execution().state_machine_arn(machine).name(name).input(input).send().await;
        match started {
            Ok(_) => Ok(()),
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_execution_already_exists()) =>
            {
                Ok(())
            }
            Err(error) => Err(WorkflowError(Box::new(error))),
        }
    }
}

#[async_trait]
impl Workflow for StepFunctionsWorkflow {
    async fn start_booking(&self, booking: &BookingId, trace: Option<&str>) -> Result<(), WorkflowError> {
        let name = execution_name(booking, None);
        self.start(self.machines.booking.as_ref(), name, input(booking, trace)).await
    }

    async fn start_settlement(
        &self,
        booking: &BookingId,
        cause: &str,
        trace: Option<&str>,
    ) -> Result<(), WorkflowError> {
        let name = execution_name(booking, Some(cause));
        self.start(self.machines.cancellation.as_ref(), name, input(booking, trace)).await
    }

    async fn resume(&self, task_token: &str) -> Result<bool, WorkflowError> {
        let output = json!({ "outcome": "resumed" }).to_string();
        match self.client.send_task_success().task_token(task_token).output(output).send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(|error| {
                    error.is_task_timed_out() || error.is_task_does_not_exist() || error.is_invalid_token()
                }) =>
            {
                Ok(false)
            }
            Err(error) => Err(WorkflowError(Box::new(error))),
        }
    }
}

/// Derives the ARN of a machine's execution from its name.
fn execution_arn(machine: &str, name: &str) -> String {
    format!("{}:{name}", machine.replacen(":stateMachine:", ":execution:", 1))
}

#[async_trait]
impl SagaInspection for StepFunctionsWorkflow {
    async fn booking_saga(&self, booking: &BookingId) -> Result<SagaState, WorkflowError> {
        let Some(machine) = &self.machines.booking else {
            return Err(WorkflowError("this function does not know that machine".into()));
        };
        let arn = execution_arn(machine, &execution_name(booking, None));
        match self.client.describe_execution().execution_arn(arn).send().await {
            Ok(execution) => Ok(match execution.status() {
                ExecutionStatus::Running | ExecutionStatus::PendingRedrive => SagaState::Running,
                _ => SagaState::Ended,
            }),
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_execution_does_not_exist()) =>
            {
                Ok(SagaState::NotStarted)
            }
            Err(error) => Err(WorkflowError(Box::new(error))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(booking: &str, cause: Option<&str>, expected: &str) {
        let booking = BookingId::parse(booking).expect("valid");
        assert_eq!(execution_name(&booking, cause), expected);
    }

    #[test]
    fn executions_are_named_after_booking_and_cause() {
        check("bkg_1", None, "bkg_1");
        check("bkg_1", Some("cancel"), "bkg_1-cancel");
        check("bkg:1", Some("evt/1 #"), "bkg-1-evt-1--");
    }

    #[test]
    fn an_execution_is_named_after_its_machine() {
        assert_eq!(
            execution_arn("arn:aws:states:us-east-1:1:stateMachine:holdfast-booking", "bkg_1"),
            "arn:aws:states:us-east-1:1:execution:holdfast-booking:bkg_1"
        );
    }

    #[test]
    fn names_are_bounded_and_differ_all_the_same() {
        let booking = BookingId::parse(&"b".repeat(64)).expect("valid");
        let name = |cause: &str| execution_name(&booking, Some(cause));
        let long = format!("evt_{}", "x".repeat(60));
        assert!(name(&format!("{long}1")).len() <= NAME_LENGTH_MAX);
        assert_ne!(name(&format!("{long}1")), name(&format!("{long}2")));
        assert_ne!(name("cancel"), name("evt_1"));
    }

    #[test]
    fn a_saga_gets_booking_and_trace() {
        let booking = BookingId::parse("bkg_1").expect("valid");
        assert_eq!(input(&booking, None), r#"{"bookingId":"bkg_1"}"#);
        assert_eq!(input(&booking, Some("00-1")), r#"{"bookingId":"bkg_1","traceparent":"00-1"}"#);
    }
}
