//! Images of a table's stream as what they mean. The stream is the outbox: a page's image says what its last write did, an
//! audit event is a record by itself.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_app::StoreError;
use holdfast_app::bookings::AuditEvent;
use holdfast_domain::{Hold, HoldId, PageChange, PageHold, Resource};

use crate::page::item::{PageRecord, decode_hold, decode_page_record};
use crate::stored::records::{
    EVENT_SK_PREFIX, RESOURCE_SK, Write, decode_audit, decode_hold_record, decode_resource,
    decode_resource_write,
};
use crate::table::item::{Item, Reader};

/// One write to the ledger.
#[derive(Debug, Clone, PartialEq)]
pub enum LedgerRecord {
    /// A page was written.
    Page {
        /// The page after the write, with what the write did.
        record: PageRecord,
        /// The holds that the write took from the page, as they were before.
        ended: BTreeMap<HoldId, PageHold>,
    },
    /// A resource was created or replaced.
    Resource {
        /// As it is now.
        resource: Box<Resource>,
        /// As it was, if it was.
        previous: Option<Box<Resource>>,
        /// When and in which trace; unknown of what a release before wrote.
        write: Option<Write>,
    },
    /// Something happened to a booking.
    Audit(AuditEvent),
    /// Of no interest to anybody: bookings themselves (their audit events say it), callbacks, page counters.
    Other,
}

/// What a stream record of the ledger table says. `new` is the item after the write, `old` before it.
///
/// # Errors
/// [`StoreError::Corrupt`] when an image cannot be read.
pub fn decode_ledger_record(new: Option<&Item>, old: Option<&Item>) -> Result<LedgerRecord, StoreError> {
    let Some(new) = new else { return Ok(LedgerRecord::Other) };
    let reader = Reader::new(new);
    let sk = reader.text("sk")?;
    if sk.starts_with("P#") {
        let record = decode_page_record(new)?;
        let ended = old.map_or_else(|| Ok(BTreeMap::new()), |old| ended_holds(&record, old))?;
        return Ok(LedgerRecord::Page { record, ended });
    }
    if sk.starts_with(EVENT_SK_PREFIX) {
        return Ok(LedgerRecord::Audit(decode_audit(new)?));
    }
    if sk == RESOURCE_SK {
        let resource = decode_resource(new)?;
        let previous = old.map(decode_resource).transpose()?;
        if previous.as_ref().is_some_and(|previous| previous.revision == resource.revision) {
            return Ok(LedgerRecord::Other);
        }
        return Ok(LedgerRecord::Resource {
            resource: Box::new(resource),
            previous: previous.map(Box::new),
            write: decode_resource_write(new)?,
        });
    }
    Ok(LedgerRecord::Other)
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

/// The hold whose record was deleted, from the record's old image.
///
/// # Errors
/// [`StoreError::Corrupt`] when the image cannot be read.
pub fn decode_removed_hold(old: &Item) -> Result<Hold, StoreError> {
    decode_hold_record(old)
}

/// An image as Lambda delivers it, as an item.
#[must_use]
pub fn item_from_event(image: serde_dynamo::Item) -> Item {
    let map: std::collections::HashMap<String, serde_dynamo::AttributeValue> = image.into();
    map.into_iter().map(|(key, value)| (key, value_from_event(value))).collect()
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
