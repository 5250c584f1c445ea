//! Search and calendars: the function `search`. Anyone may ask, and caches keep the answers for a moment.

use std::sync::Arc;

use holdfast_app::Clock;
use holdfast_app::catalogue::Calendars;
use holdfast_app::kernel::fingerprint;
use holdfast_app::search::Search;
use holdfast_http::{Api, Documentation, Exchange, Response, Route, answer, routes};
use http::{Method, StatusCode};
use serde::Serialize;

use crate::budgets;
use crate::catalogue::ids::resource_id;
use crate::problem::{Code, Problem, problem, range_problem};
use crate::search::wire::{
    Calendar, CalendarParameters, OfferBody, OfferList, SearchParameters, calendar_cursor,
};
use crate::wire::instant;

/// The routes of the function `search`.
pub struct SearchApi {
    search: Search,
    calendars: Calendars,
    clock: Arc<dyn Clock>,
}

impl SearchApi {
    /// Over search, and the resources for their calendars.
    #[must_use]
    pub fn new(search: Search, calendars: Calendars, clock: Arc<dyn Clock>) -> Self {
        Self { search, calendars, clock }
    }
}

const TAG: &str = "search";
const IF_NONE_MATCH: (&str, &str) = ("If-None-Match", "An earlier answer's `ETag`");

impl Api for SearchApi {
    type Error = Problem;
    const FUNCTION: &'static str = "search";

    routes![
        (
            Route::open(Method::GET, "/api/availability", "search", &budgets::SEARCH, |api, exchange| {
                Box::pin(search(api, exchange))
            }),
            Documentation::new(
                TAG,
                "Resources that are free for a whole range. May be a little stale: only a hold guarantees anything."
            )
            .described(
                "`price` is for the whole range and the quantity asked for; `startTime` and `endTime` can be given to `createHold` as \
                they are. A range of one local date of a `slots` resource is what has not begun of it; if it has breaks, the longest \
                run of free slots between them is offered. Send the `ETag` of an earlier answer as `If-None-Match`, and the answer is 304 if nothing has changed.",
            )
            .queries::<SearchParameters>()
            .header(IF_NONE_MATCH.0, IF_NONE_MATCH.1)
            .answer::<OfferList>(StatusCode::OK, "Offers")
            .having(&["ETag", "Cache-Control"])
            .empty(StatusCode::NOT_MODIFIED, "As the answer with that `ETag`")
            .having(&["ETag", "Cache-Control"])
            .problems(&[Code::ValidationFailed]),
        ),
        (
            Route::open(
                Method::GET,
                "/api/resources/{resourceId}/availability",
                "readCalendar",
                &budgets::CALENDAR,
                |api, exchange| Box::pin(calendar(api, exchange)),
            ),
            Documentation::new(
                TAG,
                "The slots of a resource that start on local dates of a range, with what is free in each."
            )
            .described(
                "`start` and `end` are local dates of the resource, the end not included; `price` is for one unit. A slot that has \
                 begun has none available. At most 1,000 slots come at a time, and at most those of 100 days where each day has its own; \
                 `nextCursor` asks for the rest. An edit shows at once, what is held and booked within a moment.",
            )
                .path("resourceId", "The resource")
                .queries::<CalendarParameters>()
                .header(IF_NONE_MATCH.0, IF_NONE_MATCH.1)
                .answer::<Calendar>(StatusCode::OK, "Slots")
                .having(&["ETag", "Cache-Control"])
                .empty(StatusCode::NOT_MODIFIED, "As the answer with that `ETag`")
            .having(&["ETag", "Cache-Control"])
                .problems(&[Code::NotFound, Code::ValidationFailed, Code::RangeNotBookable]),
        ),
    ];

    fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }
}

async fn search(api: &SearchApi, exchange: &Exchange) -> Result<Response, Problem> {
    let question = SearchParameters::read(&exchange.request.query)?;
    let (offers, next_cursor) = api.search.find(&question, exchange.now).await.map_err(problem)?;
    let results: Vec<OfferBody> = offers.iter().map(OfferBody::from).collect();
    let digest = digest(&(&results, &next_cursor))?;
    let body = OfferList { results, next_cursor, as_of: instant(exchange.now) };
    let response = answer::json(StatusCode::OK, &body)?;
    Ok(answer::cacheable(response, &digest, &exchange.request.headers))
}

async fn calendar(api: &SearchApi, exchange: &Exchange) -> Result<Response, Problem> {
    let id = resource_id(&exchange.named)?;
    let question = CalendarParameters::read(&exchange.request.query, &id)?;
    let (slots, next) = api
        .calendars
        .slots(&id, question.start, question.end, question.first, exchange.now)
        .await
        .map_err(|failure| range_problem(failure, &["/start", "/end"]))?;
    let next_cursor = next.map(|next| calendar_cursor(next, &id));
    let body = Calendar { slots: slots.iter().map(Into::into).collect(), next_cursor };
    let response = answer::json(StatusCode::OK, &body)?;
    Ok(answer::cacheable(response, &digest(&body)?, &exchange.request.headers))
}

/// A digest of what an answer says, for its `ETag`.
fn digest<T: Serialize>(said: &T) -> Result<String, Problem> {
    let written = answer::json(StatusCode::OK, said)?;
    Ok(fingerprint(&["etag", &String::from_utf8_lossy(written.body())]).as_str().to_owned())
}
