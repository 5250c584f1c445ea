//! `POST /api/bookings/{bookingId}/cancel`: the function `cancel`.

use std::sync::Arc;

use holdfast_app::bookings::Cancellations;
use holdfast_app::{Caller, Clock};
use holdfast_http::{Api, Documentation, Exchange, Response, Route, answer, routes};
use http::{Method, StatusCode};

use crate::bookings::ids::booking_id;
use crate::bookings::requests::NewCancellation;
use crate::bookings::wire::CancelledBody;
use crate::problem::{Code, Problem, problem};
use crate::scopes::GUEST;

/// The route of the function `cancel`.
pub struct CancelApi {
    cancellations: Cancellations,
    clock: Arc<dyn Clock>,
}

impl CancelApi {
    /// Over the use case of cancellations.
    #[must_use]
    pub fn new(cancellations: Cancellations, clock: Arc<dyn Clock>) -> Self {
        Self { cancellations, clock }
    }
}

impl Api for CancelApi {
    type Error = Problem;
    const FUNCTION: &'static str = "cancel";

    routes![(
        Route::scoped(
            Method::POST,
            "/api/bookings/{bookingId}/cancel",
            "cancelBooking",
            GUEST,
            |api, exchange, caller| Box::pin(cancel(api, exchange, caller)),
        ),
        Documentation::new(
            "bookings",
            "Cancels a booking: its places are free at once, its money comes back by its policy. Again: the same answer."
        )
        .described(
            "What comes back is decided by the `cancellationPolicy` that the booking was made under, at the moment of the \
            cancellation. `refund.status` says whether it has arrived: the answer waits for that as long as `Prefer` says, eight \
            seconds if it says nothing. A pending booking is cancelled too: its payment is voided, and the refund is 0. A failed one \
            is 409 `booking_not_cancellable`. With any key, a second cancellation is the same answer and no second refund.",
        )
        .keyed()
        .path("bookingId", "The booking")
        .header(
            "Prefer",
            "`respond-async`: do not wait for the refund. `wait=N`: up to N seconds, at most 23 (RFC 7240)"
        )
        .example("wait=5")
        .body_if_any::<NewCancellation>()
        .answer::<CancelledBody>(StatusCode::OK, "The booking is cancelled")
        .problems(&[Code::NotFound, Code::BookingNotCancellable]),
    )];

    fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }
}

async fn cancel(api: &CancelApi, exchange: &Exchange, caller: &Caller) -> Result<Response, Problem> {
    let (body, key) = exchange.keyed_json_if_any()?;
    let reason = NewCancellation::read(&body)?;
    let (wait, _) = exchange.wait();
    let mutation = exchange.mutation(caller.guest.as_str());
    let cancelled = api
        .cancellations
        .cancel(caller, &booking_id(&exchange.named)?, &key, reason, wait, &mutation)
        .await
        .map_err(problem)?;
    let response = answer::json(StatusCode::OK, &CancelledBody::from(&cancelled))?;
    Ok(if cancelled.replayed { answer::replayed(response) } else { response })
}
