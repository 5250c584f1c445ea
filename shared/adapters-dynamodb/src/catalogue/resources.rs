//! Resources and their inventory.
//!
//! A page is made when it is first needed, in a transaction under the revisions of its resource's terms and facts. An edit
//! writes terms or facts first and looks for pages then, so that it knows every page there is.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use holdfast_app::catalogue::{Catalogue, CatalogueReader};
use holdfast_app::events::Write;
use holdfast_app::{LedgerError, Mutation, StoreError};
use holdfast_domain::catalogue::{Facts, Month, MonthFacts, Surplus};
use holdfast_domain::{Page, PageKey, Resource, ResourceId};

use crate::page::store::PageStore;
use crate::stored::records::{NEXT_TERMS, encode_resource, facts_are, resource_key};
use crate::table::error::Refused;
use crate::table::item::n;
use crate::table::ledger::LedgerTable;
use crate::table::transact::{ATTEMPTS_MAX, pause};

/// [`Catalogue`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoCatalogue {
    ledger: LedgerTable,
    pages: PageStore,
}

impl DynamoCatalogue {
    /// In the ledger's table.
    #[must_use]
    pub fn new(ledger: LedgerTable) -> Self {
        Self { pages: PageStore::new(ledger.clone()), ledger }
    }
}

#[async_trait]
impl CatalogueReader for DynamoCatalogue {
    async fn resource(&self, id: &ResourceId) -> Result<Option<Resource>, StoreError> {
        Ok(self.pages.read_resource(id).await?.map(|(resource, _)| resource))
    }

    async fn pages(&self, resource: &Resource, names: &[String]) -> Result<Vec<Page>, StoreError> {
        let keys: Vec<PageKey> = names.iter().flat_map(|name| resource.page_keys(name)).collect();
        let months: BTreeSet<Month> = names.iter().flat_map(|name| resource.months(name)).collect();
        let facts = self.ledger.facts_of(&resource.id, months).await?;
        let stored = self.pages.read_pages(&keys).await?;
        let mut stored: BTreeMap<PageKey, Page> =
            stored.into_iter().map(|page| (page.key.clone(), page)).collect();
        let page = |key: &PageKey| match stored.remove(key) {
            Some(page) => resource.shown(page, &facts),
            None => resource.fresh_page(key, &facts),
        };
        Ok(keys.iter().map(page).collect())
    }

    async fn stored_pages(&self, resource: &Resource) -> Result<Vec<Page>, StoreError> {
        self.pages.query_pages(&resource.id).await
    }

    async fn stored_among(&self, resource: &Resource, names: &[String]) -> Result<Vec<Page>, StoreError> {
        let keys: Vec<PageKey> = names.iter().flat_map(|name| resource.page_keys(name)).collect();
        self.pages.read_pages(&keys).await
    }

    async fn facts(&self, resource: &ResourceId) -> Result<Facts, StoreError> {
        self.ledger.all_facts(resource).await
    }
}

#[async_trait]
impl Catalogue for DynamoCatalogue {
    async fn put_resource(
        &self,
        previous: Option<&Resource>,
        next: &Resource,
        mutation: &Mutation,
    ) -> Result<(), LedgerError> {
        for attempt in 0..ATTEMPTS_MAX {
            let written = match previous {
                None => self.create(next, mutation).await,
                Some(previous) => self.replace(previous, next, mutation).await,
            };
            match written {
                Ok(()) => return Ok(()),
                Err(Refused::Busy) => pause(attempt).await,
                Err(Refused::Condition { .. }) => return Err(LedgerError::ResourceChanged),
                Err(Refused::Store(error)) => return Err(error.into()),
            }
        }
        Err(StoreError::Contention(next.id.to_string()).into())
    }

    async fn put_facts(
        &self,
        resource: &Resource,
        months: &BTreeMap<Month, MonthFacts>,
        mutation: &Mutation,
    ) -> Result<(), LedgerError> {
        self.pages.put_facts(resource, months, mutation).await
    }

    async fn bring(
        &self,
        resource: &Resource,
        facts: &Facts,
        pages: Vec<Page>,
        surplus: Surplus,
        mutation: &Mutation,
    ) -> Result<(), LedgerError> {
        self.pages.bring(resource, facts, pages, surplus, mutation).await
    }
}

/// Attributes of a resource that a replacement leaves as they are.
const KEPT: [&str; 4] = ["pk", "sk", "pages", "frev"];

impl DynamoCatalogue {
    async fn create(&self, resource: &Resource, mutation: &Mutation) -> Result<(), Refused> {
        let write = Write { at: mutation.now, trace: mutation.trace.clone() };
        self.ledger
            .client
            .put_item()
            .table_name(&self.ledger.name)
            .set_item(Some(encode_resource(resource, 0, Some(&write))))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await?;
        Ok(())
    }

    /// Pages may be made at the same time, and are counted on the same item: only what a replacement changes is written.
    async fn replace(
        &self,
        previous: &Resource,
        next: &Resource,
        mutation: &Mutation,
    ) -> Result<(), Refused> {
        let write = Write { at: mutation.now, trace: mutation.trace.clone() };
        let item = encode_resource(next, 0, Some(&write));
        let mut update = self
            .ledger
            .client
            .update_item()
            .table_name(&self.ledger.name)
            .set_key(Some(resource_key(&next.id)))
            .condition_expression(facts_are("rev = :was"))
            .expression_attribute_values(":was", n(previous.revision))
            .expression_attribute_values(":frev", n(previous.facts_revision))
            .expression_attribute_values(":none", n(0));
        let (mut sets, mut removes) = (Vec::new(), Vec::new());
        for name in ["tr", NEXT_TERMS] {
            if !item.contains_key(name) {
                removes.push(name);
            }
        }
        for (name, value) in item.into_iter().filter(|(name, _)| !KEPT.contains(&name.as_str())) {
            sets.push(format!("#{name} = :{name}"));
            update = update
                .expression_attribute_names(format!("#{name}"), &name)
                .expression_attribute_values(format!(":{name}"), value);
        }
        let mut expression = format!("SET {}", sets.join(", "));
        if !removes.is_empty() {
            expression.push_str(" REMOVE ");
            expression.push_str(&removes.join(", "));
        }
        update.update_expression(expression).send().await?;
        Ok(())
    }
}
