//! What the catalogue needs of the store: resources, and the pages that count their inventory.

use std::collections::BTreeSet;

use async_trait::async_trait;
use holdfast_domain::catalogue::{Facts, Month, Surplus};
use holdfast_domain::{Page, Resource, ResourceId, TrailSubject};

use crate::catalogue::commit::{FactsCommit, StopCommit, StopState, TermsCommit};
use crate::catalogue::trail::ResourceEvent;
use crate::kernel::errors::{LedgerError, StoreError};
use crate::kernel::mutation::Mutation;

/// Reads resources and their pages.
#[async_trait]
pub trait CatalogueReader: Send + Sync {
    /// A resource; reads the latest write.
    async fn resource(&self, id: &ResourceId) -> Result<Option<Resource>, StoreError>;

    /// Every stored page of a resource.
    async fn stored_pages(&self, resource: &Resource) -> Result<Vec<Page>, StoreError>;

    /// The stored ones of the pages of those parts of the schedule.
    async fn stored_among(&self, resource: &Resource, pages: &[String]) -> Result<Vec<Page>, StoreError>;

    /// The dated facts of those months; the latest writes.
    async fn facts_of(&self, resource: &ResourceId, months: &BTreeSet<Month>) -> Result<Facts, StoreError>;

    /// All dated facts of a resource; the latest writes.
    async fn facts(&self, resource: &ResourceId) -> Result<Facts, StoreError>;
}

/// Reads and writes resources and their inventory.
#[async_trait]
pub trait Catalogue: CatalogueReader {
    /// Creates or replaces a resource, with the entry of its trail; its pages stay. [`LedgerError::ResourceChanged`] if its terms,
    /// facts or trail are not those of the resource that is replaced.
    async fn put_resource(&self, commit: &TermsCommit) -> Result<(), LedgerError>;

    /// Writes the facts of some months with the entry of the resource's trail, all or nothing. [`LedgerError::ResourceChanged`] if its
    /// terms or facts, or its trail where there is an entry, are others than those.
    async fn put_facts(&self, commit: &FactsCommit) -> Result<(), LedgerError>;

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
        surplus: Surplus<'_>,
        mutation: &Mutation,
    ) -> Result<(), LedgerError>;
}

/// Reads the trails of operators' changes.
#[async_trait]
pub trait ResourceHistory: Send + Sync {
    /// A trail, oldest first.
    async fn resource_trail(&self, subject: &TrailSubject) -> Result<Vec<ResourceEvent>, StoreError>;

    /// The first entries of a trail whose sequence is greater than `after`, oldest first: at most `limit`, and fewer where they are
    /// large; none only if there is none.
    async fn resource_trail_page(
        &self,
        subject: &TrailSubject,
        after: u64,
        limit: u32,
    ) -> Result<Vec<ResourceEvent>, StoreError>;

    /// The last entries of a trail whose sequence is less than `before`, newest first: at most `limit`, and fewer where they are
    /// large; none only if there is none.
    async fn resource_trail_before(
        &self,
        subject: &TrailSubject,
        before: u64,
        limit: u32,
    ) -> Result<Vec<ResourceEvent>, StoreError>;
}

/// Sets the stop of new holds, of a resource or of all.
#[async_trait]
pub trait HoldStopSwitch: Send + Sync {
    /// The stop as it is, by the latest write; none of a resource that does not exist, and of a property, which has none of its own. That of all resources says nothing of one of them,
    /// nor the other way round.
    async fn stop_of(&self, subject: &TrailSubject) -> Result<Option<StopState>, StoreError>;

    /// Sets the stop, with the entry of the trail. [`LedgerError::ResourceChanged`] if stop or trail are not as the commit says they were.
    async fn put_stop(&self, commit: &StopCommit) -> Result<(), LedgerError>;
}
