//! The callbacks that resume sagas.

use async_trait::async_trait;
use holdfast_app::payments::SagaCallbacks;
use holdfast_app::{Mutation, StoreError};
use holdfast_domain::BookingId;

use crate::stored::notes::{decode_task_token, encode_task_token, task_token_key, task_token_key_before};
use crate::table::confidential::ConfidentialTable;
use crate::table::error::{Passing, Refused};
use crate::table::item::millis;
use crate::table::ledger::LedgerTable;

/// [`SagaCallbacks`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoSagaCallbacks {
    confidential: ConfidentialTable,
    ledger: LedgerTable,
}

impl DynamoSagaCallbacks {
    /// In the confidential table, and in the ledger's where the release before wrote them.
    #[must_use]
    pub fn new(confidential: ConfidentialTable, ledger: LedgerTable) -> Self {
        Self { confidential, ledger }
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
        let put = self
            .confidential
            .client
            .put_item()
            .table_name(&self.confidential.name)
            .set_item(Some(encode_task_token(booking, token, mutation.now)))
            .condition_expression("attribute_not_exists(pk) OR #at <= :at")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":at", millis(mutation.now));
        match put.send().await.map_err(Refused::from) {
            // A later token stays: a function whose caller has given it up may still come to its write.
            Ok(_) | Err(Refused::Condition { .. }) => Ok(()),
            Err(Refused::Passing(Passing::Conflict)) => Err(StoreError::Contention(booking.to_string())),
            Err(Refused::Passing(Passing::Throttled(error)) | Refused::Store(error)) => Err(error),
        }
    }

    async fn task_token(&self, booking: &BookingId) -> Result<Option<String>, StoreError> {
        let mut item = self.confidential.get(task_token_key(booking)).await?;
        if item.is_none() {
            item = self.ledger.get(task_token_key_before(booking)).await?;
        }
        item.as_ref().map(decode_task_token).transpose()
    }
}

#[cfg(test)]
mod tests {
    use holdfast_testkit::{Database, TestClock, at};
    use jiff::SignedDuration;

    use super::*;
    use crate::stored::notes::TASK_TOKEN_KEPT;
    use crate::table::item::s;

    #[tokio::test]
    async fn the_latest_token_stays_whichever_is_written_last() {
        let start = at("2030-05-01T09:00:00Z");
        let database = Database::start(&TestClock::at(start)).await;
        let callbacks = database.store().callbacks;
        let booking = BookingId::parse("bkg_1").expect("an id");
        let put = async |token: &str, seconds: i64| {
            let now = start.checked_add(SignedDuration::from_secs(seconds)).expect("in range");
            let by = Mutation { now, actor: "saga".to_owned(), trace: None };
            callbacks.put_task_token(&booking, token, &by).await.expect("no outage");
            callbacks.task_token(&booking).await.expect("a read").expect("a token")
        };
        assert_eq!(put("first", 0).await, "first");
        assert_eq!(put("second", 10).await, "second");
        assert_eq!(put("first", 0).await, "second");
        assert_eq!(put("at the same time", 10).await, "at the same time");
    }

    /// Sagas keep the version of the function that they began with.
    #[tokio::test]
    async fn a_token_that_the_release_before_wrote_is_read_until_there_is_a_later_one() {
        let now = at("2030-05-01T09:00:00Z");
        let database = Database::start(&TestClock::at(now)).await;
        let callbacks = database.store().callbacks;
        let booking = BookingId::parse("bkg_1").expect("an id");
        let mut item = task_token_key_before(&booking);
        item.extend([("tok".into(), s("before")), ("at".into(), millis(now))]);
        let put = database.client.put_item().table_name(Database::LEDGER).set_item(Some(item));
        put.send().await.expect("an item");
        let read = async || callbacks.task_token(&booking).await.expect("a read");
        assert_eq!(read().await.as_deref(), Some("before"));
        let by = Mutation { now, actor: "saga".to_owned(), trace: None };
        callbacks.put_task_token(&booking, "now", &by).await.expect("no outage");
        assert_eq!(read().await.as_deref(), Some("now"));
        assert_eq!(database.items(Database::LEDGER).await.len(), 1, "nothing new is written there");
    }

    #[test]
    fn a_token_is_kept_for_longer_than_a_saga_runs() {
        let machine = include_str!("../../../../statemachines/booking.asl.json");
        let machine: serde_json::Value = serde_json::from_str(machine).expect("JSON");
        let seconds = machine["TimeoutSeconds"].as_i64().expect("a bound");
        assert!(TASK_TOKEN_KEPT > SignedDuration::from_secs(seconds), "{seconds} s");
    }
}
