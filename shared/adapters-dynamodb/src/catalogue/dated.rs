//! The dated facts of a resource: an item for each local month.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, TransactWriteItem};
use holdfast_app::StoreError;
use holdfast_app::events::Write;
use holdfast_domain::catalogue::{CAPACITY_MAX, DateFacts, Facts, Month, MonthFacts};
use holdfast_domain::{PropertyId, ResourceId};

use crate::page::item::resource_pk;
use crate::stored::reason::bounded;
use crate::stored::version::{Version, WRITES};
use crate::table::item::{Item, Reader, m, millis, n, s};
use crate::table::ledger::LedgerTable;
use crate::table::transact::built;

/// Sort keys of dated facts begin with it; the month follows.
pub(crate) const FACTS_SK_PREFIX: &str = "D#";

/// Primary key of a month's facts.
pub(crate) fn month_key(resource: &ResourceId, month: Month) -> Item {
    let sk = format!("{FACTS_SK_PREFIX}{month}");
    Item::from([("pk".into(), s(resource_pk(resource))), ("sk".into(), s(sk))])
}

/// The facts of a month of a resource that belongs to that property or to none, and the write that set them.
#[must_use]
pub fn encode_month(
    of: (&ResourceId, Option<&PropertyId>),
    month: Month,
    facts: &MonthFacts,
    write: &Write,
) -> Item {
    encode_month_as(of, month, facts, write, WRITES.facts)
}

/// The facts of a month, in a given version.
#[must_use]
pub fn encode_month_as(
    (resource, property): (&ResourceId, Option<&PropertyId>),
    month: Month,
    facts: &MonthFacts,
    write: &Write,
    version: Version,
) -> Item {
    let date = |facts: &DateFacts| {
        let mut item = Item::new();
        item.extend(facts.capacity.map(|capacity| ("cap".to_owned(), n(capacity))));
        if facts.closed {
            item.insert("cl".into(), AttributeValue::Bool(true));
        }
        if facts.overbooking > 0 {
            item.insert("ob".into(), n(facts.overbooking));
        }
        m(item)
    };
    let dates = facts.dates.iter().map(|(day, facts)| (format!("{:02}", day.day()), date(facts)));
    let mut item = month_key(resource, month);
    item.extend([
        ("rev".into(), n(facts.revision)),
        ("da".into(), m(dates.collect())),
        ("at".into(), millis(write.at)),
    ]);
    item.extend(property.map(|property| ("pr".into(), s(property.as_str()))));
    item.extend(write.trace.as_deref().map(|trace| ("tr".into(), s(trace))));
    version.mark(&mut item);
    item
}

/// The month of an item, and its facts.
///
/// # Errors
/// [`StoreError::Corrupt`] when the item cannot be read as one.
pub fn decode_month(item: &Item) -> Result<(Month, MonthFacts), StoreError> {
    let reader = Reader::new(item);
    match Version::of(&reader)? {
        Version::V0 | Version::V1 => {}
    }
    let month =
        reader.parsed("sk", |sk| Month::parse(sk.strip_prefix(FACTS_SK_PREFIX).unwrap_or_default()))?;
    let mut dates = BTreeMap::new();
    let days = reader.inner(reader.map("da")?);
    for day in reader.map("da")?.keys() {
        let date =
            format!("{month}-{day}").parse().map_err(|_| reader.corrupt(format!("da: no day {day}")))?;
        let facts = days.inner(days.map(day)?);
        let places = |what: &str, key: &str| {
            let places = facts.optional(key, Reader::number)?;
            let places = places.map(|places| bounded(what, places, &(0..=CAPACITY_MAX)));
            places.transpose().map_err(|reason| reader.corrupt(reason))
        };
        let capacity = places("the capacity", "cap")?;
        let overbooking = places("the overbooking", "ob")?.unwrap_or(0);
        dates.insert(date, DateFacts { capacity, closed: facts.flag("cl")?, overbooking });
    }
    Ok((month, MonthFacts { revision: reader.number("rev")?, dates }))
}

/// What the record of a month's facts says besides them.
pub(crate) struct FactsWrite {
    pub(crate) resource: ResourceId,
    /// The property that it belonged to, if to one; unknown of what a release before wrote.
    pub(crate) property: Option<PropertyId>,
    pub(crate) write: Write,
}

/// Of which resource the facts of a month are, and the write that set them.
///
/// # Errors
/// [`StoreError::Corrupt`] when the item cannot be read as such.
pub(crate) fn decode_facts_write(item: &Item) -> Result<FactsWrite, StoreError> {
    let reader = Reader::new(item);
    let resource = reader.parsed("pk", |pk| ResourceId::parse(pk.strip_prefix("R#").unwrap_or_default()))?;
    let property = reader.optional("pr", |reader, key| reader.parsed(key, PropertyId::parse))?;
    let trace = reader.optional("tr", Reader::text)?.map(ToOwned::to_owned);
    Ok(FactsWrite { resource, property, write: Write { at: reader.instant("at")?, trace } })
}

impl LedgerTable {
    /// The facts of those months.
    pub(crate) async fn facts_of(
        &self,
        resource: &ResourceId,
        months: impl IntoIterator<Item = Month>,
    ) -> Result<Facts, StoreError> {
        let keys: Vec<Item> = months.into_iter().map(|month| month_key(resource, month)).collect();
        if keys.is_empty() {
            return Ok(Facts::default());
        }
        let items = self.get_many(keys).await?;
        Ok(Facts::new(items.iter().map(decode_month).collect::<Result<Vec<_>, _>>()?))
    }

    /// Every month for which something was ever set.
    pub(crate) async fn all_facts(&self, resource: &ResourceId) -> Result<Facts, StoreError> {
        let items = self.query_all(&resource_pk(resource), FACTS_SK_PREFIX).await?;
        Ok(Facts::new(items.iter().map(decode_month).collect::<Result<Vec<_>, _>>()?))
    }

    /// Refuses unless a month's facts are of that revision.
    pub(crate) fn check_month(
        &self,
        resource: &ResourceId,
        month: Month,
        revision: u64,
    ) -> Result<TransactWriteItem, StoreError> {
        let check =
            ConditionCheck::builder().table_name(&self.name).set_key(Some(month_key(resource, month)));
        let check = match revision {
            0 => check.condition_expression("attribute_not_exists(pk)"),
            _ => check.condition_expression("rev = :rev").expression_attribute_values(":rev", n(revision)),
        };
        Ok(TransactWriteItem::builder().condition_check(check.build().map_err(built)?).build())
    }

    /// Writes a month's facts, which follow the revision before theirs.
    pub(crate) fn put_month(
        &self,
        of: (&ResourceId, Option<&PropertyId>),
        month: Month,
        facts: &MonthFacts,
        write: &Write,
    ) -> Result<TransactWriteItem, StoreError> {
        let item = encode_month(of, month, facts, write);
        let put = Put::builder().table_name(&self.name).set_item(Some(item));
        let put = match facts.revision {
            0 | 1 => put.condition_expression("attribute_not_exists(pk)"),
            revision => {
                put.condition_expression("rev = :rev").expression_attribute_values(":rev", n(revision - 1))
            }
        };
        Ok(TransactWriteItem::builder().put(put.build().map_err(built)?).build())
    }
}
