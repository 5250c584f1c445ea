//! The read model behind search.

use std::collections::BTreeSet;

use async_trait::async_trait;
use holdfast_domain::catalogue::{Month, MonthFacts};
use holdfast_domain::rates::card::ResourceRates;
use holdfast_domain::rates::dated::MonthRates;
use holdfast_domain::rates::property_taxes::PropertyTaxes;
use holdfast_domain::{Page, PropertyId, Resource, ResourceId};

use crate::kernel::errors::StoreError;
use crate::operations::port::{Part, Unreadable};

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
    /// The rate cards of the resources of a type at a location, as they are listed; of a resource without any there are none.
    async fn rates(&self, resource_type: &str, location: &str) -> Result<Vec<ResourceRates>, StoreError>;
    /// What is set for the dates of a month under plans, of the resources of a type at a location; those without any are absent.
    async fn month_rates(
        &self,
        resource_type: &str,
        location: &str,
        month: Month,
    ) -> Result<Vec<(ResourceId, MonthRates)>, StoreError>;
    /// The taxes of those properties; of one that is not listed there are none.
    async fn taxes(&self, properties: &BTreeSet<PropertyId>) -> Result<Vec<PropertyTaxes>, StoreError>;
    /// Every page of that part of the schedule, of the resources of a type at a location; untouched ones are absent.
    async fn pages(&self, resource_type: &str, location: &str, page: &str) -> Result<Vec<Page>, StoreError>;
}

/// Shows the pages of single resources from the read model.
#[async_trait]
pub trait ListedPages: Send + Sync {
    /// The listed ones of the pages of those parts of a resource's schedule, in any order.
    async fn of_resource(&self, resource: &Resource, pages: &[String]) -> Result<Vec<Page>, StoreError>;
}

/// A part of the read model in which resources, or the pages of resources, are listed; named by the index that keeps it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Listing(String);

impl Listing {
    /// The listing of that name.
    #[must_use]
    pub fn new(name: String) -> Self {
        Self(name)
    }

    /// Its name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Keeps the read model. What is kept is never replaced by something earlier, nor removed by it.
#[async_trait]
pub trait SearchIndexWriter: Send + Sync {
    /// Where the terms of a resource list it, its dated facts and its pages.
    fn listings(&self, resource: &Resource) -> BTreeSet<Listing>;
    /// Lists a resource wherever its terms say, unless a later revision of it is listed there already.
    async fn put_resource(&self, resource: &Resource) -> Result<(), StoreError>;
    /// Keeps a month's facts wherever their resource is listed, unless later ones are kept already.
    async fn put_facts(
        &self,
        resource: &Resource,
        month: Month,
        facts: &MonthFacts,
    ) -> Result<(), StoreError>;
    /// Keeps a resource's rate cards wherever it is listed, unless later ones are kept already.
    async fn put_rates(&self, resource: &Resource, rates: &ResourceRates) -> Result<(), StoreError>;
    /// Keeps what is set for a month under plans wherever the resource is listed, unless later is kept already.
    async fn put_month_rates(
        &self,
        resource: &Resource,
        month: Month,
        rates: &MonthRates,
    ) -> Result<(), StoreError>;
    /// Keeps the taxes of a property, unless those of a later revision of it are kept already.
    async fn put_taxes(&self, taxes: &PropertyTaxes) -> Result<(), StoreError>;
    /// Keeps a page wherever its resource is listed, unless a later one is kept already.
    async fn put_page(&self, resource: &Resource, page: &Page) -> Result<(), StoreError>;
    /// Removes a resource from a listing, unless a later revision is listed there.
    async fn remove_resource(&self, listing: &Listing, resource: &Resource) -> Result<(), StoreError>;
    /// Removes a month's facts from a listing, unless later ones are kept there.
    async fn remove_facts(
        &self,
        listing: &Listing,
        resource: &ResourceId,
        month: Month,
        facts: &MonthFacts,
    ) -> Result<(), StoreError>;
    /// Removes a resource's rate cards from a listing, unless later ones are kept there.
    async fn remove_rates(&self, listing: &Listing, rates: &ResourceRates) -> Result<(), StoreError>;
    /// Removes what is set for a month under plans from a listing, unless later is kept there.
    async fn remove_month_rates(
        &self,
        listing: &Listing,
        resource: &ResourceId,
        month: Month,
        rates: &MonthRates,
    ) -> Result<(), StoreError>;
    /// Removes the taxes of a property, unless those of a later revision of it are kept.
    async fn remove_taxes(&self, taxes: &PropertyTaxes) -> Result<(), StoreError>;
    /// Removes a page from a listing, unless a later one is kept there.
    async fn remove_page(&self, listing: &Listing, page: &Page) -> Result<(), StoreError>;
}

/// An entry of the read model.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// A resource, and where it is listed.
    Resource(Listing, Box<Resource>),
    /// What is set for the dates of a month, and where it is listed.
    Facts(Listing, ResourceId, Month, MonthFacts),
    /// A resource's rate cards, and where they are listed.
    Rates(Listing, Box<ResourceRates>),
    /// What is set for the dates of a month under plans, and where it is listed.
    MonthRates(Listing, ResourceId, Month, MonthRates),
    /// The taxes of a property.
    Taxes(Box<PropertyTaxes>),
    /// A page, and where it is listed.
    Page(Listing, Box<Page>),
}

/// The read model as a whole. It stands apart, so that nothing behind a request can go through all of it.
#[async_trait]
pub trait SearchIndexInspection: Send + Sync {
    /// Entries after `cursor`, each as it was at some time since the call began.
    async fn entries_part(&self, cursor: Option<&str>) -> Result<Part<Entry>, StoreError>;
    /// Removes an entry that cannot be read.
    async fn remove_unreadable(&self, entry: &Unreadable) -> Result<(), StoreError>;
}
