//! `POST /api/bookings`: the function `confirm`.

use std::sync::Arc;

use holdfast_app::bookings::{Bookings, Requested, failed_by_outage};
use holdfast_app::{Caller, Clock};
use holdfast_domain::{Booking, BookingStatus, PaymentStatus};
use http::{Method, StatusCode};
use tracing::Instrument;

use crate::answer;
use crate::exchange::{Exchange, PREFERENCE_APPLIED};
use crate::problem::{Code, Problem};
use crate::request::{Request, Response, Scope};
#[cfg(test)]
use crate::route::listed;
use crate::route::{Route, find};
use crate::wire::booking::{BookingBody, NewBooking, has_stood};

/// The route of the function `confirm`.
pub struct ConfirmApi {
    bookings: Bookings,
    clock: Arc<dyn Clock>,
}

#[derive(Debug, Clone, Copy)]
enum Operation {
    Create,
}

const ROUTES: &[Route<Operation>] =
    &[Route { method: Method::POST, template: "/api/bookings", operation: Operation::Create }];
const SCOPES: &[Scope] = &[Scope::Guest, Scope::Operator];

/// Method and template of every route, for the OpenAPI document to be held against.
#[cfg(test)]
pub(crate) fn routes() -> Vec<(String, String)> {
    listed(ROUTES)
}

impl ConfirmApi {
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
        match find(ROUTES, &exchange.request.method, &exchange.request.path)?.0 {
            Operation::Create => create(self, exchange).await,
        }
    }
}

/// Pays a hold, and waits a few seconds for the outcome.
#[utoipa::path(
    post, path = "/api/bookings", operation_id = "createBooking", tag = "bookings", request_body = NewBooking,
    params((
        "Prefer" = Option<String>, Header, example = "wait=5",
        description = "`respond-async`: do not wait. `wait=N`: wait up to N seconds, at most 25 (RFC 7240)"
    )),
    responses(
        (status = 201, description = "Booked and paid", body = BookingBody, headers(("Location" = String))),
        (
            status = 202, body = BookingBody, headers(("Location" = String)),
            description = "The payment runs; with `nextAction` the bank wants the customer"
        ),
        (status = 200, description = "The first answer to the same request, again", body = BookingBody),
    )
)]
pub(crate) async fn create(api: &ConfirmApi, exchange: &Exchange) -> Result<Response, Problem> {
    let caller = exchange.caller(SCOPES)?;
    let body = exchange.json()?;
    let key = exchange.key(&body)?;
    let (wait, heeded) = exchange.wait();
    let request = NewBooking::read(&body, wait)?;
    let mutation = exchange.mutation(caller.guest.as_str());
    let requested = api.bookings.request(&caller, &key, &request, &mutation).await?;
    let mut response = answered(&requested, &caller)?;
    if let Some(preference) = heeded {
        answer::set(&mut response, PREFERENCE_APPLIED, &preference);
    }
    Ok(response)
}

/// The answer to a request for a booking, by how the booking stands.
fn answered(requested: &Requested, caller: &Caller) -> Result<Response, Problem> {
    let Requested { booking, replayed } = requested;
    let status = match booking.status {
        BookingStatus::Failed => {
            let problem = failed(booking);
            return Err(if *replayed { answer::replayed_problem(problem) } else { problem });
        }
        _ if *replayed => StatusCode::OK,
        _ if has_stood(booking) => StatusCode::CREATED,
        BookingStatus::Pending | BookingStatus::Confirmed => StatusCode::ACCEPTED,
        BookingStatus::Cancelled | BookingStatus::Completed => StatusCode::OK,
    };
    let body = BookingBody::requested(booking, booking.order.guest == caller.guest);
    let path = format!("/api/bookings/{}", body.booking_id);
    let response = answer::located(answer::json(status, &body)?, &path);
    Ok(if *replayed { answer::replayed(response) } else { response })
}

/// Why a booking came to nothing. Only the bank's no is a 402; an outage is one here too.
fn failed(booking: &Booking) -> Problem {
    let reason = booking.failure.as_deref().unwrap_or("unknown");
    let problem = if booking.payment_status == PaymentStatus::Failed {
        Problem::new(Code::PaymentDeclined, "the card was declined; the hold stays active until it expires")
            .fact("declineCode", reason)
    } else {
        match reason {
            "hold_expired" => Problem::new(Code::HoldExpired, "the hold expired before it was paid"),
            "hold_released" => Problem::new(Code::HoldReleased, "the hold was released before it was paid"),
            "sold_out" => {
                Problem::new(Code::SoldOut, "the hold expired, and its places are gone; nothing is charged")
            }
            _ if failed_by_outage(booking) => Problem::new(
                Code::ServiceUnavailable,
                "the payment could not be made; nothing is charged; try again later",
            ),
            other => Problem::new(Code::PaymentFailed, "the payment came to nothing; nothing is charged")
                .fact("failureReason", other),
        }
    };
    problem.fact("bookingId", booking.id.as_str()).fact("holdId", booking.hold.as_str())
}
