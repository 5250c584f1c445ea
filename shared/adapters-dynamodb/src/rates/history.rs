//! The versions of rate cards that were ever put.

use async_trait::async_trait;
use holdfast_app::StoreError;
use holdfast_app::rates::{CardPage, RateHistory};
use holdfast_domain::ResourceId;

use crate::stored::rates::{decode_card_record, version_sk, versions_pk};
use crate::table::error::unavailable;
use crate::table::item::s;
use crate::table::ledger::LedgerTable;

/// [`RateHistory`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoRateHistory(LedgerTable);

impl DynamoRateHistory {
    /// In the ledger's table.
    #[must_use]
    pub fn new(ledger: LedgerTable) -> Self {
        Self(ledger)
    }
}

#[async_trait]
impl RateHistory for DynamoRateHistory {
    // DynamoDB answers 1 MB at most, and at least one version.
    async fn versions_before(
        &self,
        resource: &ResourceId,
        before: u64,
        limit: u32,
    ) -> Result<CardPage, StoreError> {
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", s(versions_pk(resource)))
            .expression_attribute_values(":first", s(version_sk(0)))
            .expression_attribute_values(":last", s(version_sk(before.saturating_sub(1))))
            // One more than is given says whether there are more.
            .limit(i32::try_from(limit).unwrap_or(i32::MAX).saturating_add(1))
            .scan_index_forward(false)
            .consistent_read(true);
        let answer = query.send().await.map_err(unavailable)?;
        let items = answer.items.unwrap_or_default();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit || answer.last_evaluated_key.is_some();
        let records = items.iter().take(limit).map(decode_card_record).collect::<Result<_, _>>()?;
        Ok(CardPage { records, more })
    }
}
