//! The entry of the notify function: an event of a booking in, a mail to its guest out.

use std::sync::Arc;

use holdfast_app::Clock;
use holdfast_app::notifications::Notices;
use holdfast_workflow::events::{BookingNotice, booking_notice, from_bus};
use serde_json::Value;

use crate::queue::MessageError;

/// Mails guests.
pub struct NotifyHandler {
    notices: Notices,
    clock: Arc<dyn Clock>,
}

impl NotifyHandler {
    /// Makes the handler over the use case.
    #[must_use]
    pub fn new(notices: Notices, clock: Arc<dyn Clock>) -> Self {
        Self { notices, clock }
    }

    /// Mails what one event says.
    ///
    /// # Errors
    /// The failure that keeps the mail from going out; the message is delivered again.
    pub async fn mail(&self, message: Value) -> Result<(), MessageError> {
        let BookingNotice { booking, kind, cause } = booking_notice(&from_bus(&message)?)?;
        let outcome = self.notices.mail(&booking, kind, &cause, self.clock.now()).await?;
        tracing::info!(%booking, event = cause, ?outcome, "notice");
        Ok(())
    }
}
