//! What a stay costs at a resource without a rate card: one code for search, calendars, quotes and holds.

use holdfast_domain::catalogue::Stay;
use holdfast_domain::money::MoneyError;
use holdfast_domain::rates::evaluate::PRICES_MAX;
use holdfast_domain::rates::occupancy::Unit;
use holdfast_domain::rates::property_taxes::PropertyTaxes;
use holdfast_domain::rates::quote::{PlanQuote, Unavailable};
use holdfast_domain::rates::standard::{standard_quote, standard_total};
use holdfast_domain::{Money, Resource};
use jiff::Timestamp;

use crate::payments::charge::ChargeRules;
use crate::rates::asked::{Fullness, request};
use crate::rates::choice::RateChoice;

/// A stay at a resource without a card.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StandardStay<'a> {
    pub(crate) resource: &'a Resource,
    pub(crate) stay: &'a Stay,
    /// Units, at least 1.
    pub(crate) quantity: u32,
    /// What is said of the units; nothing if empty.
    pub(crate) units: &'a [Unit],
    /// The taxes of the resource's property, if it belongs to one that there is.
    pub(crate) taxes: Option<&'a PropertyTaxes>,
    /// When it is asked.
    pub(crate) at: Timestamp,
}

/// Why a stay at a resource without a card has no price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoStandard {
    /// The price of the places is out of range.
    Quantity(MoneyError),
    /// Taxes are levied on more prices than are made at once, or on units that are not as many as the quantity.
    Units,
    /// See there.
    Unavailable(Unavailable),
}

impl StandardStay<'_> {
    /// Whether taxes come to its price.
    pub(crate) fn is_taxed(&self) -> bool {
        let currency = self.resource.terms.base_price.currency();
        self.taxes.is_some_and(|taxes| taxes.come_to(currency))
    }

    /// What is paid of it with the booking, and what it costs in all.
    pub(crate) fn price(&self, charges: &ChargeRules) -> Result<(Money, Money), NoStandard> {
        if !self.is_taxed() {
            let total = self.resource.price(self.stay.slots.len(), self.quantity);
            return total.map(|total| (total, total)).map_err(NoStandard::Quantity);
        }
        let price = self.quote(charges)?.price;
        Ok((price.total(), price.whole().map_err(NoStandard::Quantity)?))
    }

    /// What it costs. Where no tax comes to it that is the resource's own price, whatever the provider can charge and however many units.
    pub(crate) fn quote(&self, charges: &ChargeRules) -> Result<PlanQuote, NoStandard> {
        let Self { resource, stay, quantity, at, .. } = *self;
        let terms = &resource.terms;
        let total = resource.price(stay.slots.len(), quantity).map_err(NoStandard::Quantity)?;
        let step = charges.step(terms.base_price.currency());
        let count = usize::try_from(quantity).unwrap_or(usize::MAX);
        let is_bounded = stay.slots.len().saturating_mul(count) <= PRICES_MAX;
        let is_payable = terms.base_price.amount() % step.max(1) == 0;
        if !self.is_taxed() && !(is_bounded && is_payable) {
            return Ok(standard_total(terms, total, stay.slots.len(), quantity, stay.start, at));
        }
        if !is_bounded || !(self.units.is_empty() || self.units.len() == count) {
            return Err(NoStandard::Units);
        }
        let units = if self.units.is_empty() { vec![Unit::default(); count] } else { self.units.to_vec() };
        let request = request(resource, stay, units, &RateChoice::default(), &Fullness::default(), at);
        standard_quote(terms, self.taxes, step, &request).map_err(NoStandard::Unavailable)
    }
}
