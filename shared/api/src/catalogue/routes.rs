//! `/api/resources`: the function `resources`.

use std::sync::Arc;

use holdfast_app::catalogue::Resources;
use holdfast_app::{Caller, Clock};
use holdfast_domain::ResourceId;
use holdfast_http::{Api, Documentation, Exchange, FieldError, Refusal, Response, Route, answer, routes};
use http::header::CACHE_CONTROL;
use http::{Method, StatusCode};

use crate::catalogue::ids::resource_id;
use crate::catalogue::terms::Inventory;
use crate::catalogue::wire::{InventoryBody, InventorySet, ResourceBody, TermsBody};
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
                .answer::<ResourceBody>(StatusCode::OK, "The resource")
                .problems(&[Code::NotFound]),
        ),
        (
            Route::scoped(Method::PUT, ONE, "putResource", OPERATOR, |api, exchange, caller| {
                Box::pin(put(api, exchange, caller))
            }),
            Documentation::new(TAG, "Creates or replaces a resource.")
                .described("A field that is left out has its default, not the value that it had before.")
                .path("resourceId", "The resource, named by you: 1 to 64 of A-Z a-z 0-9 . _ : -")
                .body::<TermsBody>()
                .answer::<ResourceBody>(StatusCode::CREATED, "Created")
                .having(&["Location"])
                .answer::<ResourceBody>(StatusCode::OK, "Replaced")
                .problems(&[Code::RangeNotBookable, Code::CapacityInUse]),
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
                .body::<InventoryBody>()
                .answer::<InventorySet>(StatusCode::OK, "Set")
                .problems(&[Code::RangeNotBookable, Code::NotFound, Code::CapacityInUse]),
        ),
    ];

    fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }
}

async fn read(api: &ResourcesApi, exchange: &Exchange) -> Result<Response, Problem> {
    let resource = api.resources.get(&resource_id(&exchange.named)?).await.map_err(problem)?;
    let mut response = answer::json(StatusCode::OK, &ResourceBody::from(&resource))?;
    answer::set(&mut response, CACHE_CONTROL, "no-cache");
    Ok(response)
}

async fn put(api: &ResourcesApi, exchange: &Exchange, caller: &Caller) -> Result<Response, Problem> {
    let terms = TermsBody::read(&exchange.json()?)?;
    let id = ResourceId::parse(&exchange.named).map_err(|error| {
        Refusal::invalid(vec![FieldError { pointer: "/resourceId".to_owned(), detail: error.to_string() }])
    })?;
    let mutation = exchange.mutation(caller.guest.as_str());
    let (resource, created) = api.resources.put(&id, &terms, &mutation).await.map_err(problem)?;
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    let response = answer::json(status, &ResourceBody::from(&resource))?;
    Ok(if created { answer::located(response, &format!("/api/resources/{id}")) } else { response })
}

async fn set_inventory(
    api: &ResourcesApi,
    exchange: &Exchange,
    caller: &Caller,
) -> Result<Response, Problem> {
    let change = Inventory::read(&exchange.json()?)?;
    let id = resource_id(&exchange.named)?;
    let mutation = exchange.mutation(caller.guest.as_str());
    api.resources
        .set_inventory(&id, change.from, change.to, change.capacity, change.closed, &mutation)
        .await
        .map_err(|failure| range_problem(failure, &["/from", "/to"]))?;
    Ok(answer::json(StatusCode::OK, &change.answer(id.as_str()))?)
}
