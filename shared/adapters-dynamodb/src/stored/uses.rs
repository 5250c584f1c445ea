//! Uses of promotions: a counter for each promotion of a resource, one for each guest where the promotion limits that, and an item
//! for each use that is counted.

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_app::StoreError;
use holdfast_app::kernel::guest_mark;
use holdfast_domain::rates::promotion::PromotionCode;
use holdfast_domain::rates::uses::{PromotionUse, UseCount, UseEvent, UseOwner};
use holdfast_domain::{BookingId, GuestId, HoldId, PropertyId, ResourceId};
use jiff::Timestamp;

use crate::stored::version::{VERSION, Version, WRITES};
use crate::table::item::{Item, Reader, millis, n, s};

/// Partition keys of what is counted of a resource's promotions begin with it; the resource follows.
pub(crate) const USES_PK_PREFIX: &str = "PC#";
/// The sort key of a counter begins with it; the code follows.
const COUNTER_SK_PREFIX: &str = "C#";

fn key(resource: &ResourceId, sk: String) -> Item {
    Item::from([("pk".into(), s(format!("{USES_PK_PREFIX}{resource}"))), ("sk".into(), s(sk))])
}

/// Primary key of a promotion's counter.
pub(crate) fn counter_key(resource: &ResourceId, code: &PromotionCode) -> Item {
    key(resource, format!("{COUNTER_SK_PREFIX}{code}"))
}

/// Primary key of the counter of one guest's uses.
pub(crate) fn guest_counter_key(resource: &ResourceId, code: &PromotionCode, guest: &GuestId) -> Item {
    key(resource, format!("G#{code}#{}", guest_mark(guest)))
}

/// Primary key of a use.
pub(crate) fn use_key(of: &PromotionUse) -> Item {
    key(&of.resource, format!("U#{}#{}#{}", of.code, of.hold, of.priced_at.as_millisecond()))
}

/// Whether an item is a promotion's counter, of all that is counted of promotions.
pub(crate) fn is_counter(reader: &Reader<'_>) -> Result<bool, StoreError> {
    Ok(reader.text("sk")?.starts_with(COUNTER_SK_PREFIX))
}

/// A use that is counted, with its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedUse {
    /// Whose it is.
    pub owner: UseOwner,
    /// The number of its last write, from 1.
    pub revision: u64,
}

/// A use that is counted, written at `at`.
#[must_use]
pub fn encode_use(of: &PromotionUse, counted: &CountedUse, at: Timestamp) -> Item {
    let mut item = use_key(of);
    item.extend([("rev".into(), n(counted.revision)), ("at".into(), millis(at))]);
    if let UseOwner::Booking(booking) = &counted.owner {
        item.insert("b".into(), s(booking.as_str()));
    }
    WRITES.note.mark(&mut item);
    item
}

/// A use that is counted.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn decode_use(item: &Item) -> Result<CountedUse, StoreError> {
    let reader = Reader::new(item);
    match Version::of(&reader)? {
        Version::V0 | Version::V1 => {}
    }
    let booking = reader.optional("b", |reader, key| reader.parsed(key, BookingId::parse))?;
    let owner = booking.map_or(UseOwner::Hold, UseOwner::Booking);
    Ok(CountedUse { owner, revision: reader.number("rev")? })
}

/// The uses of a counter, of a promotion or of one guest.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn decode_uses(item: &Item) -> Result<u64, StoreError> {
    uses(&Reader::new(item))
}

/// A counter that was removed by hand is below zero once uses of before are given back.
fn uses(reader: &Reader<'_>) -> Result<u64, StoreError> {
    Ok(u64::try_from(reader.number::<i64>("n")?).unwrap_or(0))
}

fn event_name(event: UseEvent) -> &'static str {
    match event {
        UseEvent::Redeemed => "redeemed",
        UseEvent::Returned => "returned",
    }
}

/// What a write of a counter says of itself, for the relay.
pub(crate) struct CounterWrite<'a> {
    pub(crate) event: UseEvent,
    pub(crate) property: Option<&'a PropertyId>,
    pub(crate) hold: &'a HoldId,
    pub(crate) booking: Option<&'a BookingId>,
    pub(crate) limit: Option<u32>,
    pub(crate) at: Timestamp,
    pub(crate) trace: Option<&'a str>,
}

impl CounterWrite<'_> {
    /// Each attribute with its value, or without one where there is none.
    pub(crate) fn attributes(&self) -> [(&'static str, Option<AttributeValue>); 8] {
        [
            ("ch", Some(s(event_name(self.event)))),
            ("pr", self.property.map(|property| s(property.as_str()))),
            ("h", Some(s(self.hold.as_str()))),
            ("b", self.booking.map(|booking| s(booking.as_str()))),
            ("mx", self.limit.map(n)),
            ("at", Some(millis(self.at))),
            ("tr", self.trace.map(s)),
            (VERSION, Some(n(WRITES.note.number()))),
        ]
    }
}

/// A promotion's counter after a write, with the W3C trace of the request that wrote it.
#[must_use]
pub fn encode_use_count(count: &UseCount, trace: Option<&str>) -> Item {
    let write = CounterWrite {
        event: count.event,
        property: count.property.as_ref(),
        hold: &count.hold,
        booking: count.booking.as_ref(),
        limit: count.limit,
        at: count.at,
        trace,
    };
    let mut item = counter_key(&count.resource, &count.code);
    item.extend([("n".into(), n(count.uses)), ("seq".into(), n(count.sequence))]);
    let attributes = write.attributes().into_iter();
    item.extend(attributes.filter_map(|(name, value)| Some((name.to_owned(), value?))));
    item
}

/// A promotion's counter, and the trace of its last write.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn decode_use_count(item: &Item) -> Result<(UseCount, Option<String>), StoreError> {
    let reader = Reader::new(item);
    match Version::of(&reader)? {
        Version::V0 | Version::V1 => {}
    }
    let after = |key: &str, prefix: &str| {
        reader
            .text(key)?
            .strip_prefix(prefix)
            .ok_or_else(|| reader.corrupt(format!("{key}: not of a counter")))
    };
    let resource = ResourceId::parse(after("pk", USES_PK_PREFIX)?);
    let code = PromotionCode::parse(after("sk", COUNTER_SK_PREFIX)?);
    let event = [UseEvent::Redeemed, UseEvent::Returned]
        .into_iter()
        .find(|event| reader.opt_text("ch") == Some(event_name(*event)));
    let count = UseCount {
        resource: resource.map_err(|error| reader.corrupt(error.to_string()))?,
        property: reader.optional("pr", |reader, key| reader.parsed(key, PropertyId::parse))?,
        code: code.map_err(|error| reader.corrupt(error.to_string()))?,
        uses: uses(&reader)?,
        limit: reader.optional("mx", Reader::number)?,
        sequence: reader.number("seq")?,
        event: event.ok_or_else(|| reader.corrupt("ch: no change of a counter"))?,
        hold: reader.parsed("h", HoldId::parse)?,
        booking: reader.optional("b", |reader, key| reader.parsed(key, BookingId::parse))?,
        at: reader.instant("at")?,
    };
    Ok((count, reader.opt_text("tr").map(ToOwned::to_owned)))
}

/// The counter of a guest's uses.
#[must_use]
pub fn encode_guest_uses(of: &PromotionUse, uses: u64, at: Timestamp) -> Item {
    let mut item = guest_counter_key(&of.resource, &of.code, &of.guest);
    item.extend([("n".into(), n(uses)), ("at".into(), millis(at))]);
    WRITES.note.mark(&mut item);
    item
}
