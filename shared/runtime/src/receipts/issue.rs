//! The entry of the receipts function: an event of a booking's money in, the receipts that the booking misses out.

use std::sync::Arc;

use holdfast_app::Clock;
use holdfast_app::receipts::ReceiptIssue;
use holdfast_workflow::events::{from_bus, receipts_due};
use serde_json::Value;

use crate::queue::MessageError;

/// Issues receipts.
pub struct ReceiptHandler {
    receipts: ReceiptIssue,
    clock: Arc<dyn Clock>,
}

impl ReceiptHandler {
    /// Makes the handler over the use case.
    #[must_use]
    pub fn new(receipts: ReceiptIssue, clock: Arc<dyn Clock>) -> Self {
        Self { receipts, clock }
    }

    /// Issues what the booking of one event misses.
    ///
    /// # Errors
    /// The failure that keeps a receipt from being issued; the message is delivered again.
    pub async fn issue(&self, message: Value) -> Result<(), MessageError> {
        let booking = receipts_due(&from_bus(&message)?)?;
        let issued = self.receipts.issue_missing(&booking, self.clock.now()).await?;
        tracing::info!(%booking, issued, "receipts");
        Ok(())
    }
}
