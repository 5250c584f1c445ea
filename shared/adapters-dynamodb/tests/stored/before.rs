//! How the release before reads items: its decoding as it was, frozen, into plain values. It knows no versions. It is changed
//! only when another release becomes the one before.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_adapters_dynamodb::Item;
use holdfast_domain::catalogue::Label;
use holdfast_domain::{
    BookingId, BookingStatus, Currency, Fingerprint, GuestId, GuestMark, HoldId, HoldStatus, PaymentStatus,
    ResourceId, Seal, SlotKey,
};
use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

use crate::values::Kind;

/// What was read, or why not.
pub(crate) type Read<T> = Result<T, String>;

/// An item as the release before understands it.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "few values, in tests only")]
pub(crate) enum Understood {
    Resource { id: String, rev: u64, srev: u64, pages: Option<u64>, terms: Terms },
    Page(Page),
    Hold { id: String, head: HoldHead, document: HoldDocument },
    Booking { id: String, head: BookingHead, document: BookingDocument },
    Audit(AuditEntry),
    TaskToken(String),
    ParkedCase(i64),
}

fn text<'a>(item: &'a Item, key: &str) -> Read<&'a str> {
    opt_text(item, key).ok_or_else(|| format!("no text {key}"))
}

fn opt_text<'a>(item: &'a Item, key: &str) -> Option<&'a str> {
    match item.get(key) {
        Some(AttributeValue::S(text)) => Some(text),
        _ => None,
    }
}

fn number<T: std::str::FromStr>(item: &Item, key: &str) -> Read<T> {
    match item.get(key) {
        Some(AttributeValue::N(text)) => text.parse().map_err(|_| format!("{key} is out of range")),
        _ => Err(format!("no number {key}")),
    }
}

fn instant(item: &Item, key: &str) -> Read<i64> {
    let millis = number(item, key)?;
    Timestamp::from_millisecond(millis).map(|_| millis).map_err(|error| error.to_string())
}

fn map<'a>(item: &'a Item, key: &str) -> Read<&'a Item> {
    match item.get(key) {
        Some(AttributeValue::M(map)) => Ok(map),
        _ => Err(format!("no map {key}")),
    }
}

fn list<'a>(item: &'a Item, key: &str) -> Read<&'a [AttributeValue]> {
    match item.get(key) {
        Some(AttributeValue::L(list)) => Ok(list),
        _ => Err(format!("no list {key}")),
    }
}

fn flag(item: &Item, key: &str) -> bool {
    matches!(item.get(key), Some(AttributeValue::Bool(true)))
}

fn document<'a, T: Deserialize<'a>>(item: &'a Item) -> Read<T> {
    serde_json::from_str(text(item, "doc")?).map_err(|error| error.to_string())
}

/// The text, if `parse` takes it.
fn parsed<T, E: ToString>(text: &str, parse: impl Fn(&str) -> Result<T, E>) -> Read<String> {
    parse(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

fn status<T>(item: &Item, key: &str, parse: impl Fn(&str) -> Option<T>) -> Read<String> {
    parsed(text(item, key)?, |name| parse(name).ok_or("unknown status"))
}

fn id<T, E: ToString>(item: &Item, prefix: &str, parse: impl Fn(&str) -> Result<T, E>) -> Read<String> {
    parsed(text(item, "pk")?.strip_prefix(prefix).unwrap_or_default(), parse)
}

fn slots(text: &str) -> Read<Vec<String>> {
    text.split(',').map(|slot| parsed(slot, SlotKey::parse)).collect()
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Money(i64, String);

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Schedule {
    Nightly { check_in: String, check_out: String },
    Slots { minutes: u16, buffer: u16, opening: Vec<(Vec<i8>, String, String)> },
    Event { start: i64, end: i64 },
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
enum Attribute {
    Flag(bool),
    Number(f64),
    Text(String),
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Limits(u32, u32, Option<u32>, u32);

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Terms {
    r#type: String,
    name: String,
    location: String,
    zone: String,
    schedule: Schedule,
    capacity: u32,
    ttl: u32,
    limits: Limits,
    price: Money,
    policy: Vec<(u32, u8)>,
    attributes: BTreeMap<String, Attribute>,
}

impl Terms {
    fn checked(self) -> Read<Self> {
        for label in [&self.r#type, &self.name, &self.location] {
            parsed(label, Label::parse)?;
        }
        parsed(&self.zone, TimeZone::get)?;
        parsed(&self.price.1, Currency::parse)?;
        if let Schedule::Nightly { check_in, check_out } = &self.schedule {
            for time in [check_in, check_out] {
                parsed(time, str::parse::<Time>)?;
            }
        }
        Ok(self)
    }
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Order {
    resource: String,
    name: String,
    guest: String,
    start: i64,
    end: i64,
    quantity: u32,
    price: Money,
    policy: Vec<(u32, u8)>,
    at: Vec<(Option<String>, String, u64, String, u32)>,
}

impl Order {
    fn check(&self) -> Read<()> {
        parsed(&self.resource, ResourceId::parse)?;
        parsed(&self.guest, GuestId::parse)?;
        parsed(&self.price.1, Currency::parse)?;
        for (other, _, _, taken, _) in &self.at {
            parsed(other.as_ref().unwrap_or(&self.resource), ResourceId::parse)?;
            slots(taken)?;
        }
        Ok(())
    }
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct HoldDocument {
    order: Order,
    caller: String,
    ttl: u32,
    #[serde(default)]
    wait: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HoldHead {
    status: String,
    fingerprint: String,
    times: [i64; 3],
    extensions: BTreeMap<String, [i64; 2]>,
    booking: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Action {
    secret: String,
    url: Option<String>,
    expires: i64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Cancellation {
    reason: Option<String>,
    refund: Money,
    before_capture: bool,
    request: (String, String),
    at: i64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct BookingDocument {
    number: String,
    hold: String,
    order: Order,
    email: Option<String>,
    method: String,
    fingerprint: String,
    intent: Option<String>,
    action: Option<Action>,
    captured: Money,
    refunded: Money,
    failure: Option<String>,
    cancellation: Option<Cancellation>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BookingHead {
    status: String,
    payment_status: String,
    created_at: i64,
    version: u64,
    seal: Option<String>,
    /// What the indexes by guest and by end are made of.
    index: [Option<String>; 4],
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AuditEntry {
    booking: String,
    sequence: u64,
    kind: String,
    at: i64,
    actor: String,
    from: String,
    to: String,
    data: Value,
    trace: Option<String>,
    seal: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
struct PageHold {
    quantity: u32,
    slots: Vec<String>,
    state: Option<(String, i64)>,
    times: [i64; 2],
    prolonged: bool,
    extensions: Vec<String>,
    fingerprint: String,
    guest: String,
    cool_down_seconds: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Page {
    resource: String,
    page: String,
    numbers: [u64; 3],
    counts: [BTreeMap<String, u32>; 3],
    closed: Vec<String>,
    holds: BTreeMap<String, PageHold>,
    cooling: BTreeMap<String, BTreeMap<String, i64>>,
    changes: Vec<BTreeMap<String, String>>,
    at: i64,
    trace: Option<String>,
    /// What blind writes look at besides.
    tallies: (BTreeMap<String, u32>, u32),
}

fn seal(item: &Item) -> Read<Option<String>> {
    opt_text(item, "h").map(|text| parsed(text, Seal::parse)).transpose()
}

fn trace(item: &Item) -> Option<String> {
    opt_text(item, "tr").filter(|trace| !trace.is_empty()).map(ToOwned::to_owned)
}

fn read_hold(item: &Item) -> Read<Understood> {
    let document: HoldDocument = document(item)?;
    document.order.check()?;
    parsed(&document.caller, GuestId::parse)?;
    let mut extensions = BTreeMap::new();
    for (request, value) in map(item, "ex")? {
        let parts: Vec<i64> = match value {
            AttributeValue::L(list) => {
                list.iter().filter_map(|part| part.as_n().ok().and_then(|text| text.parse().ok())).collect()
            }
            _ => Vec::new(),
        };
        let [expires_at, at] = parts[..] else { return Err("an extension is no pair".to_owned()) };
        extensions.insert(parsed(request, Fingerprint::parse)?, [expires_at, at]);
    }
    let head = HoldHead {
        status: status(item, "st", HoldStatus::parse)?,
        fingerprint: parsed(text(item, "f")?, Fingerprint::parse)?,
        times: [instant(item, "c")?, instant(item, "e0")?, instant(item, "e")?],
        extensions,
        booking: opt_text(item, "b").map(|text| parsed(text, BookingId::parse)).transpose()?,
    };
    Ok(Understood::Hold { id: id(item, "H#", HoldId::parse)?, head, document })
}

fn read_booking(item: &Item) -> Read<Understood> {
    let document: BookingDocument = document(item)?;
    document.order.check()?;
    parsed(&document.hold, HoldId::parse)?;
    parsed(&document.fingerprint, Fingerprint::parse)?;
    let head = BookingHead {
        status: status(item, "st", BookingStatus::parse)?,
        payment_status: status(item, "ps", PaymentStatus::parse)?,
        created_at: instant(item, "c")?,
        version: number(item, "v")?,
        seal: seal(item)?,
        index: ["guest", "guest_sort", "due", "due_at"].map(|key| opt_text(item, key).map(ToOwned::to_owned)),
    };
    Ok(Understood::Booking { id: id(item, "B#", BookingId::parse)?, head, document })
}

fn read_audit(item: &Item) -> Read<Understood> {
    let sequence = text(item, "sk")?.strip_prefix("E#").unwrap_or_default().parse();
    Ok(Understood::Audit(AuditEntry {
        booking: id(item, "B#", BookingId::parse)?,
        sequence: sequence.map_err(|_| "no sequence".to_owned())?,
        kind: text(item, "k")?.to_owned(),
        at: instant(item, "at")?,
        actor: text(item, "by")?.to_owned(),
        from: status(item, "fr", BookingStatus::parse)?,
        to: status(item, "to", BookingStatus::parse)?,
        data: document(item)?,
        trace: trace(item),
        seal: seal(item)?,
    }))
}

fn counts(item: &Item, key: &str) -> Read<BTreeMap<String, u32>> {
    let map = map(item, key)?;
    map.keys().map(|slot| Ok((parsed(slot, SlotKey::parse)?, number(map, slot)?))).collect()
}

fn read_page_hold(item: &Item) -> Read<PageHold> {
    let state = match text(item, "s")? {
        "a" => None,
        "c" => Some((parsed(text(item, "b")?, BookingId::parse)?, instant(item, "d")?)),
        other => return Err(format!("unknown hold state {other}")),
    };
    let extensions = if item.contains_key("x") { list(item, "x")? } else { &[] };
    let extension = |value: &AttributeValue| match value {
        AttributeValue::S(text) => parsed(text, Fingerprint::parse),
        _ => Err("x: not a text".to_owned()),
    };
    Ok(PageHold {
        quantity: number(item, "q")?,
        slots: slots(text(item, "sl")?)?,
        state,
        times: [instant(item, "e")?, instant(item, "fe")?],
        prolonged: flag(item, "p"),
        extensions: extensions.iter().map(extension).collect::<Read<_>>()?,
        fingerprint: parsed(text(item, "f")?, Fingerprint::parse)?,
        guest: parsed(text(item, "g")?, GuestMark::parse)?,
        cool_down_seconds: if item.contains_key("cd") { number(item, "cd")? } else { 0 },
    })
}

/// The attributes of a change, all of them as texts, if its kind is known and has what it needs.
fn read_change(
    change: &AttributeValue,
    holds: &BTreeMap<String, PageHold>,
) -> Read<BTreeMap<String, String>> {
    let AttributeValue::M(change) = change else { return Err("a change is no map".to_owned()) };
    let needed: &[&str] = match text(change, "t")? {
        "placed" | "returned" | "extended" | "claimed" | "prolonged" => {
            if !holds.contains_key(text(change, "h")?) {
                return Err("its hold is not on the page".to_owned());
            }
            &["h"]
        }
        "unclaimed" | "released" | "expired" => &["h"],
        "confirmed" => &["h", "b"],
        "cooling" => &["g", "sl", "u"],
        "reacquired" | "freed" => &["b", "sl", "q"],
        "inventory" => &["sl"],
        "capacity" => &["cap"],
        other => return Err(format!("unknown change {other}")),
    };
    if let Some(missing) = needed.iter().find(|key| !change.contains_key(**key)) {
        return Err(format!("a change without {missing}"));
    }
    Ok(change.iter().map(|(key, value)| (key.clone(), format!("{value:?}"))).collect())
}

fn read_page(item: &Item) -> Read<Understood> {
    let mut holds = BTreeMap::new();
    for (key, value) in map(item, "ho")? {
        let AttributeValue::M(hold) = value else { return Err("a hold is no map".to_owned()) };
        holds.insert(parsed(key, HoldId::parse)?, read_page_hold(hold)?);
    }
    let mut cooling = BTreeMap::new();
    for (guest, value) in map(item, "cd")? {
        let AttributeValue::M(until) = value else { return Err("a cool-down is no map".to_owned()) };
        let slots = until.keys().map(|slot| Ok((parsed(slot, SlotKey::parse)?, instant(until, slot)?)));
        cooling.insert(parsed(guest, GuestMark::parse)?, slots.collect::<Read<_>>()?);
    }
    let tallies = map(item, "gn")?;
    let tallies = tallies.keys().map(|guest| Ok((guest.clone(), number(tallies, guest)?)));
    let mut closed: Vec<String> =
        map(item, "cl")?.keys().map(|slot| parsed(slot, SlotKey::parse)).collect::<Read<_>>()?;
    closed.sort();
    let page = Page {
        resource: id(item, "R#", ResourceId::parse)?,
        page: text(item, "sk")?.strip_prefix("P#").ok_or("its sort key is no page")?.to_owned(),
        numbers: [number(item, "sv")?, number(item, "seq")?, number::<u32>(item, "cap")?.into()],
        counts: [counts(item, "ov")?, counts(item, "av")?, counts(item, "co")?],
        closed,
        changes: list(item, "ch")?.iter().map(|change| read_change(change, &holds)).collect::<Read<_>>()?,
        holds,
        cooling,
        at: instant(item, "at")?,
        trace: trace(item),
        tallies: (tallies.collect::<Read<_>>()?, number(item, "gm")?),
    };
    match page.broken_slot() {
        Some(slot) => Err(format!("slot {slot} does not add up")),
        None => Ok(Understood::Page(page)),
    }
}

impl Page {
    fn broken_slot(&self) -> Option<&String> {
        let [own, free, confirmed] = &self.counts;
        let held = |slot: &String| -> u32 {
            self.holds.values().filter(|hold| hold.slots.contains(slot)).map(|hold| hold.quantity).sum()
        };
        let capacity = |slot: &String| own.get(slot).map_or(self.numbers[2], |capacity| u64::from(*capacity));
        free.iter()
            .find(|(slot, free)| {
                let taken = held(slot) + confirmed.get(*slot).copied().unwrap_or(0);
                u64::from(**free + taken) != capacity(slot)
            })
            .map(|(slot, _)| slot)
    }
}

fn read_resource(item: &Item, id: String) -> Read<Understood> {
    Ok(Understood::Resource {
        id,
        rev: number(item, "rev")?,
        srev: number(item, "srev")?,
        pages: number(item, "pages").ok(),
        terms: document::<Terms>(item)?.checked()?,
    })
}

/// What the release before makes of an item.
pub(crate) fn read(kind: Kind, item: &Item) -> Read<Understood> {
    match kind {
        Kind::Resource => read_resource(item, id(item, "R#", ResourceId::parse)?),
        Kind::Listing => read_resource(item, parsed(text(item, "sk")?, ResourceId::parse)?),
        Kind::Page => read_page(item),
        Kind::ListedPage => {
            let mut page = item.clone();
            for (key, kept) in [("pk", "page_pk"), ("sk", "page_sk")] {
                if let Some(value) = page.remove(kept) {
                    page.insert(key.to_owned(), value);
                }
            }
            read_page(&page)
        }
        Kind::Hold => read_hold(item),
        Kind::Booking => read_booking(item),
        Kind::Audit => read_audit(item),
        Kind::TaskToken => Ok(Understood::TaskToken(text(item, "tok")?.to_owned())),
        Kind::ParkedCase => instant(item, "at").map(Understood::ParkedCase),
        Kind::Property
        | Kind::Receipt
        | Kind::Series
        | Kind::Rates
        | Kind::CardVersion
        | Kind::MonthRates
        | Kind::ListedTaxes
        | Kind::Facts
        | Kind::ListedFacts
        | Kind::Cycle
        | Kind::CyclePages
        | Kind::SentMail
        | Kind::Contact
        | Kind::Action
        | Kind::Attempts
        | Kind::Change
        | Kind::GuestMails
        | Kind::TriedCodes
        | Kind::PaymentTurns
        | Kind::UseCounter
        | Kind::GuestUses
        | Kind::PromotionUse => Err("it knows no such item".to_owned()),
    }
}
