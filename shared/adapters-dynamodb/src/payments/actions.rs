//! What customers have to do at their banks.

use async_trait::async_trait;
use holdfast_app::StoreError;
use holdfast_app::payments::CustomerActions;
use holdfast_domain::BookingId;
use holdfast_domain::payments::CustomerAction;

use crate::stored::action::{action_key, decode_action, decode_action_of_booking};
use crate::stored::records::{BOOKING_SK, booking_key};
use crate::table::confidential::ConfidentialTable;
use crate::table::ledger::LedgerTable;

/// [`CustomerActions`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoCustomerActions {
    confidential: ConfidentialTable,
    ledger: LedgerTable,
}

impl DynamoCustomerActions {
    /// In the confidential table, and in the ledger's where the release before wrote them.
    #[must_use]
    pub fn new(confidential: ConfidentialTable, ledger: LedgerTable) -> Self {
        Self { confidential, ledger }
    }
}

#[async_trait]
impl CustomerActions for DynamoCustomerActions {
    async fn customer_action(&self, booking: &BookingId) -> Result<Option<CustomerAction>, StoreError> {
        if let Some(item) = self.confidential.get(action_key(booking)).await? {
            return decode_action(&item).map(Some);
        }
        let before = self.ledger.get(booking_key(booking, BOOKING_SK)).await?;
        before.as_ref().map_or(Ok(None), decode_action_of_booking)
    }
}

#[cfg(test)]
mod tests {
    use holdfast_testkit::{Database, TestClock, at};

    use super::*;
    use crate::stored::action::encode_action;
    use crate::stream::decode_image;

    /// Its guest may be about to read it when the releases change.
    #[tokio::test]
    async fn an_action_that_the_release_before_wrote_is_read_from_the_booking() {
        let database = Database::start(&TestClock::at(at("2030-05-01T09:00:00Z"))).await;
        let actions = database.store().actions;
        let booking = BookingId::parse("bkg_x4j6jyqj3yj5zq2gny62cx6l").expect("an id");
        let read = async || actions.customer_action(&booking).await.expect("a read");
        assert_eq!(read().await, None, "no booking");
        let kept = include_str!("../../tests/stored/v0/booking-awaiting-customer.json");
        let item = decode_image(serde_json::from_str(kept).expect("JSON")).expect("an item");
        let put = database.client.put_item().table_name(Database::LEDGER).set_item(Some(item));
        put.send().await.expect("an item");
        let before = read().await.expect("an action");
        assert_eq!(before.client_secret, "pi_3PqX2b2eZvKYlo2C1kXyJ0aB_secret_0");
        assert_eq!(before.redirect_url.as_deref(), Some("https://bank.example/3ds?id=1"));
        let now = CustomerAction { client_secret: "another".to_owned(), redirect_url: None, ..before };
        let item = encode_action(&booking, &now);
        let put = database.client.put_item().table_name(Database::CONFIDENTIAL).set_item(Some(item));
        put.send().await.expect("an item");
        assert_eq!(read().await, Some(now));
    }
}
