//! Taxes and fees of a property: they apply to every rate card of its resources, as if they were written there.

use std::borrow::Cow;

use crate::ids::PropertyId;
use crate::money::Currency;
use crate::rates::card::{CardVersion, RateCard, ResourceRates};
use crate::rates::charge::{Charge, Levy};

/// The most taxes and fees of a property.
pub const PROPERTY_TAXES_MAX: usize = 20;

/// The taxes and fees of a property, as they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertyTaxes {
    /// Of which property.
    pub property: PropertyId,
    /// The revision of the property's terms that they are of.
    pub revision: u64,
    /// The currency of every amount: that of the property.
    pub currency: Currency,
    /// Taxes and fees, in the order in which they are shown.
    pub charges: Vec<Charge>,
}

impl PropertyTaxes {
    /// What is added to a card: what the card has no charge of its own of that name for, in its order. A resource that was
    /// put before its prices had to be in the property's currency meets the percentages alone.
    fn added_to<'a>(&'a self, card: &'a RateCard) -> impl Iterator<Item = &'a Charge> {
        self.told_in(card.currency).filter(|tax| card.charges.iter().all(|own| own.id != tax.id))
    }

    /// What applies to prices in a currency.
    fn told_in(&self, currency: Currency) -> impl Iterator<Item = &Charge> {
        self.charges.iter().filter(move |tax| match tax.levy {
            Levy::Percent(_) => true,
            Levy::Amount { .. } | Levy::Bands(_) => currency == self.currency,
        })
    }

    /// Whether any of them comes to the prices, in a currency, of a resource without a card.
    #[must_use]
    pub fn come_to(&self, currency: Currency) -> bool {
        self.told_in(currency).next().is_some()
    }
}

impl RateCard {
    fn add(&mut self, taxes: &PropertyTaxes) {
        let added: Vec<Charge> = taxes.added_to(self).cloned().collect();
        self.charges.extend(added);
    }
}

impl CardVersion {
    /// The version under a property's taxes: they follow its own charges, and each of its own takes the place of one of that name.
    #[must_use]
    pub fn under(&self, taxes: &PropertyTaxes) -> Cow<'_, Self> {
        if taxes.added_to(&self.card).next().is_none() {
            return Cow::Borrowed(self);
        }
        let mut version = self.clone();
        version.card.add(taxes);
        Cow::Owned(version)
    }
}

impl ResourceRates {
    /// The cards, each version as [`CardVersion::under`] has it, and the draft likewise.
    #[must_use]
    pub fn under(mut self, taxes: &PropertyTaxes) -> Self {
        let versions = self.versions.iter_mut().map(|version| &mut version.card);
        for card in versions.chain(&mut self.draft) {
            card.add(taxes);
        }
        self
    }
}
