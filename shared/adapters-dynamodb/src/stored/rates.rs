//! Rates as items: the cards of a resource, a copy of each version that was put, and what is set for the dates of a month.
//! `docs/storage.md` has a table of each kind's attributes.
//!
//! Versions have partitions of their own, so that whoever reads a resource does not read them too.

use std::collections::BTreeMap;

use holdfast_app::StoreError;
use holdfast_app::events::Write;
use holdfast_app::rates::CardRecord;
use holdfast_domain::catalogue::Month;
use holdfast_domain::rates::card::{CardVersion, ResourceRates};
use holdfast_domain::rates::dated::{DateRates, MonthRates};
use holdfast_domain::rates::ids::PlanId;
use holdfast_domain::{PropertyId, ResourceId};
use jiff::civil::Date;

use crate::page::item::{RESOURCE_PK_PREFIX, resource_pk};
use crate::stored::v1::rates::card::{StoredCard, StoredRates};
use crate::stored::v1::rates::dated::StoredMonthRates;
use crate::stored::version::{Version, WRITES};
use crate::table::item::{Item, Reader, document, millis, n, s};

/// Sort key of a resource's cards.
pub(crate) const RATES_SK: &str = "T";
/// Sort keys of what is set for dates begin with it; the month follows.
pub(crate) const MONTH_SK_PREFIX: &str = "T#";
/// Partition keys of versions begin with it.
const VERSIONS_PK_PREFIX: &str = "RV#";
/// Sort keys of versions begin with it.
const VERSION_SK_PREFIX: &str = "V#";

/// Primary key of a resource's cards.
pub(crate) fn rates_key(resource: &ResourceId) -> Item {
    Item::from([("pk".into(), s(resource_pk(resource))), ("sk".into(), s(RATES_SK))])
}

/// Primary key of what is set for a month.
pub(crate) fn month_rates_key(resource: &ResourceId, month: Month) -> Item {
    let sk = format!("{MONTH_SK_PREFIX}{month}");
    Item::from([("pk".into(), s(resource_pk(resource))), ("sk".into(), s(sk))])
}

pub(crate) fn versions_pk(resource: &ResourceId) -> String {
    format!("{VERSIONS_PK_PREFIX}{resource}")
}

pub(crate) fn version_sk(number: u64) -> String {
    format!("{VERSION_SK_PREFIX}{number:012}")
}

/// Primary key of a version.
pub(crate) fn version_key(resource: &ResourceId, number: u64) -> Item {
    Item::from([("pk".into(), s(versions_pk(resource))), ("sk".into(), s(version_sk(number)))])
}

/// What the event of a write says besides: the property of the resource, and when and by which request it was written.
fn told(item: &mut Item, property: Option<&PropertyId>, write: &Write) {
    item.extend(property.map(|property| ("pr".into(), s(property.as_str()))));
    written(item, write);
}

/// The property of the resource at the last write of its rates, if it belonged to one, and the write.
///
/// # Errors
/// [`StoreError::Corrupt`] when the attributes are not what they should be.
pub(crate) fn decode_rates_write(item: &Item) -> Result<(Option<PropertyId>, Write), StoreError> {
    let reader = Reader::new(item);
    let property = reader.optional("pr", |reader, key| reader.parsed(key, PropertyId::parse))?;
    let trace = reader.optional("tr", Reader::text)?.map(ToOwned::to_owned);
    Ok((property, Write { at: reader.instant("at")?, trace }))
}

fn written(item: &mut Item, write: &Write) {
    item.insert("at".into(), millis(write.at));
    item.extend(write.trace.as_deref().map(|trace| ("tr".into(), s(trace))));
    WRITES.rates.mark(item);
}

/// An item of version 1: no other was ever written.
fn version_1<'a>(item: &'a Item) -> Result<Reader<'a>, StoreError> {
    let reader = Reader::new(item);
    match Version::of(&reader)? {
        Version::V0 => Err(reader.corrupt("rates have no version 0")),
        Version::V1 => Ok(reader),
    }
}

fn resource_of(reader: &Reader<'_>, prefix: &str) -> Result<ResourceId, StoreError> {
    reader.parsed("pk", |pk| ResourceId::parse(pk.strip_prefix(prefix).unwrap_or_default()))
}

/// The resource whose rates an item of the ledger has.
///
/// # Errors
/// [`StoreError::Corrupt`] when its key names none.
pub(crate) fn rated_resource(item: &Item) -> Result<ResourceId, StoreError> {
    resource_of(&Reader::new(item), RESOURCE_PK_PREFIX)
}

/// The cards of a resource that belongs to that property or to none, and the write that left them so.
#[must_use]
pub fn encode_rates(rates: &ResourceRates, property: Option<&PropertyId>, write: &Write) -> Item {
    let mut item = rates_key(&rates.resource);
    item.insert("rev".into(), n(rates.revision));
    item.insert("doc".into(), document(&StoredRates::of(&rates.versions, rates.draft.as_ref())));
    told(&mut item, property, write);
    item
}

/// The cards of a resource.
///
/// # Errors
/// [`StoreError::Corrupt`] when the item cannot be read as such.
pub fn decode_rates(item: &Item) -> Result<ResourceRates, StoreError> {
    let reader = version_1(item)?;
    let stored = reader.document::<StoredRates>("doc")?.read();
    let (versions, draft) = stored.map_err(|reason| reader.corrupt(reason))?;
    Ok(ResourceRates {
        resource: resource_of(&reader, RESOURCE_PK_PREFIX)?,
        revision: reader.number("rev")?,
        versions,
        draft,
    })
}

/// A version of a resource's card, as the history keeps it.
#[must_use]
pub fn encode_card_record(resource: &ResourceId, record: &CardRecord, write: &Write) -> Item {
    let CardRecord { version, at, actor } = record;
    let mut item = version_key(resource, version.number);
    item.extend([
        ("vf".into(), millis(version.valid_from)),
        ("by".into(), s(actor.as_str())),
        ("doc".into(), document(&StoredCard::from(&version.card))),
    ]);
    written(&mut item, &Write { at: *at, trace: write.trace.clone() });
    item
}

/// A version of a resource's card.
///
/// # Errors
/// [`StoreError::Corrupt`] when the item cannot be read as one.
pub fn decode_card_record(item: &Item) -> Result<CardRecord, StoreError> {
    let reader = version_1(item)?;
    let card = reader.document::<StoredCard>("doc")?.read().map_err(|reason| reader.corrupt(reason))?;
    let number = |sk: &str| sk.strip_prefix(VERSION_SK_PREFIX).unwrap_or_default().parse();
    Ok(CardRecord {
        version: CardVersion {
            number: reader.parsed("sk", number)?,
            valid_from: reader.instant("vf")?,
            card,
        },
        at: reader.instant("at")?,
        actor: reader.text("by")?.to_owned(),
    })
}

/// What is set for a month of a resource that belongs to that property or to none, and the write that set it.
#[must_use]
pub fn encode_month_rates(
    (resource, property): (&ResourceId, Option<&PropertyId>),
    month: Month,
    rates: &MonthRates,
    write: &Write,
) -> Item {
    let mut item = month_rates_key(resource, month);
    item.insert("rev".into(), n(rates.revision));
    item.insert("doc".into(), document(&StoredMonthRates::of(&rates.dates)));
    told(&mut item, property, write);
    item
}

/// The month of an item, and what is set for it.
///
/// # Errors
/// [`StoreError::Corrupt`] when the item cannot be read as such.
pub fn decode_month_rates(item: &Item) -> Result<(Month, MonthRates), StoreError> {
    let reader = version_1(item)?;
    let month =
        reader.parsed("sk", |sk| Month::parse(sk.strip_prefix(MONTH_SK_PREFIX).unwrap_or_default()))?;
    let stored = reader.document::<StoredMonthRates>("doc")?.read(month);
    let dates: BTreeMap<Date, BTreeMap<PlanId, DateRates>> =
        stored.map_err(|reason| reader.corrupt(reason))?;
    Ok((month, MonthRates { revision: reader.number("rev")?, dates }))
}
