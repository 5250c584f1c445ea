//! Rates in the read model behind search: what the ledger stores of them, under keys that search asks for.

use holdfast_app::StoreError;
use holdfast_app::events::Write;
use holdfast_app::search::Listing;
use holdfast_domain::catalogue::Month;
use holdfast_domain::rates::card::ResourceRates;
use holdfast_domain::rates::dated::MonthRates;
use holdfast_domain::{Resource, ResourceId};
use jiff::Timestamp;

use crate::stored::listing_keys::{KEPT_KEYS, listing_pk, type_and_location, with_kept_keys};
use crate::stored::rates::{
    decode_month_rates, decode_rates, encode_month_rates, encode_rates, month_rates_key, rates_key,
};
use crate::table::item::{Item, Reader, s};

/// The part of a listing's keys that is for rates: no page has this name.
pub(crate) const RATES: &str = "R";

/// Partition of the rate cards of the resources that a partition lists.
pub(crate) fn listed_rates_pk(listing_pk: &str) -> String {
    format!("{listing_pk}#{RATES}")
}

/// Partition of what is set for a month under plans, of the resources that a partition lists.
pub(crate) fn listed_month_rates_pk(listing_pk: &str, month: Month) -> String {
    format!("{listing_pk}#{RATES}#{month}")
}

fn key(pk: String, resource: &ResourceId) -> Item {
    Item::from([("pk".into(), s(pk)), ("sk".into(), s(resource.as_str()))])
}

/// Key of a resource's rate cards in a listing.
pub(crate) fn listed_rates_key(listing: &Listing, resource: &ResourceId) -> Item {
    key(listed_rates_pk(listing.as_str()), resource)
}

/// Key of what is set for a month under plans in a listing.
pub(crate) fn listed_month_rates_key(listing: &Listing, resource: &ResourceId, month: Month) -> Item {
    key(listed_month_rates_pk(listing.as_str(), month), resource)
}

/// No listing says when its rates were written: the same rates are the same item.
fn at_no_time() -> Write {
    Write { at: Timestamp::UNIX_EPOCH, trace: None }
}

fn moved(mut item: Item, own: &Item, listed: Item) -> Item {
    item.extend(KEPT_KEYS.map(|(name, kept)| (kept.to_owned(), own[name].clone())));
    item.extend(listed);
    item
}

/// The rate cards of a resource as search lists them.
#[must_use]
pub fn encode_listed_rates(resource: &Resource, rates: &ResourceRates) -> Item {
    let (resource_type, location) = type_and_location(resource);
    let listed = key(listed_rates_pk(&listing_pk(resource_type, location)), &resource.id);
    moved(encode_rates(rates, None, &at_no_time()), &rates_key(&resource.id), listed)
}

/// What is set for a month under plans as search lists it.
#[must_use]
pub fn encode_listed_month_rates(resource: &Resource, month: Month, rates: &MonthRates) -> Item {
    let (resource_type, location) = type_and_location(resource);
    let listed = key(listed_month_rates_pk(&listing_pk(resource_type, location), month), &resource.id);
    let item = encode_month_rates((&resource.id, None), month, rates, &at_no_time());
    moved(item, &month_rates_key(&resource.id, month), listed)
}

/// The rate cards of a listing.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn decode_listed_rates(item: &Item) -> Result<ResourceRates, StoreError> {
    decode_rates(&with_kept_keys(item))
}

/// The resource, the month and what is set for it under plans.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn decode_listed_month_rates(item: &Item) -> Result<(ResourceId, Month, MonthRates), StoreError> {
    let id = Reader::new(item).parsed("sk", ResourceId::parse)?;
    let (month, rates) = decode_month_rates(&with_kept_keys(item))?;
    Ok((id, month, rates))
}
