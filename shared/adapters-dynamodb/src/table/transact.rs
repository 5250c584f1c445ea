//! Writes that happen together, and the pauses between their attempts.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure as OnFailure, TransactWriteItem};
use holdfast_app::StoreError;

use crate::table::error::{Passing, Refused};

/// How often a write meets others at the same items. With the pauses below: some four seconds.
const CONFLICTS_MAX: u32 = 30;
const CONFLICT_PAUSE_FIRST_MS: u64 = 4;
const CONFLICT_PAUSE_LONGEST_MS: u64 = 250;
/// How often a transaction is throttled: as often as the SDK tries what it repeats itself. With the pauses below: some 0.4
/// seconds.
const THROTTLES_MAX: u32 = 4;
const THROTTLE_PAUSE_FIRST_MS: u64 = 100;
const THROTTLE_PAUSE_LONGEST_MS: u64 = 1_000;

/// What one operation of a port has spent on reasons that pass: one budget for each kind, whatever the order in which they
/// come. The SDK repeats none of them, and what the SDK repeats ends the operation when it has no more tries: so tries add up,
/// and do not multiply.
#[derive(Debug, Default)]
pub(crate) struct Tries {
    conflicts: u32,
    throttles: u32,
}

impl Tries {
    /// Waits before the next try: a random while, which may be longer after each.
    ///
    /// # Errors
    /// When the budget is spent: [`StoreError::Contention`] about `item` where somebody was first each time,
    /// [`StoreError::Unavailable`] where DynamoDB throttles.
    pub(crate) async fn pause(&mut self, passing: Passing, item: &impl ToString) -> Result<(), StoreError> {
        let (spent, max, first_ms, longest_ms) = match &passing {
            Passing::Conflict => {
                (&mut self.conflicts, CONFLICTS_MAX, CONFLICT_PAUSE_FIRST_MS, CONFLICT_PAUSE_LONGEST_MS)
            }
            Passing::Throttled(_) => {
                (&mut self.throttles, THROTTLES_MAX, THROTTLE_PAUSE_FIRST_MS, THROTTLE_PAUSE_LONGEST_MS)
            }
        };
        let longest_ms = first_ms.saturating_mul(1 << (*spent).min(10)).min(longest_ms);
        *spent += 1;
        if *spent >= max {
            return Err(match passing {
                Passing::Conflict => StoreError::Contention(item.to_string()),
                Passing::Throttled(error) => error,
            });
        }
        tokio::time::sleep(Duration::from_millis(fastrand::u64(0..=longest_ms))).await;
        Ok(())
    }
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
