//! The entry of the function behind the state machines: a task in, an outcome or a named error out.

use holdfast_app::Clock;
use holdfast_app::payments::Saga;
use holdfast_workflow::TaskCall;
use holdfast_workflow::tasks::TaskError;
use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use serde_json::Value;
use tracing::Instrument;

use crate::causes;

/// Takes one step. The error's type is the name that the machines' retriers and catchers select by; its message, the whole
/// chain of causes, goes into the history of the execution and from there to whoever looks into a parked booking.
///
/// # Errors
/// [`Diagnostic`], named by `holdfast_workflow::errors`.
pub async fn step(payload: &Value, saga: &Saga, clock: &dyn Clock) -> Result<Value, Diagnostic> {
    let outcome = match TaskCall::parse(payload) {
        Ok(call) => {
            let task = payload.get("task").and_then(Value::as_str);
            let span = tracing::info_span!(
                "task",
                task,
                booking = %call.booking,
                traceparent = call.trace.as_deref(),
            );
            async {
                let outcome = call.run(saga, clock.now()).await;
                log(&outcome);
                outcome
            }
            .instrument(span)
            .await
        }
        Err(error) => {
            let outcome = Err(error);
            log(&outcome);
            outcome
        }
    };
    outcome.map_err(|error| Diagnostic { error_type: error.name().to_owned(), error_message: causes(&error) })
}

fn log(outcome: &Result<Value, TaskError>) {
    match outcome {
        Ok(outcome) => {
            let outcome = outcome.get("outcome").and_then(Value::as_str);
            tracing::info!(outcome, "step taken");
        }
        Err(error) => tracing::error!(name = error.name(), error = causes(error), "step failed"),
    }
}

/// Serves tasks until the process ends.
///
/// # Errors
/// The runtime's own.
pub async fn serve(saga: Saga, clock: std::sync::Arc<dyn Clock>) -> Result<(), lambda_runtime::Error> {
    let (saga, clock) = (&saga, clock.as_ref());
    let service =
        service_fn(move |event: LambdaEvent<Value>| async move { step(&event.payload, saga, clock).await });
    Runtime::new(service).run().await
}
