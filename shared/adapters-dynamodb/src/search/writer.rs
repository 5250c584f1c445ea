//! Keeps the read model behind search; `index.rs` has its keys.

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use holdfast_app::StoreError;
use holdfast_app::operations::{Part, Unreadable};
use holdfast_app::search::{Entry, Listing, SearchIndexInspection, SearchIndexWriter};
use holdfast_domain::catalogue::{Month, MonthFacts};
use holdfast_domain::rates::card::ResourceRates;
use holdfast_domain::rates::dated::MonthRates;
use holdfast_domain::rates::property_taxes::PropertyTaxes;
use holdfast_domain::{Page, Resource, ResourceId};

use crate::stored::listings::{
    WRITE_NUMBER, decode_entry, encode_listed_month, encode_listed_page, encode_listing, listed_facts_key,
    listed_page_key, listing_key, listings_of,
};
use crate::stored::rate_listings::{
    encode_listed_month_rates, encode_listed_rates, listed_month_rates_key, listed_rates_key,
};
use crate::stored::tax_listings::{encode_listed_taxes, listed_taxes_key};
use crate::table::error::{Passing, Refused, unavailable};
use crate::table::item::{Item, n};
use crate::table::scan::{key_of, read_part};

/// Attribute of the revision of a listed resource, of its rates, of a month or of a property.
const REVISION: &str = "rev";

/// [`SearchIndexWriter`] on DynamoDB, and its [`SearchIndexInspection`].
#[derive(Debug, Clone)]
pub struct DynamoSearchIndexWriter {
    client: Client,
    table: String,
}

impl DynamoSearchIndexWriter {
    /// Over a client and the table's name.
    #[must_use]
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// Writes an item unless the stored one has at least its number in `by`. One without such a number was written by an
    /// earlier release, and is older.
    async fn put_newer(&self, item: Item, by: &str, number: u64) -> Result<(), StoreError> {
        let outcome = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(#by) OR #by < :number")
            .expression_attribute_names("#by", by)
            .expression_attribute_values(":number", n(number))
            .send()
            .await;
        self.done_or_passed_over(outcome)
    }

    /// A refused condition is something later that is kept: it is passed over.
    fn done_or_passed_over<T, E: Into<Refused>>(&self, outcome: Result<T, E>) -> Result<(), StoreError> {
        match outcome.map_err(Into::into) {
            Ok(_) | Err(Refused::Condition { .. }) => Ok(()),
            Err(Refused::Passing(Passing::Conflict)) => Err(StoreError::Contention(self.table.clone())),
            Err(Refused::Passing(Passing::Throttled(error)) | Refused::Store(error)) => Err(error),
        }
    }

    /// Removes an item unless its number in `by` is greater. One without such a number is earlier.
    async fn remove_earlier(&self, key: Item, by: &str, number: u64) -> Result<(), StoreError> {
        let outcome = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key))
            .condition_expression("attribute_not_exists(#by) OR #by <= :number")
            .expression_attribute_names("#by", by)
            .expression_attribute_values(":number", n(number))
            .send()
            .await;
        self.done_or_passed_over(outcome)
    }
}

#[async_trait]
impl SearchIndexWriter for DynamoSearchIndexWriter {
    fn listings(&self, resource: &Resource) -> BTreeSet<Listing> {
        listings_of(resource)
    }

    async fn put_resource(&self, resource: &Resource) -> Result<(), StoreError> {
        for listing in listings_of(resource) {
            let item = under(listing_key(&listing, &resource.id), encode_listing(resource));
            self.put_newer(item, REVISION, resource.revision).await?;
        }
        Ok(())
    }

    async fn put_facts(
        &self,
        resource: &Resource,
        month: Month,
        facts: &MonthFacts,
    ) -> Result<(), StoreError> {
        for listing in listings_of(resource) {
            let key = listed_facts_key(&listing, &resource.id, month);
            let item = under(key, encode_listed_month(resource, month, facts));
            self.put_newer(item, REVISION, facts.revision).await?;
        }
        Ok(())
    }

    async fn put_rates(&self, resource: &Resource, rates: &ResourceRates) -> Result<(), StoreError> {
        for listing in listings_of(resource) {
            let item = under(listed_rates_key(&listing, &resource.id), encode_listed_rates(resource, rates));
            self.put_newer(item, REVISION, rates.revision).await?;
        }
        Ok(())
    }

    async fn put_month_rates(
        &self,
        resource: &Resource,
        month: Month,
        rates: &MonthRates,
    ) -> Result<(), StoreError> {
        for listing in listings_of(resource) {
            let key = listed_month_rates_key(&listing, &resource.id, month);
            let item = under(key, encode_listed_month_rates(resource, month, rates));
            self.put_newer(item, REVISION, rates.revision).await?;
        }
        Ok(())
    }

    async fn put_taxes(&self, taxes: &PropertyTaxes) -> Result<(), StoreError> {
        self.put_newer(encode_listed_taxes(taxes), REVISION, taxes.revision).await
    }

    async fn put_page(&self, resource: &Resource, page: &Page) -> Result<(), StoreError> {
        for listing in listings_of(resource) {
            let item = under(listed_page_key(&listing, &page.key), encode_listed_page(resource, page));
            self.put_newer(item, WRITE_NUMBER, page.write_number()).await?;
        }
        Ok(())
    }

    async fn remove_resource(&self, listing: &Listing, resource: &Resource) -> Result<(), StoreError> {
        self.remove_earlier(listing_key(listing, &resource.id), REVISION, resource.revision).await
    }

    async fn remove_facts(
        &self,
        listing: &Listing,
        resource: &ResourceId,
        month: Month,
        facts: &MonthFacts,
    ) -> Result<(), StoreError> {
        self.remove_earlier(listed_facts_key(listing, resource, month), REVISION, facts.revision).await
    }

    async fn remove_rates(&self, listing: &Listing, rates: &ResourceRates) -> Result<(), StoreError> {
        self.remove_earlier(listed_rates_key(listing, &rates.resource), REVISION, rates.revision).await
    }

    async fn remove_month_rates(
        &self,
        listing: &Listing,
        resource: &ResourceId,
        month: Month,
        rates: &MonthRates,
    ) -> Result<(), StoreError> {
        self.remove_earlier(listed_month_rates_key(listing, resource, month), REVISION, rates.revision).await
    }

    async fn remove_taxes(&self, taxes: &PropertyTaxes) -> Result<(), StoreError> {
        self.remove_earlier(listed_taxes_key(&taxes.property), REVISION, taxes.revision).await
    }

    async fn remove_page(&self, listing: &Listing, page: &Page) -> Result<(), StoreError> {
        self.remove_earlier(listed_page_key(listing, &page.key), WRITE_NUMBER, page.write_number()).await
    }
}

/// An item under another key.
fn under(key: Item, mut item: Item) -> Item {
    item.extend(key);
    item
}

#[async_trait]
impl SearchIndexInspection for DynamoSearchIndexWriter {
    async fn entries_part(&self, cursor: Option<&str>) -> Result<Part<Entry>, StoreError> {
        read_part(self.client.scan().table_name(&self.table).consistent_read(true), cursor, decode_entry)
            .await
    }

    async fn remove_unreadable(&self, entry: &Unreadable) -> Result<(), StoreError> {
        let delete = self.client.delete_item().table_name(&self.table).set_key(key_of(&entry.item));
        delete.send().await.map_err(unavailable)?;
        Ok(())
    }
}
