//! The writes of a promotion's uses. They are parts of the transaction that places or ends a hold, or that changes a booking.
//!
//! A use is an item that is there while it is counted: it is put with the counter's increment and deleted with its decrement, each
//! under a condition on that item. So a use is counted once and given back once, whoever does it and however often.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, Put, ReturnValuesOnConditionCheckFailure as OnFailure, TransactWriteItem, Update,
};
use holdfast_app::{Mutation, StoreError};
use holdfast_domain::BookingId;
use holdfast_domain::rates::uses::{PromotionUse, UseChange, UseEffect, UseEvent, UseOwner};

use crate::stored::uses::{
    CountedUse, CounterWrite, counter_key, decode_use, encode_use, guest_counter_key, use_key,
};
use crate::stored::version::{VERSION, WRITES};
use crate::table::item::{millis, n, s};
use crate::table::ledger::LedgerTable;
use crate::table::transact::built;

/// The condition of a counter that has room for one more use.
const HAS_ROOM: &str = "attribute_not_exists(n) OR n < :limit";

/// Uses of promotions in the ledger's table.
#[derive(Debug, Clone)]
pub(crate) struct UseStore(LedgerTable);

impl UseStore {
    /// In that table.
    pub(crate) fn new(ledger: LedgerTable) -> Self {
        Self(ledger)
    }

    /// The writes that count a use with its hold, within its limits.
    pub(crate) fn counted(
        &self,
        of: &PromotionUse,
        mutation: &Mutation,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        self.count(of, UseOwner::Hold, Limited::Yes, None, mutation)
    }

    /// The writes by which a change happens to a use as it is now; none if it does nothing. One of them refuses if the use has changed
    /// since.
    pub(crate) async fn changed(
        &self,
        of: &PromotionUse,
        change: &UseChange,
        mutation: &Mutation,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let stored = self.0.get(use_key(of)).await?.as_ref().map(decode_use).transpose()?;
        match (change.effect(stored.as_ref().map(|known| &known.owner)), stored) {
            (UseEffect::Nothing, _) => Ok(Vec::new()),
            (UseEffect::Counted(owner), _) => self.count(of, owner, Limited::No, change.booking(), mutation),
            (UseEffect::Owned(owner), Some(known)) => {
                let after = CountedUse { owner, revision: known.revision + 1 };
                Ok(vec![self.put_use(of, Some(&known), &after, mutation)?])
            }
            (UseEffect::Returned, Some(known)) => {
                let (condition, values) = is_still(&known);
                let delete = Delete::builder()
                    .table_name(&self.0.name)
                    .set_key(Some(use_key(of)))
                    .condition_expression(condition)
                    .set_expression_attribute_values(Some(values))
                    .build()
                    .map_err(built)?;
                let mut items = vec![TransactWriteItem::builder().delete(delete).build()];
                let write =
                    Counting { event: UseEvent::Returned, limited: Limited::No, booking: change.booking() };
                items.extend(self.counters(of, write, mutation)?);
                Ok(items)
            }
            (UseEffect::Owned(_) | UseEffect::Returned, None) => Ok(Vec::new()),
        }
    }

    fn count(
        &self,
        of: &PromotionUse,
        owner: UseOwner,
        limited: Limited,
        booking: Option<&BookingId>,
        mutation: &Mutation,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let mut items = vec![self.put_use(of, None, &CountedUse { owner, revision: 1 }, mutation)?];
        let write = Counting { event: UseEvent::Redeemed, limited, booking };
        items.extend(self.counters(of, write, mutation)?);
        Ok(items)
    }

    /// Writes a use, provided that it is as it was before.
    fn put_use(
        &self,
        of: &PromotionUse,
        before: Option<&CountedUse>,
        after: &CountedUse,
        mutation: &Mutation,
    ) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.0.name)
            .set_item(Some(encode_use(of, after, mutation.now)))
            .return_values_on_condition_check_failure(OnFailure::AllOld);
        let put = match before.map(is_still) {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some((condition, values)) => {
                put.condition_expression(condition).set_expression_attribute_values(Some(values))
            }
        };
        Ok(TransactWriteItem::builder().put(put.build().map_err(built)?).build())
    }

    /// The writes of the counters: the promotion's, and the guest's where the promotion limits it.
    fn counters(
        &self,
        of: &PromotionUse,
        write: Counting<'_>,
        mutation: &Mutation,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let said = CounterWrite {
            event: write.event,
            property: of.property.as_ref(),
            hold: &of.hold,
            booking: write.booking,
            limit: of.limits.in_all,
            at: mutation.now,
            trace: mutation.trace.as_deref(),
        };
        let (mut sets, mut removes) = (Vec::new(), Vec::new());
        let mut update = Update::builder()
            .table_name(&self.0.name)
            .set_key(Some(counter_key(&of.resource, &of.code)))
            .expression_attribute_values(":write", n(1));
        for (name, value) in said.attributes() {
            update = update.expression_attribute_names(format!("#{name}"), name);
            match value {
                Some(value) => {
                    sets.push(format!("#{name} = :{name}"));
                    update = update.expression_attribute_values(format!(":{name}"), value);
                }
                None => removes.push(format!("#{name}")),
            }
        }
        let removes =
            if removes.is_empty() { String::new() } else { format!(" REMOVE {}", removes.join(", ")) };
        let expression = format!("SET {}{removes} ADD n :by, seq :write", sets.join(", "));
        let mut items = vec![write.write(update.update_expression(expression), of.limits.in_all)?];
        if let Some(limit) = of.limits.per_guest {
            let update = Update::builder()
                .table_name(&self.0.name)
                .set_key(Some(guest_counter_key(&of.resource, &of.code, &of.guest)))
                .update_expression("SET #ver = :ver, #at = :at ADD n :by")
                .expression_attribute_names("#ver", VERSION)
                .expression_attribute_names("#at", "at")
                .expression_attribute_values(":ver", n(WRITES.note.number()))
                .expression_attribute_values(":at", millis(mutation.now));
            items.push(write.write(update, Some(limit))?);
        }
        Ok(items)
    }
}

/// Whether a use is counted within the limits only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Limited {
    Yes,
    No,
}

/// How counters are written.
#[derive(Debug, Clone, Copy)]
struct Counting<'a> {
    event: UseEvent,
    limited: Limited,
    booking: Option<&'a BookingId>,
}

impl Counting<'_> {
    /// The write of a counter, of which `limit` is the most.
    fn write(self, update: UpdateBuilder, limit: Option<u32>) -> Result<TransactWriteItem, StoreError> {
        let by = match self.event {
            UseEvent::Redeemed => 1,
            UseEvent::Returned => -1,
        };
        let mut update = update.expression_attribute_values(":by", n(by));
        if self.limited == Limited::Yes
            && let Some(limit) = limit
        {
            update = update.condition_expression(HAS_ROOM).expression_attribute_values(":limit", n(limit));
        }
        Ok(TransactWriteItem::builder().update(update.build().map_err(built)?).build())
    }
}

/// The condition of a use that has not changed since it was read, with its values. The revision alone begins anew when a use that was given
/// back is counted again.
fn is_still(known: &CountedUse) -> (&'static str, HashMap<String, AttributeValue>) {
    let mut values = HashMap::from([(":rev".to_owned(), n(known.revision))]);
    match &known.owner {
        UseOwner::Hold => ("rev = :rev AND attribute_not_exists(b)", values),
        UseOwner::Booking(booking) => {
            values.insert(":b".to_owned(), s(booking.as_str()));
            ("rev = :rev AND b = :b", values)
        }
    }
}
