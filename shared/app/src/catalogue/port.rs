//! What the catalogue needs of the store: resources, and the pages that count their inventory.

use std::collections::BTreeMap;

use async_trait::async_trait;
use holdfast_domain::catalogue::{Facts, Month, MonthFacts, Surplus};
use holdfast_domain::{Page, Resource, ResourceId};

use crate::kernel::errors::{LedgerError, StoreError};
use crate::kernel::mutation::Mutation;

/// Reads resources and their pages.
#[async_trait]
pub trait CatalogueReader: Send + Sync {
    /// A resource; reads the latest write.
    async fn resource(&self, id: &ResourceId) -> Result<Option<Resource>, StoreError>;

    /// The pages of those parts of the schedule, in that order, as they are under the resource's terms and its dated facts; a
    /// page nobody touched yet is given as it would be made.
    async fn pages(&self, resource: &Resource, pages: &[String]) -> Result<Vec<Page>, StoreError>;

    /// Every stored page of a resource.
    async fn stored_pages(&self, resource: &Resource) -> Result<Vec<Page>, StoreError>;

    /// The stored ones of the pages of those parts of the schedule.
    async fn stored_among(&self, resource: &Resource, pages: &[String]) -> Result<Vec<Page>, StoreError>;

    /// All dated facts of a resource; the latest writes.
    async fn facts(&self, resource: &ResourceId) -> Result<Facts, StoreError>;
}

/// Reads and writes resources and their inventory.
#[async_trait]
pub trait Catalogue: CatalogueReader {
    /// Creates (`previous` is `None`) or replaces a resource; its pages stay. [`LedgerError::ResourceChanged`] if its terms or
    /// facts are not of the revisions of `previous`.
    async fn put_resource(
        &self,
        previous: Option<&Resource>,
        next: &Resource,
        mutation: &Mutation,
    ) -> Result<(), LedgerError>;

    /// Writes the facts of some months, each following the revision before its own, all or nothing; the resource's
    /// [`facts_revision`](Resource::facts_revision) grows by one. [`LedgerError::ResourceChanged`] if its terms or facts are
    /// others than those.
    async fn put_facts(
        &self,
        resource: &Resource,
        months: &BTreeMap<Month, MonthFacts>,
        mutation: &Mutation,
    ) -> Result<(), LedgerError>;

    /// Brings stored pages under the resource's terms and `facts`; see [`Resource::frame_of`]. What is written is written under
    /// these only if they are the present ones: [`LedgerError::ResourceChanged`] otherwise. A page may refuse
    /// ([`PageRejection::CapacityInUse`]), where `surplus` says so or a slot is gone; others may have been brought then.
    ///
    /// [`PageRejection::CapacityInUse`]: holdfast_domain::PageRejection::CapacityInUse
    async fn bring(
        &self,
        resource: &Resource,
        facts: &Facts,
        pages: Vec<Page>,
        surplus: Surplus,
        mutation: &Mutation,
    ) -> Result<(), LedgerError>;
}
