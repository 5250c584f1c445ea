//! The inspection of booking sagas: Step Functions.

use async_trait::async_trait;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::ExecutionStatus;
use holdfast_app::WorkflowError;
use holdfast_app::operations::{SagaInspection, SagaState};
use holdfast_domain::BookingId;

use crate::client::OnFirstUse;
use crate::machine::{StateMachine, execution_name, resumption_name};

/// [`SagaInspection`] on Step Functions.
#[derive(Debug, Clone)]
pub struct StepFunctionsInspection(StateMachine);

impl StepFunctionsInspection {
    /// Of the booking saga with that ARN.
    #[must_use]
    pub fn new(client: impl Into<OnFirstUse<Client>>, machine: &str) -> Self {
        Self(StateMachine::new(client, machine))
    }
}

#[async_trait]
impl SagaInspection for StepFunctionsInspection {
    async fn booking_saga(
        &self,
        booking: &BookingId,
        resumption: Option<u32>,
    ) -> Result<SagaState, WorkflowError> {
        let name = match resumption {
            None => execution_name(booking, None),
            Some(number) => resumption_name(booking, number),
        };
        let arn = self.0.execution(&name);
        match self.0.client.describe_execution().execution_arn(arn).send().await {
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
