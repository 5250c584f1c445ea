//! Codes that somebody tries within an hour, in the table of hold records: one item for each who tries and hour.

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_app::StoreError;
use holdfast_app::rates::{CodeTries, TriedCodes};
use holdfast_domain::{Fingerprint, GuestMark};
use jiff::Timestamp;

use crate::stored::tries::{decode_tries, tries_frame, tries_key};
use crate::table::error::{Passing, Refused, unavailable};
use crate::table::holds::HoldsTable;
use crate::table::item::{n, s};

/// [`CodeTries`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoCodeTries(HoldsTable);

impl DynamoCodeTries {
    /// In the table of hold records.
    #[must_use]
    pub fn new(holds: HoldsTable) -> Self {
        Self(holds)
    }

    /// An update of an item, which may not be there yet: `change` is of the code, `:codes`.
    fn update(
        &self,
        by: &GuestMark,
        code: &Fingerprint,
        change: &str,
        now: Timestamp,
    ) -> UpdateItemFluentBuilder {
        let mut update =
            self.0.client.update_item().table_name(&self.0.name).set_key(Some(tries_key(by, now)));
        let mut sets = Vec::new();
        for (name, value) in tries_frame(now) {
            sets.push(format!("#{name} = :{name}"));
            update = update
                .expression_attribute_names(format!("#{name}"), &name)
                .expression_attribute_values(format!(":{name}"), value);
        }
        update
            .update_expression(format!("SET {} {change}", sets.join(", ")))
            .expression_attribute_values(":codes", AttributeValue::Ss(vec![code.to_string()]))
    }
}

#[async_trait]
impl CodeTries for DynamoCodeTries {
    async fn tried(&self, by: &GuestMark, now: Timestamp) -> Result<TriedCodes, StoreError> {
        let get = self.0.client.get_item().table_name(&self.0.name).set_key(Some(tries_key(by, now)));
        let output = get.consistent_read(true).send().await.map_err(unavailable)?;
        Ok(output.item().map(decode_tries).transpose()?.unwrap_or_default())
    }

    async fn count(
        &self,
        by: &GuestMark,
        code: &Fingerprint,
        most: usize,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let update = self
            .update(by, code, "ADD co :codes", now)
            .condition_expression("attribute_not_exists(co) OR contains(co, :code) OR size(co) < :most")
            .expression_attribute_values(":code", s(code.to_string()))
            .expression_attribute_values(":most", n(most));
        match update.send().await.map_err(Refused::from) {
            Ok(_) => Ok(true),
            Err(Refused::Condition { .. }) => Ok(false),
            Err(refused) => Err(failed(refused, by)),
        }
    }

    async fn clear(
        &self,
        by: &GuestMark,
        code: &Fingerprint,
        remembered: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let change = if remembered { "ADD ok :codes DELETE co :codes" } else { "DELETE co :codes" };
        let update = self.update(by, code, change, now).send().await.map_err(Refused::from);
        update.map(|_| ()).map_err(|refused| failed(refused, by))
    }
}

fn failed(refused: Refused, by: &GuestMark) -> StoreError {
    match refused {
        Refused::Condition { .. } | Refused::Passing(Passing::Conflict) => {
            StoreError::Contention(format!("codes tried by {by}"))
        }
        Refused::Passing(Passing::Throttled(error)) | Refused::Store(error) => error,
    }
}
