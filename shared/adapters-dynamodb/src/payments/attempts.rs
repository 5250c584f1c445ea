//! Attempts of guests to pay, in the table of hold records. They are written with the booking that is attempted.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use holdfast_app::StoreError;
use holdfast_app::payments::{AttemptReader, AttemptsChange, StoredAttempts};
use holdfast_domain::GuestMark;

use crate::stored::attempts::{attempts_key, decode_attempts, encode_attempts};
use crate::table::error::unavailable;
use crate::table::holds::HoldsTable;
use crate::table::item::n;
use crate::table::transact::built;

/// [`AttemptReader`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoPaymentAttempts(HoldsTable);

impl DynamoPaymentAttempts {
    /// In the table of hold records.
    #[must_use]
    pub fn new(holds: HoldsTable) -> Self {
        Self(holds)
    }
}

#[async_trait]
impl AttemptReader for DynamoPaymentAttempts {
    async fn attempts(&self, guest: &GuestMark) -> Result<StoredAttempts, StoreError> {
        let get = self.0.client.get_item().table_name(&self.0.name).set_key(Some(attempts_key(guest)));
        let output = get.consistent_read(true).send().await.map_err(unavailable)?;
        Ok(output.item().map(decode_attempts).transpose()?.unwrap_or_default())
    }
}

/// The write of a guest's attempts, provided that they are still those that it follows.
pub(crate) fn update_attempts(
    holds: &HoldsTable,
    change: &AttemptsChange,
) -> Result<TransactWriteItem, StoreError> {
    let key = attempts_key(&change.guest);
    let mut update = Update::builder().table_name(&holds.name).set_key(Some(key.clone()));
    let mut sets = Vec::new();
    for (name, value) in encode_attempts(&change.guest, &change.after) {
        if !key.contains_key(&name) {
            sets.push(format!("#{name} = :{name}"));
            update = update
                .expression_attribute_names(format!("#{name}"), &name)
                .expression_attribute_values(format!(":{name}"), value);
        }
    }
    let condition = if change.after.revision <= 1 {
        "attribute_not_exists(pk)"
    } else {
        update = update.expression_attribute_values(":before", n(change.after.revision - 1));
        "#rev = :before"
    };
    let update = update
        .update_expression(format!("SET {}", sets.join(", ")))
        .condition_expression(condition)
        .build()
        .map_err(built)?;
    Ok(TransactWriteItem::builder().update(update).build())
}
