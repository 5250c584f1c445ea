//! The read model behind search, kept by the changes of the ledger. It may lag; it never goes back: a page is kept only if
//! none later is, and so are dated facts; a resource brings all its pages and facts along.

use std::collections::HashMap;
use std::sync::Arc;

use holdfast_domain::catalogue::{Month, MonthFacts};
use holdfast_domain::rates::card::ResourceRates;
use holdfast_domain::rates::dated::MonthRates;
use holdfast_domain::{Page, Property, Resource, ResourceId};

use crate::catalogue::port::CatalogueReader;
use crate::kernel::failure::Failure;
use crate::rates::port::RateReader;
use crate::search::port::SearchIndexWriter;

/// The use case of the projector.
pub struct Projection {
    catalogue: Arc<dyn CatalogueReader>,
    rates: Arc<dyn RateReader>,
    index: Arc<dyn SearchIndexWriter>,
}

/// Changes that are applied one after the other. Resources are read once for all of them, after the changes were made, so
/// that a page is never listed under terms older than itself.
pub struct ProjectionBatch<'a> {
    projection: &'a Projection,
    resources: HashMap<ResourceId, Option<Resource>>,
}

impl Projection {
    /// From a catalogue and its rates into a read model.
    #[must_use]
    pub fn new(
        catalogue: Arc<dyn CatalogueReader>,
        rates: Arc<dyn RateReader>,
        index: Arc<dyn SearchIndexWriter>,
    ) -> Self {
        Self { catalogue, rates, index }
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
        match self.resource_of(page).await? {
            Some(resource) => Ok(self.projection.index.put_page(&resource, page).await?),
            None => Ok(()),
        }
    }

    /// A page was removed; this is what it was.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub async fn on_page_removed(&mut self, page: &Page) -> Result<(), Failure> {
        if let Some(resource) = self.resource_of(page).await? {
            let index = &self.projection.index;
            for listing in index.listings(&resource) {
                index.remove_page(&listing, page).await?;
            }
        }
        Ok(())
    }

    async fn resource_of(&mut self, page: &Page) -> Result<Option<Resource>, Failure> {
        let id = &page.key.resource;
        let resource = self.read_once(id).await?;
        if resource.is_none() {
            tracing::warn!(resource = %id, page = page.key.name(), "a page of no resource");
        }
        Ok(resource)
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

    /// The rate cards of a resource were written.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub async fn on_rates(&mut self, rates: &ResourceRates) -> Result<(), Failure> {
        match self.read_once(&rates.resource).await? {
            Some(resource) => Ok(self.projection.index.put_rates(&resource, &rates.listed()).await?),
            None => {
                tracing::warn!(resource = %rates.resource, "rates of no resource");
                Ok(())
            }
        }
    }

    /// What is set for the dates of a month under plans was written.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub async fn on_month_rates(
        &mut self,
        id: &ResourceId,
        month: Month,
        rates: &MonthRates,
    ) -> Result<(), Failure> {
        match self.read_once(id).await? {
            Some(resource) => Ok(self.projection.index.put_month_rates(&resource, month, rates).await?),
            None => {
                tracing::warn!(resource = %id, %month, "rates of no resource");
                Ok(())
            }
        }
    }

    /// A property was written. Its taxes are kept whether it has any or not, so that earlier ones do not come after them.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub async fn on_property(&mut self, property: &Property) -> Result<(), Failure> {
        Ok(self.projection.index.put_taxes(&property.taxes()).await?)
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
        let index = &self.projection.index;
        index.put_resource(resource).await?;
        let here = index.listings(resource);
        let mut left = previous.map(|previous| index.listings(previous)).unwrap_or_default();
        left.retain(|listing| !here.contains(listing));
        for listing in &left {
            index.remove_resource(listing, resource).await?;
        }
        for (month, facts) in self.projection.catalogue.facts(&resource.id).await?.months() {
            index.put_facts(resource, month, facts).await?;
            for listing in &left {
                index.remove_facts(listing, &resource.id, month, facts).await?;
            }
        }
        let (rates, dated) = self.projection.rates.all_rates(&resource.id).await?;
        if let Some(rates) = rates.map(|rates| rates.listed()) {
            index.put_rates(resource, &rates).await?;
            for listing in &left {
                index.remove_rates(listing, &rates).await?;
            }
        }
        for (month, rates) in dated.months() {
            index.put_month_rates(resource, month, rates).await?;
            for listing in &left {
                index.remove_month_rates(listing, &resource.id, month, rates).await?;
            }
        }
        for page in self.projection.catalogue.stored_pages(resource).await? {
            index.put_page(resource, &page).await?;
            for listing in &left {
                index.remove_page(listing, &page).await?;
            }
        }
        Ok(())
    }
}
