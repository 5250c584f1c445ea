//! The ledger's table, and the readings of it that every port shares.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{KeysAndAttributes, TransactWriteItem};
use holdfast_app::StoreError;

use crate::table::error::{Refused, unavailable};
use crate::table::item::{Item, s};
use crate::table::query::{QUERY_MIB_MAX, read_all};
use crate::table::transact::{self, built, pause};

/// The most keys of one `BatchGetItem` (DynamoDB's limit).
const BATCH_KEYS_MAX: usize = 100;
const BATCH_ATTEMPTS_MAX: u32 = 10;
/// The ledger's table: resources, pages, bookings, audit events, task tokens, parked cases. Hash key `pk`, range key `sk`, index
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
        let output = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key))
            .consistent_read(true)
            .send()
            .await
            .map_err(unavailable)?;
        Ok(output.item)
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

    /// The items of those keys, in any order; missing ones are left out.
    pub(crate) async fn get_many(&self, keys: Vec<Item>) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(BATCH_KEYS_MAX) {
            let mut wanted = Some(chunk.to_vec());
            for attempt in 0..BATCH_ATTEMPTS_MAX {
                let Some(keys) = wanted.take() else { break };
                let request = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
                let output = self
                    .client
                    .batch_get_item()
                    .request_items(&self.name, request.map_err(built)?)
                    .send()
                    .await
                    .map_err(unavailable)?;
                let found: HashMap<String, Vec<Item>> = output.responses.unwrap_or_default();
                items.extend(found.into_values().flatten());
                wanted = output
                    .unprocessed_keys
                    .and_then(|mut keys| keys.remove(&self.name))
                    .map(|rest| rest.keys)
                    .filter(|keys| !keys.is_empty());
                if wanted.is_some() {
                    pause(attempt).await;
                }
            }
            if wanted.is_some() {
                return Err(StoreError::Contention("batch".to_owned()));
            }
        }
        Ok(items)
    }

    /// Writes all of `items` or none.
    pub(crate) async fn transact(&self, items: Vec<TransactWriteItem>) -> Result<(), Refused> {
        transact::transact(&self.client, items).await
    }
}
