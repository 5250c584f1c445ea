//! The read model behind search.

use async_trait::async_trait;
use holdfast_domain::catalogue::{Month, MonthFacts};
use holdfast_domain::{Page, Resource, ResourceId};

use crate::kernel::errors::StoreError;

/// Answers searches from the read model.
#[async_trait]
pub trait SearchIndex: Send + Sync {
    /// Resources of a type at a location.
    async fn resources(&self, resource_type: &str, location: &str) -> Result<Vec<Resource>, StoreError>;
    /// The dated facts of a month, of the resources of a type at a location; those without any are absent.
    async fn facts(
        &self,
        resource_type: &str,
        location: &str,
        month: Month,
    ) -> Result<Vec<(ResourceId, MonthFacts)>, StoreError>;
    /// Every page of that part of the schedule, of the resources of a type at a location; untouched ones are absent.
    async fn pages(&self, resource_type: &str, location: &str, page: &str) -> Result<Vec<Page>, StoreError>;
}

/// Keeps the read model.
#[async_trait]
pub trait SearchIndexWriter: Send + Sync {
    /// Lists a resource; `moved_from` names the type and location it was listed under before.
    async fn put_resource(
        &self,
        resource: &Resource,
        moved_from: Option<(&str, &str)>,
    ) -> Result<(), StoreError>;
    /// Keeps a month's facts, unless later ones are kept already.
    async fn put_facts(
        &self,
        resource: &Resource,
        month: Month,
        facts: &MonthFacts,
    ) -> Result<(), StoreError>;
    /// Keeps a page, unless a later one is kept already.
    async fn put_page(&self, resource: &Resource, page: &Page) -> Result<(), StoreError>;
}
