//! The payment provider and the partner, whose keys are fetched when first needed: an outage of the secret store is an
//! outage of theirs, not a function that cannot start.

use std::sync::Arc;

use async_trait::async_trait;
use holdfast_adapters_messaging::PartnerWebhook;
use holdfast_adapters_stripe::{StripeClient, StripeConfig, StripePayments};
use holdfast_app::kernel::Source;
use holdfast_app::operations::{ListedPayment, PaymentListing};
use holdfast_app::partners::{Notice, PartnerEndpoint};
use holdfast_app::payments::{NewPayment, Payment, PaymentInquiry, Payments};
use holdfast_app::{DeliveryError, PaymentError};
use holdfast_domain::{BookingId, Money};
use jiff::Timestamp;
use tokio::sync::OnceCell;

use crate::secrets::SecretStore;

/// Stripe, once its key is known.
pub struct LazyPayments {
    secrets: Arc<SecretStore>,
    url: String,
    stripe: OnceCell<StripePayments>,
}

impl LazyPayments {
    pub(crate) fn new(secrets: Arc<SecretStore>, url: &str) -> Self {
        Self { secrets, url: url.to_owned(), stripe: OnceCell::new() }
    }

    /// Nothing has been asked of the provider when this fails.
    async fn stripe(&self) -> Result<&StripePayments, PaymentError> {
        let make = || async {
            let unavailable = |source| PaymentError::Unavailable(source);
            let secrets = self.secrets.get().await.map_err(|error| unavailable(Box::new(error)))?;
            let config = StripeConfig::new(&self.url, &secrets.stripe_api_key);
            let client = StripeClient::new(&config).map_err(|error| unavailable(Box::new(error)))?;
            Ok(StripePayments::new(client))
        };
        self.stripe.get_or_try_init(make).await
    }
}

#[async_trait]
impl PaymentInquiry for LazyPayments {
    async fn inquire(&self, intent: &str) -> Result<Payment, PaymentError> {
        self.stripe().await?.inquire(intent).await
    }
}

#[async_trait]
impl Payments for LazyPayments {
    async fn create(&self, payment: &NewPayment) -> Result<String, PaymentError> {
        self.stripe().await?.create(payment).await
    }

    async fn authorize(
        &self,
        booking: &BookingId,
        intent: &str,
        payment_method: &str,
    ) -> Result<Payment, PaymentError> {
        self.stripe().await?.authorize(booking, intent, payment_method).await
    }

    async fn capture(
        &self,
        booking: &BookingId,
        intent: &str,
        amount: Money,
    ) -> Result<Payment, PaymentError> {
        self.stripe().await?.capture(booking, intent, amount).await
    }

    async fn void(&self, booking: &BookingId, intent: &str) -> Result<Payment, PaymentError> {
        self.stripe().await?.void(booking, intent).await
    }

    async fn refund(
        &self,
        booking: &BookingId,
        intent: &str,
        amount: Money,
        already: Money,
    ) -> Result<(), PaymentError> {
        self.stripe().await?.refund(booking, intent, amount, already).await
    }
}

#[async_trait]
impl PaymentListing for LazyPayments {
    async fn payments_since(
        &self,
        since: Timestamp,
        cursor: Option<&str>,
    ) -> Result<(Vec<ListedPayment>, Option<String>), PaymentError> {
        self.stripe().await?.payments_since(since, cursor).await
    }
}

/// The partner's endpoint, once the key that signs is known.
pub(crate) struct LazyPartner {
    secrets: Arc<SecretStore>,
    url: String,
    webhook: OnceCell<PartnerWebhook>,
}

impl LazyPartner {
    pub(crate) fn new(secrets: Arc<SecretStore>, url: &str) -> Self {
        Self { secrets, url: url.to_owned(), webhook: OnceCell::new() }
    }

    async fn webhook(&self) -> Result<&PartnerWebhook, Source> {
        let make = || async {
            let secrets = self.secrets.get().await?;
            Ok::<_, Source>(PartnerWebhook::new(&self.url, &secrets.partner_signing_secret)?)
        };
        self.webhook.get_or_try_init(make).await
    }
}

#[async_trait]
impl PartnerEndpoint for LazyPartner {
    async fn deliver(&self, notice: &Notice, now: Timestamp) -> Result<(), DeliveryError> {
        self.webhook().await.map_err(DeliveryError::Unavailable)?.deliver(notice, now).await
    }
}
