//! Resources, hold records, bookings and audit events as items.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_app::StoreError;
use holdfast_app::bookings::AuditEvent;
use holdfast_app::kernel::guest_mark;
use holdfast_domain::{
    Booking, BookingId, BookingStatus, Fingerprint, GuestId, Hold, HoldId, HoldStatus, PaymentStatus,
    Resource, ResourceId, Seal,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::page::item::resource_pk;
use crate::stored::documents::{
    StoredAction, StoredCancellation, StoredMoney, StoredOrder, StoredTerms, read_extension,
};
use crate::table::item::{Item, Reader, document, m, millis, n, s};

/// Sort key of a resource.
pub(crate) const RESOURCE_SK: &str = "R";
/// Sort key of a booking.
pub(crate) const BOOKING_SK: &str = "B";
/// Sort keys of audit events begin with it.
pub(crate) const EVENT_SK_PREFIX: &str = "E#";
/// Partitions of the index by end. More can be added; with fewer, bookings in the dropped ones would be lost from sight.
pub(crate) const DUE_SHARDS: u32 = 8;
/// How long a hold's record outlives the hold, in seconds: a week, for late questions and late payments.
const RECORD_GRACE_SECONDS: i64 = 7 * 24 * 3600;

pub(crate) fn resource_key(id: &ResourceId) -> Item {
    Item::from([("pk".into(), s(resource_pk(id))), ("sk".into(), s(RESOURCE_SK))])
}

pub(crate) fn hold_key(id: &HoldId) -> Item {
    Item::from([("pk".into(), s(format!("H#{id}")))])
}

pub(crate) fn booking_pk(id: &BookingId) -> String {
    format!("B#{id}")
}

pub(crate) fn booking_key(id: &BookingId, sk: &str) -> Item {
    Item::from([("pk".into(), s(booking_pk(id))), ("sk".into(), s(sk))])
}

/// A resource; `pages` counts the pages made of it, so that a replacement knows them all.
pub fn encode_resource(resource: &Resource, pages: u64) -> Item {
    let mut item = resource_key(&resource.id);
    item.extend([
        ("rev".into(), n(resource.revision)),
        ("srev".into(), n(resource.schedule_revision)),
        ("pages".into(), n(pages)),
        ("doc".into(), document(&StoredTerms::from(&resource.terms))),
    ]);
    item
}

pub fn decode_resource(item: &Item) -> Result<Resource, StoreError> {
    let reader = Reader::new(item);
    let id = reader.parsed("pk", |pk| ResourceId::parse(pk.strip_prefix("R#").unwrap_or_default()))?;
    resource_of(&reader, id)
}

pub(crate) fn resource_of(reader: &Reader<'_>, id: ResourceId) -> Result<Resource, StoreError> {
    let terms = reader.document::<StoredTerms>("doc")?.read().map_err(|reason| reader.corrupt(reason))?;
    Ok(Resource { id, terms, revision: reader.number("rev")?, schedule_revision: reader.number("srev")? })
}

#[derive(Serialize, Deserialize)]
struct HoldDocument {
    order: StoredOrder,
    caller: String,
    ttl: u32,
    /// Seconds of cool-down, if there is one.
    #[serde(default, skip_serializing_if = "is_zero")]
    wait: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

pub fn encode_hold_record(hold: &Hold) -> Item {
    let extensions: HashMap<String, AttributeValue> = hold
        .extensions
        .iter()
        .map(|(request, extension)| {
            (request.to_string(), AttributeValue::L(vec![millis(extension.expires_at), millis(extension.at)]))
        })
        .collect();
    let doc = HoldDocument {
        order: (&hold.order).into(),
        caller: hold.caller.to_string(),
        ttl: hold.ttl_seconds,
        wait: hold.cool_down_seconds,
    };
    let mut item = hold_key(&hold.id);
    item.extend([
        ("st".into(), s(hold.recorded.as_str())),
        ("f".into(), s(hold.fingerprint.as_str())),
        ("c".into(), millis(hold.created_at)),
        ("e0".into(), millis(hold.first_expires_at)),
        ("e".into(), millis(hold.expires_at)),
        ("ex".into(), m(extensions)),
        ("doc".into(), document(&doc)),
        ("ttl".into(), n(hold.expires_at.as_second() + RECORD_GRACE_SECONDS)),
    ]);
    if let Some(booking) = &hold.booking {
        item.insert("b".into(), s(booking.as_str()));
    }
    item
}

pub fn decode_hold_record(item: &Item) -> Result<Hold, StoreError> {
    let reader = Reader::new(item);
    let doc: HoldDocument = reader.document("doc")?;
    let mut extensions = BTreeMap::new();
    for (request, value) in reader.map("ex")? {
        let request = Fingerprint::parse(request).map_err(|error| reader.corrupt(error.to_string()))?;
        let parts: Vec<i64> = match value {
            AttributeValue::L(list) => {
                list.iter().filter_map(|part| part.as_n().ok().and_then(|text| text.parse().ok())).collect()
            }
            _ => Vec::new(),
        };
        let [expires_at, at] = parts[..] else { return Err(reader.corrupt("an extension is no pair")) };
        extensions.insert(request, read_extension(expires_at, at).map_err(|reason| reader.corrupt(reason))?);
    }
    let booking = match reader.opt_text("b") {
        Some(_) => Some(reader.parsed("b", BookingId::parse)?),
        None => None,
    };
    let order = doc.order.read().map_err(|reason| reader.corrupt(reason))?;
    Ok(Hold {
        id: reader.parsed("pk", |pk| HoldId::parse(pk.strip_prefix("H#").unwrap_or_default()))?,
        guest_mark: guest_mark(&order.guest),
        order,
        caller: GuestId::parse(&doc.caller).map_err(|error| reader.corrupt(error.to_string()))?,
        fingerprint: reader.parsed("f", Fingerprint::parse)?,
        ttl_seconds: doc.ttl,
        cool_down_seconds: doc.wait,
        created_at: reader.instant("c")?,
        first_expires_at: reader.instant("e0")?,
        expires_at: reader.instant("e")?,
        recorded: reader.parsed("st", |name| HoldStatus::parse(name).ok_or("unknown status"))?,
        extensions,
        booking,
    })
}

#[derive(Serialize, Deserialize)]
struct BookingDocument {
    number: String,
    hold: String,
    order: StoredOrder,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    method: String,
    fingerprint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    intent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<StoredAction>,
    captured: StoredMoney,
    refunded: StoredMoney,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancellation: Option<StoredCancellation>,
}

pub fn encode_booking(booking: &Booking) -> Item {
    let doc = BookingDocument {
        number: booking.confirmation_number.clone(),
        hold: booking.hold.to_string(),
        order: (&booking.order).into(),
        email: booking.email.clone(),
        method: booking.payment_method.clone(),
        fingerprint: booking.fingerprint.to_string(),
        intent: booking.payment_intent.clone(),
        action: booking.action.as_ref().map(Into::into),
        captured: booking.captured.into(),
        refunded: booking.refunded.into(),
        failure: booking.failure.clone(),
        cancellation: booking.cancellation.as_ref().map(Into::into),
    };
    let mut item = booking_key(&booking.id, BOOKING_SK);
    item.extend(booking.seal.as_ref().map(|seal| ("h".into(), s(seal.as_str()))));
    item.extend([
        ("st".into(), s(booking.status.as_str())),
        ("ps".into(), s(booking.payment_status.as_str())),
        ("v".into(), n(booking.version)),
        ("c".into(), millis(booking.created_at)),
        ("guest".into(), s(booking.order.guest.as_str())),
        ("guest_sort".into(), s(guest_sort(booking))),
        ("doc".into(), document(&doc)),
    ]);
    // The index by end has only bookings that await it: a confirmation, whose money is taken later, does not pay for it.
    if booking.awaits_end() {
        item.insert("due".into(), s(due_shard(shard_of(&booking.id))));
        item.insert("due_at".into(), s(format!("{}#{}", due_at(booking.order.end), booking.id)));
    }
    item
}

/// A partition of the index by end.
pub(crate) fn due_shard(shard: u32) -> String {
    format!("D#{shard}")
}

/// Spreads bookings over the partitions of the index by end, so that a sale is not slowed down by one of them.
fn shard_of(id: &BookingId) -> u32 {
    id.as_str().bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)))
        % DUE_SHARDS
}

/// Orders bookings by their end, as [`guest_sort`] does by their beginning.
pub(crate) fn due_at(end: Timestamp) -> String {
    format!("{:015}", end.as_millisecond())
}

/// Orders a guest's bookings by the moment they were asked for: 15 digits of milliseconds reach the year 33658.
pub(crate) fn guest_sort(booking: &Booking) -> String {
    format!("{:015}#{}", booking.created_at.as_millisecond(), booking.id)
}

pub fn decode_booking(item: &Item) -> Result<Booking, StoreError> {
    let reader = Reader::new(item);
    let doc: BookingDocument = reader.document("doc")?;
    let corrupt = |reason: String| reader.corrupt(reason);
    Ok(Booking {
        id: reader.parsed("pk", |pk| BookingId::parse(pk.strip_prefix("B#").unwrap_or_default()))?,
        confirmation_number: doc.number,
        hold: HoldId::parse(&doc.hold).map_err(|error| corrupt(error.to_string()))?,
        order: doc.order.read().map_err(corrupt)?,
        email: doc.email,
        payment_method: doc.method,
        fingerprint: Fingerprint::parse(&doc.fingerprint).map_err(|error| corrupt(error.to_string()))?,
        status: reader.parsed("st", |name| BookingStatus::parse(name).ok_or("unknown status"))?,
        payment_status: reader.parsed("ps", |name| PaymentStatus::parse(name).ok_or("unknown status"))?,
        payment_intent: doc.intent,
        action: doc.action.map(StoredAction::read).transpose().map_err(corrupt)?,
        captured: doc.captured.read().map_err(corrupt)?,
        refunded: doc.refunded.read().map_err(corrupt)?,
        failure: doc.failure,
        cancellation: doc.cancellation.map(StoredCancellation::read).transpose().map_err(corrupt)?,
        created_at: reader.instant("c")?,
        version: reader.number("v")?,
        seal: seal(&reader)?,
    })
}

fn seal(reader: &Reader<'_>) -> Result<Option<Seal>, StoreError> {
    reader.opt_text("h").map(|_| reader.parsed("h", Seal::parse)).transpose()
}

pub(crate) fn event_sk(sequence: u64) -> String {
    format!("{EVENT_SK_PREFIX}{sequence:06}")
}

pub fn encode_audit(event: &AuditEvent) -> Item {
    let mut item = booking_key(&event.booking, &event_sk(event.sequence));
    item.extend([
        ("k".into(), s(event.kind.as_str())),
        ("at".into(), millis(event.at)),
        ("by".into(), s(event.actor.as_str())),
        ("fr".into(), s(event.from.as_str())),
        ("to".into(), s(event.to.as_str())),
        ("doc".into(), document(&event.data)),
        ("tr".into(), s(event.trace.clone().unwrap_or_default())),
    ]);
    item.extend(event.seal.as_ref().map(|seal| ("h".into(), s(seal.as_str()))));
    item
}

pub fn decode_audit(item: &Item) -> Result<AuditEvent, StoreError> {
    let reader = Reader::new(item);
    let sequence =
        reader.parsed("sk", |sk| sk.strip_prefix(EVENT_SK_PREFIX).unwrap_or_default().parse::<u64>())?;
    let status = |key| reader.parsed(key, |name| BookingStatus::parse(name).ok_or("unknown status"));
    Ok(AuditEvent {
        booking: reader.parsed("pk", |pk| BookingId::parse(pk.strip_prefix("B#").unwrap_or_default()))?,
        sequence,
        kind: reader.text("k")?.to_owned(),
        at: reader.instant("at")?,
        actor: reader.text("by")?.to_owned(),
        from: status("fr")?,
        to: status("to")?,
        data: reader.document("doc")?,
        trace: reader.opt_text("tr").filter(|trace| !trace.is_empty()).map(ToOwned::to_owned),
        seal: seal(&reader)?,
    })
}
