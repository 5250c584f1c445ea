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
            Documentation::new(
                TAG,
                "Takes places for a while: of at most 366 nights, or of at most 300 slots over at most 90 days.",
            )
                .keyed()
                .body::<NewHold>()
                .answer::<HoldBody>(StatusCode::CREATED, "The places are held")
                .having(&["Location"])
                .answer::<HoldBody>(StatusCode::OK, "The first answer to the same request, again")
                .problems(&[
                    Code::RangeNotBookable,
                    Code::Forbidden,
                    Code::NotFound,
                    Code::SoldOut,
                    Code::TooManyHolds,
                    Code::HoldLimitReached,
                ]),
        ),
        (
            Route::scoped(Method::GET, ONE, "readHold", GUEST, |api, exchange, caller| {
                Box::pin(read(api, exchange, caller))
            }),
            Documentation::new(TAG, "A hold as it is now.")
                .path("holdId", "The hold")
                .answer::<HoldBody>(StatusCode::OK, "The hold")
                .problems(&[Code::NotFound]),
        ),
        (
            Route::scoped(Method::DELETE, ONE, "releaseHold", GUEST, |api, exchange, caller| {
                Box::pin(release(api, exchange, caller))
            }),
            Documentation::new(TAG, "Gives a hold back. Again: no effect.")
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
    let hold = HoldBody::placed(&placed.hold);
    let path = format!("{ALL}/{}", hold.hold_id);
    let status = if placed.replayed { StatusCode::OK } else { StatusCode::CREATED };
    let answer = answer::located(answer::json(status, &hold)?, &path);
    Ok(if placed.replayed { answer::replayed(answer) } else { answer })
}

async fn read(api: &HoldApi, exchange: &Exchange, caller: &Caller) -> Result<Response, Problem> {
    let snapshot = api.holds.get(caller, &hold_id(exchange)?).await.map_err(problem)?;
    Ok(answer::json(StatusCode::OK, &HoldBody::current(&snapshot, exchange.now))?)
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
    let answer = answer::json(StatusCode::OK, &HoldBody::extended(&snapshot.hold, extension))?;
    Ok(if replayed { answer::replayed(answer) } else { answer })
}
