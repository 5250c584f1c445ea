//! Keeps the read model behind search; `index.rs` has its keys.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use holdfast_app::StoreError;
use holdfast_app::search::SearchIndexWriter;
use holdfast_domain::catalogue::{Month, MonthFacts};
use holdfast_domain::{Page, Resource};

use crate::stored::listings::{
    WRITE_NUMBER, encode_listed_month, encode_listed_page, encode_listing, listing_pk,
};
use crate::table::error::{Refused, unavailable};
use crate::table::item::{Item, n, s};

/// [`SearchIndexWriter`] on DynamoDB.
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
        match outcome.map_err(Refused::from) {
            Ok(_) | Err(Refused::Condition { .. }) => Ok(()),
            Err(Refused::Busy) => Err(StoreError::Contention(self.table.clone())),
            Err(Refused::Store(error)) => Err(error),
        }
    }
}

#[async_trait]
impl SearchIndexWriter for DynamoSearchIndexWriter {
    async fn put_resource(
        &self,
        resource: &Resource,
        moved_from: Option<(&str, &str)>,
    ) -> Result<(), StoreError> {
        self.put_newer(encode_listing(resource), "rev", resource.revision).await?;
        if let Some((resource_type, location)) = moved_from {
            self.client
                .delete_item()
                .table_name(&self.table)
                .key("pk", s(listing_pk(resource_type, location)))
                .key("sk", s(resource.id.as_str()))
                .send()
                .await
                .map_err(unavailable)?;
        }
        Ok(())
    }

    async fn put_facts(
        &self,
        resource: &Resource,
        month: Month,
        facts: &MonthFacts,
    ) -> Result<(), StoreError> {
        self.put_newer(encode_listed_month(resource, month, facts), "rev", facts.revision).await
    }

    async fn put_page(&self, resource: &Resource, page: &Page) -> Result<(), StoreError> {
        self.put_newer(encode_listed_page(resource, page), WRITE_NUMBER, page.write_number()).await
    }
}
