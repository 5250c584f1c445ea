//! Setting the stop of new holds. The stop of a resource lies beside it, and its trail's head on it; what is for all resources lies in
//! partitions of its own.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use holdfast_app::catalogue::{HoldStopSwitch, StopCommit, StopState};
use holdfast_app::{LedgerError, StoreError};
use holdfast_domain::{TrailHead, TrailSubject};

use crate::holds::stops::{ENDED, stop_key, stops};
use crate::stored::property::property_key;
use crate::stored::records::{decode_resource, resource_key};
use crate::stored::trail::{TRAIL_IS, decode_head, encode_head, head_key};
use crate::table::item::{Item, Reader, n};
use crate::table::ledger::LedgerTable;
use crate::table::transact::built;

/// [`HoldStopSwitch`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoHoldStopSwitch(LedgerTable);

impl DynamoHoldStopSwitch {
    /// In the ledger's table.
    #[must_use]
    pub fn new(ledger: LedgerTable) -> Self {
        Self(ledger)
    }

    /// Where the trail's head lies.
    fn keeper_of(subject: &TrailSubject) -> Item {
        match subject {
            TrailSubject::Resource(id) => resource_key(id),
            TrailSubject::Property(id) => property_key(id),
            TrailSubject::AllResources => head_key(subject),
        }
    }
}

#[async_trait]
impl HoldStopSwitch for DynamoHoldStopSwitch {
    async fn stop_of(&self, subject: &TrailSubject) -> Result<Option<StopState>, StoreError> {
        let item = self.0.get(Self::keeper_of(subject)).await?;
        let (trail, property) = match (&item, subject) {
            (Some(item), TrailSubject::Resource(_)) => {
                let resource = decode_resource(item)?;
                (resource.trail, resource.terms.property)
            }
            (Some(item), TrailSubject::AllResources) => (decode_head(&Reader::new(item))?, None),
            (None, TrailSubject::AllResources) => (TrailHead::default(), None),
            (_, TrailSubject::Property(_)) | (None, TrailSubject::Resource(_)) => return Ok(None),
        };
        let stopped = stops(self.0.get(stop_key(subject)).await?.as_ref());
        Ok(Some(StopState { stopped, trail, property }))
    }

    async fn put_stop(&self, commit: &StopCommit) -> Result<(), LedgerError> {
        let StopCommit { previous, stopped, entry } = commit;
        let (subject, stop) = (&entry.subject, stop_key(&entry.subject));
        let mut head = Update::builder()
            .table_name(&self.0.name)
            .set_key(Some(Self::keeper_of(subject)))
            .expression_attribute_values(":en", n(previous.entries))
            .expression_attribute_values(":none", n(0));
        let mut sets = Vec::new();
        for (name, value) in encode_head(&entry.head()) {
            sets.push(format!("{name} = :next_{name}"));
            head = head.expression_attribute_values(format!(":next_{name}"), value);
        }
        let condition = match subject {
            TrailSubject::Resource(_) | TrailSubject::Property(_) => {
                format!("attribute_exists(pk) AND {TRAIL_IS}")
            }
            TrailSubject::AllResources => TRAIL_IS.to_owned(),
        };
        let head = head.update_expression(format!("SET {}", sets.join(", "))).condition_expression(condition);
        let change = Update::builder().table_name(&self.0.name).set_key(Some(stop));
        // An end is an attribute: whoever may delete stops may delete pages, which IAM cannot distinguish from them.
        let change = if *stopped {
            change
                .update_expression(format!("REMOVE {ENDED}"))
                .condition_expression(format!("attribute_not_exists(pk) OR attribute_exists({ENDED})"))
        } else {
            change
                .update_expression(format!("SET {ENDED} = :ended"))
                .expression_attribute_values(":ended", AttributeValue::Bool(true))
                .condition_expression(format!("attribute_exists(pk) AND attribute_not_exists({ENDED})"))
        };
        let items = vec![
            TransactWriteItem::builder().update(change.build().map_err(built)?).build(),
            TransactWriteItem::builder().update(head.build().map_err(built)?).build(),
            self.0.put_entry(entry)?,
        ];
        self.0.transact_on(items, &subject.name()).await
    }
}
