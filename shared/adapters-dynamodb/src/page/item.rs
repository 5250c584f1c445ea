//! Inventory pages as items. Attribute names are short, since every write pays for the item's size; `docs/storage.md` has
//! the table of them.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_app::StoreError;
use holdfast_app::events::PageRecord;
use holdfast_domain::catalogue::CAPACITY_MAX;
use holdfast_domain::inventory::{HoldState, PageShape, UnpaidEnds};
use holdfast_domain::{
    BookingId, Fingerprint, GuestMark, HoldId, Page, PageChange, PageHold, PageKey, PropertyId, ResourceId,
    SlotKey, SlotPlaces,
};
use jiff::Timestamp;

use crate::stored::reason::bounded;
use crate::stored::version::{Version, WRITES};
use crate::table::item::{Item, Reader, m, millis, n, s};

/// Partition of everything that belongs to a resource.
pub(crate) fn resource_pk(id: &ResourceId) -> String {
    format!("{RESOURCE_PK_PREFIX}{id}")
}

/// Partition keys of resources begin with it.
pub(crate) const RESOURCE_PK_PREFIX: &str = "R#";
/// Sort keys of pages begin with it; the page's name follows.
pub(crate) const PAGE_SK_PREFIX: &str = "P#";

/// Sort key of a page.
pub(crate) fn page_sk(key: &PageKey) -> String {
    format!("{PAGE_SK_PREFIX}{}", key.name())
}

/// Primary key of a page.
pub(crate) fn page_key(key: &PageKey) -> Item {
    Item::from([("pk".into(), s(resource_pk(&key.resource))), ("sk".into(), s(page_sk(key)))])
}

fn join_slots<'a>(slots: impl IntoIterator<Item = &'a SlotKey>) -> AttributeValue {
    s(slots.into_iter().map(SlotKey::as_str).collect::<Vec<_>>().join(","))
}

fn split_slots(reader: &Reader<'_>, key: &str) -> Result<Vec<SlotKey>, StoreError> {
    reader
        .text(key)?
        .split(',')
        .map(|slot| SlotKey::parse(slot).map_err(|error| reader.corrupt(format!("{key}: {error}"))))
        .collect()
}

/// Quantities and slots, as `q` and `sl`.
pub(crate) fn encode_places(places: &SlotPlaces) -> (AttributeValue, AttributeValue) {
    let quantities = match places.same_everywhere() {
        Some(quantity) => n(quantity),
        None => s(places.iter().map(|(_, quantity)| quantity.to_string()).collect::<Vec<_>>().join(",")),
    };
    (quantities, join_slots(places.slots()))
}

fn decode_places(reader: &Reader<'_>) -> Result<SlotPlaces, StoreError> {
    let slots = split_slots(reader, "sl")?;
    let quantities = match reader.opt_text("q") {
        None => vec![reader.number("q")?; slots.len()],
        Some(text) => text
            .split(',')
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map_err(|_| reader.corrupt("q: no numbers"))?,
    };
    if quantities.len() != slots.len() {
        return Err(reader.corrupt("q: not a number for each slot"));
    }
    SlotPlaces::new(slots.into_iter().zip(quantities)).map_err(|error| reader.corrupt(error.to_string()))
}

fn counts(map: &BTreeMap<SlotKey, u32>) -> AttributeValue {
    m(map.iter().map(|(slot, count)| (slot.to_string(), n(count))).collect())
}

/// Counts that are stored only where there are any.
fn read_some_counts(reader: &Reader<'_>, key: &str) -> Result<BTreeMap<SlotKey, u32>, StoreError> {
    if reader.has(key) { read_counts(reader, key) } else { Ok(BTreeMap::new()) }
}

fn read_counts(reader: &Reader<'_>, key: &str) -> Result<BTreeMap<SlotKey, u32>, StoreError> {
    let map = reader.map(key)?;
    let inner = reader.inner(map);
    map.keys()
        .map(|slot| {
            let parsed = SlotKey::parse(slot).map_err(|error| reader.corrupt(format!("{key}: {error}")))?;
            Ok((parsed, inner.number(slot)?))
        })
        .collect()
}

/// Places of a slot: none, where it is not for sale.
fn capacity(reader: &Reader<'_>, key: &str) -> Result<u32, StoreError> {
    bounded("the capacity", reader.number(key)?, &(0..=CAPACITY_MAX)).map_err(|reason| reader.corrupt(reason))
}

fn read_overrides(reader: &Reader<'_>) -> Result<BTreeMap<SlotKey, u32>, StoreError> {
    let overrides = read_counts(reader, "ov")?;
    let inner = reader.inner(reader.map("ov")?);
    for slot in overrides.keys() {
        capacity(&inner, slot.as_str())?;
    }
    Ok(overrides)
}

fn read_closed(reader: &Reader<'_>) -> Result<BTreeSet<SlotKey>, StoreError> {
    let closed = reader.map("cl")?;
    let inner = reader.inner(closed);
    let mut slots = BTreeSet::new();
    for slot in closed.keys() {
        if !inner.flag(slot)? {
            return Err(reader.corrupt(format!("cl: slot {slot} is named and not closed")));
        }
        slots.insert(SlotKey::parse(slot).map_err(|error| reader.corrupt(format!("cl: {error}")))?);
    }
    Ok(slots)
}

/// A shape as one text: `n`, `s 1893456000000 30` or `e 1893456000000 1893459600000`.
fn encode_shape(shape: PageShape) -> AttributeValue {
    s(match shape {
        PageShape::Nights => "n".to_owned(),
        PageShape::Slots { day_start, minutes } => format!("s {} {minutes}", day_start.as_millisecond()),
        PageShape::Event { start, end } => format!("e {} {}", start.as_millisecond(), end.as_millisecond()),
    })
}

fn decode_shape(reader: &Reader<'_>, key: &str) -> Result<PageShape, StoreError> {
    let text = reader.text(key)?;
    let shape = match text.split(' ').collect::<Vec<_>>()[..] {
        ["n"] => Some(PageShape::Nights),
        ["s", day_start, minutes] => read_instant(day_start)
            .zip(minutes.parse().ok())
            .map(|(day_start, minutes)| PageShape::Slots { day_start, minutes }),
        ["e", start, end] => {
            read_instant(start).zip(read_instant(end)).map(|(start, end)| PageShape::Event { start, end })
        }
        _ => None,
    };
    shape.ok_or_else(|| reader.corrupt(format!("{key}: {text} is no shape")))
}

fn read_instant(millis: &str) -> Option<Timestamp> {
    Timestamp::from_millisecond(millis.parse().ok()?).ok()
}

/// A hold as its page stores it.
pub(crate) fn encode_hold(hold: &PageHold) -> AttributeValue {
    let (quantities, slots) = encode_places(&hold.places);
    let mut item = Item::from([
        ("q".into(), quantities),
        ("sl".into(), slots),
        ("e".into(), millis(hold.expires_at)),
        ("fe".into(), millis(hold.first_expires_at)),
        ("f".into(), s(hold.fingerprint.as_str())),
        ("g".into(), s(hold.guest.as_str())),
    ]);
    match hold.cool_down_seconds {
        Some(0) => {}
        Some(seconds) => {
            item.insert("cd".into(), n(seconds));
        }
        None => {
            item.insert("cd".into(), n(COUNTED_COOL_DOWN));
        }
    }
    match &hold.state {
        HoldState::Active => {
            item.insert("s".into(), s(ACTIVE));
        }
        HoldState::Confirming { booking, deadline } => {
            item.insert("s".into(), s(CONFIRMING));
            item.insert("b".into(), s(booking.as_str()));
            item.insert("d".into(), millis(*deadline));
        }
    }
    if hold.prolonged {
        item.insert("p".into(), AttributeValue::Bool(true));
    }
    if !hold.extensions.is_empty() {
        let requests = hold.extensions.iter().map(|request| s(request.as_str())).collect();
        item.insert("x".into(), AttributeValue::L(requests));
    }
    m(item)
}

/// Cool-down of a hold under terms that name none: its end is counted. A hold without the attribute begins no cool-down.
pub(crate) const COUNTED_COOL_DOWN: u32 = 0;

/// State of a hold that waits for its guest.
pub(crate) const ACTIVE: &str = "a";
/// State of a hold that waits for the bank.
pub(crate) const CONFIRMING: &str = "c";

pub(crate) fn decode_hold(reader: &Reader<'_>) -> Result<PageHold, StoreError> {
    let state = match reader.text("s")? {
        ACTIVE => HoldState::Active,
        CONFIRMING => HoldState::Confirming {
            booking: reader.parsed("b", BookingId::parse)?,
            deadline: reader.instant("d")?,
        },
        other => return Err(reader.corrupt(format!("unknown hold state {other}"))),
    };
    Ok(PageHold {
        places: decode_places(reader)?,
        expires_at: reader.instant("e")?,
        state,
        prolonged: reader.flag("p")?,
        first_expires_at: reader.instant("fe")?,
        extensions: if reader.has("x") { reader.texts("x", Fingerprint::parse)? } else { Vec::new() },
        fingerprint: reader.parsed("f", Fingerprint::parse)?,
        guest: reader.parsed("g", GuestMark::parse)?,
        cool_down_seconds: match reader.optional("cd", Reader::number)? {
            None => Some(0),
            Some(COUNTED_COOL_DOWN) => None,
            seconds @ Some(_) => seconds,
        },
    })
}

/// How many guests may come and go on an empty page before it is read and their tallies are dropped.
const GUESTS_SPARE: usize = 24;

/// Places of each guest's holds, dead ones included.
fn tallies(page: &Page) -> Item {
    let mut tallies: BTreeMap<&GuestMark, u32> = BTreeMap::new();
    for hold in page.holds.values() {
        *tallies.entry(&hold.guest).or_default() += hold.places.most();
    }
    tallies.into_iter().map(|(guest, places)| (guest.to_string(), n(places))).collect()
}

type Cooling = BTreeMap<GuestMark, BTreeMap<SlotKey, Timestamp>>;

/// What has not passed at `now`.
fn encode_cooling(cooling: &Cooling, now: Timestamp) -> AttributeValue {
    let guests = cooling.iter().filter_map(|(guest, slots)| {
        let slots: Item = slots
            .iter()
            .filter(|(_, until)| **until > now)
            .map(|(slot, until)| (slot.to_string(), millis(*until)))
            .collect();
        (!slots.is_empty()).then(|| (guest.to_string(), m(slots)))
    });
    m(guests.collect())
}

fn read_cooling(reader: &Reader<'_>) -> Result<Cooling, StoreError> {
    let mut cooling = Cooling::new();
    for (guest, value) in reader.map("cd")? {
        let AttributeValue::M(slots) = value else { return Err(reader.corrupt("a cool-down is no map")) };
        let guest = GuestMark::parse(guest).map_err(|error| reader.corrupt(error.to_string()))?;
        let inner = reader.inner(slots);
        let slots = slots.keys().map(|slot| {
            let parsed = SlotKey::parse(slot).map_err(|error| reader.corrupt(error.to_string()))?;
            Ok((parsed, inner.instant(slot)?))
        });
        cooling.insert(guest, slots.collect::<Result<_, StoreError>>()?);
    }
    Ok(cooling)
}

/// Attribute of the holds that ended unpaid, by guest: one end is a number, as a blind write has it, several are a text.
pub(crate) const UNPAID_ENDS: &str = "ue";

fn encode_unpaid_ends(ends: &UnpaidEnds) -> AttributeValue {
    let of_guest = |(guest, ends): (&GuestMark, &[Timestamp])| {
        let ends = match ends {
            [end] => millis(*end),
            ends => s(ends.iter().map(|end| end.as_millisecond().to_string()).collect::<Vec<_>>().join(",")),
        };
        (guest.to_string(), ends)
    };
    m(ends.iter().map(of_guest).collect())
}

fn read_unpaid_ends(reader: &Reader<'_>) -> Result<UnpaidEnds, StoreError> {
    let mut unpaid_ends = UnpaidEnds::default();
    let guests = reader.map(UNPAID_ENDS)?;
    let inner = reader.inner(guests);
    for mark in guests.keys() {
        let guest = GuestMark::parse(mark).map_err(|error| reader.corrupt(error.to_string()))?;
        match inner.opt_text(mark) {
            None => unpaid_ends.add(&guest, inner.instant(mark)?),
            Some(text) => {
                for end in text.split(',') {
                    let end = read_instant(end).ok_or_else(|| reader.corrupt("an end is no instant"))?;
                    unpaid_ends.add(&guest, end);
                }
            }
        }
    }
    Ok(unpaid_ends)
}

/// A page after a write, with what the write did.
#[must_use]
pub fn encode_page(page: &Page, changes: &[PageChange], at: Timestamp, trace: Option<&str>) -> Item {
    encode_page_as(page, changes, at, trace, WRITES.page)
}

/// A page after a write, in a given version. Both versions have the same attributes: conditions of either release name them,
/// on pages of either version.
#[must_use]
pub fn encode_page_as(
    page: &Page,
    changes: &[PageChange],
    at: Timestamp,
    trace: Option<&str>,
    version: Version,
) -> Item {
    let tallies = tallies(page);
    let guests_max = 2 * tallies.len() + GUESTS_SPARE;
    let mut item = page_key(&page.key);
    item.extend([
        ("sv".into(), n(page.schedule_revision)),
        ("seq".into(), n(page.seq)),
        ("cap".into(), n(page.capacity)),
        ("ov".into(), counts(&page.overrides)),
        ("av".into(), counts(&page.available)),
        ("co".into(), counts(&page.confirmed)),
        (
            "cl".into(),
            m(page.closed.iter().map(|slot| (slot.to_string(), AttributeValue::Bool(true))).collect()),
        ),
        ("ho".into(), m(page.holds.iter().map(|(id, hold)| (id.to_string(), encode_hold(hold))).collect())),
        ("gn".into(), m(tallies)),
        ("gm".into(), n(guests_max)),
        ("cd".into(), encode_cooling(&page.cooling, at)),
        ("ch".into(), encode_changes(changes)),
        ("at".into(), millis(at)),
        ("tr".into(), s(trace.unwrap_or_default())),
    ]);
    if page.terms_revision > 0 {
        item.insert("rv".into(), n(page.terms_revision));
    }
    item.extend(page.property.as_ref().map(|property| (PROPERTY.to_owned(), s(property.as_str()))));
    item.extend(page.shape.map(|shape| ("sh".to_owned(), encode_shape(shape))));
    for (name, places) in [("al", &page.allowance), ("el", &page.elsewhere), (EXCESS, &page.excess)] {
        if !places.is_empty() {
            item.insert(name.into(), counts(places));
        }
    }
    let unpaid_ends = page.unpaid_ends.since(at);
    if unpaid_ends.iter().len() > 0 {
        item.insert(UNPAID_ENDS.into(), encode_unpaid_ends(&unpaid_ends));
    }
    version.mark(&mut item);
    item
}

/// Attribute of the property that a page's resource belongs to.
const PROPERTY: &str = "pr";

/// Attribute of a page with places taken beyond capacity and allowance.
pub(crate) const EXCESS: &str = "xs";

/// A page. Whoever decides by a page, shows or copies it, reads it by this.
///
/// # Errors
/// [`StoreError::Corrupt`] when the item cannot be read as one, or a slot's places do not add up to its capacity.
pub fn decode_page(item: &Item) -> Result<Page, StoreError> {
    let page = decode_page_as_stored(item)?;
    match page.broken_slot() {
        Some(slot) => Err(Reader::new(item).corrupt(format!("slot {slot} does not add up"))),
        None => Ok(page),
    }
}

/// A page whose places may not add up: for reconciliation, which looks for such pages, and for nobody else.
///
/// # Errors
/// [`StoreError::Corrupt`] when the item cannot be read as a page.
pub fn decode_page_as_stored(item: &Item) -> Result<Page, StoreError> {
    let reader = Reader::new(item);
    match Version::of(&reader)? {
        Version::V0 | Version::V1 => {}
    }
    let resource = reader
        .parsed("pk", |pk| ResourceId::parse(pk.strip_prefix(RESOURCE_PK_PREFIX).unwrap_or_default()))?;
    let key = reader
        .text("sk")?
        .strip_prefix(PAGE_SK_PREFIX)
        .and_then(|name| PageKey::parse(resource, name))
        .ok_or_else(|| reader.corrupt("its sort key is no page"))?;
    let mut holds = BTreeMap::new();
    for (id, value) in reader.map("ho")? {
        let AttributeValue::M(map) = value else { return Err(reader.corrupt("a hold is no map")) };
        let id = HoldId::parse(id).map_err(|error| reader.corrupt(error.to_string()))?;
        holds.insert(id, decode_hold(&reader.inner(map))?);
    }
    let mut confirmed = read_counts(&reader, "co")?;
    confirmed.retain(|_, count| *count > 0);
    Ok(Page {
        key,
        terms_revision: reader.optional("rv", Reader::number)?.unwrap_or(0),
        property: reader.optional(PROPERTY, |reader, key| reader.parsed(key, PropertyId::parse))?,
        schedule_revision: reader.number("sv")?,
        shape: reader.optional("sh", decode_shape)?,
        seq: reader.number("seq")?,
        capacity: capacity(&reader, "cap")?,
        overrides: read_overrides(&reader)?,
        closed: read_closed(&reader)?,
        allowance: read_some_counts(&reader, "al")?,
        elsewhere: read_some_counts(&reader, "el")?,
        available: read_counts(&reader, "av")?,
        confirmed,
        excess: read_some_counts(&reader, EXCESS)?,
        holds,
        cooling: read_cooling(&reader)?,
        unpaid_ends: if reader.has(UNPAID_ENDS) { read_unpaid_ends(&reader)? } else { UnpaidEnds::default() },
    })
}

/// A page with what its last write did.
///
/// # Errors
/// [`StoreError::Corrupt`], as for [`decode_page`], or when the changes cannot be read.
pub fn decode_page_record(item: &Item) -> Result<PageRecord, StoreError> {
    let page = decode_page(item)?;
    let reader = Reader::new(item);
    let changes = reader
        .list("ch")?
        .iter()
        .map(|change| match change {
            AttributeValue::M(map) => decode_change(&reader.inner(map), &page),
            _ => Err(reader.corrupt("a change is no map")),
        })
        .collect::<Result<_, _>>()?;
    let trace = reader.optional("tr", Reader::text)?.filter(|trace| !trace.is_empty()).map(ToOwned::to_owned);
    Ok(PageRecord { changes, at: reader.instant("at")?, trace, page })
}

/// What a write did. What the page itself says after the write is not repeated.
pub(crate) fn encode_changes(changes: &[PageChange]) -> AttributeValue {
    AttributeValue::L(changes.iter().filter_map(encode_change).collect())
}

/// Nothing of what has no event.
fn encode_change(change: &PageChange) -> Option<AttributeValue> {
    let of_hold = |kind: &str, hold: &HoldId| vec![("t", s(kind)), ("h", s(hold.as_str()))];
    let of_booking = |kind: &str, booking: &BookingId, places: &SlotPlaces| {
        let (quantities, slots) = encode_places(places);
        vec![("t", s(kind)), ("b", s(booking.as_str())), ("sl", slots), ("q", quantities)]
    };
    let fields = match change {
        PageChange::Placed { hold, .. } => of_hold("placed", hold),
        PageChange::Extended { hold, .. } => of_hold("extended", hold),
        PageChange::Claimed { hold, .. } => of_hold("claimed", hold),
        PageChange::Prolonged { hold, .. } => of_hold("prolonged", hold),
        PageChange::Unclaimed { hold } => of_hold("unclaimed", hold),
        PageChange::Released { hold } => of_hold("released", hold),
        PageChange::Expired { hold } => of_hold("expired", hold),
        PageChange::Confirmed { hold, booking } => {
            let mut fields = of_hold("confirmed", hold);
            fields.push(("b", s(booking.as_str())));
            fields
        }
        PageChange::Returned { hold, .. } => of_hold("returned", hold),
        PageChange::UnpaidEndCounted { .. } => return None,
        PageChange::CoolDownBegun { guest, slots, until } => {
            vec![
                ("t", s("cooling")),
                ("g", s(guest.as_str())),
                ("sl", join_slots(slots)),
                ("u", millis(*until)),
            ]
        }
        PageChange::Reacquired { booking, places } => of_booking("reacquired", booking, places),
        PageChange::Freed { booking, places } => of_booking("freed", booking, places),
        // As the release before says of a change to the capacity: it reads no other kind.
        PageChange::Framed { frame } => vec![("t", s("capacity")), ("cap", n(frame.capacity))],
    };
    Some(m(fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()))
}

fn decode_change(reader: &Reader<'_>, page: &Page) -> Result<PageChange, StoreError> {
    let hold = || reader.parsed("h", HoldId::parse);
    let booking = || reader.parsed("b", BookingId::parse);
    let entry = || {
        let id = hold()?;
        let entry =
            page.holds.get(&id).cloned().ok_or_else(|| reader.corrupt(format!("{id} is not on the page")))?;
        Ok::<_, StoreError>((id, entry))
    };
    Ok(match reader.text("t")? {
        "placed" => {
            let (hold, entry) = entry()?;
            PageChange::Placed { hold, entry }
        }
        "returned" => {
            let (hold, entry) = entry()?;
            PageChange::Returned { hold, entry }
        }
        "extended" => {
            let (hold, entry) = entry()?;
            match entry.extensions.last() {
                Some(request) => {
                    PageChange::Extended { hold, request: request.clone(), expires_at: entry.expires_at }
                }
                None => return Err(reader.corrupt("an extension without its request")),
            }
        }
        "claimed" => {
            let (hold, entry) = entry()?;
            match entry.state {
                HoldState::Confirming { booking, deadline } => {
                    PageChange::Claimed { hold, booking, deadline }
                }
                HoldState::Active => return Err(reader.corrupt("a claimed hold is active")),
            }
        }
        "prolonged" => {
            let (hold, entry) = entry()?;
            PageChange::Prolonged { hold, expires_at: entry.expires_at }
        }
        "unclaimed" => PageChange::Unclaimed { hold: hold()? },
        "released" => PageChange::Released { hold: hold()? },
        "expired" => PageChange::Expired { hold: hold()? },
        "confirmed" => PageChange::Confirmed { hold: hold()?, booking: booking()? },
        "cooling" => PageChange::CoolDownBegun {
            guest: reader.parsed("g", GuestMark::parse)?,
            slots: split_slots(reader, "sl")?,
            until: reader.instant("u")?,
        },
        "reacquired" => PageChange::Reacquired { booking: booking()?, places: decode_places(reader)? },
        "freed" => PageChange::Freed { booking: booking()?, places: decode_places(reader)? },
        "inventory" | "capacity" => PageChange::Framed { frame: Box::new(page.frame()) },
        other => return Err(reader.corrupt(format!("unknown change {other}"))),
    })
}
