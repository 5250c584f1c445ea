//! `/api/resources`: the function `resources`.

use std::sync::Arc;

use holdfast_app::catalogue::Resources;
use holdfast_app::{Clock, Failure};
use holdfast_domain::ResourceId;
use http::header::CACHE_CONTROL;
use http::{Method, StatusCode};
use tracing::Instrument;

use crate::answer;
use crate::exchange::Exchange;
use crate::problem::{FieldError, Problem};
use crate::request::{Request, Response, Scope};
#[cfg(test)]
use crate::route::listed;
use crate::route::{Route, find};
use crate::wire::resource::{Inventory, InventoryBody, InventorySet, ResourceBody, TermsBody};

/// The routes of the function `resources`.
pub struct ResourcesApi {
    resources: Resources,
    clock: Arc<dyn Clock>,
}

#[derive(Debug, Clone, Copy)]
enum Operation {
    Read,
    Put,
    SetInventory,
}

const ONE: &str = "/api/resources/{resourceId}";
const ROUTES: &[Route<Operation>] = &[
    Route { method: Method::GET, template: ONE, operation: Operation::Read },
    Route { method: Method::PUT, template: ONE, operation: Operation::Put },
    Route {
        method: Method::PATCH,
        template: "/api/resources/{resourceId}/inventory",
        operation: Operation::SetInventory,
    },
];
const SCOPES: &[Scope] = &[Scope::Operator];

/// Method and template of every route, for the OpenAPI document to be held against.
#[cfg(test)]
pub(crate) fn routes() -> Vec<(String, String)> {
    listed(ROUTES)
}

impl ResourcesApi {
    /// Over the use cases of resources.
    #[must_use]
    pub fn new(resources: Resources, clock: Arc<dyn Clock>) -> Self {
        Self { resources, clock }
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
            Operation::Read => read(self, &id).await,
            Operation::Put => put(self, exchange, &id).await,
            Operation::SetInventory => set_inventory(self, exchange, &id).await,
        }
    }
}

/// A text that cannot be a resource's id names no resource.
pub(crate) fn resource_id(id: &str) -> Result<ResourceId, Problem> {
    ResourceId::parse(id).map_err(|_| Failure::NotFound("resource").into())
}

/// A resource.
#[utoipa::path(
    get, path = "/api/resources/{resourceId}", operation_id = "readResource", tag = "resources",
    params(("resourceId" = String, Path, description = "The resource")),
    responses((status = 200, description = "The resource", body = ResourceBody))
)]
pub(crate) async fn read(api: &ResourcesApi, id: &str) -> Result<Response, Problem> {
    let resource = api.resources.get(&resource_id(id)?).await?;
    let mut response = answer::json(StatusCode::OK, &ResourceBody::from(&resource))?;
    answer::set(&mut response, CACHE_CONTROL, "no-cache");
    Ok(response)
}

/// Creates or replaces a resource.
#[utoipa::path(
    put, path = "/api/resources/{resourceId}", operation_id = "putResource", tag = "resources",
    params(("resourceId" = String, Path, description = "The resource, named by you: 1 to 64 of A-Z a-z 0-9 . _ : -")),
    request_body = TermsBody,
    responses(
        (status = 201, description = "Created", body = ResourceBody, headers(("Location" = String))),
        (status = 200, description = "Replaced", body = ResourceBody),
    )
)]
pub(crate) async fn put(api: &ResourcesApi, exchange: &Exchange, id: &str) -> Result<Response, Problem> {
    let caller = exchange.caller(SCOPES)?;
    let body = exchange.json()?;
    let terms = TermsBody::read(&body)?;
    let id = ResourceId::parse(id).map_err(|error| {
        Problem::invalid(vec![FieldError { pointer: "/resourceId".to_owned(), detail: error.to_string() }])
    })?;
    let mutation = exchange.mutation(caller.guest.as_str());
    let (resource, created) = api.resources.put(&id, &terms, &mutation).await?;
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    let response = answer::json(status, &ResourceBody::from(&resource))?;
    Ok(if created { answer::located(response, &format!("/api/resources/{id}")) } else { response })
}

/// Sets capacity and stop-sell of a range of local dates.
#[utoipa::path(
    patch, path = "/api/resources/{resourceId}/inventory", operation_id = "setInventory", tag = "resources",
    params(("resourceId" = String, Path, description = "The resource")),
    request_body = InventoryBody,
    responses((status = 200, description = "Set", body = InventorySet))
)]
pub(crate) async fn set_inventory(
    api: &ResourcesApi,
    exchange: &Exchange,
    id: &str,
) -> Result<Response, Problem> {
    let caller = exchange.caller(SCOPES)?;
    let body = exchange.json()?;
    let change = Inventory::read(&body)?;
    let id = resource_id(id)?;
    let mutation = exchange.mutation(caller.guest.as_str());
    api.resources
        .set_inventory(&id, change.from, change.to, change.capacity, change.closed, &mutation)
        .await
        .map_err(|failure| Problem::from(failure).naming_range(&["/from", "/to"]))?;
    answer::json(StatusCode::OK, &change.answer(id.as_str()))
}
