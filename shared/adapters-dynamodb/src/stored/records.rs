//! Resources, hold records, bookings and audit events as items. `docs/storage.md` has a table of each kind's attributes.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_app::StoreError;
use holdfast_app::bookings::{AuditEvent, BookingFacts, RateFacts};
use holdfast_app::events::Write;
use holdfast_app::kernel::guest_mark;
use holdfast_domain::catalogue::HOLD_TTL_SECONDS;
use holdfast_domain::holds::Extension;
use holdfast_domain::inventory::COOL_DOWN_SECONDS_MAX;
use holdfast_domain::rates::ids::PlanId;
use holdfast_domain::{
    Booking, BookingId, BookingStatus, Fingerprint, GuestId, GuestMark, Hold, HoldId, HoldStatus, Money,
    PaymentStatus, PropertyId, Resource, ResourceId, Seal,
};
use jiff::Timestamp;

use crate::page::item::{RESOURCE_PK_PREFIX, resource_pk};
use crate::stored::contents::{BookingContents, HoldContents, charged_back_stored, refund_name, refund_of};
use crate::stored::reason::bounded;
use crate::stored::trail::{decode_head, encode_head};
use crate::stored::v1::scalar::Scalar;
use crate::stored::version::{Version, WRITES};
use crate::stored::{v0, v1};
use crate::table::item::{Item, Reader, document, m, millis, n, s};

/// Sort key of a resource.
pub(crate) const RESOURCE_SK: &str = "R";
/// Sort key of a booking.
pub(crate) const BOOKING_SK: &str = "B";
/// Sort keys of audit events begin with it.
pub(crate) const EVENT_SK_PREFIX: &str = "E#";
/// After every entry: a colon follows the digits.
pub(crate) const EVENT_SK_END: &str = "E#:";
/// Partitions of the index by end. More can be added; with fewer, bookings in the dropped ones would be lost from sight.
pub(crate) const DUE_SHARDS: u32 = 8;
/// How long a hold's record outlives the hold, in seconds: a week, for late questions and late payments.
const RECORD_GRACE_SECONDS: i64 = 7 * 24 * 3600;

/// Attribute of the terms that are to follow a resource's present ones.
pub(crate) const NEXT_TERMS: &str = "nx";

/// A condition, and that the resource's facts are of the revision `:frev`, where `:none` is 0.
pub(crate) fn facts_are(condition: &str) -> String {
    format!("{condition} AND (frev = :frev OR (attribute_not_exists(frev) AND :frev = :none))")
}

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

/// A resource; `pages` counts the pages made of it, so that a replacement knows them all. `write` is what its event says of
/// the write; a copy has none, nor how far the trail has come.
#[must_use]
pub fn encode_resource(resource: &Resource, pages: u64, write: Option<&Write>) -> Item {
    encode_resource_as(resource, pages, write, WRITES.resource)
}

/// A resource in a given version, or in version 1 if version 0 cannot say it.
#[must_use]
pub fn encode_resource_as(resource: &Resource, pages: u64, write: Option<&Write>, version: Version) -> Item {
    let (version, terms, next) = match (version, in_version_0(resource)) {
        (Version::V0, Some((terms, next))) => (Version::V0, terms, next),
        (Version::V0 | Version::V1, _) => {
            let doc = |terms| document(&v1::terms::StoredTerms::from(terms));
            (Version::V1, doc(&resource.terms), resource.next.as_deref().map(doc))
        }
    };
    let mut item = resource_key(&resource.id);
    item.extend([
        ("rev".into(), n(resource.revision)),
        ("srev".into(), n(resource.schedule_revision)),
        ("pages".into(), n(pages)),
        ("doc".into(), terms),
    ]);
    if resource.facts_revision > 0 {
        item.insert("frev".into(), n(resource.facts_revision));
    }
    item.extend(next.map(|next| (NEXT_TERMS.to_owned(), next)));
    if let Some(Write { at, trace }) = write {
        item.extend(encode_head(&resource.trail));
        item.insert("at".into(), millis(*at));
        item.extend(trace.as_deref().map(|trace| ("tr".into(), s(trace))));
    }
    version.mark(&mut item);
    item
}

/// The documents of its terms and of those that follow; `None` if version 0 cannot say one of them.
fn in_version_0(resource: &Resource) -> Option<(AttributeValue, Option<AttributeValue>)> {
    let doc = |terms| Some(document(&v0::terms::StoredTerms::of(terms)?));
    let terms = doc(&resource.terms)?;
    match resource.next.as_deref() {
        None => Some((terms, None)),
        Some(next) => Some((terms, Some(doc(next)?))),
    }
}

/// When a resource was written last, if its item says so: a release before did not write it down.
///
/// # Errors
/// [`StoreError::Corrupt`] when the attributes are not what they should be.
pub fn decode_resource_write(item: &Item) -> Result<Option<Write>, StoreError> {
    decode_write(item)
}

/// When an item was written last, if it says so.
///
/// # Errors
/// [`StoreError::Corrupt`] when the attributes are not what they should be.
pub(crate) fn decode_write(item: &Item) -> Result<Option<Write>, StoreError> {
    let reader = Reader::new(item);
    let Some(at) = reader.optional("at", Reader::instant)? else { return Ok(None) };
    Ok(Some(Write { at, trace: reader.optional("tr", Reader::text)?.map(ToOwned::to_owned) }))
}

/// A resource.
///
/// # Errors
/// [`StoreError::Corrupt`] when the item cannot be read as one, or its terms are out of their bounds.
pub fn decode_resource(item: &Item) -> Result<Resource, StoreError> {
    let reader = Reader::new(item);
    let id = reader
        .parsed("pk", |pk| ResourceId::parse(pk.strip_prefix(RESOURCE_PK_PREFIX).unwrap_or_default()))?;
    resource_of(&reader, id)
}

pub(crate) fn resource_of(reader: &Reader<'_>, id: ResourceId) -> Result<Resource, StoreError> {
    let version = Version::of(reader)?;
    let terms = |reader: &Reader<'_>, key: &str| {
        let terms = match version {
            Version::V0 => reader.document::<v0::terms::StoredTerms>(key)?.read(),
            Version::V1 => reader.document::<v1::terms::StoredTerms>(key)?.read(),
        };
        terms.map_err(|reason| reader.corrupt(reason))
    };
    Ok(Resource {
        id,
        terms: terms(reader, "doc")?,
        revision: reader.number("rev")?,
        schedule_revision: reader.number("srev")?,
        facts_revision: reader.optional("frev", Reader::number)?.unwrap_or(0),
        next: reader.optional(NEXT_TERMS, terms)?.map(Box::new),
        trail: decode_head(reader)?,
    })
}

/// The answer that an extension was given, as the hold's record keeps it.
pub(crate) fn encode_extension(extension: Extension, version: Version) -> AttributeValue {
    let (expires_at, at) = (millis(extension.expires_at), millis(extension.at));
    match version {
        Version::V0 => AttributeValue::L(vec![expires_at, at]),
        Version::V1 => m(Item::from([("e".into(), expires_at), ("at".into(), at)])),
    }
}

/// An extension of either version: one is written into a record of whichever version without reading the record.
fn decode_extension(reader: &Reader<'_>, key: &str) -> Result<Extension, StoreError> {
    if let Ok(fields) = reader.map(key) {
        let fields = reader.inner(fields);
        return Ok(Extension { expires_at: fields.instant("e")?, at: fields.instant("at")? });
    }
    let [expires_at, at] = reader.list(key)? else { return Err(reader.corrupt("an extension is no pair")) };
    let pair = Item::from([("e".into(), expires_at.clone()), ("at".into(), at.clone())]);
    let pair = reader.inner(&pair);
    Ok(Extension { expires_at: pair.instant("e")?, at: pair.instant("at")? })
}

/// A hold's record.
#[must_use]
pub fn encode_hold_record(hold: &Hold) -> Item {
    encode_hold_record_as(hold, WRITES.hold)
}

/// A hold's record in a given version, or in version 1 if version 0 cannot say it.
#[must_use]
pub fn encode_hold_record_as(hold: &Hold, version: Version) -> Item {
    let (version, doc) = match (version, v0::booking::HoldDocument::of(hold)) {
        (Version::V0, Some(doc)) => (Version::V0, document(&doc)),
        (Version::V0 | Version::V1, _) => (Version::V1, document(&v1::booking::HoldDocument::from(hold))),
    };
    let extensions = hold
        .extensions
        .iter()
        .map(|(request, extension)| (request.to_string(), encode_extension(*extension, version)));
    let mut item = hold_key(&hold.id);
    item.extend([
        ("st".into(), s(hold.recorded.as_str())),
        ("f".into(), s(hold.fingerprint.as_str())),
        ("c".into(), millis(hold.created_at)),
        ("e0".into(), millis(hold.first_expires_at)),
        ("e".into(), millis(hold.expires_at)),
        ("ex".into(), m(extensions.collect())),
        ("doc".into(), doc),
        ("ttl".into(), n(hold.expires_at.as_second() + RECORD_GRACE_SECONDS)),
    ]);
    item.extend(hold.booking.as_ref().map(|booking| ("b".into(), s(booking.as_str()))));
    version.mark(&mut item);
    item
}

/// A hold from its record.
///
/// # Errors
/// [`StoreError::Corrupt`] when the item cannot be read as one.
pub fn decode_hold_record(item: &Item) -> Result<Hold, StoreError> {
    let reader = Reader::new(item);
    let contents = match Version::of(&reader)? {
        Version::V0 => reader.document::<v0::booking::HoldDocument>("doc")?.read(),
        Version::V1 => reader.document::<v1::booking::HoldDocument>("doc")?.read(),
    };
    let HoldContents { order, caller, ttl_seconds, cool_down_seconds } =
        contents.map_err(|reason| reader.corrupt(reason))?;
    let within = |name: &str, seconds: u32, bounds: RangeInclusive<u32>| {
        bounded(name, seconds, &bounds).map_err(|reason| reader.corrupt(reason))
    };
    let extensions = reader.map("ex")?;
    let answers = reader.inner(extensions);
    let extensions = extensions.keys().map(|request| {
        let parsed = Fingerprint::parse(request).map_err(|error| reader.corrupt(error.to_string()))?;
        Ok((parsed, decode_extension(&answers, request)?))
    });
    Ok(Hold {
        id: reader.parsed("pk", |pk| HoldId::parse(pk.strip_prefix("H#").unwrap_or_default()))?,
        guest_mark: guest_mark(&order.guest),
        order,
        caller,
        fingerprint: reader.parsed("f", Fingerprint::parse)?,
        ttl_seconds: within("the TTL", ttl_seconds, HOLD_TTL_SECONDS)?,
        cool_down_seconds: cool_down_seconds
            .map(|seconds| within("the cool-down", seconds, 0..=COOL_DOWN_SECONDS_MAX))
            .transpose()?,
        created_at: reader.instant("c")?,
        first_expires_at: reader.instant("e0")?,
        expires_at: reader.instant("e")?,
        recorded: reader.parsed("st", |name| HoldStatus::parse(name).ok_or("unknown status"))?,
        extensions: extensions.collect::<Result<BTreeMap<_, _>, StoreError>>()?,
        booking: reader.optional("b", |reader, key| reader.parsed(key, BookingId::parse))?,
    })
}

/// A booking. `write` is what the event of its rate says of the write; a booking without a rate has no such event.
#[must_use]
pub fn encode_booking(booking: &Booking, write: &Write) -> Item {
    encode_booking_as(booking, write, WRITES.booking)
}

/// A booking in a given version, or in version 1 if version 0 cannot say it.
#[must_use]
pub fn encode_booking_as(booking: &Booking, write: &Write, version: Version) -> Item {
    let mut item = booking_key(&booking.id, BOOKING_SK);
    let version = match (version, v0::booking::BookingDocument::of(booking)) {
        (Version::V0, Some(doc)) => {
            let (status, dispute) = of_version_0(booking);
            item.insert("ps".into(), s(status.as_str()));
            item.extend(dispute.map(|dispute| ("dp".into(), s(dispute.as_str()))));
            let payment = booking.only_payment().ok();
            let refund = payment.and_then(|payment| refund_name(payment.refund));
            item.extend(refund.map(|refund| ("rf".into(), s(refund))));
            let charged_back = payment.and_then(charged_back_stored);
            item.extend(charged_back.map(|total| ("cb".into(), n(total.amount()))));
            item.insert("doc".into(), document(&doc));
            Version::V0
        }
        (Version::V0 | Version::V1, _) => {
            item.insert("doc".into(), document(&v1::booking::BookingDocument::from(booking)));
            Version::V1
        }
    };
    if booking.order.rate.is_some() {
        item.insert("at".into(), millis(write.at));
        item.extend(write.trace.as_deref().map(|trace| ("tr".into(), s(trace))));
    }
    item.extend(booking.seal.as_ref().map(|seal| ("h".into(), s(seal.as_str()))));
    item.extend([
        ("st".into(), s(booking.status.as_str())),
        ("v".into(), n(booking.version)),
        ("c".into(), millis(booking.created_at)),
        ("guest".into(), s(booking.order.guest.as_str())),
        ("guest_sort".into(), s(guest_sort(booking))),
    ]);
    // The index by end has only bookings that await it: a confirmation, whose money is taken later, does not pay for it.
    if booking.awaits_completion() {
        item.insert("due".into(), s(due_shard(shard_of(&booking.id))));
        item.insert("due_at".into(), s(format!("{}#{}", due_at(booking.order.end), booking.id)));
    }
    version.mark(&mut item);
    item
}

/// The payment status that version 0 has, which the release before can read, and beside it what that one does not know: that the
/// payment is disputed, or was taken back.
fn of_version_0(booking: &Booking) -> (PaymentStatus, Option<PaymentStatus>) {
    match (booking.payment_status(), booking.only_payment()) {
        (status @ (PaymentStatus::Disputed | PaymentStatus::ChargedBack), Ok(payment)) => {
            (payment.status_by_refunds(), Some(status))
        }
        (status, _) => (status, None),
    }
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

/// A booking.
///
/// # Errors
/// [`StoreError::Corrupt`] when the item cannot be read as one.
pub fn decode_booking(item: &Item) -> Result<Booking, StoreError> {
    let reader = Reader::new(item);
    let contents = match Version::of(&reader)? {
        Version::V0 => {
            let key = if reader.has("dp") { "dp" } else { "ps" };
            let payment_status =
                reader.parsed(key, |name| PaymentStatus::parse(name).ok_or("unknown status"))?;
            let refund =
                reader.optional("rf", |reader, key| reader.parsed(key, |name| refund_of(Some(name))))?;
            let charged_back = reader.optional("cb", Reader::number::<i64>)?;
            reader.document::<v0::booking::BookingDocument>("doc")?.read(
                payment_status,
                refund.unwrap_or_default(),
                charged_back,
            )
        }
        Version::V1 => {
            let guest = reader.parsed("guest", GuestId::parse)?;
            reader.document::<v1::booking::BookingDocument>("doc")?.read(guest)
        }
    };
    let contents: BookingContents = contents.map_err(|reason| reader.corrupt(reason))?;
    Ok(Booking {
        id: reader.parsed("pk", |pk| BookingId::parse(pk.strip_prefix("B#").unwrap_or_default()))?,
        confirmation_number: contents.confirmation_number,
        hold: contents.hold,
        order: contents.order,
        email: contents.email,
        fingerprint: contents.fingerprint,
        status: reader.parsed("st", |name| BookingStatus::parse(name).ok_or("unknown status"))?,
        payments: contents.payments,
        failure: contents.failure,
        cancellation: contents.cancellation,
        created_at: reader.instant("c")?,
        version: reader.number("v")?,
        seal: seal(&reader)?,
    })
}

fn seal(reader: &Reader<'_>) -> Result<Option<Seal>, StoreError> {
    reader.optional("h", |reader, key| reader.parsed(key, Seal::parse))
}

pub(crate) fn event_sk(sequence: u64) -> String {
    format!("{EVENT_SK_PREFIX}{sequence:06}")
}

/// An entry of a booking's audit trail.
#[must_use]
pub fn encode_audit(event: &AuditEvent) -> Item {
    encode_audit_as(event, WRITES.audit)
}

/// An entry of a booking's audit trail in a given version.
#[must_use]
pub fn encode_audit_as(event: &AuditEvent, version: Version) -> Item {
    let mut item = booking_key(&event.booking, &event_sk(event.sequence));
    item.extend([
        ("k".into(), s(event.kind.as_str())),
        ("at".into(), millis(event.at)),
        ("by".into(), s(event.actor.as_str())),
        ("fr".into(), s(event.from.as_str())),
        ("to".into(), s(event.to.as_str())),
        ("doc".into(), document(&event.data)),
    ]);
    match (version, &event.trace) {
        (_, Some(trace)) => item.extend([("tr".into(), s(trace.as_str()))]),
        (Version::V0, None) => item.extend([("tr".into(), s(""))]),
        (Version::V1, None) => {}
    }
    item.extend(event.seal.as_ref().map(|seal| ("h".into(), s(seal.as_str()))));
    item.extend(event.facts.as_ref().map(|facts| ("fa".into(), encode_facts(facts))));
    version.mark(&mut item);
    item
}

fn encode_facts(facts: &BookingFacts) -> AttributeValue {
    let mut item = Item::from([
        ("ho".into(), s(facts.hold.as_str())),
        ("re".into(), s(facts.resource.as_str())),
        ("g".into(), s(facts.guest.as_str())),
        ("fr".into(), millis(facts.start)),
        ("to".into(), millis(facts.end)),
        ("q".into(), n(facts.quantity)),
        ("p".into(), s(facts.price.write())),
    ]);
    item.extend(facts.property.as_ref().map(|property| ("pr".into(), s(property.as_str()))));
    if let Some(rate) = &facts.rate {
        item.insert("pl".to_owned(), s(rate.plan.as_str()));
        item.insert("ap".to_owned(), s(rate.at_property.write()));
    }
    m(item)
}

fn decode_facts(reader: &Reader<'_>, key: &str) -> Result<BookingFacts, StoreError> {
    let facts = reader.inner(reader.map(key)?);
    Ok(BookingFacts {
        hold: facts.parsed("ho", HoldId::parse)?,
        resource: facts.parsed("re", ResourceId::parse)?,
        property: facts.optional("pr", |facts, key| facts.parsed(key, PropertyId::parse))?,
        guest: facts.parsed("g", GuestMark::parse)?,
        start: facts.instant("fr")?,
        end: facts.instant("to")?,
        quantity: facts.number("q")?,
        price: facts.parsed("p", Money::read)?,
        rate: facts.optional("pl", decode_rate_facts)?,
    })
}

fn decode_rate_facts(facts: &Reader<'_>, key: &str) -> Result<RateFacts, StoreError> {
    Ok(RateFacts { plan: facts.parsed(key, PlanId::parse)?, at_property: facts.parsed("ap", Money::read)? })
}

/// An entry of a booking's audit trail with the facts that its event says besides.
///
/// # Errors
/// [`StoreError::Corrupt`] when the item or its facts cannot be read.
pub fn decode_audit_with_facts(item: &Item) -> Result<AuditEvent, StoreError> {
    let facts = Reader::new(item).optional("fa", decode_facts)?;
    Ok(AuditEvent { facts, ..decode_audit(item)? })
}

/// An entry of a booking's audit trail. The facts beside it are not sealed and no part of the trail: they are not read, so that
/// no damage to them makes a trail unreadable.
///
/// # Errors
/// [`StoreError::Corrupt`] when the item cannot be read as one.
pub fn decode_audit(item: &Item) -> Result<AuditEvent, StoreError> {
    let reader = Reader::new(item);
    match Version::of(&reader)? {
        Version::V0 | Version::V1 => {}
    }
    let sequence =
        reader.parsed("sk", |sk| sk.strip_prefix(EVENT_SK_PREFIX).unwrap_or_default().parse::<u64>())?;
    let status = |key| reader.parsed(key, |name| BookingStatus::parse(name).ok_or("unknown status"));
    let trace = reader.optional("tr", Reader::text)?.filter(|trace| !trace.is_empty());
    Ok(AuditEvent {
        booking: reader.parsed("pk", |pk| BookingId::parse(pk.strip_prefix("B#").unwrap_or_default()))?,
        sequence,
        kind: reader.text("k")?.to_owned(),
        at: reader.instant("at")?,
        actor: reader.text("by")?.to_owned(),
        from: status("fr")?,
        to: status("to")?,
        data: reader.document("doc")?,
        trace: trace.map(ToOwned::to_owned),
        seal: seal(&reader)?,
        facts: None,
    })
}
