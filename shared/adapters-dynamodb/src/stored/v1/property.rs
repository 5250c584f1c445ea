//! A property as version 1 has it. There is none of version 0.

use holdfast_domain::bookings::{EmailAddress, PhoneNumber};
use holdfast_domain::catalogue::Label;
use holdfast_domain::properties::{
    Address, AddressLine, Country, HouseRules, PostalCode, PropertyContact, Website,
};
use holdfast_domain::{Currency, PropertyTerms, properties};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::stored::reason::{Reason, reason};
use crate::stored::v1::scalar::Text;

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
        let PropertyTerms { kind, name, address, position, time_zone, currency, contact, house_rules } =
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
        };
        terms.checked().map_err(reason)
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
