//! Items of the read model behind search: what the ledger stores of resources and pages, under keys that search asks for.

use holdfast_app::StoreError;
use holdfast_app::events::Write;
use holdfast_domain::catalogue::{Month, MonthFacts};
use holdfast_domain::{Page, PageKey, Resource, ResourceId};
use jiff::Timestamp;

use crate::catalogue::dated::{FACTS_SK_PREFIX, decode_month, encode_month_as, month_key};
use crate::page::item::{decode_page, encode_page_as, page_sk, resource_pk};
use crate::stored::records::{encode_resource_as, resource_of};
use crate::stored::version::{Version, WRITES};
use crate::table::item::{Item, Reader, n, s};

/// Where an item's own key is kept, since the item's is that of the listing.
const KEPT_KEYS: [(&str, &str); 2] = [("pk", "page_pk"), ("sk", "page_sk")];
/// Attribute of a listed page's [`Page::write_number`].
pub(crate) const WRITE_NUMBER: &str = "wn";
/// Bits of version 0's `order` that count a page's writes.
const ORDER_BITS: u32 = 40;

/// Partition of the resources of a type at a location.
pub(crate) fn listing_pk(resource_type: &str, location: &str) -> String {
    format!("T#{resource_type}#{location}")
}

/// Partition of the pages of one name of the resources of a type at a location.
pub(crate) fn listed_pages_pk(resource_type: &str, location: &str, page: &str) -> String {
    format!("{}#{page}", listing_pk(resource_type, location))
}

/// Sort key of a page among those of one part of the schedule: its resource, and its shard if that is not the first.
fn listed_page_sk(key: &PageKey) -> String {
    PageKey { page: key.resource.to_string(), ..key.clone() }.name()
}

fn type_and_location(resource: &Resource) -> (&str, &str) {
    (resource.terms.resource_type.as_str(), resource.terms.location.as_str())
}

/// A resource as search lists it.
#[must_use]
pub fn encode_listing(resource: &Resource) -> Item {
    encode_listing_as(resource, WRITES.resource)
}

/// A resource as search lists it, in a given version.
#[must_use]
pub fn encode_listing_as(resource: &Resource, version: Version) -> Item {
    let (resource_type, location) = type_and_location(resource);
    let mut item = encode_resource_as(resource, 0, None, version);
    item.insert("pk".into(), s(listing_pk(resource_type, location)));
    item.insert("sk".into(), s(resource.id.as_str()));
    item
}

/// The resource of a listing.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn decode_listing(item: &Item) -> Result<Resource, StoreError> {
    let reader = Reader::new(item);
    let id = reader.parsed("sk", ResourceId::parse)?;
    resource_of(&reader, id)
}

/// A resource's page as search lists it.
#[must_use]
pub fn encode_listed_page(resource: &Resource, page: &Page) -> Item {
    encode_listed_page_as(resource, page, WRITES.page)
}

/// A resource's page as search lists it, in a given version.
#[must_use]
pub fn encode_listed_page_as(resource: &Resource, page: &Page, version: Version) -> Item {
    let (resource_type, location) = type_and_location(resource);
    let mut item = encode_page_as(page, &[], Timestamp::UNIX_EPOCH, None, version);
    item.insert("pk".into(), s(listed_pages_pk(resource_type, location, &page.key.page)));
    item.insert("sk".into(), s(listed_page_sk(&page.key)));
    item.insert("page_pk".into(), s(resource_pk(&page.key.resource)));
    item.insert("page_sk".into(), s(page_sk(&page.key)));
    let number = page.write_number();
    let order = match version {
        Version::V0 => page.schedule_revision.saturating_mul(1 << ORDER_BITS).saturating_add(page.seq),
        Version::V1 => {
            item.insert(WRITE_NUMBER.into(), n(number));
            // The release before this one compares a greater number in `order`: this one lets it write after a roll-back.
            number
        }
    };
    item.insert("order".into(), n(order));
    item
}

/// Partition of the dated facts of a month, of the resources of a type at a location.
pub(crate) fn listed_facts_pk(resource_type: &str, location: &str, month: Month) -> String {
    format!("{}#{FACTS_SK_PREFIX}{month}", listing_pk(resource_type, location))
}

/// The dated facts of a month as search lists them.
#[must_use]
pub fn encode_listed_month(resource: &Resource, month: Month, facts: &MonthFacts) -> Item {
    encode_listed_month_as(resource, month, facts, WRITES.facts)
}

/// The dated facts of a month as search lists them, in a given version.
#[must_use]
pub fn encode_listed_month_as(
    resource: &Resource,
    month: Month,
    facts: &MonthFacts,
    version: Version,
) -> Item {
    let (resource_type, location) = type_and_location(resource);
    let write = Write { at: Timestamp::UNIX_EPOCH, trace: None };
    let mut item = encode_month_as(&resource.id, month, facts, &write, version);
    let key = month_key(&resource.id, month);
    item.extend(KEPT_KEYS.map(|(name, kept)| (kept.to_owned(), key[name].clone())));
    item.insert("pk".into(), s(listed_facts_pk(resource_type, location, month)));
    item.insert("sk".into(), s(resource.id.as_str()));
    item
}

/// The resource and the facts of a listed month.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn decode_listed_month(item: &Item) -> Result<(ResourceId, MonthFacts), StoreError> {
    let id = Reader::new(item).parsed("sk", ResourceId::parse)?;
    Ok((id, decode_month(&with_kept_keys(item))?.1))
}

/// The page of a listed page.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn decode_listed_page(item: &Item) -> Result<Page, StoreError> {
    decode_page(&with_kept_keys(item))
}

fn with_kept_keys(item: &Item) -> Item {
    let mut item = item.clone();
    for (key, kept) in KEPT_KEYS {
        if let Some(value) = item.remove(kept) {
            item.insert(key.to_owned(), value);
        }
    }
    item
}
