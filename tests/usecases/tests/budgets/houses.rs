//! Properties as long as they may be, and what belongs to them.

use holdfast_domain::bookings::{EmailAddress, PhoneNumber};
use holdfast_domain::catalogue::{LABEL_LENGTH_MAX, Label};
use holdfast_domain::properties::{
    Address, AddressLine, Country, HOUSE_RULES_LENGTH_MAX, HouseRules, Position, PostalCode, PropertyContact,
    WEBSITE_LENGTH_MAX, Website,
};
use holdfast_domain::{Currency, Property, PropertyId, PropertyTerms, Resource};
use jiff::tz::TimeZone;

use crate::cards::wordy_taxes;

/// The resource, of a property.
pub(crate) fn of_house(mut resource: Resource, house: &Property) -> Resource {
    resource.terms.property = Some(house.id.clone());
    resource
}

/// A property whose every text is as long as it may be, of characters that take most bytes.
pub(crate) fn wordy_property() -> Property {
    let text = |length: usize| "\u{1F3BE}".repeat(length);
    let line = || AddressLine::parse(&text(120)).expect("a line");
    let address = Address::new(
        vec![line(), line(), line(), line()],
        line(),
        Some(line()),
        PostalCode::parse("0123456789ABCDEF").ok(),
        Country::parse("DE").expect("a country"),
    );
    let label = || Label::parse(&text(LABEL_LENGTH_MAX)).expect("a label");
    let local = "l".repeat(64);
    let labels = format!("{}.{}.{}", "d".repeat(63), "d".repeat(63), "d".repeat(61));
    let website = format!("https://a.example/{}", "\"".repeat(WEBSITE_LENGTH_MAX - 18));
    let terms = PropertyTerms {
        kind: label(),
        name: label(),
        address: address.expect("an address"),
        position: Position::new(-89.123_456_789_012_34, -179.123_456_789_012_3).ok(),
        time_zone: TimeZone::get("America/Argentina/ComodRivadavia").expect("a zone"),
        currency: Currency::parse("EUR").expect("a currency"),
        contact: PropertyContact {
            email: Some(EmailAddress::parse(&format!("{local}@{labels}")).expect("an address")),
            phone: Some(PhoneNumber::parse("+123456789012345").expect("a number")),
            website: Some(Website::parse(&website).expect("an address")),
        },
        house_rules: Some(HouseRules::parse(&text(HOUSE_RULES_LENGTH_MAX)).expect("rules")),
        taxes: wordy_taxes(),
    };
    Property::create(PropertyId::parse(&"p".repeat(64)).expect("an id"), terms)
}
