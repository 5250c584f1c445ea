//! What the catalogue needs of the store: resources, and the pages that count their inventory.

use async_trait::async_trait;
use holdfast_domain::catalogue::Slot;
use holdfast_domain::{Page, Resource, ResourceId};

use crate::kernel::errors::{LedgerError, StoreError};
use crate::kernel::mutation::Mutation;

/// Reads resources and their pages.
#[async_trait]
pub trait CatalogueReader: Send + Sync {
    /// A resource; reads the latest write.
    async fn resource(&self, id: &ResourceId) -> Result<Option<Resource>, StoreError>;

    /// The pages of those parts of the schedule, in that order; a page nobody touched yet is given as it would be made.
    async fn pages(&self, resource: &Resource, pages: &[String]) -> Result<Vec<Page>, StoreError>;

    /// Every stored page of a resource.
    async fn stored_pages(&self, resource: &Resource) -> Result<Vec<Page>, StoreError>;
}

/// Reads and writes resources and their inventory.
#[async_trait]
pub trait Catalogue: CatalogueReader {
    /// Creates (`previous` is `None`) or replaces a resource, and brings its pages that are not past under the new
    /// capacity or schedule, all or nothing. [`LedgerError::ResourceChanged`] if it is not as `previous` says.
    async fn put_resource(
        &self,
        previous: Option<&Resource>,
        next: &Resource,
        mutation: &Mutation,
    ) -> Result<(), LedgerError>;

    /// Sets capacity and stop-sell of `slots`, all or nothing.
    async fn set_inventory(
        &self,
        resource: &Resource,
        slots: &[Slot],
        capacity: Option<u32>,
        closed: Option<bool>,
        mutation: &Mutation,
    ) -> Result<(), LedgerError>;
}
