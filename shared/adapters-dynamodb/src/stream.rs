//! Images of a table's stream as what they mean. The stream is the outbox: a page's image says what its last write did, an
//! audit event is a record by itself.

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_app::StoreError;
use holdfast_app::bookings::AuditEvent;
use holdfast_domain::{Hold, Resource};

use crate::page::item::{PAGE_SK_PREFIX, PageRecord, decode_page_record};
use crate::stored::records::{
    EVENT_SK_PREFIX, RESOURCE_SK, decode_audit, decode_hold_record, decode_resource,
};
use crate::table::item::{Item, Reader};

/// One write to the ledger.
#[derive(Debug, Clone, PartialEq)]
pub enum LedgerRecord {
    /// A page was written.
    Page(PageRecord),
    /// A resource was created or replaced.
    Resource {
        /// As it is now.
        resource: Box<Resource>,
        /// As it was, if it was.
        previous: Option<Box<Resource>>,
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
    if sk.starts_with(PAGE_SK_PREFIX) {
        return Ok(LedgerRecord::Page(decode_page_record(new)?));
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
        return Ok(LedgerRecord::Resource { resource: Box::new(resource), previous: previous.map(Box::new) });
    }
    Ok(LedgerRecord::Other)
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
