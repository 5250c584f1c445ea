//! The read model behind search, in a table of its own: hash key `pk`, range key `sk`.
//!
//! | `pk` | `sk` | holds |
//! | --- | --- | --- |
//! | `T#type#location` | resource | the resource |
//! | `T#type#location#page` | resource, or `resource~shard` | its page of that part of the schedule, once anybody touched it |

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use holdfast_app::StoreError;
use holdfast_app::search::{SearchIndex, SearchIndexWriter};
use holdfast_domain::{Page, Resource};

use crate::stored::listings::{
    WRITE_NUMBER, decode_listed_page, decode_listing, encode_listed_page, encode_listing, listed_pages_pk,
    listing_pk,
};
use crate::table::error::{Refused, unavailable};
use crate::table::item::{Item, n, s};
use crate::table::query::{QUERY_MIB_MAX, read_all};

/// [`SearchIndex`] and [`SearchIndexWriter`] on DynamoDB.
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

    async fn query(&self, pk: &str) -> Result<Vec<Item>, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(pk));
        read_all(query, pk, QUERY_MIB_MAX).await
    }
}

#[async_trait]
impl SearchIndexWriter for DynamoSearchIndex {
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

    async fn put_page(&self, resource: &Resource, page: &Page) -> Result<(), StoreError> {
        self.put_newer(encode_listed_page(resource, page), WRITE_NUMBER, page.write_number()).await
    }
}

#[async_trait]
impl SearchIndex for DynamoSearchIndex {
    async fn resources(&self, resource_type: &str, location: &str) -> Result<Vec<Resource>, StoreError> {
        self.query(&listing_pk(resource_type, location)).await?.iter().map(decode_listing).collect()
    }

    async fn pages(&self, resource_type: &str, location: &str, page: &str) -> Result<Vec<Page>, StoreError> {
        let items = self.query(&listed_pages_pk(resource_type, location, page)).await?;
        items.iter().map(decode_listed_page).collect()
    }
}
