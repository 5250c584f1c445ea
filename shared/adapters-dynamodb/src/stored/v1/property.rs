//! A property as version 1 has it. There is none of version 0.

use holdfast_domain::bookings::{EmailAddress, PhoneNumber};
use holdfast_domain::catalogue::Label;
use holdfast_domain::properties::{
    Address, AddressLine, Country, HouseRules, PostalCode, PropertyContact, Website,
};
use holdfast_domain::rates::charge::Charge;
use holdfast_domain::rates::property_taxes::PropertyTaxes;
use holdfast_domain::{Currency, PropertyTerms, properties};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::stored::reason::{Reason, reason};
use crate::stored::v1::rates::charge::StoredCharge;
use crate::stored::v1::scalar::Text;

/// What can be charged is not asked again of what was written: every amount is a multiple of it.
const ANY_STEP: i64 = 1;

/// What is said of a property.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredPropertyTerms {
    kind: Text<Label>,
    name: Text<Label>,
    address: StoredAddress,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    position: Option<StoredPosition>,
    time_zone: String,
    currency: Text<Currency>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<Text<EmailAddress>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone: Option<Text<PhoneNumber>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    website: Option<Text<Website>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    house_rules: Option<Text<HouseRules>>,
    /// Amounts are in minor units of its currency.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    taxes: Vec<StoredCharge>,
}

/// What search needs of a property.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredTaxes {
    currency: Text<Currency>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    taxes: Vec<StoredCharge>,
}

impl From<&PropertyTaxes> for StoredTaxes {
    fn from(taxes: &PropertyTaxes) -> Self {
        Self { currency: Text(taxes.currency), taxes: taxes.charges.iter().map(Into::into).collect() }
    }
}

impl StoredTaxes {
    /// The currency of the amounts, and the taxes.
    pub(crate) fn read(self) -> Result<(Currency, Vec<Charge>), Reason> {
        let Self { currency: Text(currency), taxes } = self;
        Ok((currency, read_taxes(taxes, currency)?))
    }
}

fn read_taxes(taxes: Vec<StoredCharge>, currency: Currency) -> Result<Vec<Charge>, Reason> {
    taxes.into_iter().map(|tax| tax.read(currency)).collect()
}

/// Where mail goes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredAddress {
    lines: Vec<Text<AddressLine>>,
    city: Text<AddressLine>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    region: Option<Text<AddressLine>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    postal_code: Option<Text<PostalCode>>,
    country: Text<Country>,
}

/// Degrees.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredPosition {
    latitude: f64,
    longitude: f64,
}

impl From<&PropertyTerms> for StoredPropertyTerms {
    fn from(terms: &PropertyTerms) -> Self {
        let PropertyTerms { kind, name, address, position, time_zone, currency, contact, house_rules, taxes } =
            terms;
        Self {
            kind: Text(kind.clone()),
            name: Text(name.clone()),
            address: address.into(),
            position: position
                .map(|at| StoredPosition { latitude: at.latitude(), longitude: at.longitude() }),
            time_zone: time_zone.iana_name().unwrap_or("UTC").to_owned(),
            currency: Text(*currency),
            email: contact.email.clone().map(Text),
            phone: contact.phone.clone().map(Text),
            website: contact.website.clone().map(Text),
            house_rules: house_rules.clone().map(Text),
            taxes: taxes.iter().map(Into::into).collect(),
        }
    }
}

impl StoredPropertyTerms {
    pub(crate) fn read(self) -> Result<PropertyTerms, Reason> {
        let position =
            self.position.map(|at| properties::Position::new(at.latitude, at.longitude).map_err(reason));
        let terms = PropertyTerms {
            kind: self.kind.0,
            name: self.name.0,
            address: self.address.read()?,
            position: position.transpose()?,
            time_zone: TimeZone::get(&self.time_zone).map_err(reason)?,
            currency: self.currency.0,
            contact: PropertyContact {
                email: self.email.map(|Text(email)| email),
                phone: self.phone.map(|Text(phone)| phone),
                website: self.website.map(|Text(website)| website),
            },
            house_rules: self.house_rules.map(|Text(rules)| rules),
            taxes: read_taxes(self.taxes, self.currency.0)?,
        };
        let terms = terms.checked().map_err(reason)?;
        match terms.problems_of_taxes(ANY_STEP).into_iter().next() {
            Some(problem) => Err(reason(format!("{}: {}", problem.path, problem.fault))),
            None => Ok(terms),
        }
    }
}

impl From<&Address> for StoredAddress {
    fn from(address: &Address) -> Self {
        Self {
            lines: address.lines().iter().cloned().map(Text).collect(),
            city: Text(address.city().clone()),
            region: address.region().cloned().map(Text),
            postal_code: address.postal_code().cloned().map(Text),
            country: Text(address.country()),
        }
    }
}

impl StoredAddress {
    pub(crate) fn read(self) -> Result<Address, Reason> {
        let lines = self.lines.into_iter().map(|Text(line)| line).collect();
        let region = self.region.map(|Text(region)| region);
        let postal_code = self.postal_code.map(|Text(code)| code);
        Address::new(lines, self.city.0, region, postal_code, self.country.0).map_err(reason)
    }
}
