//! Reads the read model behind search, in a table of its own: hash key `pk`, range key `sk`.
//!
//! | `pk` | `sk` | holds |
//! | --- | --- | --- |
//! | `T#type#location` | resource | the resource |
//! | `T#type#location#D#month` | resource | what is set for the dates of that month, once anything was |
//! | `T#type#location#page` | resource, or `resource~shard` | its page of that part of the schedule, once anybody touched it |

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use holdfast_app::StoreError;
use holdfast_app::search::SearchIndex;
use holdfast_domain::catalogue::{Month, MonthFacts};
use holdfast_domain::{Page, Resource, ResourceId};

use crate::stored::listings::{
    decode_listed_month, decode_listed_page, decode_listing, listed_facts_pk, listed_pages_pk, listing_pk,
};
use crate::table::item::{Item, s};
use crate::table::query::{QUERY_MIB_MAX, read_all};

/// [`SearchIndex`] on DynamoDB.
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
}

#[async_trait]
impl SearchIndex for DynamoSearchIndex {
    async fn resources(&self, resource_type: &str, location: &str) -> Result<Vec<Resource>, StoreError> {
        self.query(&listing_pk(resource_type, location)).await?.iter().map(decode_listing).collect()
    }

    async fn facts(
        &self,
        resource_type: &str,
        location: &str,
        month: Month,
    ) -> Result<Vec<(ResourceId, MonthFacts)>, StoreError> {
        let items = self.query(&listed_facts_pk(resource_type, location, month)).await?;
        items.iter().map(decode_listed_month).collect()
    }

    async fn pages(&self, resource_type: &str, location: &str, page: &str) -> Result<Vec<Page>, StoreError> {
        let items = self.query(&listed_pages_pk(resource_type, location, page)).await?;
        items.iter().map(decode_listed_page).collect()
    }
}
