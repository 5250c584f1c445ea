//! `/api/holds`: the function `hold`.

use std::sync::Arc;

use holdfast_app::holds::Holds;
use holdfast_app::{Clock, Failure};
use holdfast_domain::HoldId;
use http::{Method, StatusCode};
use tracing::Instrument;

use crate::answer;
use crate::exchange::Exchange;
use crate::problem::Problem;
use crate::request::{Request, Response, Scope};
#[cfg(test)]
use crate::route::listed;
use crate::route::{Route, find};
use crate::wire::hold::{HoldBody, NewHold, Nothing};

/// The routes of the function `hold`.
pub struct HoldApi {
    holds: Holds,
    clock: Arc<dyn Clock>,
}

#[derive(Debug, Clone, Copy)]
enum Operation {
    Create,
    Read,
    Release,
    Extend,
}

const ONE: &str = "/api/holds/{holdId}";
const ROUTES: &[Route<Operation>] = &[
    Route { method: Method::POST, template: "/api/holds", operation: Operation::Create },
    Route { method: Method::GET, template: ONE, operation: Operation::Read },
    Route { method: Method::DELETE, template: ONE, operation: Operation::Release },
    Route { method: Method::POST, template: "/api/holds/{holdId}/extend", operation: Operation::Extend },
];
const SCOPES: &[Scope] = &[Scope::Guest, Scope::Operator];

/// Method and template of every route, for the OpenAPI document to be held against.
#[cfg(test)]
pub(crate) fn routes() -> Vec<(String, String)> {
    listed(ROUTES)
}

impl HoldApi {
    /// Over the use cases of holds.
    #[must_use]
    pub fn new(holds: Holds, clock: Arc<dyn Clock>) -> Self {
        Self { holds, clock }
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
            Operation::Create => create(self, exchange).await,
            Operation::Read => read(self, exchange, &id).await,
            Operation::Release => release(self, exchange, &id).await,
            Operation::Extend => extend(self, exchange, &id).await,
        }
    }
}

/// A text that cannot be a hold's id names no hold.
fn hold_id(id: &str) -> Result<HoldId, Problem> {
    HoldId::parse(id).map_err(|_| Failure::NotFound("hold").into())
}

/// Takes places for a while.
#[utoipa::path(
    post, path = "/api/holds", operation_id = "createHold", tag = "holds", request_body = NewHold,
    responses(
        (status = 201, description = "The places are held", body = HoldBody, headers(("Location" = String))),
        (status = 200, description = "The first answer to the same request, again", body = HoldBody),
    )
)]
pub(crate) async fn create(api: &HoldApi, exchange: &Exchange) -> Result<Response, Problem> {
    let caller = exchange.caller(SCOPES)?;
    let body = exchange.json()?;
    let key = exchange.key(&body)?;
    let request = NewHold::read(&body)?;
    let mutation = exchange.mutation(caller.guest.as_str());
    let placed = api
        .holds
        .create(&caller, &key, &request, &mutation)
        .await
        .map_err(|failure| Problem::from(failure).naming_range(&["/startTime", "/endTime"]))?;
    let hold = HoldBody::placed(&placed.hold);
    let path = format!("/api/holds/{}", hold.hold_id);
    if placed.replayed {
        let answer = answer::json(StatusCode::OK, &hold)?;
        Ok(answer::replayed(answer::located(answer, &path)))
    } else {
        Ok(answer::located(answer::json(StatusCode::CREATED, &hold)?, &path))
    }
}

/// A hold as it stands now.
#[utoipa::path(
    get, path = "/api/holds/{holdId}", operation_id = "readHold", tag = "holds",
    params(("holdId" = String, Path, description = "The hold")),
    responses((status = 200, description = "The hold", body = HoldBody))
)]
pub(crate) async fn read(api: &HoldApi, exchange: &Exchange, id: &str) -> Result<Response, Problem> {
    let caller = exchange.caller(SCOPES)?;
    let snapshot = api.holds.get(&caller, &hold_id(id)?).await?;
    answer::json(StatusCode::OK, &HoldBody::current(&snapshot, exchange.now))
}

/// Gives a hold back. Again: no effect.
#[utoipa::path(
    delete, path = "/api/holds/{holdId}", operation_id = "releaseHold", tag = "holds",
    params(("holdId" = String, Path, description = "The hold")),
    responses((status = 204, description = "The places are free"))
)]
pub(crate) async fn release(api: &HoldApi, exchange: &Exchange, id: &str) -> Result<Response, Problem> {
    let caller = exchange.caller(SCOPES)?;
    let mutation = exchange.mutation(caller.guest.as_str());
    api.holds.release(&caller, &hold_id(id)?, &mutation).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

/// Adds one TTL to the previous `expiresAt`, a bounded number of times.
#[utoipa::path(
    post, path = "/api/holds/{holdId}/extend", operation_id = "extendHold", tag = "holds",
    params(("holdId" = String, Path, description = "The hold")),
    request_body(content = Nothing, description = "May be left out"),
    responses((status = 200, description = "The hold with its new expiry", body = HoldBody))
)]
pub(crate) async fn extend(api: &HoldApi, exchange: &Exchange, id: &str) -> Result<Response, Problem> {
    let caller = exchange.caller(SCOPES)?;
    let body = exchange.json_if_any()?;
    let key = exchange.key(&body)?;
    Nothing::read(&body)?;
    let mutation = exchange.mutation(caller.guest.as_str());
    let (snapshot, extension, replayed) = api.holds.extend(&caller, &hold_id(id)?, &key, &mutation).await?;
    let answer = answer::json(StatusCode::OK, &HoldBody::extended(&snapshot.hold, extension))?;
    Ok(if replayed { answer::replayed(answer) } else { answer })
}
