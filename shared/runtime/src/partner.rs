//! Inventory changes to the partner.

use std::sync::Arc;

use holdfast_adapters_messaging::PartnerWebhook;
use holdfast_app::partners::{Notice, PartnerEndpoint};
use holdfast_app::{Clock, DeliveryError};
use holdfast_workflow::events::{from_bus, inventory};
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::queue::MessageError;
use crate::secrets::SecretStore;

/// Tells the partner.
pub struct PartnerHandler {
    url: Option<String>,
    secrets: Arc<SecretStore>,
    clock: Arc<dyn Clock>,
    endpoint: OnceCell<PartnerWebhook>,
}

impl PartnerHandler {
    /// At `url`; nobody is told if there is none.
    #[must_use]
    pub fn new(url: Option<&str>, secrets: Arc<SecretStore>, clock: Arc<dyn Clock>) -> Self {
        Self { url: url.map(str::to_owned), secrets, clock, endpoint: OnceCell::new() }
    }

    /// Passes one event on, signed. The notice's id is the event's: the partner drops repetitions by it.
    ///
    /// # Errors
    /// Whatever keeps the partner from having it; the message is delivered again.
    pub async fn tell(&self, message: Value) -> Result<(), MessageError> {
        let (kind, event) = from_bus(&message)?;
        let event = inventory(kind, event)?;
        let Some(url) = &self.url else {
            tracing::info!(event = event.id, "there is no partner to tell");
            return Ok(());
        };
        let make = || async {
            let secrets = self.secrets.get().await?;
            Ok::<_, MessageError>(PartnerWebhook::new(url, &secrets.partner_signing_secret)?)
        };
        let endpoint = self.endpoint.get_or_try_init(make).await?;
        // The signed text has its parts between full stops, so that an id has none.
        let notice = Notice { id: event.id.replace('.', "~"), body: serde_json::to_string(&event)? };
        match endpoint.deliver(&notice, self.clock.now()).await {
            Err(DeliveryError::Refused(reason)) => {
                tracing::error!(event = event.id, reason, "the partner does not want to be told");
                Ok(())
            }
            outcome => Ok(outcome?),
        }
    }
}
