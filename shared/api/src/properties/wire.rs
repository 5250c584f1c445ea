//! Properties on the wire: answers and schemas. Requests are read in `crate::properties::terms`.

use holdfast_domain::Property;
use holdfast_domain::bookings::{EmailAddress, PhoneNumber};
use holdfast_domain::properties::{
    Address, AddressLine, HouseRules, Position, PostalCode, PropertyContact, Website,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::rates::wire::ChargeBody;

/// What is said of a property.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = PropertyTerms, example = json!({
    "propertyType": "hotel", "name": "The Grand",
    "address": {
        "lines": ["1 Grand Street"], "city": "New York", "region": "NY", "postalCode": "10013", "country": "US"
    },
    "position": { "latitude": 40.72, "longitude": -74.0 }, "timeZone": "America/New_York", "currency": "USD",
    "contact": { "email": "desk@grand.example", "phone": "+12125550100", "website": "https://grand.example" },
    "houseRules": "No smoking. Quiet from 22:00.",
    "taxes": [
        {
            "chargeId": "occupancy-tax", "name": "Occupancy tax", "kind": "tax", "percent": 5.875, "on": ["stay"], "refundable": true,
            "due": "now"
        },
        {
            "chargeId": "unit-fee", "name": "Hotel unit fee", "kind": "tax", "amount": 150, "per": "unit_slot", "refundable": true,
            "due": "now"
        }
    ]
}))]
pub struct PropertyTermsBody {
    /// Kind of house, such as `hotel`.
    #[schema(format = "label")]
    pub property_type: String,
    /// Its name, for people.
    #[schema(format = "label")]
    pub name: String,
    /// Where mail goes.
    pub address: AddressBody,
    /// Where it is, if it is at one place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<PositionBody>,
    /// IANA name of the zone of the house. Each resource has its own.
    #[schema(example = "America/New_York")]
    pub time_zone: String,
    /// ISO 4217: what the house reckons in, its resources too. It stays what it was when the property was made.
    #[schema(format = "currency")]
    pub currency: String,
    /// How its staff is reached, for everybody to see.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<PropertyContactBody>,
    /// What it asks of its guests.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "house-rules")]
    pub house_rules: Option<String>,
    /// Taxes and fees that apply to every rate card of its resources as if they were written there, and to the price of those without a card;
    /// amounts are in its currency.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 20)]
    pub taxes: Vec<ChargeBody>,
}

/// Where mail for a property goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Address)]
pub struct AddressBody {
    /// Street and number, or whatever comes before the city.
    #[schema(min_items = 1, max_items = 4)]
    pub lines: Vec<AddressLineBody>,
    /// The city.
    #[schema(format = "address-line")]
    pub city: String,
    /// The state, province or county.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "address-line")]
    pub region: Option<String>,
    /// The postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "postal-code")]
    pub postal_code: Option<String>,
    /// ISO 3166-1, of two letters.
    #[schema(format = "country", example = "US")]
    pub country: String,
}

/// A line of an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AddressLine, format = "address-line")]
pub struct AddressLineBody(pub String);

/// A place on the globe, in degrees of WGS 84.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Position)]
pub struct PositionBody {
    /// Degrees north of the equator.
    #[schema(minimum = -90, maximum = 90)]
    pub latitude: f64,
    /// Degrees east of Greenwich.
    #[schema(minimum = -180, maximum = 180)]
    pub longitude: f64,
}

/// How the staff of a property is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PropertyContact)]
pub struct PropertyContactBody {
    /// Where mails go.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "email-address", example = "desk@grand.example")]
    pub email: Option<String>,
    /// Where calls go, with the country's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "phone-number", example = "+12125550100")]
    pub phone: Option<String>,
    /// Its website.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "website", example = "https://grand.example")]
    pub website: Option<String>,
}

/// A property.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Property)]
pub struct PropertyBody {
    /// Its id.
    #[schema(example = "hotel-nyc")]
    pub property_id: String,
    /// What is said of it.
    #[serde(flatten)]
    pub terms: PropertyTermsBody,
}

impl From<&Property> for PropertyBody {
    fn from(property: &Property) -> Self {
        let terms = &property.terms;
        Self {
            property_id: property.id.to_string(),
            terms: PropertyTermsBody {
                property_type: terms.kind.as_str().to_owned(),
                name: terms.name.as_str().to_owned(),
                address: (&terms.address).into(),
                position: terms.position.map(Into::into),
                time_zone: terms.time_zone.iana_name().unwrap_or("Etc/UTC").to_owned(),
                currency: terms.currency.code().to_owned(),
                contact: (terms.contact != PropertyContact::default()).then(|| (&terms.contact).into()),
                house_rules: terms.house_rules.as_ref().map(HouseRules::as_str).map(str::to_owned),
                taxes: terms.taxes.iter().map(Into::into).collect(),
            },
        }
    }
}

impl From<&Address> for AddressBody {
    fn from(address: &Address) -> Self {
        Self {
            lines: address.lines().iter().map(|line| AddressLineBody(line.as_str().to_owned())).collect(),
            city: address.city().as_str().to_owned(),
            region: address.region().map(AddressLine::as_str).map(str::to_owned),
            postal_code: address.postal_code().map(PostalCode::as_str).map(str::to_owned),
            country: address.country().code().to_owned(),
        }
    }
}

impl From<Position> for PositionBody {
    fn from(position: Position) -> Self {
        Self { latitude: position.latitude(), longitude: position.longitude() }
    }
}

impl From<&PropertyContact> for PropertyContactBody {
    fn from(contact: &PropertyContact) -> Self {
        Self {
            email: contact.email.as_ref().map(EmailAddress::as_str).map(str::to_owned),
            phone: contact.phone.as_ref().map(PhoneNumber::as_str).map(str::to_owned),
            website: contact.website.as_ref().map(Website::as_str).map(str::to_owned),
        }
    }
}
