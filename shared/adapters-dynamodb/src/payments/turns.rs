//! Turns of calls that begin a payment: one item of the table of hold records, which says when the next one is. A turn that is free
//! costs one write, one that is taken ahead two, and one that is too far ahead the write that finds it so.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure as OnFailure};
use holdfast_app::StoreError;
use holdfast_app::payments::{PaymentTurns, WantedTurn};
use jiff::{SignedDuration, Timestamp};

use crate::stored::turns::{decode_turns, encode_turns, turns_key};
use crate::table::error::{Passing, Refused};
use crate::table::holds::HoldsTable;
use crate::table::item::{Item, Reader, millis, n};

/// Nobody takes a turn so far ahead: a process wrote it whose clock was wrong, and for it nobody waits.
const AHEAD_MAX: SignedDuration = SignedDuration::from_secs(60);

/// [`PaymentTurns`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoPaymentTurns(HoldsTable);

impl DynamoPaymentTurns {
    /// In the table of hold records.
    #[must_use]
    pub fn new(holds: HoldsTable) -> Self {
        Self(holds)
    }

    /// The turn of now, if it is free; else when the next one is.
    async fn free(&self, wanted: &WantedTurn) -> Result<Result<(), Timestamp>, StoreError> {
        let put = self
            .0
            .client
            .put_item()
            .table_name(&self.0.name)
            .set_item(Some(encode_turns(after(wanted.now, wanted.spacing))))
            .condition_expression("attribute_not_exists(pk) OR #at <= :now OR #at > :wrong")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":now", millis(wanted.now))
            .expression_attribute_values(":wrong", millis(after(wanted.now, AHEAD_MAX)))
            .return_values_on_condition_check_failure(OnFailure::AllOld);
        match taken(put.send().await.map_err(Refused::from))? {
            Ok(_) => Ok(Ok(())),
            Err(old) => Ok(Err(decode_turns(&old)?)),
        }
    }

    /// The next turn, if it is early enough.
    async fn ahead(&self, wanted: &WantedTurn) -> Result<Option<Timestamp>, StoreError> {
        let update = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(turns_key()))
            .update_expression("SET #at = #at + :spacing")
            .condition_expression("#at <= :latest")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":spacing", n(wanted.spacing.as_millis()))
            .expression_attribute_values(":latest", millis(wanted.latest))
            .return_values(ReturnValue::UpdatedOld);
        match taken(update.send().await.map_err(Refused::from))? {
            Ok(output) => {
                let old = output.attributes.unwrap_or_default();
                Reader::new(&old).instant("at").map(Some)
            }
            Err(_) => Ok(None),
        }
    }
}

#[async_trait]
impl PaymentTurns for DynamoPaymentTurns {
    async fn take(&self, wanted: &WantedTurn) -> Result<Option<Timestamp>, StoreError> {
        match self.free(wanted).await? {
            Ok(()) => Ok(Some(wanted.now)),
            Err(next) if next > wanted.latest => Ok(None),
            // Another may be first: the turn may be a later one, or none.
            Err(_) => Ok(self.ahead(wanted).await?.map(|turn| turn.max(wanted.now))),
        }
    }
}

/// What a write gave, or the item for which it was not done.
fn taken<T>(outcome: Result<T, Refused>) -> Result<Result<T, Item>, StoreError> {
    match outcome {
        Ok(output) => Ok(Ok(output)),
        Err(Refused::Condition { old, .. }) => Ok(Err(old.unwrap_or_default())),
        Err(Refused::Passing(Passing::Conflict)) => Err(StoreError::Contention("turns".to_owned())),
        Err(Refused::Passing(Passing::Throttled(error)) | Refused::Store(error)) => Err(error),
    }
}

fn after(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use holdfast_testkit::{Database, Fault, Faults, TestClock, at};

    use super::*;

    const START: &str = "2030-05-01T09:00:00Z";
    const SPACING_MS: i64 = 200;

    fn wanted(now_ms: i64, wait_ms: i64) -> WantedTurn {
        let ms = SignedDuration::from_millis;
        let now = after(at(START), ms(now_ms));
        WantedTurn { now, latest: after(now, ms(wait_ms)), spacing: ms(SPACING_MS) }
    }

    async fn turns() -> (Database, Faults, DynamoPaymentTurns) {
        let (database, faults) = (Database::start(&TestClock::at(at(START))).await, Faults::default());
        let turns = DynamoPaymentTurns::new(HoldsTable::new(database.client_under(&faults), Database::HOLDS));
        (database, faults, turns)
    }

    async fn taken_at(turns: &DynamoPaymentTurns, now_ms: i64, wait_ms: i64) -> Option<i64> {
        let turn = turns.take(&wanted(now_ms, wait_ms)).await.expect("an answer");
        turn.map(|turn| turn.as_millisecond() - at(START).as_millisecond())
    }

    #[tokio::test]
    async fn turns_come_one_after_the_other_and_who_would_wait_too_long_has_none() {
        let (_database, faults, turns) = turns().await;
        for (now_ms, wait_ms, turn, writes) in [
            (0, 0, Some(0), 1),
            (0, 0, None, 1),
            (0, 500, Some(200), 2),
            (0, 500, Some(400), 2),
            (0, 500, None, 1),
            (100, 500, Some(600), 2),
            // What nobody has taken is not kept for a crowd.
            (10_000, 0, Some(10_000), 1),
            (10_000, 199, None, 1),
            // A clock that is behind.
            (9_900, 300, Some(10_200), 2),
        ] {
            let before = faults.calls();
            assert_eq!(taken_at(&turns, now_ms, wait_ms).await, turn, "{now_ms} {wait_ms}");
            assert_eq!(faults.calls() - before, writes, "{now_ms} {wait_ms}");
        }
    }

    #[tokio::test]
    async fn at_once_each_turn_is_taken_once() {
        let (_database, _, turns) = turns().await;
        let takers = (0..40).map(|_| {
            let turns = turns.clone();
            tokio::spawn(async move { taken_at(&turns, 0, 3000).await })
        });
        let mut taken = Vec::new();
        for taker in takers.collect::<Vec<_>>() {
            taken.extend(taker.await.expect("no panic"));
        }
        taken.sort_unstable();
        assert_eq!(taken, (0..=15).map(|turn| turn * SPACING_MS).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_clock_that_was_wrong_stops_nobody() {
        let (_database, _, turns) = turns().await;
        assert_eq!(taken_at(&turns, 3_600_000, 0).await, Some(3_600_000));
        assert_eq!(taken_at(&turns, 0, 3000).await, Some(0));
        assert_eq!(taken_at(&turns, 0, 3000).await, Some(200));
    }

    #[tokio::test]
    async fn an_outage_is_no_turn() {
        let (_database, faults, turns) = turns().await;
        faults.strike(Fault::Broken, 0, usize::MAX);
        assert!(matches!(turns.take(&wanted(0, 0)).await, Err(StoreError::Unavailable(_))));
    }
}
