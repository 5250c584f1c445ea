//! `/api/resources`, `/api/rates`, `/api/stop` and `/api/properties`: the function `resources`.

use std::sync::Arc;

use holdfast_app::catalogue::{ResourceTrails, Resources, Run, Stops};
use holdfast_app::properties::Properties;
use holdfast_app::rates::Rates;
use holdfast_app::{Caller, Clock};
use holdfast_domain::{ResourceId, TrailSubject};
use holdfast_http::read::fields::without_card;
use holdfast_http::{Api, Documentation, Exchange, FieldError, Refusal, Response, Route, answer, routes};
use http::header::CACHE_CONTROL;
use http::{Method, StatusCode};

use crate::budgets;
use crate::catalogue::ids::resource_id;
use crate::catalogue::terms::inventory_answer;
use crate::catalogue::trail::trail_answer;
use crate::catalogue::version::{is_known, precondition, tagged};
use crate::catalogue::wire::{
    EditParameters, InventoryBody, InventorySet, PutBody, ResourceBody, ResourceEventList, StopBody,
    TermsBody, iso,
};
use crate::problem::{Code, Problem, problem, range_problem};
use crate::properties::routes as properties;
use crate::properties::wire::{PropertyBody, PropertyTermsBody};
use crate::rates::routes as rates;
use crate::scopes::OPERATOR;
use crate::trail::{ResourceTrailParameters, TrailParameters, owner_of};

/// The routes of the function `resources`.
pub struct ResourcesApi {
    resources: Resources,
    pub(crate) properties: Properties,
    trails: ResourceTrails,
    stops: Stops,
    rates: Rates,
    clock: Arc<dyn Clock>,
}

impl ResourcesApi {
    /// Over the use cases of resources, their rates and properties.
    #[must_use]
    pub fn new(
        resources: Resources,
        properties: Properties,
        trails: ResourceTrails,
        stops: Stops,
        rates: Rates,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { resources, properties, trails, stops, rates, clock }
    }
}

const TAG: &str = "resources";
const IF_MATCH: (&str, &str) = (
    "If-Match",
    "The `ETag` of what is edited as the edit was made for it; otherwise 412 `precondition_failed`",
);
const ONE: &str = "/api/resources/{resourceId}";
const RATES: &str = "/api/resources/{resourceId}/rates";
const PROPERTIES: &str = "properties";
const OF_A_PROPERTY: &str = "/api/properties/{propertyId}";

impl Api for ResourcesApi {
    type Error = Problem;
    const FUNCTION: &'static str = "resources";

    routes![
        (
            Route::open(Method::GET, ONE, "readResource", &budgets::RESOURCE, |api, exchange| {
                Box::pin(read(api, exchange))
            }),
            Documentation::new(TAG, "A resource.")
                .described("What the operator says of it; its calendar says what is free.")
                .path("resourceId", "The resource")
                .header("If-None-Match", "An earlier answer's `ETag`")
                .answer::<ResourceBody>(StatusCode::OK, "The resource")
                .having(&["ETag", "Cache-Control"])
                .empty(StatusCode::NOT_MODIFIED, "As the answer with that `ETag`")
                .having(&["ETag", "Cache-Control"])
                .problems(&[Code::NotFound]),
        ),
        (
            Route::scoped(Method::PUT, ONE, "putResource", OPERATOR, |api, exchange, caller| {
                Box::pin(put(api, exchange, caller))
            }),
            Documentation::new(TAG, "Creates or replaces a resource.")
                .described(
                    "A field that is left out has its default, not the value that it had before. A resource of a property whose staff the \
                    caller is not is 404; so it is in every route of operators.",
                )
                .path("resourceId", "The resource, named by you: 1 to 64 of A-Z a-z 0-9 . _ : -")
                .header(IF_MATCH.0, IF_MATCH.1)
                .header("If-None-Match", "`*`: only if the resource does not exist yet")
                .queries::<EditParameters>()
                .body::<TermsBody>()
                .answer::<PutBody>(StatusCode::CREATED, "Created")
                .having(&["Location", "ETag"])
                .answer::<PutBody>(
                    StatusCode::OK,
                    "Replaced. What was set for dates stays, and so does every live hold and booking",
                )
                .having(&["ETag"])
                .problems(&[Code::NotFound, Code::CapacityInUse, Code::PreconditionFailed]),
        ),
        (
            Route::scoped(
                Method::PATCH,
                "/api/resources/{resourceId}/inventory",
                "setInventory",
                OPERATOR,
                |api, exchange, caller| Box::pin(set_inventory(api, exchange, caller)),
            ),
            Documentation::new(TAG, "Sets capacity, stop-sell and overbooking of a range of local dates.")
                .described(
                    "Of `capacity`, `closed` and `overbooking`, what is left out stays as it is. Capacity and overbooking together below what is held or booked on one of the \
                    dates is 409 `capacity_in_use`, and nothing is changed.",
                )
                .path("resourceId", "The resource")
                .header(IF_MATCH.0, IF_MATCH.1)
                .queries::<EditParameters>()
                .body::<InventoryBody>()
                .answer::<InventorySet>(StatusCode::OK, "Set")
                .having(&["ETag"])
                .problems(&[
                    Code::RangeNotBookable,
                    Code::NotFound,
                    Code::CapacityInUse,
                    Code::PreconditionFailed,
                ]),
        ),
        (
            Route::scoped(
                Method::GET,
                "/api/resources/{resourceId}/events",
                "readResourceEvents",
                OPERATOR,
                |api, exchange, caller| Box::pin(trail(api, exchange, caller)),
            ),
            Documentation::new(TAG, "The trail of operators' changes of a resource, oldest first.")
                .described(
                    "Each entry is a change, with who made it and when. `from` and `to` have the fields that changed, before and after it, \
                    under the names that an edit gives them; `dates` are ranges, `to` being the date after the last. An edit that is done in steps has an \
                    entry for each step, also where a guest came between and it was taken back. Give `nextCursor` as `cursor` for the next page; on the last \
                    it is null. With `date` it says who set what for that local date, prices, limits and inventory, and what was set before: the \
                    newest first, of 100 entries of the trail at a time, so that a page may be short, or empty, and `nextCursor` lead on.",
                )
                .path("resourceId", "The resource")
                .queries::<ResourceTrailParameters>()
                .answer::<ResourceEventList>(StatusCode::OK, "What operators changed")
                .problems(&[Code::NotFound, Code::ValidationFailed]),
        ),
        (
            Route::scoped(
                Method::PUT,
                "/api/resources/{resourceId}/stop",
                "stopHoldsOfResource",
                OPERATOR,
                |api, exchange, caller| Box::pin(stop_one(api, exchange, caller)),
            ),
            Documentation::new(TAG, "Stops new holds of a resource in an emergency, or takes them again.")
                .described(
                    "Within a second new holds are refused with 503 `holds_stopped`; what is held may be paid, and everything else goes on. \
                    It is entered into the trail of the resource.",
                )
                .path("resourceId", "The resource")
                .body::<StopBody>()
                .answer::<StopBody>(StatusCode::OK, "Set")
                .problems(&[Code::NotFound]),
        ),
        (
            Route::scoped(Method::PUT, "/api/stop", "stopHolds", OPERATOR, |api, exchange, caller| {
                Box::pin(stop_all(api, exchange, caller))
            }),
            Documentation::new(TAG, "Stops new holds of every resource in an emergency, or takes them again.")
                .described(
                    "As for one resource; that of one stays as it is. Only staff of the platform may: it reaches every property. It is entered into a \
                    trail of its own, `GET /api/stop/events`.",
                )
                .body::<StopBody>()
                .answer::<StopBody>(StatusCode::OK, "Set")
                .problems(&[Code::Forbidden]),
        ),
        (
            Route::scoped(
                Method::GET,
                "/api/stop/events",
                "readStopEvents",
                OPERATOR,
                |api, exchange, _caller| Box::pin(trail_of_all(api, exchange)),
            ),
            Documentation::new(TAG, "Who stopped new holds of every resource, and took them again, oldest first.")
                .described("As the trail of a resource.")
                .queries::<TrailParameters>()
                .answer::<ResourceEventList>(StatusCode::OK, "What operators did")
                .problems(&[Code::ValidationFailed]),
        ),
        (
            Route::scoped(Method::GET, RATES, "readRates", OPERATOR, |api, exchange, caller| {
                Box::pin(rates::read(&api.rates, exchange, caller))
            }),
            rates::read_documentation(),
        ),
        (
            Route::scoped(Method::PUT, RATES, "putRates", OPERATOR, |api, exchange, caller| {
                Box::pin(rates::put(&api.rates, exchange, caller))
            }),
            rates::put_documentation(),
        ),
        (
            Route::scoped(
                Method::DELETE,
                "/api/resources/{resourceId}/rates/draft",
                "discardRatesDraft",
                OPERATOR,
                |api, exchange, caller| Box::pin(rates::discard(&api.rates, exchange, caller)),
            ),
            rates::discard_documentation(),
        ),
        (
            Route::open(
                Method::GET,
                OF_A_PROPERTY,
                "readProperty",
                &budgets::PROPERTY,
                |api, exchange| Box::pin(properties::read(&api.properties, exchange)),
            ),
            Documentation::new(PROPERTIES, "A property.")
                .described("The hotel, restaurant, practice, airline or venue that resources belong to.")
                .path("propertyId", "The property")
                .header("If-None-Match", "An earlier answer's `ETag`")
                .answer::<PropertyBody>(StatusCode::OK, "The property")
                .having(&["ETag", "Cache-Control"])
                .empty(StatusCode::NOT_MODIFIED, "As the answer with that `ETag`")
                .having(&["ETag", "Cache-Control"])
                .problems(&[Code::NotFound]),
        ),
        (
            Route::scoped(
                Method::PUT,
                OF_A_PROPERTY,
                "putProperty",
                OPERATOR,
                |api, exchange, caller| Box::pin(properties::put(&api.properties, exchange, caller)),
            ),
            Documentation::new(PROPERTIES, "Creates or replaces a property.")
                .described(
                    "Only staff of the platform may create one. Its own staff may replace it; for others it is 404. There is no end to a \
                    property. A field that is left out has its default, not the value that it had before.",
                )
                .path("propertyId", "The property, named by you: 1 to 64 of A-Z a-z 0-9 . _ : -")
                .header(IF_MATCH.0, IF_MATCH.1)
                .header("If-None-Match", "`*`: only if the property does not exist yet")
                .queries::<EditParameters>()
                .body::<PropertyTermsBody>()
                .answer::<PropertyBody>(StatusCode::CREATED, "Created")
                .having(&["Location", "ETag"])
                .answer::<PropertyBody>(StatusCode::OK, "Replaced")
                .having(&["ETag"])
                .problems(&[Code::NotFound, Code::PreconditionFailed]),
        ),
        (
            Route::scoped(
                Method::GET,
                "/api/resources/{resourceId}/rates/versions",
                "readRateVersions",
                OPERATOR,
                |api, exchange, caller| Box::pin(rates::versions(&api.rates, exchange, caller)),
            ),
            rates::versions_documentation(),
        ),
        (
            Route::scoped(
                Method::GET,
                "/api/resources/{resourceId}/rates/calendar",
                "readRateCalendar",
                OPERATOR,
                |api, exchange, caller| Box::pin(rates::calendar(&api.rates, exchange, caller)),
            ),
            rates::calendar_documentation(),
        ),
        (
            Route::scoped(Method::PATCH, "/api/rates", "setDatedRates", OPERATOR, |api, exchange, caller| {
                Box::pin(rates::set_dates(&api.rates, exchange, caller))
            }),
            rates::set_dates_documentation(),
        ),
        (
            Route::scoped(
                Method::GET,
                "/api/properties/{propertyId}/events",
                "readPropertyEvents",
                OPERATOR,
                |api, exchange, caller| Box::pin(properties::trail(&api.properties, exchange, caller)),
            ),
            Documentation::new(PROPERTIES, "The trail of changes of a property, oldest first.")
                .described("As the trail of a resource.")
                .path("propertyId", "The property")
                .queries::<TrailParameters>()
                .answer::<ResourceEventList>(StatusCode::OK, "What was changed")
                .problems(&[Code::NotFound, Code::ValidationFailed]),
        ),
    ];

    fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }
}

async fn read(api: &ResourcesApi, exchange: &Exchange) -> Result<Response, Problem> {
    let resource = api.resources.get(&resource_id(&exchange.named)?).await.map_err(problem)?;
    let mut response = if is_known(&exchange.request.headers, &resource) {
        answer::empty(StatusCode::NOT_MODIFIED)
    } else {
        answer::json(StatusCode::OK, &ResourceBody::from(&resource))?
    };
    answer::set(&mut response, CACHE_CONTROL, "no-cache");
    Ok(tagged(response, &resource))
}

async fn put(api: &ResourcesApi, exchange: &Exchange, caller: &Caller) -> Result<Response, Problem> {
    let terms = TermsBody::read(&exchange.json()?)?;
    let id = new_resource_id(&exchange.named)?;
    let run = EditParameters::read(&exchange.request.query)?;
    let precondition = precondition(&exchange.request.headers, true);
    let mutation = exchange.mutation(caller.guest.as_str());
    let put = api.resources.put(caller, &id, &terms, &precondition, run, &mutation).await.map_err(problem)?;
    let body = PutBody {
        resource: ResourceBody::from(&put.resource),
        dates_without_slots: put.lost_dates.into_iter().map(iso).collect(),
    };
    match (run, put.created) {
        (Run::Dry, _) => Ok(answer::json(StatusCode::OK, &body)?),
        (Run::Real, false) => Ok(tagged(answer::json(StatusCode::OK, &body)?, &put.resource)),
        (Run::Real, true) => {
            let response =
                answer::located(answer::json(StatusCode::CREATED, &body)?, &format!("/api/resources/{id}"));
            Ok(tagged(response, &put.resource))
        }
    }
}

/// The id that an operator gives to a resource.
fn new_resource_id(text: &str) -> Result<ResourceId, Refusal> {
    without_card(text)
        .and_then(|()| ResourceId::parse(text).map_err(|error| error.to_string()))
        .map_err(|detail| Refusal::invalid(vec![FieldError { pointer: "/resourceId".to_owned(), detail }]))
}

async fn set_inventory(
    api: &ResourcesApi,
    exchange: &Exchange,
    caller: &Caller,
) -> Result<Response, Problem> {
    let change = InventoryBody::read(&exchange.json()?)?;
    let id = resource_id(&exchange.named)?;
    let mutation = exchange.mutation(caller.guest.as_str());
    let run = EditParameters::read(&exchange.request.query)?;
    let precondition = precondition(&exchange.request.headers, false);
    let resource = api
        .resources
        .set_inventory(caller, &id, &change, &precondition, run, &mutation)
        .await
        .map_err(|failure| range_problem(failure, &["/from", "/to"]))?;
    let response = answer::json(StatusCode::OK, &inventory_answer(&change, id.as_str()))?;
    Ok(match run {
        Run::Real => tagged(response, &resource),
        Run::Dry => response,
    })
}

async fn trail(api: &ResourcesApi, exchange: &Exchange, caller: &Caller) -> Result<Response, Problem> {
    let id = resource_id(&exchange.named)?;
    let asked = ResourceTrailParameters::read(&exchange.request.query, id.as_str())?;
    let page = match asked.date {
        Some(date) => {
            let before = asked.cursor.unwrap_or(u64::MAX);
            api.trails.of_date(caller, &id, date, before, asked.limit).await
        }
        None => api.trails.of(caller, &id, asked.cursor.unwrap_or(0), asked.limit).await,
    };
    trail_answer(page.map_err(problem)?, &owner_of(id.as_str(), asked.date))
}

async fn trail_of_all(api: &ResourcesApi, exchange: &Exchange) -> Result<Response, Problem> {
    let name = TrailSubject::AllResources.name();
    let asked = TrailParameters::read(&exchange.request.query, &name)?;
    let page = api.trails.of_all_resources(asked.after, asked.limit).await.map_err(problem)?;
    trail_answer(page, &name)
}

async fn stop_one(api: &ResourcesApi, exchange: &Exchange, caller: &Caller) -> Result<Response, Problem> {
    let stopped = StopBody::read(&exchange.json()?)?;
    stop(api, exchange, caller, &TrailSubject::Resource(resource_id(&exchange.named)?), stopped).await
}

async fn stop_all(api: &ResourcesApi, exchange: &Exchange, caller: &Caller) -> Result<Response, Problem> {
    let stopped = StopBody::read(&exchange.json()?)?;
    stop(api, exchange, caller, &TrailSubject::AllResources, stopped).await
}

async fn stop(
    api: &ResourcesApi,
    exchange: &Exchange,
    caller: &Caller,
    subject: &TrailSubject,
    stopped: bool,
) -> Result<Response, Problem> {
    let mutation = exchange.mutation(caller.guest.as_str());
    api.stops.set(caller, subject, stopped, &mutation).await.map_err(problem)?;
    Ok(answer::json(StatusCode::OK, &StopBody { stopped })?)
}
