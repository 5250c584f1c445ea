//! The callbacks that resume sagas.

use async_trait::async_trait;
use holdfast_app::payments::SagaCallbacks;
use holdfast_app::{Mutation, StoreError};
use holdfast_domain::BookingId;

use crate::stored::records::{TASK_TOKEN_SK, booking_key};
use crate::table::error::unavailable;
use crate::table::item::{Reader, millis, s};
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
            .set_item(Some(booking_key(booking, TASK_TOKEN_SK)))
            .item("tok", s(token))
            .item("at", millis(mutation.now))
            .send()
            .await
            .map_err(unavailable)?;
        Ok(())
    }

    async fn task_token(&self, booking: &BookingId) -> Result<Option<String>, StoreError> {
        let item = self.0.get(booking_key(booking, TASK_TOKEN_SK)).await?;
        item.map(|item| Reader::new(&item).text("tok").map(ToOwned::to_owned)).transpose()
    }
}
