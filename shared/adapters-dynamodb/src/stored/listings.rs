//! Items of the read model behind search: what the ledger stores of resources and pages, under keys that search asks for.

use std::collections::BTreeSet;

use holdfast_app::StoreError;
use holdfast_app::events::Write;
use holdfast_app::kernel::fingerprint;
use holdfast_app::search::{Entry, Listing};
use holdfast_domain::catalogue::{Month, MonthFacts, comparable};
use holdfast_domain::{Page, PageKey, Resource, ResourceId};
use jiff::Timestamp;

use crate::catalogue::dated::{FACTS_SK_PREFIX, decode_month, encode_month_as, month_key};
use crate::page::item::{decode_page, encode_page_as, page_sk, resource_pk};
use crate::stored::listing_keys::{KEPT_KEYS, listing_pk, type_and_location, with_kept_keys};
use crate::stored::rate_listings::{
    RATES, decode_listed_month_rates, decode_listed_rates, listed_month_rates_key, listed_rates_key,
};
use crate::stored::records::{encode_resource_as, resource_of};
use crate::stored::tax_listings::{TAXES, decode_listed_taxes, listed_taxes_key};
use crate::stored::version::{Version, WRITES};
use crate::table::item::{Item, Reader, n, s};
use crate::table::scan::name_of;

/// Attribute of a listed page's [`Page::write_number`].
pub(crate) const WRITE_NUMBER: &str = "wn";
/// Bits of version 0's `order` that count a page's writes.
const ORDER_BITS: u32 = 40;

/// The longest text in a key, in bytes: a partition key may have 2,048, and the comparable form of a label may be many times as
/// long as the label.
const KEY_TEXT_BYTES_MAX: usize = 960;

/// The partitions that list the resources of a type at a location: that of the texts in comparable form, and that of the texts
/// as they came where these differ. The release before knows the second only, so that this one writes and reads both.
pub(crate) fn listing_pks(resource_type: &str, location: &str) -> BTreeSet<String> {
    let text = |text: &str| {
        let text = comparable(text);
        if text.len() > KEY_TEXT_BYTES_MAX { fingerprint(&[&text]).as_str().to_owned() } else { text }
    };
    BTreeSet::from([listing_pk(&text(resource_type), &text(location)), listing_pk(resource_type, location)])
}

/// Partition of the pages of one name of the resources that a partition lists.
pub(crate) fn listed_pages_pk(listing_pk: &str, page: &str) -> String {
    format!("{listing_pk}#{page}")
}

/// Sort key of a page among those of one part of the schedule: its resource, and its shard if that is not the first.
fn listed_page_sk(key: &PageKey) -> String {
    PageKey { page: key.resource.to_string(), ..key.clone() }.name()
}

/// The listings of a resource and its pages: each is a partition, and those of its pages that begin with its name.
pub(crate) fn listings_of(resource: &Resource) -> BTreeSet<Listing> {
    let (resource_type, location) = type_and_location(resource);
    listing_pks(resource_type, location).into_iter().map(Listing::new).collect()
}

/// Key of a resource in a listing.
pub(crate) fn listing_key(listing: &Listing, resource: &ResourceId) -> Item {
    Item::from([("pk".into(), s(listing.as_str())), ("sk".into(), s(resource.as_str()))])
}

/// Key of a page in a listing.
pub(crate) fn listed_page_key(listing: &Listing, page: &PageKey) -> Item {
    let pk = listed_pages_pk(listing.as_str(), &page.page);
    Item::from([("pk".into(), s(pk)), ("sk".into(), s(listed_page_sk(page)))])
}

/// What an item of the read model is. Its name, where it cannot be read, is that of [`name_of`].
///
/// # Errors
/// [`StoreError::Corrupt`], also if the item has another key than its content.
pub(crate) fn decode_entry(item: &Item) -> Result<Entry, StoreError> {
    let named = |reason: String| StoreError::Corrupt { item: name_of(item).unwrap_or_default(), reason };
    let unread = |error: StoreError| named(error.to_string());
    let pk = Reader::new(item).text("pk").map_err(unread)?;
    // Neither type nor location has the separator.
    let (entry, is_in_place) = match pk.split('#').collect::<Vec<_>>()[..] {
        ["T", _, _] => {
            let resource = decode_listing(item).map_err(unread)?;
            let listing = Listing::new(pk.to_owned());
            let is_in_place = listings_of(&resource).contains(&listing);
            (Entry::Resource(listing, Box::new(resource)), is_in_place)
        }
        ["T", resource_type, location, RATES] => {
            let listing = Listing::new(listing_pk(resource_type, location));
            let rates = decode_listed_rates(item).map_err(unread)?;
            let key = listed_rates_key(&listing, &rates.resource);
            let is_in_place = key.iter().all(|(name, value)| item.get(name) == Some(value));
            (Entry::Rates(listing, Box::new(rates)), is_in_place)
        }
        ["T", resource_type, location, RATES, _] => {
            let listing = Listing::new(listing_pk(resource_type, location));
            let (resource, month, rates) = decode_listed_month_rates(item).map_err(unread)?;
            let key = listed_month_rates_key(&listing, &resource, month);
            let is_in_place = key.iter().all(|(name, value)| item.get(name) == Some(value));
            (Entry::MonthRates(listing, resource, month, rates), is_in_place)
        }
        ["T", resource_type, location, _] => {
            let listing = Listing::new(listing_pk(resource_type, location));
            let page = decode_listed_page(item).map_err(unread)?;
            let key = listed_page_key(&listing, &page.key);
            let is_in_place = key.iter().all(|(name, value)| item.get(name) == Some(value));
            (Entry::Page(listing, Box::new(page)), is_in_place)
        }
        ["T", resource_type, location, "D", _] => {
            let listing = Listing::new(listing_pk(resource_type, location));
            let (resource, month, facts) = decode_listed_month(item).map_err(unread)?;
            let key = listed_facts_key(&listing, &resource, month);
            let is_in_place = key.iter().all(|(name, value)| item.get(name) == Some(value));
            (Entry::Facts(listing, resource, month, facts), is_in_place)
        }
        [TAXES, _] => {
            let taxes = decode_listed_taxes(item).map_err(unread)?;
            let key = listed_taxes_key(&taxes.property);
            let is_in_place = key.iter().all(|(name, value)| item.get(name) == Some(value));
            (Entry::Taxes(Box::new(taxes)), is_in_place)
        }
        _ => return Err(named("no key of the read model".to_owned())),
    };
    if is_in_place { Ok(entry) } else { Err(named("is not where it is to be listed".to_owned())) }
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
    item.insert("pk".into(), s(listed_pages_pk(&listing_pk(resource_type, location), &page.key.page)));
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
pub(crate) fn listed_facts_pk(listing_pk: &str, month: Month) -> String {
    format!("{listing_pk}#{FACTS_SK_PREFIX}{month}")
}

/// Key of the dated facts of a month in a listing.
pub(crate) fn listed_facts_key(listing: &Listing, resource: &ResourceId, month: Month) -> Item {
    Item::from([
        ("pk".into(), s(listed_facts_pk(listing.as_str(), month))),
        ("sk".into(), s(resource.as_str())),
    ])
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
    let mut item = encode_month_as((&resource.id, None), month, facts, &write, version);
    let key = month_key(&resource.id, month);
    item.extend(KEPT_KEYS.map(|(name, kept)| (kept.to_owned(), key[name].clone())));
    item.insert("pk".into(), s(listed_facts_pk(&listing_pk(resource_type, location), month)));
    item.insert("sk".into(), s(resource.id.as_str()));
    item
}

/// The resource, the month and the facts of a listed month.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn decode_listed_month(item: &Item) -> Result<(ResourceId, Month, MonthFacts), StoreError> {
    let id = Reader::new(item).parsed("sk", ResourceId::parse)?;
    let (month, facts) = decode_month(&with_kept_keys(item))?;
    Ok((id, month, facts))
}

/// The page of a listed page.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn decode_listed_page(item: &Item) -> Result<Page, StoreError> {
    decode_page(&with_kept_keys(item))
}
