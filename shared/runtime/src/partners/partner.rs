//! The entry of the partner function: an event of the inventory in, a notice to the partner out.

use std::sync::Arc;

use holdfast_app::Clock;
use holdfast_app::partners::{Delivery, PartnerEndpoint, PartnerNotices};
use holdfast_workflow::events::{from_bus, inventory};
use serde_json::Value;

use crate::queue::MessageError;

/// Passes inventory events on to the partner.
pub struct PartnerHandler {
    notices: PartnerNotices,
    clock: Arc<dyn Clock>,
}

impl PartnerHandler {
    /// Makes the handler over the partner's endpoint, if there is a partner.
    #[must_use]
    pub fn new(endpoint: Option<Arc<dyn PartnerEndpoint>>, clock: Arc<dyn Clock>) -> Self {
        Self { notices: PartnerNotices::new(endpoint), clock }
    }

    /// Passes one event on.
    ///
    /// # Errors
    /// The failure that keeps the notice from the partner; the message is delivered again.
    pub async fn notify(&self, message: Value) -> Result<(), MessageError> {
        let event = inventory(from_bus(&message)?)?;
        let body = serde_json::to_string(&event)?;
        match self.notices.deliver(&event.id, body, self.clock.now()).await? {
            Delivery::Delivered => {}
            Delivery::NoPartner => tracing::info!(event = event.id, "there is no partner to notify"),
            Delivery::Refused(reason) => {
                tracing::error!(event = event.id, reason, "the partner refuses to be notified");
            }
        }
        Ok(())
    }
}
