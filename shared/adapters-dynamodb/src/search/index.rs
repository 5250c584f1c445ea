//! Reads the read model behind search, in a table of its own: hash key `pk`, range key `sk`.
//!
//! | `pk` | `sk` | holds |
//! | --- | --- | --- |
//! | `T#type#location` | resource | the resource |
//! | `T#type#location#D#month` | resource | what is set for the dates of that month, once anything was |
//! | `T#type#location#R` | resource | its rate cards, once it had any |
//! | `T#type#location#R#month` | resource | what is set for the dates of that month under plans, once anything was |
//! | `PR#property` | `PR` | the taxes of a property, once it was written |
//! | `T#type#location#page` | resource, or `resource~shard` | its page of that part of the schedule, once anybody touched it |
//!
//! Type and location are in comparable form. Where the texts as they came differ from it, there are the same items under these
//! as well, which the release before reads and writes; of the two the later is right.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use holdfast_app::StoreError;
use holdfast_app::search::{ListedPages, SearchIndex};
use holdfast_domain::catalogue::{Month, MonthFacts};
use holdfast_domain::rates::card::ResourceRates;
use holdfast_domain::rates::dated::MonthRates;
use holdfast_domain::rates::property_taxes::PropertyTaxes;
use holdfast_domain::{Page, PageKey, PropertyId, Resource, ResourceId};

use crate::stored::listings::{
    decode_listed_month, decode_listed_page, decode_listing, listed_facts_pk, listed_page_key,
    listed_pages_pk, listing_pks, listings_of,
};
use crate::stored::rate_listings::{
    decode_listed_month_rates, decode_listed_rates, listed_month_rates_pk, listed_rates_pk,
};
use crate::stored::tax_listings::{decode_listed_taxes, listed_taxes_key};
use crate::table::item::{Item, s};
use crate::table::ledger::get_many;
use crate::table::query::{QUERY_MIB_MAX, read_all};

/// [`SearchIndex`] on DynamoDB, and its [`ListedPages`].
#[derive(Debug, Clone)]
pub struct DynamoSearchIndex {
    client: Client,
    table: String,
}

impl DynamoSearchIndex {
    /// Over a client and the table's name.
    #[must_use]
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    async fn query(&self, pk: &str) -> Result<Vec<Item>, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(pk));
        read_all(query, pk, QUERY_MIB_MAX).await
    }

    /// The items of one or two partitions.
    async fn query_all(&self, pks: &BTreeSet<String>) -> Result<Vec<Item>, StoreError> {
        match (pks.first(), pks.last()) {
            (Some(first), Some(last)) if first != last => {
                let (first, last) = tokio::try_join!(self.query(first), self.query(last))?;
                Ok([first, last].concat())
            }
            (Some(only), _) => self.query(only).await,
            (None, _) => Ok(Vec::new()),
        }
    }
}

#[async_trait]
impl SearchIndex for DynamoSearchIndex {
    async fn resources(&self, resource_type: &str, location: &str) -> Result<Vec<Resource>, StoreError> {
        let mut latest: BTreeMap<ResourceId, Resource> = BTreeMap::new();
        for item in self.query_all(&listing_pks(resource_type, location)).await? {
            let listed = decode_listing(&item)?;
            if latest.get(&listed.id).is_none_or(|known| known.revision < listed.revision) {
                latest.insert(listed.id.clone(), listed);
            }
        }
        Ok(latest.into_values().collect())
    }

    async fn facts(
        &self,
        resource_type: &str,
        location: &str,
        month: Month,
    ) -> Result<Vec<(ResourceId, MonthFacts)>, StoreError> {
        let pks = listing_pks(resource_type, location);
        let pks = pks.iter().map(|pk| listed_facts_pk(pk, month)).collect();
        let mut latest: BTreeMap<ResourceId, MonthFacts> = BTreeMap::new();
        for item in self.query_all(&pks).await? {
            let (id, _, facts) = decode_listed_month(&item)?;
            if latest.get(&id).is_none_or(|known| known.revision < facts.revision) {
                latest.insert(id, facts);
            }
        }
        Ok(latest.into_iter().collect())
    }

    async fn rates(&self, resource_type: &str, location: &str) -> Result<Vec<ResourceRates>, StoreError> {
        let pks = listing_pks(resource_type, location);
        let pks = pks.iter().map(|pk| listed_rates_pk(pk)).collect();
        let mut latest: BTreeMap<ResourceId, ResourceRates> = BTreeMap::new();
        for item in self.query_all(&pks).await? {
            let rates = decode_listed_rates(&item)?;
            if latest.get(&rates.resource).is_none_or(|known| known.revision < rates.revision) {
                latest.insert(rates.resource.clone(), rates);
            }
        }
        Ok(latest.into_values().collect())
    }

    async fn month_rates(
        &self,
        resource_type: &str,
        location: &str,
        month: Month,
    ) -> Result<Vec<(ResourceId, MonthRates)>, StoreError> {
        let pks = listing_pks(resource_type, location);
        let pks = pks.iter().map(|pk| listed_month_rates_pk(pk, month)).collect();
        let mut latest: BTreeMap<ResourceId, MonthRates> = BTreeMap::new();
        for item in self.query_all(&pks).await? {
            let (id, _, rates) = decode_listed_month_rates(&item)?;
            if latest.get(&id).is_none_or(|known| known.revision < rates.revision) {
                latest.insert(id, rates);
            }
        }
        Ok(latest.into_iter().collect())
    }

    async fn taxes(&self, properties: &BTreeSet<PropertyId>) -> Result<Vec<PropertyTaxes>, StoreError> {
        let keys = properties.iter().map(listed_taxes_key).collect();
        get_many(&self.client, &self.table, keys, false).await?.iter().map(decode_listed_taxes).collect()
    }

    async fn pages(&self, resource_type: &str, location: &str, page: &str) -> Result<Vec<Page>, StoreError> {
        let pks = listing_pks(resource_type, location);
        let pks = pks.iter().map(|pk| listed_pages_pk(pk, page)).collect();
        latest_pages(self.query_all(&pks).await?)
    }
}

#[async_trait]
impl ListedPages for DynamoSearchIndex {
    async fn of_resource(&self, resource: &Resource, names: &[String]) -> Result<Vec<Page>, StoreError> {
        let pages: Vec<PageKey> = names.iter().flat_map(|name| resource.page_keys(name)).collect();
        let listings = listings_of(resource);
        let keys =
            listings.iter().flat_map(|listing| pages.iter().map(|page| listed_page_key(listing, page)));
        latest_pages(get_many(&self.client, &self.table, keys.collect(), false).await?)
    }
}

/// Each page once, as it was written last.
fn latest_pages(items: Vec<Item>) -> Result<Vec<Page>, StoreError> {
    let mut latest: BTreeMap<PageKey, Page> = BTreeMap::new();
    for item in items {
        let listed = decode_listed_page(&item)?;
        if latest.get(&listed.key).is_none_or(|known| known.write_number() < listed.write_number()) {
            latest.insert(listed.key.clone(), listed);
        }
    }
    Ok(latest.into_values().collect())
}
