//! The rates of resources.
//!
//! Each write goes with the entry of the resource's trail, on the condition that the resource is in the terms and has the trail that it was
//! decided under. So an edit of terms, which moves the trail too, knows the cards there are.

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update};
use holdfast_app::catalogue::ResourceEvent;
use holdfast_app::rates::{DatedCommit, RateReader, RateStore, RatesCommit};
use holdfast_app::{LedgerError, StoreError};
use holdfast_domain::catalogue::Month;
use holdfast_domain::rates::card::ResourceRates;
use holdfast_domain::rates::dated::DatedRates;
use holdfast_domain::{Resource, ResourceId};

use crate::page::item::resource_pk;
use crate::stored::rates::{
    RATES_SK, decode_month_rates, decode_rates, encode_card_record, encode_month_rates, encode_rates,
    month_rates_key, rates_key,
};
use crate::stored::records::resource_key;
use crate::stored::trail::{TRAIL_IS, encode_head};
use crate::table::item::{Item, Reader, n, s};
use crate::table::ledger::LedgerTable;
use crate::table::query::{QUERY_MIB_MAX, read_all};
use crate::table::transact::built;

/// [`RateStore`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoRates(LedgerTable);

impl DynamoRates {
    /// In the ledger's table.
    #[must_use]
    pub fn new(ledger: LedgerTable) -> Self {
        Self(ledger)
    }
}

#[async_trait]
impl RateReader for DynamoRates {
    async fn rates(
        &self,
        resource: &ResourceId,
        months: &BTreeSet<Month>,
    ) -> Result<(Option<ResourceRates>, DatedRates), StoreError> {
        let months = months.iter().map(|month| month_rates_key(resource, *month));
        rates_of(&self.0.get_many(std::iter::once(rates_key(resource)).chain(months).collect()).await?)
    }

    async fn all_rates(
        &self,
        resource: &ResourceId,
    ) -> Result<(Option<ResourceRates>, DatedRates), StoreError> {
        let pk = resource_pk(resource);
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
            .expression_attribute_values(":pk", s(&pk))
            .expression_attribute_values(":sk", s(RATES_SK))
            .consistent_read(true);
        rates_of(&read_all(query, &pk, QUERY_MIB_MAX).await?)
    }
}

/// Cards and months as they are among the items of a resource.
fn rates_of(items: &[Item]) -> Result<(Option<ResourceRates>, DatedRates), StoreError> {
    let (mut rates, mut dated) = (None, Vec::new());
    for item in items {
        if Reader::new(item).text("sk")? == RATES_SK {
            rates = Some(decode_rates(item)?);
        } else {
            dated.push(decode_month_rates(item)?);
        }
    }
    Ok((rates, DatedRates::new(dated)))
}

#[async_trait]
impl RateStore for DynamoRates {
    async fn put_rates(&self, commit: &RatesCommit) -> Result<(), LedgerError> {
        let RatesCommit { previous, next, rates, record, entry, write } = commit;
        let mut items = self.entered(previous, next, entry)?;
        items.push(
            self.following(encode_rates(rates, previous.terms.property.as_ref(), write), rates.revision)?,
        );
        if let Some(record) = record {
            // A number is given once: a copy is never changed.
            items.push(self.following(encode_card_record(&previous.id, record, write), 1)?);
        }
        self.0.transact_on(items, previous.id.as_str()).await
    }

    async fn put_months(&self, commit: &DatedCommit) -> Result<(), LedgerError> {
        let DatedCommit { previous, next, months, entry, write } = commit;
        let mut items = self.entered(previous, next, entry)?;
        for (month, rates) in months {
            let of = (&previous.id, previous.terms.property.as_ref());
            let item = encode_month_rates(of, *month, rates, write);
            items.push(self.following(item, rates.revision)?);
        }
        self.0.transact_on(items, previous.id.as_str()).await
    }
}

impl DynamoRates {
    /// The entry, and the resource's trail up to it, if terms and trail are those that it follows.
    fn entered(
        &self,
        previous: &Resource,
        next: &Resource,
        entry: &ResourceEvent,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let mut head = Update::builder()
            .table_name(&self.0.name)
            .set_key(Some(resource_key(&previous.id)))
            .condition_expression(format!("rev = :rev AND {TRAIL_IS}"))
            .expression_attribute_values(":rev", n(previous.revision))
            .expression_attribute_values(":en", n(previous.trail.entries))
            .expression_attribute_values(":none", n(0));
        let mut sets = Vec::new();
        for (name, value) in encode_head(&next.trail) {
            sets.push(format!("{name} = :next_{name}"));
            head = head.expression_attribute_values(format!(":next_{name}"), value);
        }
        let head = head.update_expression(format!("SET {}", sets.join(", "))).build().map_err(built)?;
        Ok(vec![TransactWriteItem::builder().update(head).build(), self.0.put_entry(entry)?])
    }

    /// Writes an item that follows the one of the revision before.
    fn following(&self, item: Item, revision: u64) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder().table_name(&self.0.name).set_item(Some(item));
        let put = match revision {
            0 | 1 => put.condition_expression("attribute_not_exists(pk)"),
            revision => {
                put.condition_expression("rev = :rev").expression_attribute_values(":rev", n(revision - 1))
            }
        };
        Ok(TransactWriteItem::builder().put(put.build().map_err(built)?).build())
    }
}
