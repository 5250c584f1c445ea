//! `POST /api/bookings/{bookingId}/cancel`: the function `cancel`.

use std::sync::Arc;

use holdfast_app::Clock;
use holdfast_app::bookings::Bookings;
use http::{Method, StatusCode};
use tracing::Instrument;

use crate::answer;
use crate::bookings::booking_id;
use crate::exchange::Exchange;
use crate::problem::Problem;
use crate::request::{Request, Response, Scope};
#[cfg(test)]
use crate::route::listed;
use crate::route::{Route, find};
use crate::wire::booking::{CancelledBody, NewCancellation};

/// The route of the function `cancel`.
pub struct CancelApi {
    bookings: Bookings,
    clock: Arc<dyn Clock>,
}

#[derive(Debug, Clone, Copy)]
enum Operation {
    Cancel,
}

const ROUTES: &[Route<Operation>] = &[Route {
    method: Method::POST,
    template: "/api/bookings/{bookingId}/cancel",
    operation: Operation::Cancel,
}];
const SCOPES: &[Scope] = &[Scope::Guest, Scope::Operator];

/// Method and template of every route, for the OpenAPI document to be held against.
#[cfg(test)]
pub(crate) fn routes() -> Vec<(String, String)> {
    listed(ROUTES)
}

impl CancelApi {
    /// Over the use cases of bookings.
    #[must_use]
    pub fn new(bookings: Bookings, clock: Arc<dyn Clock>) -> Self {
        Self { bookings, clock }
    }

    /// Answers a request.
    pub async fn handle(&self, request: Request) -> Response {
        let exchange = Exchange::open(request, self.clock.as_ref());
        let outcome = self.route(&exchange).instrument(exchange.span()).await;
        exchange.close(outcome)
    }

    async fn route(&self, exchange: &Exchange) -> Result<Response, Problem> {
        let (operation, id) = find(ROUTES, &exchange.request.method, &exchange.request.path)?;
        match operation {
            Operation::Cancel => cancel(self, exchange, &id).await,
        }
    }
}

/// Gives a booking up: its places are free at once, its money comes back by its policy. Again: the same answer.
#[utoipa::path(
    post, path = "/api/bookings/{bookingId}/cancel", operation_id = "cancelBooking", tag = "bookings",
    params(
        ("bookingId" = String, Path, description = "The booking"),
        (
            "Prefer" = Option<String>, Header, example = "wait=5",
            description = "`respond-async`: do not wait for the refund. `wait=N`: up to N seconds, at most 25 (RFC 7240)"
        ),
    ),
    request_body(content = NewCancellation, description = "May be left out"),
    responses((status = 200, description = "The booking is cancelled", body = CancelledBody))
)]
pub(crate) async fn cancel(api: &CancelApi, exchange: &Exchange, id: &str) -> Result<Response, Problem> {
    let caller = exchange.caller(SCOPES)?;
    let body = exchange.json_if_any()?;
    let key = exchange.key(&body)?;
    let reason = NewCancellation::read(&body)?;
    let (wait, _) = exchange.wait();
    let mutation = exchange.mutation(caller.guest.as_str());
    let cancelled = api.bookings.cancel(&caller, &booking_id(id)?, &key, reason, wait, &mutation).await?;
    let response = answer::json(StatusCode::OK, &CancelledBody::from(&cancelled))?;
    Ok(if cancelled.replayed { answer::replayed(response) } else { response })
}
