//! `POST /api/webhooks/stripe`: the function `stripe-webhook`.

use std::sync::Arc;

use holdfast_app::payments::{InvalidWebhook, Webhook, WebhookError, WebhookVerifier};
use holdfast_app::{Clock, Part};
use holdfast_http::{Api, Documentation, Exchange, Refusal, Response, Route, answer, routes};
use http::{Method, StatusCode};
use serde_json::json;

use crate::budgets;
use crate::problem::{Code, Problem, causes, problem};

/// The largest event that is read, in bytes: events carry whole objects of the provider.
const WEBHOOK_BYTES_MAX: usize = 512 * 1024;
const ACTOR: &str = Part::Stripe.as_str();

/// The route of the function `stripe-webhook`.
pub struct WebhookApi {
    webhook: Webhook,
    verifier: Arc<dyn WebhookVerifier>,
    clock: Arc<dyn Clock>,
}

impl WebhookApi {
    /// Over the use case of webhooks and the check of their signatures.
    #[must_use]
    pub fn new(webhook: Webhook, verifier: Arc<dyn WebhookVerifier>, clock: Arc<dyn Clock>) -> Self {
        Self { webhook, verifier, clock }
    }
}

impl Api for WebhookApi {
    type Error = Problem;
    const FUNCTION: &'static str = "stripe-webhook";

    routes![(
        Route::open(
            Method::POST,
            "/api/webhooks/stripe",
            "receiveStripeEvent",
            &budgets::UNSIGNED_WEBHOOK,
            |api, exchange| Box::pin(receive(api, exchange)),
        ),
        Documentation::new(
            "webhooks",
            "Receives an event of Stripe's. A duplicate, an event out of order or of no interest is acknowledged."
        )
        .described(
            "For Stripe alone. The event is not believed: it causes Holdfast to ask Stripe for the payment. An event destination must \
            send snapshot payloads; of thin ones, only those about a PaymentIntent say which payment they are about. What is signed and \
            cannot be used is 400 `invalid_event`, what is not signed by Stripe 400 `invalid_signature`.",
        )
        .header("Stripe-Signature", "Stripe's signature of the raw body, at most 300 s old")
        .required()
        .foreign_body("A Stripe event")
        .empty(StatusCode::OK, "Received")
        .problems(&[Code::InvalidSignature, Code::InvalidEvent, Code::BodyTooLarge]),
    )];

    fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }
}

async fn receive(api: &WebhookApi, exchange: &Exchange) -> Result<Response, Problem> {
    let payload = exchange.bytes(WEBHOOK_BYTES_MAX)?;
    let refused = |reason: &str| {
        tracing::warn!(reason, "a webhook was turned away");
        Problem::new(Code::InvalidSignature, "the event is not signed by whom it should be, or too long ago")
    };
    let header = exchange.request.headers.get("stripe-signature").and_then(|value| value.to_str().ok());
    let header = header.ok_or_else(|| refused("no signature"))?;
    let verified = api.verifier.verify(payload, header, exchange.now).await;
    let event = verified.map_err(|error| match error {
        WebhookError::Invalid(invalid @ (InvalidWebhook::Payload | InvalidWebhook::Thin)) => {
            tracing::warn!(reason = %invalid, "a signed webhook cannot be used");
            Problem::new(Code::InvalidEvent, invalid.to_string())
        }
        WebhookError::Invalid(
            invalid @ (InvalidWebhook::Malformed | InvalidWebhook::Stale | InvalidWebhook::Foreign),
        ) => refused(&invalid.to_string()),
        WebhookError::Secret(_) => {
            tracing::error!(error = causes(&error), "a webhook cannot be verified");
            Refusal::unavailable().into()
        }
    })?;
    match &event.intent {
        Some(intent) => {
            let mutation = exchange.mutation(ACTOR);
            let reaction = api.webhook.on_payment(&event.id, intent, &mutation).await.map_err(problem)?;
            tracing::info!(event = event.id, kind = event.kind, ?reaction, "webhook");
        }
        None => tracing::info!(event = event.id, kind = event.kind, "webhook of no interest"),
    }
    Ok(answer::json(StatusCode::OK, &json!({ "received": true }))?)
}
