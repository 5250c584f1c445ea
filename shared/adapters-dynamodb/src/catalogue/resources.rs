//! Resources and their inventory.
//!
//! A page is made when it is first needed, in a transaction under the revisions of its resource's terms and facts. An edit
//! writes terms or facts first and looks for pages then, so that it knows every page there is.

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update};
use holdfast_app::catalogue::{Catalogue, CatalogueReader, FactsCommit, TermsCommit};
use holdfast_app::{LedgerError, Mutation, StoreError};
use holdfast_domain::catalogue::{Facts, Month, Surplus};
use holdfast_domain::{Page, PageKey, Resource, ResourceId};

use crate::page::store::PageStore;
use crate::stored::records::{NEXT_TERMS, encode_resource, facts_are, resource_key};
use crate::stored::trail::TRAIL_IS;
use crate::stored::version::VERSION;
use crate::table::error::Refused;
use crate::table::item::n;
use crate::table::ledger::LedgerTable;
use crate::table::transact::{Tries, built};

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

    async fn stored_pages(&self, resource: &Resource) -> Result<Vec<Page>, StoreError> {
        self.pages.query_pages(&resource.id).await
    }

    async fn stored_among(&self, resource: &Resource, names: &[String]) -> Result<Vec<Page>, StoreError> {
        let keys: Vec<PageKey> = names.iter().flat_map(|name| resource.page_keys(name)).collect();
        self.pages.read_pages(&keys).await
    }

    async fn facts_of(&self, resource: &ResourceId, months: &BTreeSet<Month>) -> Result<Facts, StoreError> {
        self.ledger.facts_of(resource, months.iter().copied()).await
    }

    async fn facts(&self, resource: &ResourceId) -> Result<Facts, StoreError> {
        self.ledger.all_facts(resource).await
    }
}

#[async_trait]
impl Catalogue for DynamoCatalogue {
    async fn put_resource(&self, commit: &TermsCommit) -> Result<(), LedgerError> {
        let mut items = vec![match &commit.previous {
            None => self.create(commit)?,
            Some(previous) => self.replace(previous, commit)?,
        }];
        if let Some(entry) = &commit.entry {
            items.push(self.ledger.put_entry(entry)?);
        }
        self.ledger.transact_on(items, commit.next.id.as_str()).await
    }

    async fn put_facts(&self, commit: &FactsCommit) -> Result<(), LedgerError> {
        self.pages.put_facts(commit).await
    }

    async fn bring(
        &self,
        resource: &Resource,
        facts: &Facts,
        pages: Vec<Page>,
        surplus: Surplus<'_>,
        mutation: &Mutation,
    ) -> Result<(), LedgerError> {
        self.pages.bring(resource, facts, pages, surplus, mutation).await
    }
}

/// Attributes of a resource that a replacement leaves as they are.
const KEPT: [&str; 4] = ["pk", "sk", "pages", "frev"];

impl DynamoCatalogue {
    fn create(&self, commit: &TermsCommit) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.ledger.name)
            .set_item(Some(encode_resource(&commit.next, 0, Some(&commit.write))))
            .condition_expression("attribute_not_exists(pk)");
        Ok(TransactWriteItem::builder().put(put.build().map_err(built)?).build())
    }

    /// Pages may be made at the same time, and are counted on the same item: only what a replacement changes is written.
    fn replace(&self, previous: &Resource, commit: &TermsCommit) -> Result<TransactWriteItem, StoreError> {
        let item = encode_resource(&commit.next, 0, Some(&commit.write));
        let mut update = Update::builder()
            .table_name(&self.ledger.name)
            .set_key(Some(resource_key(&previous.id)))
            .condition_expression(format!("{} AND {TRAIL_IS}", facts_are("rev = :was")))
            .expression_attribute_values(":was", n(previous.revision))
            .expression_attribute_values(":frev", n(previous.facts_revision))
            .expression_attribute_values(":en", n(previous.trail.entries))
            .expression_attribute_values(":none", n(0));
        let (mut sets, mut removes) = (Vec::new(), Vec::new());
        for name in ["tr", NEXT_TERMS, VERSION] {
            if !item.contains_key(name) {
                removes.push(name);
            }
        }
        for (name, value) in item.into_iter().filter(|(name, _)| !KEPT.contains(&name.as_str())) {
            sets.push(format!("#{name} = :next_{name}"));
            update = update
                .expression_attribute_names(format!("#{name}"), &name)
                .expression_attribute_values(format!(":next_{name}"), value);
        }
        let mut expression = format!("SET {}", sets.join(", "));
        if !removes.is_empty() {
            expression.push_str(" REMOVE ");
            expression.push_str(&removes.join(", "));
        }
        let update = update.update_expression(expression).build().map_err(built)?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}

impl LedgerTable {
    /// Writes all of `items` or none, of the resource of that name. A condition that does not hold says that it has changed.
    pub(crate) async fn transact_on(
        &self,
        items: Vec<TransactWriteItem>,
        name: &str,
    ) -> Result<(), LedgerError> {
        let mut tries = Tries::default();
        // Ends: others who are first, and throttling, have a budget of tries.
        loop {
            match self.transact(items.clone()).await {
                Ok(()) => return Ok(()),
                Err(Refused::Passing(passing)) => tries.pause(passing, &name).await?,
                Err(Refused::Condition { .. }) => return Err(LedgerError::ResourceChanged),
                Err(Refused::Store(error)) => return Err(error.into()),
            }
        }
    }
}
