//! Writes that happen together, and the pauses between their attempts.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure as OnFailure, TransactWriteItem};
use holdfast_app::StoreError;

use crate::table::error::Refused;

/// How often a write meets others at the same items before it gives up. With the pauses below: some four seconds.
pub(crate) const ATTEMPTS_MAX: u32 = 30;
const PAUSE_FIRST_MS: u64 = 4;
const PAUSE_LONGEST_MS: u64 = 250;

/// Waits a random while, longer after each attempt, at most [`PAUSE_LONGEST_MS`].
pub(crate) async fn pause(attempt: u32) {
    let longest = PAUSE_FIRST_MS.saturating_mul(1 << attempt.min(10)).min(PAUSE_LONGEST_MS);
    tokio::time::sleep(Duration::from_millis(fastrand::u64(0..=longest))).await;
}

/// Writes all of `items` or none. A single put needs no transaction: half the price, and no conflicts.
pub(crate) async fn transact(client: &Client, items: Vec<TransactWriteItem>) -> Result<(), Refused> {
    if let [item] = &items[..]
        && let Some(put) = item.put()
    {
        client
            .put_item()
            .table_name(put.table_name())
            .set_item(Some(put.item().clone()))
            .set_condition_expression(put.condition_expression().map(ToOwned::to_owned))
            .set_expression_attribute_names(put.expression_attribute_names().cloned())
            .set_expression_attribute_values(put.expression_attribute_values().cloned())
            .return_values_on_condition_check_failure(OnFailure::AllOld)
            .send()
            .await?;
        return Ok(());
    }
    client.transact_write_items().set_transact_items(Some(items)).send().await?;
    Ok(())
}
/// An SDK builder that misses a field: a mistake of this crate.
pub(crate) fn built(error: aws_sdk_dynamodb::error::BuildError) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}
