//! Properties, and what belongs to one, as samples.

use std::collections::BTreeMap;

use holdfast_app::Mutation;
use holdfast_app::bookings::BookingCommit;
use holdfast_app::events::Write;
use holdfast_app::properties::PropertyCommit;
use holdfast_domain::bookings::{EmailAddress, PhoneNumber};
use holdfast_domain::catalogue::{Label, ResourceTerms};
use holdfast_domain::properties::{
    Address, AddressLine, Country, HouseRules, Position, PostalCode, PropertyContact, Website,
};
use holdfast_domain::{BookingEvent, Hold, InventoryMove, Property, PropertyId, PropertyTerms, Resource};
use holdfast_testkit::{hold_for, money};
use jiff::tz::TimeZone;

use crate::rates::charges;
use crate::samples::{GUEST, TRACE, now, requested, room};
use crate::values::Stored;

/// Properties, and what belongs to one.
pub(crate) fn samples() -> BTreeMap<&'static str, Stored> {
    let write = Write { at: now(), trace: Some(TRACE.to_owned()) };
    let house = house();
    let mut room = room();
    room.terms.property = Some(house.id.clone());
    // It is about to leave its property, and another about to come to one.
    let alone = ResourceTerms { property: None, capacity: 2, ..room.terms.clone() };
    let leaving = Resource { next: Some(Box::new(alone.clone())), ..room.clone() };
    let coming = Resource { next: Some(Box::new(room.terms.clone())), terms: alone, ..room.clone() };
    let hold = Hold {
        cool_down_seconds: Some(0),
        ..hold_for(&room, GUEST, "key", ("2030-06-10", "2030-06-12"), 1, now())
    };
    let plain = PropertyTerms {
        position: None,
        contact: PropertyContact::default(),
        house_rules: None,
        taxes: Vec::new(),
        address: Address::new(
            house.terms.address.lines()[..1].to_vec(),
            house.terms.address.city().clone(),
            None,
            None,
            house.terms.address.country(),
        )
        .expect("an address"),
        ..house.terms.clone()
    };
    let plain = Property::create(PropertyId::parse("plain").expect("an id"), plain);
    let by = Mutation { now: now(), actor: GUEST.to_owned(), trace: Some(TRACE.to_owned()) };
    let requested = requested(&hold);
    let entry = BookingCommit::new(&requested, BookingEvent::Requested, InventoryMove::Keep, &by).audit;
    BTreeMap::from([
        ("audit-of-property", Stored::Audit(Box::new(entry))),
        ("listed-taxes", Stored::ListedTaxes(Box::new(house.taxes()))),
        ("listed-taxes-none", Stored::ListedTaxes(Box::new(plain.taxes()))),
        ("property", Stored::Property(Box::new(house), write.clone())),
        ("property-plain", Stored::Property(Box::new(plain), Write { trace: None, ..write.clone() })),
        ("resource-of-property", Stored::Resource(Box::new(room.clone()), 2, Some(write))),
        ("resource-leaving-its-property", Stored::Resource(Box::new(leaving), 2, None)),
        ("resource-coming-to-a-property", Stored::Resource(Box::new(coming), 2, None)),
        ("listing-of-property", Stored::Listing(Box::new(room))),
        ("booking-of-property", Stored::Booking(Box::new(requested))),
        ("hold-of-property", Stored::Hold(Box::new(hold))),
    ])
}

/// A property with everything that one can have.
pub(crate) fn house() -> Property {
    let line = |text| AddressLine::parse(text).expect("a line");
    let address = Address::new(
        vec![line("1 Grand Street"), line("Floor 2")],
        line("New York"),
        Some(line("NY")),
        PostalCode::parse("10013").ok(),
        Country::parse("US").expect("a country"),
    );
    let contact = PropertyContact {
        email: EmailAddress::parse("desk@grand.example").ok(),
        phone: PhoneNumber::parse("+12125550100").ok(),
        website: Website::parse("https://grand.example/en").ok(),
    };
    let terms = PropertyTerms {
        kind: Label::parse("hotel").expect("a label"),
        name: Label::parse("The Grand").expect("a label"),
        address: address.expect("an address"),
        position: Position::new(40.72, -74.0).ok(),
        time_zone: TimeZone::get("America/New_York").expect("a zone"),
        currency: money(0).currency(),
        contact,
        house_rules: HouseRules::parse("No smoking.\nQuiet from 22:00.").ok(),
        taxes: charges(),
    };
    let by = Mutation { now: now(), actor: "desk-1".to_owned(), trace: Some(TRACE.to_owned()) };
    let house = Property::create(PropertyId::parse("hotel-nyc").expect("an id"), terms);
    PropertyCommit::new(None, &house, &by).next
}
