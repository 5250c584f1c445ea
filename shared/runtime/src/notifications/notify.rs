//! The entry of the notify function: an event of a booking in, a mail to its guest out.

use holdfast_app::notifications::Notices;
use holdfast_workflow::events::{BookingNotice, booking_notice, from_bus};
use serde_json::Value;

use crate::queue::MessageError;

/// Mails guests.
pub struct NotifyHandler {
    notices: Notices,
}

impl NotifyHandler {
    /// Makes the handler over the use case.
    #[must_use]
    pub fn new(notices: Notices) -> Self {
        Self { notices }
    }

    /// Mails what one event says.
    ///
    /// # Errors
    /// The failure that keeps the mail from going out; the message is delivered again.
    pub async fn mail(&self, message: Value) -> Result<(), MessageError> {
        let BookingNotice { booking, kind, cause } = booking_notice(&from_bus(&message)?)?;
        let outcome = self.notices.mail(&booking, kind, &cause).await?;
        tracing::info!(%booking, event = cause, ?outcome, "guest mailed");
        Ok(())
    }
}
