//! Requests for review: an event for each case that a person has to decide. A rule of the bus brings it to the manual-review queue.

use std::sync::Arc;

use async_trait::async_trait;
use holdfast_app::WorkflowError;
use holdfast_app::events::EventBus;
use holdfast_app::operations::ManualReview;
use holdfast_app::operations::reconciliation::Finding;
use holdfast_workflow::events::of_review;
use jiff::Timestamp;

/// [`ManualReview`] on the bus.
pub struct ReviewRequests {
    bus: Arc<dyn EventBus>,
}

impl ReviewRequests {
    /// Over a bus.
    #[must_use]
    pub fn new(bus: Arc<dyn EventBus>) -> Self {
        Self { bus }
    }
}

#[async_trait]
impl ManualReview for ReviewRequests {
    async fn park(&self, finding: &Finding, at: Timestamp) -> Result<(), WorkflowError> {
        let events = of_review(finding, at).outgoing().map_err(|error| WorkflowError(error.into()))?;
        self.bus.publish(&events).await.map_err(|error| WorkflowError(error.into()))
    }
}
