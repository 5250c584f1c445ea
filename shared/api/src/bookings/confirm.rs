//! `POST /api/bookings`: the function `confirm`.

use std::sync::Arc;

use holdfast_app::bookings::{BookingRequests, Requested};
use holdfast_app::{Caller, Clock};
use holdfast_domain::bookings::FailureReason;
use holdfast_domain::{Booking, BookingStatus, PaymentStatus};
use holdfast_http::{Api, Documentation, Exchange, Response, Route, answer, routes};
use http::{Method, StatusCode};

use crate::bookings::requests::NewBooking;
use crate::bookings::wire::{BookingBody, failure_shown};
use crate::problem::{Code, Facts, Problem, problem};
use crate::scopes::GUEST;

/// The route of the function `confirm`.
pub struct ConfirmApi {
    requests: BookingRequests,
    clock: Arc<dyn Clock>,
}

impl ConfirmApi {
    /// Over the use case of booking requests.
    #[must_use]
    pub fn new(requests: BookingRequests, clock: Arc<dyn Clock>) -> Self {
        Self { requests, clock }
    }
}

impl Api for ConfirmApi {
    type Error = Problem;
    const FUNCTION: &'static str = "confirm";

    routes![(
        Route::scoped(Method::POST, "/api/bookings", "createBooking", GUEST, |api, exchange, caller| {
            Box::pin(create(api, exchange, caller))
        }),
        Documentation::new("bookings", "Pays a hold, and waits a few seconds for the outcome.")
            .described(
                "**Waiting.** The answer comes when the payment has succeeded (201) or failed, at the latest after eight seconds; \
                `Prefer: wait=N` or `respond-async` chooses otherwise. If it still runs then, the answer is 202 with `Location`: read \
                the booking there until its `status` is no longer `pending`.\n\n\
                **3-D Secure.** Where the bank wants the customer, the answer is 202 with `nextAction`: hand `clientSecret` to \
                Stripe.js on the guest's device, or send the guest to `redirectUrl`. The hold is prolonged once for that, by one TTL; \
                `expiresAt` says until when.\n\n\
                **Late payments.** A payment that succeeds after that gets the places again if they are still free and can still be \
                held: not once their time has begun. Else it is voided or refunded, exactly once, and the booking has failed. What is \
                over is not booked by anybody.\n\n\
                **What costs nothing** is booked without `paymentMethodId`, and is `captured` with amount 0 at once.\n\n\
                **Declined cards.** 402 `payment_declined` leaves the hold as it is: pay it with another card and a new \
                `Idempotency-Key`. The same key again is the same 402. `declineCode` is `card_declined` for guests, whatever the bank \
                said. After five attempts that came to nothing within a day, whatever the keys, cards and holds, a guest gets 429 \
                `too_many_attempts`; after twenty that left no booking that stands, cancelled ones and those that an outage of the \
                payment provider ended among them, likewise. One that stands may still be cancelled and counts as half. Once five \
                have left none, one runs at a time, until its booking is captured or has ended.\n\n\
                **Idempotency.** The same key with the same request gives the first answer again, as 200, and never a second \
                charge; that of a pending booking shows it as it is now. While another key's payment of the same hold runs, the answer \
                is 409 `request_in_progress`. One hold makes at most one confirmed booking, whatever the keys.",
            )
            .keyed()
            .header(
                "Prefer",
                "`respond-async`: do not wait. `wait=N`: wait up to N seconds, at most 23 (RFC 7240)"
            )
            .example("wait=5")
            .body::<NewBooking>()
            .answer::<BookingBody>(StatusCode::CREATED, "Booked and paid")
            .having(&["Location", "Preference-Applied"])
            .answer::<BookingBody>(
                StatusCode::ACCEPTED,
                "The payment runs; with `nextAction` the bank wants the customer"
            )
            .having(&["Location", "Preference-Applied"])
            .answer::<BookingBody>(StatusCode::OK, "The first answer to the same request, again")
            .having(&["Location", "Preference-Applied"])
            .problems(&[
                Code::NotFound,
                Code::PaymentDeclined,
                Code::PaymentFailed,
                Code::HoldExpired,
                Code::HoldReleased,
                Code::HoldConfirmed,
                Code::SoldOut,
                Code::TooManyAttempts,
            ]),
    )];

    fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }
}

async fn create(api: &ConfirmApi, exchange: &Exchange, caller: &Caller) -> Result<Response, Problem> {
    let (body, key) = exchange.keyed_json()?;
    let (wait, heeded) = exchange.wait();
    let request = NewBooking::read(&body, wait)?;
    let mutation = exchange.mutation(caller.guest.as_str());
    let requested = api.requests.request(caller, &key, &request, &mutation).await.map_err(problem)?;
    let mut response = answered(&requested, caller)?;
    if let Some(preference) = heeded {
        answer::set(&mut response, answer::PREFERENCE_APPLIED, &preference);
    }
    Ok(response)
}

/// The answer to a request for a booking, by the booking's status.
fn answered(requested: &Requested, caller: &Caller) -> Result<Response, Problem> {
    let Requested { booking, action, replayed } = requested;
    let status = match booking.status {
        BookingStatus::Failed => {
            let problem = failed(booking, caller);
            return Err(if *replayed { problem.header(answer::REPLAYED, "true") } else { problem });
        }
        _ if *replayed => StatusCode::OK,
        _ if booking.was_confirmed_and_paid() => StatusCode::CREATED,
        BookingStatus::Pending | BookingStatus::Confirmed => StatusCode::ACCEPTED,
        BookingStatus::Cancelled | BookingStatus::Completed => StatusCode::OK,
    };
    let body = BookingBody::requested(booking, action.as_ref(), caller);
    let path = format!("/api/bookings/{}", body.booking_id);
    let response = answer::located(answer::json(status, &body)?, &path);
    Ok(if *replayed { answer::replayed(response) } else { response })
}

/// The problem that a failed booking is. A declined card is 402. An outage during payment is 503.
fn failed(booking: &Booking, caller: &Caller) -> Problem {
    let facts = Facts {
        booking_id: Some(booking.id.to_string()),
        hold_id: Some(booking.hold.to_string()),
        ..Facts::default()
    };
    let unpaid = |reason: &str| {
        Problem::new(Code::PaymentFailed, "the payment failed; nothing is charged")
            .with(Facts { failure_reason: Some(reason.to_owned()), ..facts.clone() })
    };
    match &booking.failure {
        Some(reason) if booking.payment_status() == PaymentStatus::Failed => {
            let detail = "the card was declined; the hold stays active until it expires";
            let facts = Facts {
                decline_code: Some(failure_shown(reason, &booking.order, caller).to_owned()),
                ..facts
            };
            Problem::new(Code::PaymentDeclined, detail).with(facts)
        }
        Some(FailureReason::HoldExpired) => {
            Problem::new(Code::HoldExpired, "the hold expired before it was paid").with(facts)
        }
        Some(FailureReason::SoldOut) => {
            let detail = "the hold expired, and its places are gone; nothing is charged";
            Problem::new(Code::SoldOut, detail).with(facts)
        }
        Some(FailureReason::PaymentUnavailable | FailureReason::ServiceUnavailable) => {
            let detail = "the payment could not be made; nothing is charged; try again later";
            Problem::new(Code::ServiceUnavailable, detail).with(facts)
        }
        Some(
            reason @ (FailureReason::Declined { .. }
            | FailureReason::PaymentTimedOut
            | FailureReason::PaymentVoided),
        ) => unpaid(failure_shown(reason, &booking.order, caller)),
        None => unpaid("unknown"),
    }
}
