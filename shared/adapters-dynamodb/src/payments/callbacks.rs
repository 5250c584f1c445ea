//! The callbacks that resume sagas.

use async_trait::async_trait;
use holdfast_app::payments::SagaCallbacks;
use holdfast_app::{Mutation, StoreError};
use holdfast_domain::BookingId;

use crate::stored::notes::{decode_task_token, encode_task_token, task_token_key};
use crate::table::error::unavailable;
use crate::table::ledger::LedgerTable;

/// [`SagaCallbacks`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoSagaCallbacks(LedgerTable);

impl DynamoSagaCallbacks {
    /// In the ledger's table.
    #[must_use]
    pub fn new(ledger: LedgerTable) -> Self {
        Self(ledger)
    }
}

#[async_trait]
impl SagaCallbacks for DynamoSagaCallbacks {
    async fn put_task_token(
        &self,
        booking: &BookingId,
        token: &str,
        mutation: &Mutation,
    ) -> Result<(), StoreError> {
        self.0
            .client
            .put_item()
            .table_name(&self.0.name)
            .set_item(Some(encode_task_token(booking, token, mutation.now)))
            .send()
            .await
            .map_err(unavailable)?;
        Ok(())
    }

    async fn task_token(&self, booking: &BookingId) -> Result<Option<String>, StoreError> {
        let item = self.0.get(task_token_key(booking)).await?;
        item.as_ref().map(decode_task_token).transpose()
    }
}
