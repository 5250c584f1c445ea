//! A property: what the platform and its own staff say of it.

use jiff::tz::TimeZone;
use thiserror::Error;

use crate::catalogue::Label;
use crate::ids::PropertyId;
use crate::money::Currency;
use crate::properties::address::Address;
use crate::properties::contact::{HouseRules, PropertyContact};
use crate::properties::position::Position;
use crate::rates::charge::Charge;
use crate::rates::property_taxes::PropertyTaxes;
use crate::rates::validate::{CardContext, CardProblem, problems_of_taxes};
use crate::trail::TrailHead;

/// Which of a property's terms is out of bounds.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidPropertyTerms {
    /// A zone without an IANA name cannot be named again.
    #[error("the time zone must have an IANA name")]
    TimeZone,
}

/// Everything that is said of a property. What enters the system passes [`PropertyTerms::checked`]. Zone and currency are those of the
/// house; each of its resources has its own.
#[derive(Debug, Clone, PartialEq)]
pub struct PropertyTerms {
    /// What kind of house it is, such as `hotel`.
    pub kind: Label,
    /// Its name, for people.
    pub name: Label,
    /// Where mail goes.
    pub address: Address,
    /// Where it is, if it is at one place.
    pub position: Option<Position>,
    /// The zone of its local dates and times.
    pub time_zone: TimeZone,
    /// The currency that it reckons in.
    pub currency: Currency,
    /// How its staff is reached.
    pub contact: PropertyContact,
    /// What it asks of its guests.
    pub house_rules: Option<HouseRules>,
    /// Taxes and fees that apply to every rate card of its resources; amounts are in its currency.
    pub taxes: Vec<Charge>,
}

impl PropertyTerms {
    /// The terms, if each is within its bounds. All but the zone are, by their own constructors; taxes are looked at by
    /// [`PropertyTerms::problems_of_taxes`].
    ///
    /// # Errors
    /// [`InvalidPropertyTerms`].
    pub fn checked(self) -> Result<Self, InvalidPropertyTerms> {
        if self.time_zone.iana_name().is_none() { Err(InvalidPropertyTerms::TimeZone) } else { Ok(self) }
    }

    /// What is wrong with the taxes, each with its pointer into the terms: `/taxes/0/levy`. Amounts are to be multiples of `step` minor
    /// units: what can be charged.
    #[must_use]
    pub fn problems_of_taxes(&self, step: i64) -> Vec<CardProblem> {
        problems_of_taxes(&self.taxes, CardContext { currency: self.currency, step })
    }
}

/// A property as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Property {
    /// Its name in requests.
    pub id: PropertyId,
    /// What is said of it.
    pub terms: PropertyTerms,
    /// Grows by one with every write of its terms.
    pub revision: u64,
    /// How far the trail of its changes has come.
    pub trail: TrailHead,
}

impl Property {
    /// A new property, first revision.
    #[must_use]
    pub fn create(id: PropertyId, terms: PropertyTerms) -> Self {
        Self { id, terms, revision: 1, trail: TrailHead::default() }
    }

    /// What it adds to the rate cards of its resources.
    #[must_use]
    pub fn taxes(&self) -> PropertyTaxes {
        PropertyTaxes {
            property: self.id.clone(),
            revision: self.revision,
            currency: self.terms.currency,
            charges: self.terms.taxes.clone(),
        }
    }

    /// The property under new terms.
    #[must_use]
    pub fn replace(&self, terms: PropertyTerms) -> Self {
        Self { terms, revision: self.revision + 1, ..self.clone() }
    }
}
