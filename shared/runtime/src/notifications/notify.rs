//! The entry of the notify function: an event of a booking in, a mail to its guest out.

use holdfast_app::notifications::{Notices, Occasion};
use holdfast_workflow::events::{booking_occasion, from_bus};
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
        let occasion = booking_occasion(&from_bus(&message)?)?;
        let happened = if occasion.confirmed { Occasion::Confirmed } else { Occasion::Cancelled };
        let told = self.notices.tell(&occasion.booking, happened, &occasion.cause).await?;
        tracing::info!(booking = %occasion.booking, event = occasion.cause, ?told, "guest mailed");
        Ok(())
    }
}
