//! The trail of operators' changes as items: in a partition of its own, so that nothing which reads a resource or its pages
//! reads it too. What it is about keeps how far it has come. `docs/storage.md` has a table of the attributes.

use holdfast_app::StoreError;
use holdfast_app::catalogue::ResourceEvent;
use holdfast_domain::{Seal, TrailHead, TrailSubject};

use crate::stored::version::{Version, WRITES};
use crate::table::item::{Item, Reader, document, millis, n, s};

/// Attribute of the number of a trail's last entry, beside what it is about.
pub(crate) const HEAD_ENTRIES: &str = "en";
/// Attribute of the seal of that entry.
pub(crate) const HEAD_SEAL: &str = "eh";
/// Partition keys of trails begin with it.
const TRAIL_PK_PREFIX: &str = "RE#";
/// Sort keys of entries begin with it: not as those of bookings, which the release before would take them for.
pub(crate) const ENTRY_SK_PREFIX: &str = "A#";
/// After every entry: a colon follows the digits.
pub(crate) const ENTRY_SK_END: &str = "A#:";

/// The condition that the trail has `:en` entries, where `:none` is 0.
pub(crate) const TRAIL_IS: &str = "(en = :en OR (attribute_not_exists(en) AND :en = :none))";
/// Sort key of how far a trail has come, of what is no item by itself.
const HEAD_SK: &str = "H";

/// Primary key of how far a trail has come, of what is no item by itself.
pub(crate) fn head_key(subject: &TrailSubject) -> Item {
    Item::from([("pk".into(), s(trail_pk(subject))), ("sk".into(), s(HEAD_SK))])
}

pub(crate) fn trail_pk(subject: &TrailSubject) -> String {
    format!("{TRAIL_PK_PREFIX}{}", subject.name())
}

pub(crate) fn entry_sk(sequence: u64) -> String {
    format!("{ENTRY_SK_PREFIX}{sequence:012}")
}

/// How far a trail has come; nothing of one without entries.
pub(crate) fn encode_head(head: &TrailHead) -> Item {
    let seal = head.seal.as_ref().map(|seal| (HEAD_SEAL.to_owned(), s(seal.as_str())));
    let entries = (head.entries > 0).then(|| (HEAD_ENTRIES.to_owned(), n(head.entries)));
    entries.into_iter().chain(seal).collect()
}

pub(crate) fn decode_head(reader: &Reader<'_>) -> Result<TrailHead, StoreError> {
    Ok(TrailHead {
        entries: reader.optional(HEAD_ENTRIES, Reader::number)?.unwrap_or(0),
        seal: reader.optional(HEAD_SEAL, |reader, key| reader.parsed(key, Seal::parse))?,
    })
}

/// An entry of a trail of operators' changes.
#[must_use]
pub fn encode_resource_event(entry: &ResourceEvent) -> Item {
    let mut item = Item::from([
        ("pk".into(), s(trail_pk(&entry.subject))),
        ("sk".into(), s(entry_sk(entry.sequence))),
        ("k".into(), s(entry.kind.as_str())),
        ("at".into(), millis(entry.at)),
        ("by".into(), s(entry.actor.as_str())),
        ("bk".into(), s(entry.actor_kind.as_str())),
        ("fr".into(), document(&entry.from)),
        ("to".into(), document(&entry.to)),
    ]);
    item.extend(entry.trace.as_ref().map(|trace| ("tr".into(), s(trace.as_str()))));
    item.extend(entry.seal.as_ref().map(|seal| ("h".into(), s(seal.as_str()))));
    WRITES.audit.mark(&mut item);
    item
}

/// An entry of a trail of operators' changes.
///
/// # Errors
/// [`StoreError::Corrupt`] when the item cannot be read as one.
pub fn decode_resource_event(item: &Item) -> Result<ResourceEvent, StoreError> {
    let reader = Reader::new(item);
    match Version::of(&reader)? {
        Version::V0 | Version::V1 => {}
    }
    let sequence =
        reader.parsed("sk", |sk| sk.strip_prefix(ENTRY_SK_PREFIX).unwrap_or_default().parse::<u64>())?;
    let subject = reader
        .parsed("pk", |pk| TrailSubject::parse(pk.strip_prefix(TRAIL_PK_PREFIX).unwrap_or_default()))?;
    Ok(ResourceEvent {
        subject,
        sequence,
        kind: reader.text("k")?.to_owned(),
        at: reader.instant("at")?,
        actor: reader.text("by")?.to_owned(),
        actor_kind: reader.text("bk")?.to_owned(),
        from: reader.document("fr")?,
        to: reader.document("to")?,
        trace: reader.optional("tr", Reader::text)?.map(ToOwned::to_owned),
        seal: reader.optional("h", |reader, key| reader.parsed(key, Seal::parse))?,
    })
}
