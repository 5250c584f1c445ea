//! Payments: the provider's webhooks.

pub(crate) mod stripe_webhook;

pub use stripe_webhook::WebhookApi;
