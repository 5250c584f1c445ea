//! `POST /api/webhooks/stripe`: the function `stripe-webhook`.

use std::sync::Arc;

use holdfast_app::Clock;
use holdfast_app::payments::{Webhook, WebhookVerifier};
use http::{Method, StatusCode};
use serde_json::json;
use tracing::Instrument;

use crate::answer;
use crate::exchange::Exchange;
use crate::problem::{Code, Problem};
use crate::request::{Request, Response};
#[cfg(test)]
use crate::route::listed;
use crate::route::{Route, find};

/// Events carry whole objects of the provider.
const WEBHOOK_BYTES_MAX: usize = 512 * 1024;
const ACTOR: &str = "stripe";

/// The route of the function `stripe-webhook`.
pub struct WebhookApi {
    webhook: Webhook,
    verifier: Arc<dyn WebhookVerifier>,
    clock: Arc<dyn Clock>,
}

#[derive(Debug, Clone, Copy)]
enum Operation {
    Receive,
}

const ROUTES: &[Route<Operation>] =
    &[Route { method: Method::POST, template: "/api/webhooks/stripe", operation: Operation::Receive }];

/// Method and template of every route, for the OpenAPI document to be held against.
#[cfg(test)]
pub(crate) fn routes() -> Vec<(String, String)> {
    listed(ROUTES)
}

impl WebhookApi {
    /// Over the use case of webhooks and the check of their signatures.
    #[must_use]
    pub fn new(webhook: Webhook, verifier: Arc<dyn WebhookVerifier>, clock: Arc<dyn Clock>) -> Self {
        Self { webhook, verifier, clock }
    }

    /// Answers a request.
    pub async fn handle(&self, request: Request) -> Response {
        let exchange = Exchange::open(request, self.clock.as_ref());
        let outcome = self.route(&exchange).instrument(exchange.span()).await;
        exchange.close(outcome)
    }

    async fn route(&self, exchange: &Exchange) -> Result<Response, Problem> {
        match find(ROUTES, &exchange.request.method, &exchange.request.path)?.0 {
            Operation::Receive => receive(self, exchange).await,
        }
    }
}

/// What Stripe tells us. Signed by Stripe; a duplicate, an event out of order or of no interest is acknowledged.
#[utoipa::path(
    post, path = "/api/webhooks/stripe", operation_id = "receiveStripeEvent", tag = "webhooks",
    params(("Stripe-Signature" = String, Header, description = "Stripe's signature of the raw body, at most 300 s old")),
    request_body(content = Object, description = "A Stripe event"),
    responses((status = 200, description = "Received"))
)]
pub(crate) async fn receive(api: &WebhookApi, exchange: &Exchange) -> Result<Response, Problem> {
    let payload = exchange.bytes(WEBHOOK_BYTES_MAX)?;
    let refused = |reason: &str| {
        tracing::warn!(reason, "a webhook was turned away");
        Problem::new(Code::InvalidSignature, "the event is not signed by whom it should be, or too long ago")
    };
    let header = exchange.request.headers.get("stripe-signature").and_then(|value| value.to_str().ok());
    let header = header.ok_or_else(|| refused("no signature"))?;
    let event =
        api.verifier.verify(payload, header, exchange.now).map_err(|error| refused(&error.to_string()))?;
    match &event.intent {
        Some(intent) => {
            let mutation = exchange.mutation(ACTOR);
            let reaction = api.webhook.on_payment(&event.id, intent, &mutation).await?;
            tracing::info!(event = event.id, kind = event.kind, ?reaction, "webhook");
        }
        None => tracing::info!(event = event.id, kind = event.kind, "webhook of no interest"),
    }
    answer::json(StatusCode::OK, &json!({ "received": true }))
}
