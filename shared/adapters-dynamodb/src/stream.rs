//! Decodes the records of a table's stream. The stream is the outbox: a page's image says what its last write did, an audit
//! event is a record by itself.
//!
//! A record has the item before the write, after it, or both, as DynamoDB writes items in JSON.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_app::StoreError;
use holdfast_app::events::{LedgerRecord, PageRecord};
use holdfast_domain::{BookingStatus, Hold, HoldId, PageChange, PageHold};
use serde_json::Value;

use crate::catalogue::dated::{FACTS_SK_PREFIX, FactsWrite, decode_facts_write, decode_month};
use crate::page::item::{
    PAGE_SK_PREFIX, RESOURCE_PK_PREFIX, decode_hold, decode_page_as_stored, decode_page_record,
};
use crate::stored::attempts::is_of_guest;
use crate::stored::property::{PROPERTY_SK, decode_property};
use crate::stored::rates::{
    MONTH_SK_PREFIX, RATES_SK, decode_month_rates, decode_rates, decode_rates_write, rated_resource,
};
use crate::stored::records::{
    BOOKING_SK, EVENT_SK_PREFIX, RESOURCE_SK, decode_audit_with_facts, decode_booking, decode_hold_record,
    decode_resource, decode_resource_write, decode_write,
};
use crate::stored::uses::{USES_PK_PREFIX, decode_use_count, is_counter};
use crate::table::item::{Item, Reader};

/// Decodes a record of the ledger table: the item after the write, and the item before it.
///
/// # Errors
/// [`StoreError::Corrupt`] when an image cannot be read.
pub fn decode_ledger_record(new: Option<Value>, old: Option<Value>) -> Result<LedgerRecord, StoreError> {
    let Some(new) = new.map(decode_image).transpose()? else { return removed(old) };
    let reader = Reader::new(&new);
    let sk = reader.text("sk")?;
    if reader.text("pk")?.starts_with(USES_PK_PREFIX) {
        if !is_counter(&reader)? {
            return Ok(LedgerRecord::Other);
        }
        let (count, trace) = decode_use_count(&new)?;
        return Ok(LedgerRecord::PromotionUses { count: Box::new(count), trace });
    }
    if sk.starts_with(PAGE_SK_PREFIX) {
        let record = decode_page_record(&new)?;
        let ended = match old.map(decode_image).transpose()? {
            Some(old) => ended_holds(&record, &old)?,
            None => BTreeMap::new(),
        };
        return Ok(LedgerRecord::Page { record, ended });
    }
    if sk.starts_with(EVENT_SK_PREFIX) {
        return Ok(LedgerRecord::Audit(decode_audit_with_facts(&new)?));
    }
    if sk == BOOKING_SK {
        return confirmed(&new, old);
    }
    if sk.starts_with(FACTS_SK_PREFIX) {
        let FactsWrite { resource, property, write } = decode_facts_write(&new)?;
        let (month, facts) = decode_month(&new)?;
        let previous = old.map(decode_image).transpose()?.as_ref().map(decode_month).transpose()?;
        let previous = previous.map(|(_, facts)| facts).unwrap_or_default();
        return Ok(LedgerRecord::Facts { resource, property, month, facts, previous, write });
    }
    if sk == PROPERTY_SK {
        return Ok(LedgerRecord::Property(Box::new(decode_property(&new)?)));
    }
    // Task tokens of a release before have the same sort key.
    if !reader.text("pk")?.starts_with(RESOURCE_PK_PREFIX) {
        return Ok(LedgerRecord::Other);
    }
    if sk == RATES_SK {
        let (property, write) = decode_rates_write(&new)?;
        return Ok(LedgerRecord::Rates { rates: Box::new(decode_rates(&new)?), property, write });
    }
    if sk.starts_with(MONTH_SK_PREFIX) {
        let (month, rates) = decode_month_rates(&new)?;
        let previous = old.map(decode_image).transpose()?.as_ref().map(decode_month_rates).transpose()?;
        let previous = previous.map(|(_, rates)| rates).unwrap_or_default();
        let (property, write) = decode_rates_write(&new)?;
        let resource = rated_resource(&new)?;
        return Ok(LedgerRecord::MonthRates { resource, property, month, rates, previous, write });
    }
    if sk == RESOURCE_SK {
        let resource = decode_resource(&new)?;
        let previous = old.map(decode_image).transpose()?.as_ref().map(decode_resource).transpose()?;
        if previous.as_ref().is_some_and(|previous| previous.revision == resource.revision) {
            return Ok(LedgerRecord::Other);
        }
        return Ok(LedgerRecord::Resource {
            resource: Box::new(resource),
            previous: previous.map(Box::new),
            write: decode_resource_write(&new)?,
        });
    }
    Ok(LedgerRecord::Other)
}

/// A record of a booking, if it says that one with a rate was confirmed. All else that happens to a booking is in its audit events.
fn confirmed(new: &Item, old: Option<Value>) -> Result<LedgerRecord, StoreError> {
    let Some(old) = old.map(decode_image).transpose()? else { return Ok(LedgerRecord::Other) };
    let is_confirmed =
        |item: &Item| Ok::<_, StoreError>(Reader::new(item).text("st")? == BookingStatus::Confirmed.as_str());
    if !is_confirmed(new)? || is_confirmed(&old)? {
        return Ok(LedgerRecord::Other);
    }
    Ok(match decode_write(new)? {
        Some(write) => LedgerRecord::Confirmed { booking: Box::new(decode_booking(new)?), write },
        None => LedgerRecord::Other,
    })
}

/// A record of an item that is gone: of a page, or of nothing that anybody waits for.
fn removed(old: Option<Value>) -> Result<LedgerRecord, StoreError> {
    let Some(old) = old.map(decode_image).transpose()? else { return Ok(LedgerRecord::Other) };
    if !Reader::new(&old).text("sk")?.starts_with(PAGE_SK_PREFIX) {
        return Ok(LedgerRecord::Other);
    }
    Ok(LedgerRecord::PageRemoved(Box::new(decode_page_as_stored(&old)?)))
}

/// The holds that a write took from its page, from the page before it.
fn ended_holds(record: &PageRecord, old: &Item) -> Result<BTreeMap<HoldId, PageHold>, StoreError> {
    let reader = Reader::new(old);
    let holds = reader.inner(reader.map("ho")?);
    let mut ended = BTreeMap::new();
    for hold in record.changes.iter().filter_map(PageChange::ends) {
        if holds.has(hold.as_str()) {
            let entry = decode_hold(&holds.inner(holds.map(hold.as_str())?))?;
            ended.insert(hold.clone(), entry);
        }
    }
    Ok(ended)
}

/// Decodes a record of the table of hold records: the hold before the write, if there was one. The table has other items too,
/// which nobody waits for.
///
/// # Errors
/// [`StoreError::Corrupt`] when the image cannot be read.
pub fn decode_previous_hold(_new: Option<Value>, old: Option<Value>) -> Result<Option<Hold>, StoreError> {
    let old = old.map(decode_image).transpose()?.filter(|old| !is_of_guest(old));
    old.as_ref().map(decode_hold_record).transpose()
}

/// Decodes an item in DynamoDB's JSON.
///
/// # Errors
/// [`StoreError::Corrupt`] when it is not one.
pub fn decode_image(json: Value) -> Result<Item, StoreError> {
    let image: serde_dynamo::Item = serde_json::from_value(json)
        .map_err(|error| StoreError::Corrupt { item: "an image".to_owned(), reason: error.to_string() })?;
    let map: std::collections::HashMap<String, serde_dynamo::AttributeValue> = image.into();
    Ok(map.into_iter().map(|(key, value)| (key, value_from_event(value))).collect())
}

fn value_from_event(value: serde_dynamo::AttributeValue) -> AttributeValue {
    use serde_dynamo::AttributeValue as Event;
    match value {
        Event::N(number) => AttributeValue::N(number),
        Event::S(text) => AttributeValue::S(text),
        Event::Bool(flag) => AttributeValue::Bool(flag),
        Event::B(bytes) => AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new(bytes)),
        Event::Null(null) => AttributeValue::Null(null),
        Event::M(map) => AttributeValue::M(map.into_iter().map(|(k, v)| (k, value_from_event(v))).collect()),
        Event::L(list) => AttributeValue::L(list.into_iter().map(value_from_event).collect()),
        Event::Ss(texts) => AttributeValue::Ss(texts),
        Event::Ns(numbers) => AttributeValue::Ns(numbers),
        Event::Bs(all) => {
            AttributeValue::Bs(all.into_iter().map(aws_sdk_dynamodb::primitives::Blob::new).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use holdfast_domain::{Page, PageKey, ResourceId, SlotKey};
    use holdfast_testkit::image_json;
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::page::item::encode_page;

    #[test]
    fn a_page_that_is_gone_is_said_to_be() {
        let key = PageKey::first(ResourceId::parse("room").expect("an id"), "2030-06");
        let page = Page::fresh(key, 1, 3, vec![SlotKey::parse("01").expect("a slot")]);
        let image = || Some(image_json(&encode_page(&page, &[], Timestamp::UNIX_EPOCH, None)));
        let record = decode_ledger_record(None, image()).expect("a record");
        assert_eq!(record, LedgerRecord::PageRemoved(Box::new(page.clone())));
        assert!(matches!(decode_ledger_record(image(), None), Ok(LedgerRecord::Page { .. })));
    }

    #[test]
    fn a_record_without_the_image_it_is_read_from_says_nothing() {
        let unread = || Some(json!({"pk": {"X": 1}}));
        let booking = json!({"pk": {"S": "B#1"}, "sk": {"S": "B"}});
        assert_eq!(decode_ledger_record(None, Some(booking)).expect("nothing"), LedgerRecord::Other);
        assert_eq!(decode_previous_hold(unread(), None).expect("nothing"), None);
        let attempts = json!({"pk": {"S": "G#guest"}, "rev": {"N": "1"}, "tr": {"M": {}}, "ttl": {"N": "1"}});
        let mails =
            json!({"pk": {"S": "G#guest#M#2030-05-01"}, "ev": {"SS": ["bkg_1.3"]}, "ttl": {"N": "1"}});
        for of_guest in [attempts, mails] {
            assert_eq!(decode_previous_hold(None, Some(of_guest)).expect("nothing"), None);
        }
    }

    #[test]
    fn an_image_that_is_no_item_is_corrupt() {
        for image in [json!({"pk": {"X": 1}}), json!({"pk": "R#1"}), json!([]), json!({"sk": {"S": "R"}})] {
            let outcome = decode_ledger_record(Some(image.clone()), None);
            assert!(matches!(outcome, Err(StoreError::Corrupt { .. })), "{image}: {outcome:?}");
            let outcome = decode_previous_hold(None, Some(image.clone()));
            assert!(matches!(outcome, Err(StoreError::Corrupt { .. })), "{image}: {outcome:?}");
        }
    }
}
