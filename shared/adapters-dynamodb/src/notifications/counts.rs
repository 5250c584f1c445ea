//! Counts the mails that guests cause on a day, in the table of hold records: one write for each mail.

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_app::StoreError;
use holdfast_app::notifications::MailCounts;
use holdfast_domain::GuestMark;
use jiff::Timestamp;

use crate::stored::guest_mails::{encode_guest_mails, guest_mails_key};
use crate::table::error::{Passing, Refused};
use crate::table::holds::HoldsTable;
use crate::table::item::{n, s};

/// [`MailCounts`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoMailCounts(HoldsTable);

impl DynamoMailCounts {
    /// In the table of hold records.
    #[must_use]
    pub fn new(holds: HoldsTable) -> Self {
        Self(holds)
    }
}

#[async_trait]
impl MailCounts for DynamoMailCounts {
    async fn count(
        &self,
        guest: &GuestMark,
        cause: &str,
        most: usize,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let key = guest_mails_key(guest, now);
        let mut update = self.0.client.update_item().table_name(&self.0.name).set_key(Some(key.clone()));
        let mut sets = Vec::new();
        for (name, value) in encode_guest_mails(guest, now, &BTreeSet::from([cause.to_owned()])) {
            if key.contains_key(&name) {
                continue;
            }
            if !matches!(value, AttributeValue::Ss(_)) {
                sets.push(format!("#{name} = :{name}"));
            }
            update = update
                .expression_attribute_names(format!("#{name}"), &name)
                .expression_attribute_values(format!(":{name}"), value);
        }
        let update = update
            .update_expression(format!("SET {} ADD #ev :ev", sets.join(", ")))
            .condition_expression("attribute_not_exists(pk) OR contains(#ev, :cause) OR size(#ev) < :most")
            .expression_attribute_values(":cause", s(cause))
            .expression_attribute_values(":most", n(most));
        match update.send().await.map_err(Refused::from) {
            Ok(_) => Ok(true),
            Err(Refused::Condition { .. }) => Ok(false),
            Err(Refused::Passing(Passing::Conflict)) => {
                Err(StoreError::Contention(format!("mails of {guest}")))
            }
            Err(Refused::Passing(Passing::Throttled(error)) | Refused::Store(error)) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use holdfast_testkit::{Database, TestClock, at};

    use super::*;
    use crate::stored::guest_mails::decode_guest_mails;

    const NOON: &str = "2030-05-01T12:00:00Z";

    async fn counts() -> (TestClock, Database, DynamoMailCounts) {
        let clock = TestClock::at(at(NOON));
        let database = Database::start(&clock).await;
        let counts = DynamoMailCounts::new(HoldsTable::new(database.client.clone(), Database::HOLDS));
        (clock, database, counts)
    }

    #[tokio::test]
    async fn a_day_has_so_many_events_of_a_guest_each_counted_once() {
        let (_, database, counts) = counts().await;
        let count = async |guest: &str, cause: &str, at_: &str| {
            let guest = GuestMark::parse(guest).expect("a mark");
            counts.count(&guest, cause, 2, at(at_)).await.expect("an answer")
        };
        for (guest, cause, at_, counted) in [
            ("guest", "bkg_1.3", NOON, true),
            ("guest", "bkg_1.4", NOON, true),
            ("guest", "bkg_2.3", "2030-05-01T23:59:59.999Z", false),
            // What a queue delivers again.
            ("guest", "bkg_1.3", NOON, true),
            ("another", "bkg_3.3", NOON, true),
            ("guest", "bkg_2.3", "2030-05-02T00:00:00Z", true),
        ] {
            assert_eq!(count(guest, cause, at_).await, counted, "{guest} {cause} {at_}");
        }
        let items = database.items(Database::HOLDS).await;
        let of_first =
            items.iter().find(|item| item["pk"] == s("G#guest#M#2030-05-01")).expect("the first day");
        let causes = BTreeSet::from(["bkg_1.3", "bkg_1.4"].map(str::to_owned));
        assert_eq!(decode_guest_mails(of_first).expect("events"), causes);
    }

    #[tokio::test]
    async fn it_is_kept_for_its_day_and_goes_by_itself() {
        let (clock, database, counts) = counts().await;
        let guest = GuestMark::parse("guest").expect("a mark");
        assert!(counts.count(&guest, "bkg_1.3", 2, at(NOON)).await.expect("an answer"));
        clock.advance(jiff::SignedDuration::from_hours(12));
        assert_eq!(database.sweep_ttl(), 0);
        clock.advance(jiff::SignedDuration::from_hours(37));
        assert_eq!(database.sweep_ttl(), 1);
    }
}
