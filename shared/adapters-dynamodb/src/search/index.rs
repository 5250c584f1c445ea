//! The read model behind search, in a table of its own: hash key `pk`, range key `sk`.
//!
//! | `pk` | `sk` | holds |
//! | --- | --- | --- |
//! | `T#type#location` | resource | the resource |
//! | `T#type#location#page` | resource | its page of that name, once anybody touched it |

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use holdfast_app::StoreError;
use holdfast_app::search::{SearchIndex, SearchIndexWriter};
use holdfast_domain::{Page, Resource, ResourceId};
use jiff::Timestamp;

use crate::page::item::{decode_page, encode_page};
use crate::stored::records::{encode_resource, resource_of};
use crate::table::error::{Refused, unavailable};
use crate::table::item::{Item, Reader, n, s};
use crate::table::ledger::QUERY_MIB_MAX;

/// [`SearchIndex`] and [`SearchIndexWriter`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoSearchIndex {
    client: Client,
    table: String,
}

/// Attribute of a page's [`Page::write_number`].
const WRITE_NUMBER: &str = "wn";

fn listing(resource_type: &str, location: &str) -> String {
    format!("T#{resource_type}#{location}")
}

fn place(resource: &Resource) -> String {
    listing(resource.terms.resource_type.as_str(), resource.terms.location.as_str())
}

impl DynamoSearchIndex {
    /// Over a client and the table's name.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
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
        let mut items = Vec::new();
        let mut start = None;
        for _ in 0..QUERY_MIB_MAX {
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
        Err(StoreError::TooLarge { item: pk.to_owned(), mib_max: QUERY_MIB_MAX })
    }
}

#[async_trait]
impl SearchIndexWriter for DynamoSearchIndex {
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
        item.insert("sk".into(), s(resource.id.as_str()));
        item.insert("page_pk".into(), s(format!("R#{}", page.key.resource)));
        item.insert("page_sk".into(), s(format!("P#{}", page.key.page)));
        let number = page.write_number();
        item.insert(WRITE_NUMBER.into(), n(number));
        // The release before this one compares a greater number in `order`: this one lets it write after a roll-back.
        item.insert("order".into(), n(number));
        self.put_newer(item, WRITE_NUMBER, number).await
    }
}

#[async_trait]
impl SearchIndex for DynamoSearchIndex {
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
