//! The ledger's table, and the readings of it that every port shares.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{KeysAndAttributes, TransactWriteItem};
use holdfast_app::StoreError;

use crate::table::error::{Passing, Refused, unavailable};
use crate::table::item::{Item, s};
use crate::table::query::{QUERY_MIB_MAX, read_all};
use crate::table::transact::{self, Tries, built};

/// The most keys of one `BatchGetItem` (DynamoDB's limit).
const BATCH_KEYS_MAX: usize = 100;

/// The ledger's table: resources, pages, uses of promotions, bookings, audit events, sent mails, parked cases. Hash key `pk`, range key `sk`, index
/// `by-guest` over `guest` and `guest_sort`, index `by-end` over `due` and `due_at`.
#[derive(Debug, Clone)]
pub struct LedgerTable {
    pub(crate) client: Client,
    pub(crate) name: String,
}

impl LedgerTable {
    /// The table of that name.
    #[must_use]
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }

    /// An item; the latest write.
    pub(crate) async fn get(&self, key: Item) -> Result<Option<Item>, StoreError> {
        get(&self.client, &self.name, key).await
    }

    /// Every item of a partition whose sort key begins with `prefix`, in order; the latest writes.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] beyond [`QUERY_MIB_MAX`].
    pub(crate) async fn query_all(&self, pk: &str, prefix: &str) -> Result<Vec<Item>, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", s(pk))
            .expression_attribute_values(":prefix", s(prefix))
            .consistent_read(true);
        read_all(query, pk, QUERY_MIB_MAX).await
    }

    /// The first `limit` items of a partition whose sort key is between those, in order, and fewer where they fill 1 MB (DynamoDB's
    /// limit); the latest writes.
    pub(crate) async fn query_between(
        &self,
        pk: &str,
        first: &str,
        last: &str,
        limit: u32,
    ) -> Result<Vec<Item>, StoreError> {
        let query = self.between(pk, first, last, limit);
        Ok(query.send().await.map_err(unavailable)?.items.unwrap_or_default())
    }

    /// The same from the last on.
    pub(crate) async fn query_back(
        &self,
        pk: &str,
        first: &str,
        last: &str,
        limit: u32,
    ) -> Result<Vec<Item>, StoreError> {
        let query = self.between(pk, first, last, limit).scan_index_forward(false);
        Ok(query.send().await.map_err(unavailable)?.items.unwrap_or_default())
    }

    fn between(&self, pk: &str, first: &str, last: &str, limit: u32) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.name)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", s(pk))
            .expression_attribute_values(":first", s(first))
            .expression_attribute_values(":last", s(last))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .consistent_read(true)
    }

    /// The items of those keys, in any order; missing ones are left out.
    pub(crate) async fn get_many(&self, keys: Vec<Item>) -> Result<Vec<Item>, StoreError> {
        get_many(&self.client, &self.name, keys, true).await
    }

    /// Writes all of `items` or none.
    pub(crate) async fn transact(&self, items: Vec<TransactWriteItem>) -> Result<(), Refused> {
        transact::transact(&self.client, items).await
    }
}

/// An item of a table; the latest write.
pub(crate) async fn get(client: &Client, table: &str, key: Item) -> Result<Option<Item>, StoreError> {
    let read = client.get_item().table_name(table).set_key(Some(key)).consistent_read(true);
    Ok(read.send().await.map_err(unavailable)?.item)
}

/// The items of those keys of a table, in any order; missing ones are left out. The latest writes if `consistent`, else those of
/// a moment ago at half the price.
pub(crate) async fn get_many(
    client: &Client,
    table: &str,
    keys: Vec<Item>,
    consistent: bool,
) -> Result<Vec<Item>, StoreError> {
    let mut items = Vec::with_capacity(keys.len());
    for chunk in keys.chunks(BATCH_KEYS_MAX) {
        let mut wanted = Some(chunk.to_vec());
        let mut tries = Tries::default();
        // Ends: what stays unread has its budget of tries.
        while let Some(keys) = wanted.take() {
            let request =
                KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(consistent).build();
            let output = client
                .batch_get_item()
                .request_items(table, request.map_err(built)?)
                .send()
                .await
                .map_err(unavailable)?;
            let found: HashMap<String, Vec<Item>> = output.responses.unwrap_or_default();
            items.extend(found.into_values().flatten());
            wanted = output
                .unprocessed_keys
                .and_then(|mut keys| keys.remove(table))
                .map(|rest| rest.keys)
                .filter(|keys| !keys.is_empty());
            if wanted.is_some() {
                // Their items are throttled, or came after the 16 MB of one answer.
                let error = StoreError::Unavailable("keys of a batch stay unread".into());
                tries.pause(Passing::Throttled(error), &table).await?;
            }
        }
    }
    Ok(items)
}
