//! SDK errors as what they mean to the ledger.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use holdfast_app::StoreError;

use crate::table::item::Item;

/// Why a conditional write was not done.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The condition of the write at `index` did not hold; the item as it was, if there was one. Nothing was written.
    Condition { index: usize, old: Option<Item> },
    /// Another write was at the same items, or DynamoDB throttles: try again.
    Busy,
    /// The store failed.
    Store(StoreError),
}

/// Any SDK error as an outage.
pub(crate) fn unavailable<E>(error: SdkError<E>) -> StoreError
where
    E: std::error::Error + Send + Sync + 'static,
{
    StoreError::Unavailable(Box::new(error))
}

/// How the write of one item is refused. The SDK has a type of errors for each kind of write, with the same members.
macro_rules! refused_write {
    ($($write:ident),+) => {$(
        impl From<SdkError<$write>> for Refused {
            fn from(error: SdkError<$write>) -> Self {
                match error.as_service_error() {
                    Some($write::ConditionalCheckFailedException(failed)) => {
                        Self::Condition { index: 0, old: failed.item().cloned() }
                    }
                    Some(
                        $write::TransactionConflictException(_)
                        | $write::ProvisionedThroughputExceededException(_)
                        | $write::RequestLimitExceeded(_)
                        | $write::ThrottlingException(_),
                    ) => Self::Busy,
                    _ => Self::Store(unavailable(error)),
                }
            }
        }
    )+};
}

refused_write!(UpdateItemError, PutItemError, DeleteItemError);

impl From<SdkError<TransactWriteItemsError>> for Refused {
    fn from(error: SdkError<TransactWriteItemsError>) -> Self {
        match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                let failed = cancelled
                    .cancellation_reasons()
                    .iter()
                    .enumerate()
                    .rfind(|(_, reason)| reason.code() == Some("ConditionalCheckFailed"));
                match failed {
                    Some((index, reason)) => Self::Condition { index, old: reason.item().cloned() },
                    None if is_passing(cancelled.cancellation_reasons()) => Self::Busy,
                    None => Self::Store(unavailable(error)),
                }
            }
            Some(
                TransactWriteItemsError::TransactionInProgressException(_)
                | TransactWriteItemsError::ProvisionedThroughputExceededException(_)
                | TransactWriteItemsError::RequestLimitExceeded(_)
                | TransactWriteItemsError::ThrottlingException(_),
            ) => Self::Busy,
            _ => Self::Store(unavailable(error)),
        }
    }
}

fn is_passing(reasons: &[aws_sdk_dynamodb::types::CancellationReason]) -> bool {
    reasons.iter().any(|reason| {
        matches!(
            reason.code(),
            Some(
                "TransactionConflict"
                    | "ThrottlingError"
                    | "ProvisionedThroughputExceeded"
                    | "RequestLimitExceeded"
            )
        )
    })
}
