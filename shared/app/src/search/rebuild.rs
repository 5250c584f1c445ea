//! Makes the read model again from the ledger, while both are in use. It may be broken off and begun again at any time.
//!
//! First every entry that the ledger does not have so is removed, then every resource and page of the ledger is put, and the taxes of every
//! property. Beside
//! the projector this is safe because neither replaces or removes what is later than it knows, and because a resource is
//! read once more after it was put: one that moved meanwhile is taken from where it was put.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use holdfast_domain::catalogue::Facts;
use holdfast_domain::rates::card::ResourceRates;
use holdfast_domain::rates::dated::DatedRates;
use holdfast_domain::rates::property_taxes::PropertyTaxes;
use holdfast_domain::{Page, Property, Resource, ResourceId};

use crate::catalogue::port::CatalogueReader;
use crate::kernel::errors::StoreError;
use crate::operations::port::{LedgerInspection, Unreadable};
use crate::properties::port::PropertyReader;
use crate::rates::port::RateReader;
use crate::search::port::{Entry, Listing, SearchIndexInspection, SearchIndexWriter};

/// How often a resource that moves while it is put is put anew.
const MOVES_MAX: u32 = 8;

/// How far a rebuild has come.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Entries of the read model compared with the ledger.
    pub entries: usize,
    /// Keys of those that the ledger does not have so.
    pub removed: Vec<String>,
    /// Resources of the ledger.
    pub resources: usize,
    /// Properties of the ledger.
    pub properties: usize,
    /// Pages of the ledger.
    pub pages: usize,
    /// Items of the ledger that cannot be read, and so are not in the read model.
    pub unreadable: Vec<Unreadable>,
}

impl Progress {
    /// Adds what another part came to.
    pub fn extend(&mut self, other: Self) {
        self.entries += other.entries;
        self.removed.extend(other.removed);
        self.resources += other.resources;
        self.properties += other.properties;
        self.pages += other.pages;
        self.unreadable.extend(other.unreadable);
    }
}

/// The use case of an operator who does not trust the read model.
pub struct SearchRebuild {
    catalogue: Arc<dyn CatalogueReader>,
    rates: Arc<dyn RateReader>,
    properties: Arc<dyn PropertyReader>,
    ledger: Arc<dyn LedgerInspection>,
    entries: Arc<dyn SearchIndexInspection>,
    index: Arc<dyn SearchIndexWriter>,
}

impl SearchRebuild {
    /// From a ledger into a read model.
    #[must_use]
    pub fn new(
        catalogue: Arc<dyn CatalogueReader>,
        rates: Arc<dyn RateReader>,
        properties: Arc<dyn PropertyReader>,
        ledger: Arc<dyn LedgerInspection>,
        entries: Arc<dyn SearchIndexInspection>,
        index: Arc<dyn SearchIndexWriter>,
    ) -> Self {
        Self { catalogue, rates, properties, ledger, entries, index }
    }

    /// Removes what the ledger does not have so, among the entries after `cursor`; gives the next cursor. An entry that is
    /// merely late stays: it is put anew by [`Self::put_part`] or [`Self::put_taxes_part`].
    ///
    /// # Errors
    /// [`StoreError`] on an outage.
    pub async fn remove_part(&self, cursor: Option<&str>) -> Result<(Progress, Option<String>), StoreError> {
        // The ledger is read after the entries: one that is ahead of it cannot be its own.
        let part = self.entries.entries_part(cursor).await?;
        let mut progress =
            Progress { entries: part.items.len() + part.unreadable.len(), ..Progress::default() };
        for entry in part.unreadable {
            self.entries.remove_unreadable(&entry).await?;
            progress.removed.push(entry.item);
        }
        let mut resources: HashMap<ResourceId, Option<Resource>> = HashMap::new();
        for entry in part.items {
            let id = match &entry {
                Entry::Resource(_, resource) => Some(&resource.id),
                Entry::Facts(_, resource, ..) | Entry::MonthRates(_, resource, ..) => Some(resource),
                Entry::Rates(_, rates) => Some(&rates.resource),
                Entry::Taxes(_) => None,
                Entry::Page(_, page) => Some(&page.key.resource),
            };
            if let Some(id) = id
                && !resources.contains_key(id)
            {
                let read = skip_unreadable(self.catalogue.resource(id).await)?;
                resources.insert(id.clone(), read.flatten());
            }
            let resource = id.and_then(|id| resources.get(id)).and_then(Option::as_ref);
            progress.removed.extend(self.remove_unless_of_ledger(&entry, resource).await?);
        }
        Ok((progress, part.next))
    }

    /// Removes an entry that the ledger does not have so; its name, if it does not.
    async fn remove_unless_of_ledger(
        &self,
        entry: &Entry,
        resource: Option<&Resource>,
    ) -> Result<Option<String>, StoreError> {
        match entry {
            Entry::Resource(listing, listed) => {
                let is_here =
                    resource.is_some_and(|resource| self.index.listings(resource).contains(listing));
                if is_here && resource.is_some_and(|resource| is_resource_or_earlier(listed, resource)) {
                    return Ok(None);
                }
                self.index.remove_resource(listing, listed).await?;
                Ok(Some(listed.id.to_string()))
            }
            Entry::Facts(listing, id, month, listed) => {
                let is_here =
                    resource.is_some_and(|resource| self.index.listings(resource).contains(listing));
                let facts = if is_here { Some(self.catalogue.facts(id).await?) } else { None };
                let is_of_ledger = |facts: Facts| {
                    facts.revision(*month) > listed.revision
                        || facts.months().any(|(of, facts)| of == *month && facts == listed)
                };
                if facts.is_some_and(is_of_ledger) {
                    return Ok(None);
                }
                self.index.remove_facts(listing, id, *month, listed).await?;
                Ok(Some(format!("{id}/{month}")))
            }
            Entry::Rates(listing, listed) => {
                let is_here =
                    resource.is_some_and(|resource| self.index.listings(resource).contains(listing));
                let rates = if is_here {
                    self.rates.rates(&listed.resource, &BTreeSet::new()).await?.0
                } else {
                    None
                };
                let is_of_ledger =
                    |rates: ResourceRates| rates.revision > listed.revision || rates.listed() == **listed;
                if rates.is_some_and(is_of_ledger) {
                    return Ok(None);
                }
                self.index.remove_rates(listing, listed).await?;
                Ok(Some(format!("{}/rates", listed.resource)))
            }
            Entry::MonthRates(listing, id, month, listed) => {
                let is_here =
                    resource.is_some_and(|resource| self.index.listings(resource).contains(listing));
                let months = BTreeSet::from([*month]);
                let rates =
                    if is_here { self.rates.rates(id, &months).await?.1 } else { DatedRates::default() };
                let is_of_ledger = rates.revision(*month) > listed.revision
                    || rates.months().any(|(of, rates)| of == *month && rates == listed);
                if is_of_ledger {
                    return Ok(None);
                }
                self.index.remove_month_rates(listing, id, *month, listed).await?;
                Ok(Some(format!("{id}/rates/{month}")))
            }
            Entry::Taxes(listed) => self.remove_unless_of_property(listed).await,
            Entry::Page(listing, listed) => {
                let is_here =
                    resource.is_some_and(|resource| self.index.listings(resource).contains(listing));
                let page = if is_here {
                    skip_unreadable(self.ledger.page_as_stored(&listed.key).await)?.flatten()
                } else {
                    None
                };
                if page.is_some_and(|page| is_page_or_earlier(listed, &page)) {
                    return Ok(None);
                }
                self.index.remove_page(listing, listed).await?;
                Ok(Some(format!("{}/{}", listed.key.resource, listed.key.name())))
            }
        }
    }

    /// Removes the taxes of a property that the ledger does not have so; their name, if it does not.
    async fn remove_unless_of_property(&self, listed: &PropertyTaxes) -> Result<Option<String>, StoreError> {
        let property = skip_unreadable(self.properties.property(&listed.property).await)?.flatten();
        let is_of_ledger =
            |property: Property| property.revision > listed.revision || property.taxes() == *listed;
        if property.is_some_and(is_of_ledger) {
            return Ok(None);
        }
        self.index.remove_taxes(listed).await?;
        Ok(Some(format!("{}/taxes", listed.property)))
    }

    /// Puts the taxes of the properties of the ledger after `cursor`; gives the next cursor.
    ///
    /// # Errors
    /// [`StoreError`] on an outage.
    pub async fn put_taxes_part(
        &self,
        cursor: Option<&str>,
    ) -> Result<(Progress, Option<String>), StoreError> {
        let part = self.ledger.properties_part(cursor).await?;
        let progress =
            Progress { properties: part.items.len(), unreadable: part.unreadable, ..Progress::default() };
        for property in part.items {
            self.index.put_taxes(&property.taxes()).await?;
        }
        Ok((progress, part.next))
    }

    /// Puts the resources of the ledger after `cursor` with all their pages; gives the next cursor.
    ///
    /// # Errors
    /// [`StoreError`] on an outage.
    pub async fn put_part(&self, cursor: Option<&str>) -> Result<(Progress, Option<String>), StoreError> {
        let part = self.ledger.resources_part(cursor).await?;
        let mut progress = Progress { unreadable: part.unreadable, ..Progress::default() };
        for resource in part.items {
            match self.put(resource).await {
                Ok(pages) => {
                    progress.resources += 1;
                    progress.pages += pages;
                }
                Err(StoreError::Corrupt { item, reason }) => {
                    progress.unreadable.push(Unreadable { item, reason });
                }
                Err(error) => return Err(error),
            }
        }
        Ok((progress, part.next))
    }

    /// Puts a resource with its pages where it is listed; the number of pages.
    ///
    /// # Errors
    /// [`StoreError::Contention`] when it moves [`MOVES_MAX`] times meanwhile.
    async fn put(&self, mut resource: Resource) -> Result<usize, StoreError> {
        for _ in 0..MOVES_MAX {
            self.index.put_resource(&resource).await?;
            let facts = self.catalogue.facts(&resource.id).await?;
            for (month, facts) in facts.months() {
                self.index.put_facts(&resource, month, facts).await?;
            }
            let (rates, dated) = self.rates.all_rates(&resource.id).await?;
            let rates = rates.map(|rates| rates.listed());
            if let Some(rates) = &rates {
                self.index.put_rates(&resource, rates).await?;
            }
            for (month, rates) in dated.months() {
                self.index.put_month_rates(&resource, month, rates).await?;
            }
            let pages = self.catalogue.stored_pages(&resource).await?;
            for page in &pages {
                self.index.put_page(&resource, page).await?;
            }
            // From here on every move is seen by the projector after what was put.
            let Some(now) = self.catalogue.resource(&resource.id).await? else { return Ok(pages.len()) };
            let here = self.index.listings(&now);
            let left: Vec<Listing> = self
                .index
                .listings(&resource)
                .into_iter()
                .filter(|listing| !here.contains(listing))
                .collect();
            if left.is_empty() {
                return Ok(pages.len());
            }
            for listing in left {
                self.index.remove_resource(&listing, &resource).await?;
                for (month, facts) in facts.months() {
                    self.index.remove_facts(&listing, &resource.id, month, facts).await?;
                }
                if let Some(rates) = &rates {
                    self.index.remove_rates(&listing, rates).await?;
                }
                for (month, rates) in dated.months() {
                    self.index.remove_month_rates(&listing, &resource.id, month, rates).await?;
                }
                for page in &pages {
                    self.index.remove_page(&listing, page).await?;
                }
            }
            resource = now;
        }
        Err(StoreError::Contention(resource.id.to_string()))
    }
}

/// What cannot be read of the ledger is in the read model neither.
fn skip_unreadable<T>(read: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(StoreError::Corrupt { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// How often something was set for dates, and the trail, are no part of what is listed: nothing is listed anew for them.
fn is_resource_or_earlier(listed: &Resource, resource: &Resource) -> bool {
    let (facts_revision, trail) = (resource.facts_revision, resource.trail.clone());
    listed.revision < resource.revision || Resource { facts_revision, trail, ..listed.clone() } == *resource
}

fn is_page_or_earlier(listed: &Page, page: &Page) -> bool {
    listed.write_number() < page.write_number() || listed == page
}
