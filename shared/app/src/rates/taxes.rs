//! The taxes of a property, where they come to the rates of its resources.

use std::collections::BTreeSet;

use holdfast_domain::catalogue::Month;
use holdfast_domain::rates::card::ResourceRates;
use holdfast_domain::rates::dated::DatedRates;
use holdfast_domain::rates::property_taxes::PropertyTaxes;
use holdfast_domain::{Property, PropertyId, Resource};

use crate::kernel::errors::StoreError;
use crate::properties::port::PropertyReader;
use crate::rates::port::RateReader;

/// The taxes of a property; the latest write.
pub(crate) async fn taxes_of(
    properties: &dyn PropertyReader,
    property: &PropertyId,
) -> Result<Option<PropertyTaxes>, StoreError> {
    Ok(properties.property(property).await?.as_ref().map(Property::taxes))
}

/// The cards of a resource under the taxes of its property, and what is set for the dates of those months; the latest writes. A property is
/// read only for a resource that has cards.
pub(crate) async fn taxed_rates(
    rates: &dyn RateReader,
    properties: &dyn PropertyReader,
    resource: &Resource,
    months: &BTreeSet<Month>,
) -> Result<(Option<ResourceRates>, DatedRates), StoreError> {
    let (cards, dated) = rates.rates(&resource.id, months).await?;
    let taxes = match &resource.terms.property {
        Some(property) if cards.is_some() => taxes_of(properties, property).await?,
        Some(_) | None => None,
    };
    let cards = match taxes {
        Some(taxes) => cards.map(|cards| cards.under(&taxes)),
        None => cards,
    };
    Ok((cards, dated))
}
