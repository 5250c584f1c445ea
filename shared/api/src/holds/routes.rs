//! `/api/holds`: the function `hold`.

use std::sync::Arc;

use holdfast_app::holds::Holds;
use holdfast_app::{Caller, Clock, Failure};
use holdfast_domain::HoldId;
use holdfast_http::{Api, Documentation, Exchange, Response, Route, answer, routes};
use http::{Method, StatusCode};

use crate::holds::wire::{HoldBody, NewHold, Nothing};
use crate::problem::{Code, Problem, problem, range_problem};
use crate::scopes::GUEST;

/// The routes of the function `hold`.
pub struct HoldApi {
    holds: Holds,
    clock: Arc<dyn Clock>,
}

impl HoldApi {
    /// Over the use cases of holds.
    #[must_use]
    pub fn new(holds: Holds, clock: Arc<dyn Clock>) -> Self {
        Self { holds, clock }
    }
}

const TAG: &str = "holds";
const ALL: &str = "/api/holds";
const ONE: &str = "/api/holds/{holdId}";

impl Api for HoldApi {
    type Error = Problem;
    const FUNCTION: &'static str = "hold";

    routes![
        (
            Route::scoped(Method::POST, ALL, "createHold", GUEST, |api, exchange, caller| {
                Box::pin(create(api, exchange, caller))
            }),
            Documentation::new(TAG, "Takes places for a while.")
                .described(
                    "The places are the guest's until `expiresAt`; from that instant on the hold counts for nothing, and anybody \
                    may take them. Pay it with `createBooking` before. Where fewer places are left than asked for, the answer is 409 \
                    `sold_out` with the number in `available`; places that came back by a release or a cancellation may be seen up to \
                    250 ms late.\n\nA range names whole slots of the resource: instants, or local dates of the resource; at most 366 nights, \
                    or at most 300 slots over at most 90 days. What costs less than the payment provider takes in one payment, or more, \
                    is 422; what costs nothing is not.\n\nA resource with a rate card is priced by its default plan, or by `ratePlanId`, with what is \
                    chosen beside it; `quoteId` gives the price of a quote instead. A stay that the plan does not allow is 409 `rate_not_available` \
                    with the `reasons`. Operators of the resource may set what the places cost (`priceOverride`), with a reason; the rest of the rate card \
                    goes on as ever. The rate stays as it is with the hold and its booking, whatever changes later. The same \
                    `Idempotency-Key` with the same request gives the first answer again, as 200, and takes nothing more; a refusal \
                    is not remembered.",
                )
                .keyed()
                .body::<NewHold>()
                .answer::<HoldBody>(StatusCode::CREATED, "The places are held")
                .having(&["Location"])
                .answer::<HoldBody>(StatusCode::OK, "The first answer to the same request, again")
                .having(&["Location"])
                .problems(&[
                    Code::RangeNotBookable,
                    Code::BelowMinimumCharge,
                    Code::AboveMaximumCharge,
                    Code::PriceNotPayable,
                    Code::RateNotAvailable,
                    Code::QuoteExpired,
                    Code::QuoteNotValid,
                    Code::Forbidden,
                    Code::NotFound,
                    Code::SoldOut,
                    Code::TooManyHolds,
                    Code::HoldLimitReached,
                    Code::TooManyCodes,
                    Code::HoldsStopped,
                ]),
        ),
        (
            Route::scoped(Method::GET, ONE, "readHold", GUEST, |api, exchange, caller| {
                Box::pin(read(api, exchange, caller))
            }),
            Documentation::new(TAG, "A hold as it is now.")
                .described("Somebody else's hold is answered as one that does not exist. Operators read everybody's.")
                .path("holdId", "The hold")
                .answer::<HoldBody>(StatusCode::OK, "The hold")
                .problems(&[Code::NotFound]),
        ),
        (
            Route::scoped(Method::DELETE, ONE, "releaseHold", GUEST, |api, exchange, caller| {
                Box::pin(release(api, exchange, caller))
            }),
            Documentation::new(TAG, "Gives a hold back. Again: no effect.")
                .described(
                    "Its places are free for the next caller at once. While a payment of it runs it cannot be given back \
                    (409 `request_in_progress`); once it is paid, cancel the booking instead (409 `hold_confirmed`).",
                )
                .path("holdId", "The hold")
                .empty(StatusCode::NO_CONTENT, "The places are free")
                .problems(&[Code::NotFound, Code::HoldConfirmed, Code::RequestInProgress]),
        ),
        (
            Route::scoped(
                Method::POST,
                "/api/holds/{holdId}/extend",
                "extendHold",
                GUEST,
                |api, exchange, caller| Box::pin(extend(api, exchange, caller)),
            ),
            Documentation::new(TAG, "Adds one TTL to the previous `expiresAt`, a bounded number of times.")
                .described(
                    "One TTL is `holdTtlSeconds` of the resource. Beyond the bound the answer is 409 `hold_not_extendable`; of a hold \
                    that has ended, `hold_expired` or `hold_released`. The same `Idempotency-Key` does not add twice.",
                )
                .keyed()
                .path("holdId", "The hold")
                .body_if_any::<Nothing>()
                .answer::<HoldBody>(StatusCode::OK, "The hold with its new expiry")
                .problems(&[
                    Code::NotFound,
                    Code::HoldNotExtendable,
                    Code::HoldExpired,
                    Code::HoldReleased,
                    Code::HoldConfirmed,
                ]),
        ),
    ];

    fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }
}

/// The hold that a path names. A text that cannot be a hold's id names none.
fn hold_id(exchange: &Exchange) -> Result<HoldId, Problem> {
    HoldId::parse(&exchange.named).map_err(|_| problem(Failure::NotFound("hold")))
}

async fn create(api: &HoldApi, exchange: &Exchange, caller: &Caller) -> Result<Response, Problem> {
    let (body, key) = exchange.keyed_json()?;
    let request = NewHold::read(&body)?;
    let mutation = exchange.mutation(caller.guest.as_str());
    let placed = api
        .holds
        .create(caller, &key, &request, &mutation)
        .await
        .map_err(|failure| range_problem(failure, &["/startTime", "/endTime"]))?;
    let hold = HoldBody::placed(&placed.hold, caller);
    let path = format!("{ALL}/{}", hold.hold_id);
    let status = if placed.replayed { StatusCode::OK } else { StatusCode::CREATED };
    let answer = answer::located(answer::json(status, &hold)?, &path);
    Ok(if placed.replayed { answer::replayed(answer) } else { answer })
}

async fn read(api: &HoldApi, exchange: &Exchange, caller: &Caller) -> Result<Response, Problem> {
    let snapshot = api.holds.get(caller, &hold_id(exchange)?).await.map_err(problem)?;
    Ok(answer::json(StatusCode::OK, &HoldBody::current(&snapshot, exchange.now, caller))?)
}

async fn release(api: &HoldApi, exchange: &Exchange, caller: &Caller) -> Result<Response, Problem> {
    let mutation = exchange.mutation(caller.guest.as_str());
    api.holds.release(caller, &hold_id(exchange)?, &mutation).await.map_err(problem)?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

async fn extend(api: &HoldApi, exchange: &Exchange, caller: &Caller) -> Result<Response, Problem> {
    let (body, key) = exchange.keyed_json_if_any()?;
    Nothing::read(&body)?;
    let mutation = exchange.mutation(caller.guest.as_str());
    let (snapshot, extension, replayed) =
        api.holds.extend(caller, &hold_id(exchange)?, &key, &mutation).await.map_err(problem)?;
    let answer = answer::json(StatusCode::OK, &HoldBody::extended(&snapshot.hold, extension, caller))?;
    Ok(if replayed { answer::replayed(answer) } else { answer })
}
