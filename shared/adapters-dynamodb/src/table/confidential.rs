//! The table of what most readers of bookings must not see.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use holdfast_app::StoreError;

use crate::table::item::Item;
use crate::table::ledger::get;
use crate::table::transact::built;

/// The table of task tokens, of what customers have to do and of contacts: a partition for each kind and booking, which IAM can
/// distinguish. Hash key `pk`, TTL attribute `ttl`; no stream.
#[derive(Debug, Clone)]
pub struct ConfidentialTable {
    pub(crate) client: Client,
    pub(crate) name: String,
}

impl ConfidentialTable {
    /// The table of that name.
    #[must_use]
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }

    /// An item; the latest write.
    pub(crate) async fn get(&self, key: Item) -> Result<Option<Item>, StoreError> {
        get(&self.client, &self.name, key).await
    }

    /// Puts an item, in a transaction.
    pub(crate) fn put(&self, item: Item) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder().table_name(&self.name).set_item(Some(item)).build().map_err(built)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}
