//! The read model behind search, in a table of its own: hash key `pk`, range key `sk`.
//!
//! | `pk` | `sk` | holds |
//! | --- | --- | --- |
//! | `T#type#location` | resource | the resource |
//! | `T#type#location#page` | resource, or `resource~shard` | its page of that part of the schedule, once anybody touched it |

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use holdfast_app::StoreError;
use holdfast_app::search::SearchIndex;
use holdfast_domain::{Page, PageKey, Resource, ResourceId};
use jiff::Timestamp;

use crate::page::item::{decode_page, encode_page, page_sk, resource_pk};
use crate::stored::records::{encode_resource, resource_of};
use crate::table::error::{Refused, unavailable};
use crate::table::item::{Item, Reader, n, s};

/// [`holdfast_app::search::SearchIndex`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoSearchIndex {
    client: Client,
    table: String,
}

fn listing(resource_type: &str, location: &str) -> String {
    format!("T#{resource_type}#{location}")
}

fn place(resource: &Resource) -> String {
    listing(resource.terms.resource_type.as_str(), resource.terms.location.as_str())
}

/// Sort key of a page among those of one part of the schedule: its resource, and its shard if that is not the first.
fn page_sort(key: &PageKey) -> String {
    PageKey { page: key.resource.to_string(), ..key.clone() }.name()
}

impl DynamoSearchIndex {
    /// Over a client and the table's name.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Writes an item unless the stored one has at least its number in `by`.
    async fn put_newer(&self, item: Item, by: &str, number: u64) -> Result<(), StoreError> {
        let outcome = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk) OR #by < :number")
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
        let mut items = Vec::new();
        let mut start = None;
        loop {
            let output = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", s(pk))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(unavailable)?;
            start = output.last_evaluated_key;
            items.extend(output.items.unwrap_or_default());
            if start.is_none() {
                return Ok(items);
            }
        }
    }
}

#[async_trait]
impl SearchIndex for DynamoSearchIndex {
    async fn put_resource(
        &self,
        resource: &Resource,
        moved_from: Option<(&str, &str)>,
    ) -> Result<(), StoreError> {
        let mut item = encode_resource(resource, 0);
        item.insert("pk".into(), s(place(resource)));
        item.insert("sk".into(), s(resource.id.as_str()));
        self.put_newer(item, "rev", resource.revision).await?;
        if let Some((resource_type, location)) = moved_from {
            self.client
                .delete_item()
                .table_name(&self.table)
                .key("pk", s(listing(resource_type, location)))
                .key("sk", s(resource.id.as_str()))
                .send()
                .await
                .map_err(unavailable)?;
        }
        Ok(())
    }

    async fn put_page(&self, resource: &Resource, page: &Page) -> Result<(), StoreError> {
        let mut item = encode_page(page, &[], Timestamp::UNIX_EPOCH, None);
        item.insert("pk".into(), s(format!("{}#{}", place(resource), page.key.page)));
        item.insert("sk".into(), s(page_sort(&page.key)));
        item.insert("page_pk".into(), s(resource_pk(&page.key.resource)));
        item.insert("page_sk".into(), s(page_sk(&page.key)));
        // A page of a new schedule starts at sequence 0 again: its schedule's revision comes first.
        let order = page.schedule_revision.saturating_mul(1 << 40).saturating_add(page.seq);
        item.insert("order".into(), n(order));
        self.put_newer(item, "order", order).await
    }

    async fn resources(&self, resource_type: &str, location: &str) -> Result<Vec<Resource>, StoreError> {
        self.query(&listing(resource_type, location))
            .await?
            .iter()
            .map(|item| {
                let reader = Reader::new(item);
                let id = reader.parsed("sk", ResourceId::parse)?;
                resource_of(&reader, id)
            })
            .collect()
    }

    async fn pages(&self, resource_type: &str, location: &str, page: &str) -> Result<Vec<Page>, StoreError> {
        self.query(&format!("{}#{page}", listing(resource_type, location)))
            .await?
            .into_iter()
            .map(|mut item| {
                for (key, kept) in [("pk", "page_pk"), ("sk", "page_sk")] {
                    if let Some(value) = item.remove(kept) {
                        item.insert(key.to_owned(), value);
                    }
                }
                decode_page(&item)
            })
            .collect()
    }
}
