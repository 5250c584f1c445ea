//! `/api/resources`: the function `resources`.

use std::sync::Arc;

use holdfast_app::catalogue::{Resources, Run};
use holdfast_app::{Caller, Clock};
use holdfast_domain::ResourceId;
use holdfast_http::{Api, Documentation, Exchange, FieldError, Refusal, Response, Route, answer, routes};
use http::header::CACHE_CONTROL;
use http::{Method, StatusCode};

use crate::catalogue::ids::resource_id;
use crate::catalogue::terms::inventory_answer;
use crate::catalogue::version::{is_known, precondition, tagged};
use crate::catalogue::wire::{
    EditParameters, InventoryBody, InventorySet, PutBody, ResourceBody, TermsBody, iso,
};
use crate::problem::{Code, Problem, problem, range_problem};
use crate::scopes::OPERATOR;

/// The routes of the function `resources`.
pub struct ResourcesApi {
    resources: Resources,
    clock: Arc<dyn Clock>,
}

impl ResourcesApi {
    /// Over the use cases of resources.
    #[must_use]
    pub fn new(resources: Resources, clock: Arc<dyn Clock>) -> Self {
        Self { resources, clock }
    }
}

const TAG: &str = "resources";
const IF_MATCH: (&str, &str) = (
    "If-Match",
    "The `ETag` of the resource as the edit was made for it; otherwise 412 `precondition_failed`",
);
const ONE: &str = "/api/resources/{resourceId}";

impl Api for ResourcesApi {
    type Error = Problem;
    const FUNCTION: &'static str = "resources";

    routes![
        (
            Route::open(Method::GET, ONE, "readResource", |api, exchange| Box::pin(read(api, exchange))),
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
                .described("A field that is left out has its default, not the value that it had before.")
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
                .problems(&[Code::CapacityInUse, Code::PreconditionFailed]),
        ),
        (
            Route::scoped(
                Method::PATCH,
                "/api/resources/{resourceId}/inventory",
                "setInventory",
                OPERATOR,
                |api, exchange, caller| Box::pin(set_inventory(api, exchange, caller)),
            ),
            Documentation::new(TAG, "Sets capacity and stop-sell of a range of local dates.")
                .described(
                    "Of `capacity` and `closed`, what is left out stays as it is. A capacity below what is held or booked on one of the \
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
    let id = ResourceId::parse(&exchange.named).map_err(|error| {
        Refusal::invalid(vec![FieldError { pointer: "/resourceId".to_owned(), detail: error.to_string() }])
    })?;
    let run = EditParameters::read(&exchange.request.query)?;
    let precondition = precondition(&exchange.request.headers, true);
    let mutation = exchange.mutation(caller.guest.as_str());
    let put = api.resources.put(&id, &terms, &precondition, run, &mutation).await.map_err(problem)?;
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
        .set_inventory(&id, &change, &precondition, run, &mutation)
        .await
        .map_err(|failure| range_problem(failure, &["/from", "/to"]))?;
    let response = answer::json(StatusCode::OK, &inventory_answer(&change, id.as_str()))?;
    Ok(match run {
        Run::Real => tagged(response, &resource),
        Run::Dry => response,
    })
}
