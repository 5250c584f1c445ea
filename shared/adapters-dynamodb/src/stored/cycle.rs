//! The reconciliation's cycle between two runs: how far it has come, and, in items of their own, the pages that it compares.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use data_encoding::BASE64;
use holdfast_app::StoreError;
use holdfast_app::operations::reconciliation::{
    ComparedPage, Counts, Cycle, Inquiries, Listing, PaymentFilter, Phase, Share,
};
use holdfast_domain::{PageKey, ResourceId, SlotKey};
use serde::{Deserialize, Serialize};

use crate::stored::version::Version;
use crate::table::item::{Item, Reader, document, millis, n, s};

/// The partition of the cycle and its pages.
const CYCLE_PK: &str = "Y#reconciliation";
/// Sort key of the cycle.
const CYCLE_SK: &str = "Y";

/// The most slots in one item of pages, of which each page counts four for its name: some 60 bytes each, and 400 KB fit an item.
pub const CYCLE_SLOTS_MAX: usize = 4_000;

/// A cycle's item as it is read: everything but the pages.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptCycle {
    /// The cycle, its share without pages.
    pub cycle: Cycle,
    /// The mark that its items of pages have.
    pub mark: u64,
    /// How many of these there are.
    pub items: u32,
}

/// Primary key of the cycle.
pub(crate) fn cycle_key() -> Item {
    Item::from([("pk".into(), s(CYCLE_PK)), ("sk".into(), s(CYCLE_SK))])
}

/// Primary key of an item of a cycle's pages. Revisions in turn use two sets of keys, so that those of the cycle that is kept stay until
/// another one is.
pub(crate) fn cycle_pages_key(revision: u64, number: u32) -> Item {
    let sk = format!("{CYCLE_SK}#{}#{number:04}", revision % 2);
    Item::from([("pk".into(), s(CYCLE_PK)), ("sk".into(), s(sk))])
}

/// The revision of a cycle of which nothing else can be read.
pub(crate) fn revision_of(item: &Item) -> Result<u64, StoreError> {
    Reader::new(item).number("rev")
}

fn name_of(phase: Phase) -> &'static str {
    match phase {
        Phase::Looking => "looking",
        Phase::Counting => "counting",
        Phase::Over => "over",
    }
}

fn phase_of(name: &str) -> Result<Phase, &'static str> {
    let phases = [Phase::Looking, Phase::Counting, Phase::Over];
    phases.into_iter().find(|phase| name_of(*phase) == name).ok_or("unknown phase")
}

/// How far a cycle has come, without its pages.
#[must_use]
pub fn encode_cycle(cycle: &Cycle, mark: u64, items: u32) -> Item {
    let mut item = cycle_key();
    item.extend([
        ("rev".into(), n(cycle.revision)),
        ("at".into(), millis(cycle.began_at)),
        ("ph".into(), s(name_of(cycle.phase))),
        ("fr".into(), n(cycle.share.begin())),
        ("im".into(), n(cycle.inquiries.made)),
        ("il".into(), n(cycle.inquiries.left)),
        ("bm".into(), n(cycle.inquiries_before.made)),
        ("bl".into(), n(cycle.inquiries_before.left)),
        ("mk".into(), n(mark)),
        ("pn".into(), n(items)),
    ]);
    item.extend(cycle.share.to().map(|to| ("to".into(), n(to))));
    item.extend(cycle.cursor.as_ref().map(|cursor| ("cu".into(), s(cursor.as_str()))));
    match &cycle.listing {
        Listing::At(cursor) => item.extend(cursor.as_ref().map(|cursor| ("pc".into(), s(cursor.as_str())))),
        Listing::Over => drop(item.insert("pd".into(), AttributeValue::Bool(true))),
    }
    if !cycle.agreeing.bytes().is_empty() {
        item.insert("ag".into(), s(BASE64.encode(cycle.agreeing.bytes())));
    }
    Version::V1.mark(&mut item);
    item
}

/// How far a cycle has come, without its pages.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn decode_cycle(item: &Item) -> Result<KeptCycle, StoreError> {
    let reader = Reader::new(item);
    // It may be of a release after this one.
    Version::of(&reader)?;
    let text = |key: &str| reader.opt_text(key).map(ToOwned::to_owned);
    let agreeing = match reader.opt_text("ag") {
        None => PaymentFilter::default(),
        Some(bytes) => BASE64
            .decode(bytes.as_bytes())
            .map(PaymentFilter::of_bytes)
            .map_err(|error| reader.corrupt(format!("ag: {error}")))?,
    };
    let to = reader.optional("to", Reader::number::<u64>)?;
    let cycle = Cycle {
        revision: reader.number("rev")?,
        began_at: reader.instant("at")?,
        phase: reader.parsed("ph", phase_of)?,
        cursor: text("cu"),
        listing: if reader.has("pd") { Listing::Over } else { Listing::At(text("pc")) },
        agreeing,
        share: Share::restored(reader.number("fr")?, to, []),
        inquiries: Inquiries { made: reader.number("im")?, left: reader.number("il")? },
        inquiries_before: Inquiries { made: reader.number("bm")?, left: reader.number("bl")? },
    };
    Ok(KeptCycle { cycle, mark: reader.number("mk")?, items: reader.number("pn")? })
}

/// Pages of a cycle, as a document.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PagesDocument {
    pages: Vec<PageDocument>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PageDocument {
    resource: String,
    page: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    slots: BTreeMap<String, CountsDocument>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CountsDocument {
    #[serde(default, skip_serializing_if = "is_zero")]
    co: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    bo: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    ov: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl PageDocument {
    fn of(key: &PageKey, page: &ComparedPage) -> Self {
        let counts = |(slot, counts): (&SlotKey, &Counts)| {
            let Counts { confirmed, current, over } = *counts;
            (slot.as_str().to_owned(), CountsDocument { co: confirmed, bo: current, ov: over })
        };
        let slots = page.slots.iter().map(counts).collect();
        Self { resource: key.resource.as_str().to_owned(), page: key.name(), seq: page.seq, slots }
    }

    fn read(self) -> Option<(PageKey, ComparedPage)> {
        let key = PageKey::parse(ResourceId::parse(&self.resource).ok()?, &self.page)?;
        let slots = self.slots.into_iter().map(|(slot, CountsDocument { co, bo, ov })| {
            Some((SlotKey::parse(&slot).ok()?, Counts { confirmed: co, current: bo, over: ov }))
        });
        Some((key, ComparedPage { seq: self.seq, slots: slots.collect::<Option<_>>()? }))
    }
}

/// One of the items of a cycle's pages.
#[must_use]
pub fn encode_cycle_pages(
    revision: u64,
    number: u32,
    mark: u64,
    pages: &[(&PageKey, &ComparedPage)],
) -> Item {
    let pages = pages.iter().map(|(key, page)| PageDocument::of(key, page)).collect();
    let mut item = cycle_pages_key(revision, number);
    item.extend([("mk".into(), n(mark)), ("doc".into(), document(&PagesDocument { pages }))]);
    Version::V1.mark(&mut item);
    item
}

/// The mark and the pages of one of the items of a cycle's pages.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn decode_cycle_pages(item: &Item) -> Result<(u64, Vec<(PageKey, ComparedPage)>), StoreError> {
    let reader = Reader::new(item);
    Version::of(&reader)?;
    let document: PagesDocument = reader.document("doc")?;
    let pages = document.pages.into_iter().map(PageDocument::read).collect::<Option<Vec<_>>>();
    Ok((reader.number("mk")?, pages.ok_or_else(|| reader.corrupt("a page that no schedule has"))?))
}
