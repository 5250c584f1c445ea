//! Search and calendars: the function `search`. Open to anyone, kept by caches for a moment.

use std::sync::Arc;

use holdfast_app::Clock;
use holdfast_app::catalogue::Resources;
use holdfast_app::kernel::fingerprint;
use holdfast_app::search::Search;
use http::{Method, StatusCode};
use serde::Serialize;
use tracing::Instrument;

use crate::answer;
use crate::exchange::Exchange;
use crate::problem::Problem;
use crate::request::{Request, Response};
use crate::resources::resource_id;
#[cfg(test)]
use crate::route::listed;
use crate::route::{Route, find};
use crate::wire::instant;
use crate::wire::search::{Calendar, CalendarParameters, OfferBody, OfferList, SearchParameters};

/// The routes of the function `search`.
pub struct SearchApi {
    search: Search,
    resources: Resources,
    clock: Arc<dyn Clock>,
}

#[derive(Debug, Clone, Copy)]
enum Operation {
    Search,
    Calendar,
}

const ROUTES: &[Route<Operation>] = &[
    Route { method: Method::GET, template: "/api/availability", operation: Operation::Search },
    Route {
        method: Method::GET,
        template: "/api/resources/{resourceId}/availability",
        operation: Operation::Calendar,
    },
];

/// Method and template of every route, for the OpenAPI document to be held against.
#[cfg(test)]
pub(crate) fn routes() -> Vec<(String, String)> {
    listed(ROUTES)
}

impl SearchApi {
    /// Over search, and the resources for their calendars.
    #[must_use]
    pub fn new(search: Search, resources: Resources, clock: Arc<dyn Clock>) -> Self {
        Self { search, resources, clock }
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
            Operation::Search => search(self, exchange).await,
            Operation::Calendar => calendar(self, exchange, &id).await,
        }
    }
}

/// Resources that are free for a whole range. May be a little stale: only a hold guarantees anything.
#[utoipa::path(
    get, path = "/api/availability", operation_id = "search", tag = "search",
    params(SearchParameters, ("If-None-Match" = Option<String>, Header, description = "An earlier answer's `ETag`")),
    responses(
        (status = 200, description = "Offers", body = OfferList, headers(("ETag" = String), ("Cache-Control" = String))),
        (status = 304, description = "As the answer with that `ETag`"),
    )
)]
pub(crate) async fn search(api: &SearchApi, exchange: &Exchange) -> Result<Response, Problem> {
    let question = SearchParameters::read(&exchange.request.query)?;
    let (offers, next_cursor) = api.search.find(&question, exchange.now).await?;
    let results: Vec<OfferBody> = offers.iter().map(OfferBody::from).collect();
    let digest = digest(&(&results, &next_cursor))?;
    let body = OfferList { results, next_cursor, as_of: instant(exchange.now) };
    let response = answer::json(StatusCode::OK, &body)?;
    Ok(answer::cacheable(response, &digest, &exchange.request.headers))
}

/// The slots of a resource, with what is free in each.
#[utoipa::path(
    get, path = "/api/resources/{resourceId}/availability", operation_id = "readCalendar", tag = "search",
    params(
        ("resourceId" = String, Path, description = "The resource"),
        CalendarParameters,
        ("If-None-Match" = Option<String>, Header, description = "An earlier answer's `ETag`"),
    ),
    responses(
        (status = 200, description = "Slots", body = Calendar, headers(("ETag" = String), ("Cache-Control" = String))),
        (status = 304, description = "As the answer with that `ETag`"),
    )
)]
pub(crate) async fn calendar(api: &SearchApi, exchange: &Exchange, id: &str) -> Result<Response, Problem> {
    let (start, end) = CalendarParameters::read(&exchange.request.query)?;
    let slots = api
        .resources
        .calendar(&resource_id(id)?, start, end, exchange.now)
        .await
        .map_err(|failure| Problem::from(failure).naming_range(&["/start", "/end"]))?;
    let body = Calendar { slots: slots.iter().map(Into::into).collect() };
    let response = answer::json(StatusCode::OK, &body)?;
    Ok(answer::cacheable(response, &digest(&body)?, &exchange.request.headers))
}

/// A digest of what an answer says, for its `ETag`.
fn digest<T: Serialize>(said: &T) -> Result<String, Problem> {
    let written = answer::json(StatusCode::OK, said)?;
    Ok(fingerprint(&["etag", &String::from_utf8_lossy(written.body())]).as_str().to_owned())
}
