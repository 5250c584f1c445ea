//! SDK errors as what they mean to the ledger.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::CancellationReason;
use holdfast_app::StoreError;

use crate::table::item::Item;

/// Why a conditional write was not done.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The condition of the write at `index` did not hold; the item as it was, if there was one. Nothing was written.
    Condition { index: usize, old: Option<Item> },
    /// It was not done for a reason that passes, and may be tried again within [`Tries`](crate::table::transact::Tries).
    Passing(Passing),
    /// The store failed, or throttles longer than the SDK waits.
    Store(StoreError),
}

/// Why a write that may be tried again was not done.
#[derive(Debug)]
pub(crate) enum Passing {
    /// Another write was at the same items: somebody was first.
    Conflict,
    /// DynamoDB throttles: nobody was first, and whoever tries again soon adds to it.
    Throttled(StoreError),
}

/// Any SDK error as an outage.
pub(crate) fn unavailable<E>(error: SdkError<E>) -> StoreError
where
    E: std::error::Error + Send + Sync + 'static,
{
    StoreError::Unavailable(Box::new(error))
}

/// A write that DynamoDB refuses as not valid. Ours are valid for every item that can be read: what is stored is not as it should be, or
/// would be larger than an item may be, and the same write never succeeds.
fn invalid(reason: Option<&str>) -> Refused {
    let reason = reason.unwrap_or("not valid").to_owned();
    Refused::Store(StoreError::Corrupt { item: "an item that is written".to_owned(), reason })
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
                    Some($write::TransactionConflictException(_)) => Self::Passing(Passing::Conflict),
                    Some(other) if other.code() == Some("ValidationException") => invalid(other.message()),
                    // One that is throttled has been tried by the SDK as often as it may.
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
                let reasons = cancelled.cancellation_reasons();
                let failed = reasons
                    .iter()
                    .enumerate()
                    .rfind(|(_, reason)| reason.code() == Some("ConditionalCheckFailed"));
                let has = |codes: &[&str]| {
                    reasons.iter().filter_map(CancellationReason::code).any(|code| codes.contains(&code))
                };
                match failed {
                    Some((index, reason)) => Self::Condition { index, old: reason.item().cloned() },
                    None if has(&THROTTLED) => Self::Passing(Passing::Throttled(unavailable(error))),
                    None if has(&["TransactionConflict"]) => Self::Passing(Passing::Conflict),
                    None if has(&[NOT_VALID]) => {
                        let reason = reasons.iter().find(|reason| reason.code() == Some(NOT_VALID));
                        invalid(reason.and_then(CancellationReason::message))
                    }
                    None => Self::Store(unavailable(error)),
                }
            }
            // The write that the SDK repeats, because its answer was lost, is still being done.
            Some(TransactWriteItemsError::TransactionInProgressException(_)) => {
                Self::Passing(Passing::Conflict)
            }
            _ => Self::Store(unavailable(error)),
        }
    }
}

/// The reason of a transaction of which the write of an item is not valid.
const NOT_VALID: &str = "ValidationError";
/// Reasons of a transaction that DynamoDB throttled at one of its items. The SDK does not repeat a cancelled transaction.
const THROTTLED: [&str; 3] = ["ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded"];

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::config::http::HttpResponse;
    use aws_sdk_dynamodb::types::error::TransactionCanceledException;

    use super::*;

    fn refused(codes: &[&str]) -> Refused {
        let reasons =
            codes.iter().map(|code| CancellationReason::builder().code(*code).message("as said").build());
        let cancelled =
            TransactionCanceledException::builder().set_cancellation_reasons(Some(reasons.collect()));
        let error = TransactWriteItemsError::TransactionCanceledException(cancelled.build());
        let response = HttpResponse::new(400.try_into().expect("a status"), "".into());
        SdkError::service_error(error, response).into()
    }

    #[test]
    fn a_transaction_is_a_fault_only_if_nothing_that_passes_is_the_reason() {
        let fault = |refused| matches!(refused, Refused::Store(StoreError::Corrupt { .. }));
        assert!(fault(refused(&["None", "ValidationError"])));
        for passes in ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"] {
            assert!(matches!(refused(&["ValidationError", passes]), Refused::Passing(_)), "{passes}");
        }
        assert!(matches!(refused(&["ValidationError", "ConditionalCheckFailed"]), Refused::Condition { .. }));
        assert!(matches!(refused(&["None"]), Refused::Store(StoreError::Unavailable(_))));
    }
}
