//! The provider's webhooks, whose secret is fetched when first needed.

use std::sync::Arc;

use holdfast_adapters_stripe::StripeWebhook;
use holdfast_api::WebhookApi;
use holdfast_app::Clock;
use holdfast_app::bookings::BookingJournal;
use holdfast_app::payments::{PaymentInquiry, SagaCallbacks, SagaResumption, SettlementSaga, Webhook};
use holdfast_http::{Api, Request, Response};
use tokio::sync::OnceCell;

use crate::config::MissingVariables;
use crate::process::Process;
use crate::secrets::{SecretStore, SecretsError};
use crate::{causes, http};

/// Answers webhooks.
pub struct WebhookHandler {
    journal: Arc<dyn BookingJournal>,
    callbacks: Arc<dyn SagaCallbacks>,
    payments: Arc<dyn PaymentInquiry>,
    resumption: Arc<dyn SagaResumption>,
    settlement: Arc<dyn SettlementSaga>,
    secrets: Arc<SecretStore>,
    clock: Arc<dyn Clock>,
    api: OnceCell<WebhookApi>,
}

impl WebhookHandler {
    /// Of a process.
    ///
    /// # Errors
    /// [`MissingVariables`].
    pub fn new(process: &Process) -> Result<Self, MissingVariables> {
        let secrets = process.secrets()?;
        Ok(Self {
            journal: process.booking_journal()?,
            callbacks: process.callbacks()?,
            payments: process.payments(&secrets)?,
            resumption: process.saga_resumption(),
            settlement: process.settlement_saga()?,
            secrets,
            clock: process.clock(),
            api: OnceCell::new(),
        })
    }

    /// Answers one. Without the secret nobody can be told from the provider: 503, and the provider sends it again.
    pub async fn handle(&self, request: Request) -> Response {
        match self.api.get_or_try_init(|| self.make()).await {
            Ok(api) => Box::pin(api.handle(request)).await,
            Err(error) => {
                let request_id = &request.request_id;
                tracing::error!(request_id, error = causes(&error), "webhooks cannot be checked");
                http::unavailable(&request)
            }
        }
    }

    async fn make(&self) -> Result<WebhookApi, SecretsError> {
        let secrets = self.secrets.get().await?;
        let verifier = Arc::new(StripeWebhook::new(&secrets.stripe_webhook_secret));
        let webhook = Webhook::new(
            Arc::clone(&self.journal),
            Arc::clone(&self.callbacks),
            Arc::clone(&self.payments),
            Arc::clone(&self.resumption),
            Arc::clone(&self.settlement),
        );
        Ok(WebhookApi::new(webhook, verifier, Arc::clone(&self.clock)))
    }
}
