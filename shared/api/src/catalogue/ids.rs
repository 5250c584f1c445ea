//! Ids of resources in paths.

use holdfast_app::Failure;
use holdfast_domain::ResourceId;

use crate::problem::{Problem, problem};

/// The resource that a path names. A text that cannot be a resource's id names none.
pub(crate) fn resource_id(text: &str) -> Result<ResourceId, Problem> {
    ResourceId::parse(text).map_err(|_| problem(Failure::NotFound("resource")))
}
