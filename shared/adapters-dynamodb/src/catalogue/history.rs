//! The trails of operators' changes.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use holdfast_app::StoreError;
use holdfast_app::catalogue::{ResourceEvent, ResourceHistory};
use holdfast_domain::TrailSubject;

use crate::stored::trail::{
    ENTRY_SK_END, ENTRY_SK_PREFIX, decode_resource_event, encode_resource_event, entry_sk, trail_pk,
};
use crate::table::ledger::LedgerTable;
use crate::table::transact::built;

/// [`ResourceHistory`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoResourceHistory(LedgerTable);

impl DynamoResourceHistory {
    /// In the ledger's table.
    #[must_use]
    pub fn new(ledger: LedgerTable) -> Self {
        Self(ledger)
    }
}

#[async_trait]
impl ResourceHistory for DynamoResourceHistory {
    async fn resource_trail(&self, subject: &TrailSubject) -> Result<Vec<ResourceEvent>, StoreError> {
        let items = self.0.query_all(&trail_pk(subject), ENTRY_SK_PREFIX).await?;
        items.iter().map(decode_resource_event).collect()
    }

    // DynamoDB answers 1 MB at most, and at least one entry.
    async fn resource_trail_page(
        &self,
        subject: &TrailSubject,
        after: u64,
        limit: u32,
    ) -> Result<Vec<ResourceEvent>, StoreError> {
        let first = entry_sk(after.saturating_add(1));
        let items = self.0.query_between(&trail_pk(subject), &first, ENTRY_SK_END, limit).await?;
        items.iter().map(decode_resource_event).collect()
    }

    async fn resource_trail_before(
        &self,
        subject: &TrailSubject,
        before: u64,
        limit: u32,
    ) -> Result<Vec<ResourceEvent>, StoreError> {
        let (first, last) = (entry_sk(0), entry_sk(before.saturating_sub(1)));
        let items = self.0.query_back(&trail_pk(subject), &first, &last, limit).await?;
        items.iter().map(decode_resource_event).collect()
    }
}

impl LedgerTable {
    /// Writes an entry that is not there yet.
    pub(crate) fn put_entry(&self, entry: &ResourceEvent) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(encode_resource_event(entry)))
            .condition_expression("attribute_not_exists(pk)");
        Ok(TransactWriteItem::builder().put(put.build().map_err(built)?).build())
    }
}
