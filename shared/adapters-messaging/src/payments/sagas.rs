//! The sagas: Step Functions. A function has a value for each machine that it may start, and for no other.

use async_trait::async_trait;
use aws_sdk_sfn::Client;
use holdfast_app::WorkflowError;
use holdfast_app::payments::{BookingSaga, SagaResumption, SettlementSaga};
use holdfast_domain::BookingId;
use serde_json::json;

use crate::client::OnFirstUse;
use crate::machine::{StateMachine, execution_name, input, resumption_name};

/// [`BookingSaga`] on Step Functions.
#[derive(Debug, Clone)]
pub struct StepFunctionsBookingSaga(StateMachine);

impl StepFunctionsBookingSaga {
    /// On the machine with that ARN.
    #[must_use]
    pub fn new(client: impl Into<OnFirstUse<Client>>, machine: &str) -> Self {
        Self(StateMachine::new(client, machine))
    }
}

#[async_trait]
impl BookingSaga for StepFunctionsBookingSaga {
    async fn start_booking(&self, booking: &BookingId, trace: Option<&str>) -> Result<(), WorkflowError> {
        self.0.start(execution_name(booking, None), input(booking, trace)).await
    }

    async fn resume_booking(&self, booking: &BookingId, number: u32) -> Result<(), WorkflowError> {
        let input = json!({ "bookingId": booking.as_str(), "resume": true }).to_string();
        self.0.start(resumption_name(booking, number), input).await
    }
}

/// [`SettlementSaga`] on Step Functions.
#[derive(Debug, Clone)]
pub struct StepFunctionsSettlementSaga(StateMachine);

impl StepFunctionsSettlementSaga {
    /// On the machine with that ARN.
    #[must_use]
    pub fn new(client: impl Into<OnFirstUse<Client>>, machine: &str) -> Self {
        Self(StateMachine::new(client, machine))
    }
}

#[async_trait]
impl SettlementSaga for StepFunctionsSettlementSaga {
    async fn start_settlement(
        &self,
        booking: &BookingId,
        cause: &str,
        trace: Option<&str>,
    ) -> Result<(), WorkflowError> {
        self.0.start(execution_name(booking, Some(cause)), input(booking, trace)).await
    }
}

/// [`SagaResumption`] on Step Functions. A callback's token names its execution, so that no machine is named here.
#[derive(Debug, Clone)]
pub struct StepFunctionsResumption(OnFirstUse<Client>);

impl StepFunctionsResumption {
    /// Through that client.
    #[must_use]
    pub fn new(client: impl Into<OnFirstUse<Client>>) -> Self {
        Self(client.into())
    }
}

#[async_trait]
impl SagaResumption for StepFunctionsResumption {
    async fn resume(&self, task_token: &str) -> Result<bool, WorkflowError> {
        let output = json!({ "outcome": "resumed" }).to_string();
        match self.0.send_task_success().task_token(task_token).output(output).send().await {
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
