//! The records of holds: what each was placed for, and how it ended. The places themselves are counted on pages.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    Put, ReturnValuesOnConditionCheckFailure as OnFailure, TransactWriteItem, Update,
};
use holdfast_app::StoreError;
use holdfast_domain::holds::{Extension, RecordChange};
use holdfast_domain::{Fingerprint, Hold, HoldId, HoldStatus};

use crate::stored::records::{decode_hold_record, encode_extension, encode_hold_record, hold_key};
use crate::stored::version::WRITES;
use crate::table::error::{Passing, Refused, unavailable};
use crate::table::holds::HoldsTable;
use crate::table::item::{millis, s};
use crate::table::transact::{Tries, built, transact};

impl HoldsTable {
    pub(crate) async fn read_hold(&self, id: &HoldId) -> Result<Option<Hold>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(hold_key(id)))
            .consistent_read(true)
            .send()
            .await
            .map_err(unavailable)?;
        output.item().map(decode_hold_record).transpose()
    }

    /// Writes a hold's record unless there is one; that one then.
    pub(crate) async fn put_new_record(&self, hold: &Hold) -> Result<Option<Hold>, StoreError> {
        let mut tries = Tries::default();
        // Ends: others who are first, and throttling, have a budget of tries.
        loop {
            match transact(&self.client, vec![self.new_record(hold)?]).await {
                Ok(()) => return Ok(None),
                Err(Refused::Condition { old: Some(item), .. }) => {
                    return decode_hold_record(&item).map(Some);
                }
                Err(Refused::Condition { old: None, .. }) => tries.pause(Passing::Conflict, &hold.id).await?,
                Err(Refused::Passing(passing)) => tries.pause(passing, &hold.id).await?,
                Err(Refused::Store(error)) => return Err(error),
            }
        }
    }

    pub(crate) fn new_record(&self, hold: &Hold) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(encode_hold_record(hold)))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(OnFailure::AllOld)
            .build()
            .map_err(built)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// The first of a request's duplicates writes down the answer that all of them give. The expiry only grows, in whichever order
    /// extensions come to the record.
    pub(crate) async fn record_extension(
        &self,
        id: &HoldId,
        request: &Fingerprint,
        extension: Extension,
    ) -> Result<(Extension, bool), StoreError> {
        let stored = encode_extension(extension, WRITES.hold);
        let answer = |expression: &str| {
            self.client
                .update_item()
                .update_expression(expression)
                .expression_attribute_names("#r", request.as_str())
                .expression_attribute_values(":x", stored.clone())
        };
        let later = answer("SET ex.#r = :x, e = :e")
            .condition_expression("e < :e AND attribute_not_exists(ex.#r)")
            .expression_attribute_values(":e", millis(extension.expires_at));
        let earlier = answer("SET ex.#r = :x")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(ex.#r)");
        if self.update_record(id, later).await? || self.update_record(id, earlier).await? {
            return Ok((extension, false));
        }
        let known = self.read_hold(id).await?.and_then(|hold| hold.extensions.get(request).copied());
        Ok(known.map_or((extension, false), |first| (first, true)))
    }

    pub(crate) async fn record_release(&self, id: &HoldId) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .update_expression("SET st = :released")
            .condition_expression("st = :active")
            .expression_attribute_values(":released", s(HoldStatus::Released.as_str()))
            .expression_attribute_values(":active", s(HoldStatus::Active.as_str()));
        self.update_record(id, update).await.map(drop)
    }

    /// Gives whether the update's condition held.
    async fn update_record(&self, id: &HoldId, update: UpdateItemFluentBuilder) -> Result<bool, StoreError> {
        let update = update.table_name(&self.name).set_key(Some(hold_key(id)));
        let mut tries = Tries::default();
        // Ends: others who are first, and throttling, have a budget of tries.
        loop {
            match update.clone().send().await.map_err(Refused::from) {
                Ok(_) => return Ok(true),
                Err(Refused::Condition { .. }) => return Ok(false),
                Err(Refused::Passing(passing)) => tries.pause(passing, id).await?,
                Err(Refused::Store(error)) => return Err(error),
            }
        }
    }

    pub(crate) fn update_hold_record(
        &self,
        id: &HoldId,
        change: &RecordChange,
    ) -> Result<TransactWriteItem, StoreError> {
        let update = Update::builder()
            .table_name(&self.name)
            .set_key(Some(hold_key(id)))
            .condition_expression("attribute_exists(pk)");
        let status = |status: HoldStatus| s(status.as_str());
        let update = match change {
            RecordChange::Confirmed(booking) => update
                .update_expression("SET st = :st, b = :b")
                .expression_attribute_values(":st", status(HoldStatus::Confirmed))
                .expression_attribute_values(":b", s(booking.as_str())),
            RecordChange::Released => update
                .update_expression("SET st = :st")
                .expression_attribute_values(":st", status(HoldStatus::Released)),
            RecordChange::ActiveAgain => update
                .update_expression("SET st = :st REMOVE b")
                .expression_attribute_values(":st", status(HoldStatus::Active)),
            RecordChange::ExpiresAt(at) => {
                update.update_expression("SET e = :e").expression_attribute_values(":e", millis(*at))
            }
        };
        Ok(TransactWriteItem::builder().update(update.build().map_err(built)?).build())
    }
}
