//! The entry of the completion function: a tick of the schedule in, what was done out.

use std::sync::Arc;

use holdfast_app::operations::completion::Completion;
use holdfast_app::{Clock, Mutation, Part};
use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use serde::{Deserialize, Serialize};

use crate::causes;

/// Who records the end of bookings.
const ACTOR: &str = Part::Completion.as_str();

/// A scheduled event of EventBridge. The clock decides what has ended, not the event: a late event does more, a lost one
/// leaves it to the next.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ScheduledEvent {
    /// When it was due.
    #[serde(default)]
    time: Option<String>,
}

/// The answer: what was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Report {
    completed: u32,
    skipped: u32,
    more: bool,
}

/// Records the end of bookings.
pub struct CompletionHandler {
    completion: Completion,
    clock: Arc<dyn Clock>,
}

impl CompletionHandler {
    /// Makes the handler over the use case.
    #[must_use]
    pub fn new(completion: Completion, clock: Arc<dyn Clock>) -> Self {
        Self { completion, clock }
    }

    /// One run.
    ///
    /// # Errors
    /// [`Diagnostic`] named `StoreUnavailable` on an outage, `NotCompletable` if a booking resists: then an alarm calls
    /// for somebody to look.
    pub async fn run(&self, event: &ScheduledEvent) -> Result<Report, Diagnostic> {
        let mutation = Mutation { now: self.clock.now(), actor: ACTOR.to_owned(), trace: None };
        let named =
            |name: &str, message: String| Diagnostic { error_type: name.to_owned(), error_message: message };
        let tally = self.completion.run(&mutation).await.map_err(|error| {
            tracing::error!(error = causes(&error), "bookings were not completed");
            named("StoreUnavailable", error.to_string())
        })?;
        tracing::info!(due = event.time, ?tally, "bookings completed");
        if tally.failed > 0 {
            return Err(named("NotCompletable", format!("{} bookings cannot be completed", tally.failed)));
        }
        Ok(Report { completed: tally.completed, skipped: tally.skipped, more: tally.more })
    }

    /// Serves the schedule until the process ends.
    ///
    /// # Errors
    /// The runtime's own.
    pub async fn serve(&self) -> Result<(), lambda_runtime::Error> {
        let service =
            service_fn(|event: LambdaEvent<ScheduledEvent>| async move { self.run(&event.payload).await });
        Runtime::new(service).run().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_and_an_empty_event_are_ticks() {
        let sample = include_str!("../../../../events/samples/schedule/completion.json");
        let event: ScheduledEvent = serde_json::from_str(sample).expect("a tick");
        assert_eq!(event.time.as_deref(), Some("2026-06-03T15:15:00Z"));
        let event: ScheduledEvent = serde_json::from_str("{}").expect("a tick");
        assert_eq!(event.time, None);
    }
}
