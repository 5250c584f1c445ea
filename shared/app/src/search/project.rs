//! The read model behind search, kept by the changes of the ledger. It may lag; it never goes back: a page is kept only if
//! none later is, and so are dated facts; a resource brings all its pages and facts along.

use std::collections::HashMap;
use std::sync::Arc;

use holdfast_domain::catalogue::{Month, MonthFacts};
use holdfast_domain::{Page, Resource, ResourceId};

use crate::catalogue::port::CatalogueReader;
use crate::kernel::failure::Failure;
use crate::search::port::SearchIndexWriter;

/// The use case of the projector.
pub struct Projection {
    catalogue: Arc<dyn CatalogueReader>,
    index: Arc<dyn SearchIndexWriter>,
}

/// Changes that are applied one after the other. Resources are read once for all of them, after the changes were made, so
/// that a page is never listed under terms older than itself.
pub struct ProjectionBatch<'a> {
    projection: &'a Projection,
    resources: HashMap<ResourceId, Option<Resource>>,
}

impl Projection {
    /// From a catalogue into a read model.
    #[must_use]
    pub fn new(catalogue: Arc<dyn CatalogueReader>, index: Arc<dyn SearchIndexWriter>) -> Self {
        Self { catalogue, index }
    }

    /// For a batch of changes.
    #[must_use]
    pub fn batch(&self) -> ProjectionBatch<'_> {
        ProjectionBatch { projection: self, resources: HashMap::new() }
    }
}

impl ProjectionBatch<'_> {
    /// A page was written.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub async fn on_page(&mut self, page: &Page) -> Result<(), Failure> {
        let id = &page.key.resource;
        match self.read_once(id).await? {
            Some(resource) => Ok(self.projection.index.put_page(&resource, page).await?),
            None => {
                tracing::warn!(resource = %id, page = page.key.name(), "a page of no resource");
                Ok(())
            }
        }
    }

    /// Dated facts were written.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub async fn on_facts(
        &mut self,
        id: &ResourceId,
        month: Month,
        facts: &MonthFacts,
    ) -> Result<(), Failure> {
        match self.read_once(id).await? {
            Some(resource) => Ok(self.projection.index.put_facts(&resource, month, facts).await?),
            None => {
                tracing::warn!(resource = %id, %month, "facts of no resource");
                Ok(())
            }
        }
    }

    async fn read_once(&mut self, id: &ResourceId) -> Result<Option<Resource>, Failure> {
        if let Some(known) = self.resources.get(id) {
            return Ok(known.clone());
        }
        let read = self.projection.catalogue.resource(id).await?;
        self.resources.insert(id.clone(), read.clone());
        Ok(read)
    }

    /// A resource was written; before, it was `previous`.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub async fn on_resource(
        &mut self,
        resource: &Resource,
        previous: Option<&Resource>,
    ) -> Result<(), Failure> {
        let place = |listed: &Resource| {
            (listed.terms.resource_type.as_str().to_owned(), listed.terms.location.as_str().to_owned())
        };
        let moved_from = previous.map(place).filter(|before| *before != place(resource));
        let moved_from = moved_from.as_ref().map(|(kind, location)| (kind.as_str(), location.as_str()));
        self.projection.index.put_resource(resource, moved_from).await?;
        for (month, facts) in self.projection.catalogue.facts(&resource.id).await?.months() {
            self.projection.index.put_facts(resource, month, facts).await?;
        }
        for page in self.projection.catalogue.stored_pages(resource).await? {
            self.projection.index.put_page(resource, &page).await?;
        }
        Ok(())
    }
}
