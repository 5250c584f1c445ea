//! Search, calendars and quotes: the function `search`. Anyone may ask; caches keep what is found for a moment, and quotes never.

use std::sync::Arc;

use holdfast_app::catalogue::Calendars;
use holdfast_app::kernel::fingerprint;
use holdfast_app::rates::{QuoteRequest, Quotes};
use holdfast_app::search::Search;
use holdfast_app::{Caller, Clock};
use holdfast_http::{Api, Documentation, Exchange, Response, Route, answer, routes};
use http::header::CACHE_CONTROL;
use http::{Method, StatusCode};
use serde::Serialize;

use crate::budgets;
use crate::catalogue::ids::resource_id;
use crate::problem::{Code, Problem, problem, range_problem};
use crate::rates::explain::{ExplainParameters, ExplanationBody};
use crate::rates::quotes::{NewQuote, QuoteBody};
use crate::scopes::OPERATOR;
use crate::search::wire::{
    Calendar, CalendarParameters, MissedBody, OfferBody, OfferList, SearchParameters, calendar_cursor,
};
use crate::wire::instant;

/// The routes of the function `search`.
pub struct SearchApi {
    search: Search,
    calendars: Calendars,
    quotes: Quotes,
    clock: Arc<dyn Clock>,
}

impl SearchApi {
    /// Over search, the resources for their calendars, and quotes.
    #[must_use]
    pub fn new(search: Search, calendars: Calendars, quotes: Quotes, clock: Arc<dyn Clock>) -> Self {
        Self { search, calendars, quotes, clock }
    }
}

const TAG: &str = "search";
const RATES_TAG: &str = "rates";
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
                "`price` is for the whole range and the quantity asked for, with what is due at the property; `startTime` and `endTime` can be given to `createHold` as \
                they are. A range of one local date of a `slots` resource is what has not begun of it; if it has breaks, the longest \
                run of free slots between them is offered. Where nothing is, `reasons` says why. Send the `ETag` of an earlier answer as `If-None-Match`, and the answer is 304 if nothing has changed.",
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
                "`start` and `end` are local dates of the resource, the end not included; `price` is what the slot costs by itself, for one unit, with what is due at the property. A slot that has \
                 begun has none available. Of a resource with a rate card, `arrival`, `stayMin` and `departure` say which stays the \
                 restrictions of the default plan allow, or `reasons` why none begins there; a slot that is not on sale has no `price`. At most 1,000 slots come at a time, and at most those of 100 days where each day has its own; \
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
        (
            Route::open_to_callers(Method::POST, "/api/quotes", "createQuote", &budgets::QUOTE, |api, exchange, caller| {
                Box::pin(quote(api, exchange, caller))
            }),
            Documentation::new(RATES_TAG, "What a stay costs under each rate plan, line by line. Nothing is changed.")
                .described(
                    "Every plan that can be had is in `offers`, with `price` to be paid with the booking and `payAtProperty` at the place; the \
                    others are in `unavailable`, with every reason. `createHold` with a `quoteId` honours its price until `expiresAt`, whatever \
                    changes meanwhile; whether places are left only the hold says. No token is needed: with one, quotes are good for that caller \
                    alone. Prices may be 5 seconds old, for operators never. A resource without a rate card has one plan, `standard`, by \
                    its own price and policy. Since nothing is changed, no `Idempotency-Key` is taken. `asOf` and `rules` are for operators, and promise nothing.\n\nWhoever tries \
                    many codes of promotions that do not count is answered 429 `too_many_codes` to every new one, good or not, until the next hour.",
                )
                .body::<NewQuote>()
                .answer::<QuoteBody>(StatusCode::OK, "The prices")
                .having(&["Cache-Control"])
                .problems(&[
                    Code::NotFound,
                    Code::Forbidden,
                    Code::ValidationFailed,
                    Code::RangeNotBookable,
                    Code::BelowMinimumCharge,
                    Code::AboveMaximumCharge,
                    Code::PriceNotPayable,
                    Code::TooManyCodes,
                ]),
        ),
        (
            Route::scoped(
                Method::GET,
                "/api/resources/{resourceId}/rates/explain",
                "explainRates",
                OPERATOR,
                |api, exchange, caller| Box::pin(explain(api, exchange, caller)),
            ),
            Documentation::new(RATES_TAG, "Why each slot of a stay costs what it costs, under one rate plan.")
                .described(
                    "Each step of a slot's price names what it is from: the plan, a price of the date, a rule, the guests, a bound or rounding. \
                    Rules may be confidential, so it is for operators only. If the plan cannot be had, `reasons` says why. At most 31 slots are \
                    explained, for units alike. With the `adults`, `childAges`, `unitType` and `channel` of a quote it is the price of that quote, without extras and code.",
                )
                .path("resourceId", "The resource")
                .queries::<ExplainParameters>()
                .answer::<ExplanationBody>(StatusCode::OK, "The price and its steps")
                .problems(&[
                    Code::NotFound,
                    Code::ValidationFailed,
                    Code::RangeNotBookable,
                    Code::BelowMinimumCharge,
                    Code::AboveMaximumCharge,
                    Code::PriceNotPayable,
                ]),
        ),
    ];

    fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }
}

async fn search(api: &SearchApi, exchange: &Exchange) -> Result<Response, Problem> {
    let question = SearchParameters::read(&exchange.request.query)?;
    let found = api.search.find(&question, exchange.now).await.map_err(problem)?;
    let results: Vec<OfferBody> = found.offers.iter().map(OfferBody::from).collect();
    let reasons = found.missed.as_ref().map(MissedBody::all);
    let digest = digest(&(&results, &found.next, &reasons))?;
    let body = OfferList { results, next_cursor: found.next, reasons, as_of: instant(exchange.now) };
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

async fn quote(api: &SearchApi, exchange: &Exchange, caller: Option<&Caller>) -> Result<Response, Problem> {
    let request = NewQuote::read(&exchange.json()?)?;
    let request = QuoteRequest { address: exchange.request.address, ..request };
    let quoted = api.quotes.quote(caller, &request, exchange.now).await;
    let quoted = quoted.map_err(|failure| range_problem(failure, &["/startTime", "/endTime"]))?;
    let mut answer = answer::json(StatusCode::OK, &QuoteBody::of(&request, &quoted))?;
    answer::set(&mut answer, CACHE_CONTROL, "no-store");
    Ok(answer)
}

async fn explain(api: &SearchApi, exchange: &Exchange, caller: &Caller) -> Result<Response, Problem> {
    let id = resource_id(&exchange.named)?;
    let request = ExplainParameters::read(&exchange.request.query, &id)?;
    let quoted = api.quotes.quote(Some(caller), &request, exchange.now).await;
    let quoted = quoted.map_err(|failure| range_problem(failure, &["/start", "/end"]))?;
    Ok(answer::json(StatusCode::OK, &ExplanationBody::of(&request, &quoted))?)
}

/// A digest of what an answer says, for its `ETag`.
fn digest<T: Serialize>(said: &T) -> Result<String, Problem> {
    let written = answer::json(StatusCode::OK, said)?;
    Ok(fingerprint(&["etag", &String::from_utf8_lossy(written.body())]).as_str().to_owned())
}
