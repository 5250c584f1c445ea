//! The taxes of a property, where they come to the rates of its resources.

use std::collections::BTreeSet;

use futures::future::try_join;
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

/// What a resource's stays are priced by; the latest writes.
pub(crate) struct TaxedRates {
    /// Its cards, under the taxes of its property.
    pub(crate) cards: Option<ResourceRates>,
    /// What is set for dates.
    pub(crate) dated: DatedRates,
    /// Those taxes, if it belongs to a property that there is.
    pub(crate) taxes: Option<PropertyTaxes>,
}

/// The cards of a resource under the taxes of its property, and what is set for the dates of those months. A property is read only for a
/// resource that belongs to one.
pub(crate) async fn taxed_rates(
    rates: &dyn RateReader,
    properties: &dyn PropertyReader,
    resource: &Resource,
    months: &BTreeSet<Month>,
) -> Result<TaxedRates, StoreError> {
    let taxes = async {
        match &resource.terms.property {
            Some(property) => taxes_of(properties, property).await,
            None => Ok(None),
        }
    };
    let ((cards, dated), taxes) = try_join(rates.rates(&resource.id, months), taxes).await?;
    let cards = match &taxes {
        Some(taxes) => cards.map(|cards| cards.under(taxes)),
        None => cards,
    };
    Ok(TaxedRates { cards, dated, taxes })
}
