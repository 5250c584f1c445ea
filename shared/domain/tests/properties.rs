//! What is said of a property, at its bounds.

use holdfast_domain::catalogue::Label;
use holdfast_domain::properties::{
    ADDRESS_LINES_MAX, Address, AddressLine, Country, HOUSE_RULES_LENGTH_MAX, HouseRules, InvalidAddress,
    InvalidPosition, Position, PostalCode, PropertyContact, WEBSITE_LENGTH_MAX, Website,
};
use holdfast_domain::{Currency, Property, PropertyId, PropertyTerms};
use jiff::tz::TimeZone;

fn check(is_valid: fn(&str) -> bool, valid: &[&str], invalid: &[&str]) {
    for text in valid {
        assert!(is_valid(text), "{text}");
    }
    for text in invalid {
        assert!(!is_valid(text), "{text}");
    }
}

#[test]
fn parts_of_an_address() {
    let (longest, too_long) = ("é".repeat(120), "é".repeat(121));
    let line = |text: &str| AddressLine::parse(text).is_ok();
    check(line, &["1 Grand Street #4", " ", "東京都", &longest], &["", "a\nb", "a\u{85}", &too_long]);
    let code = |text: &str| PostalCode::parse(text).is_ok();
    check(code, &["1", "SW1A 1AA", "75008-1", "0123456789ABCDEF"], &["", "0123456789ABCDEFG", "1_2", "１"]);
    let country = |text: &str| Country::parse(text).is_ok();
    check(country, &["AD", "DE", "US", "ZW"], &["", "D", "de", "ZZ", "DEU", "D ", "E A", "é"]);
    assert_eq!(Country::parse("DE").expect("a country").code(), "DE");
}

#[test]
fn an_address_has_one_line_or_some() {
    let address = |lines: usize| {
        let line = || AddressLine::parse("a").expect("a line");
        let lines = (0..lines).map(|_| line()).collect();
        Address::new(lines, line(), None, None, Country::parse("DE").expect("a country"))
    };
    assert_eq!(address(0), Err(InvalidAddress::Lines));
    assert_eq!(address(ADDRESS_LINES_MAX + 1), Err(InvalidAddress::Lines));
    for lines in [1, ADDRESS_LINES_MAX] {
        assert_eq!(address(lines).expect("an address").lines().len(), lines);
    }
}

#[test]
fn a_position_is_on_the_globe() {
    for (latitude, longitude) in [(90.0, 180.0), (-90.0, -180.0), (0.0, 0.0)] {
        let position = Position::new(latitude, longitude).expect("a position");
        assert!((position.latitude() - latitude).abs() < f64::EPSILON, "{position:?}");
        assert!((position.longitude() - longitude).abs() < f64::EPSILON, "{position:?}");
    }
    for latitude in [90.1, -90.1, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(Position::new(latitude, 0.0), Err(InvalidPosition::Latitude), "{latitude}");
    }
    for longitude in [180.1, -180.1, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(Position::new(0.0, longitude), Err(InvalidPosition::Longitude), "{longitude}");
    }
}

#[test]
fn websites_and_house_rules() {
    let website = |text: &str| Website::parse(text).is_ok();
    let longest = format!("https://a.example/{}", "x".repeat(WEBSITE_LENGTH_MAX - 18));
    let too_long = format!("{longest}x");
    let valid =
        ["https://a.example", "https://a-1.example/x?y=1#z", "https://a.example?q", "https://1.2/", &longest];
    let invalid = [
        "",
        "https://",
        "https://a",
        "http://a.example",
        "HTTPS://a.example",
        "https://a..example",
        "https://.example",
        "https://a.example.",
        "https://a.example:80",
        "https://user@a.example",
        "https://a.example/ b",
        "https://a.example/é",
        &too_long,
    ];
    check(website, &valid, &invalid);
    let (longest, too_long) = ("é".repeat(HOUSE_RULES_LENGTH_MAX), "é".repeat(HOUSE_RULES_LENGTH_MAX + 1));
    let rules = |text: &str| HouseRules::parse(text).is_ok();
    check(rules, &["No smoking.\r\n\tQuiet.", &longest], &["", "a\u{0}", "a\u{7f}", &too_long]);
}

#[test]
fn a_replaced_property_is_the_next_revision_of_the_same() {
    let line = || AddressLine::parse("a").expect("a line");
    let country = Country::parse("DE").expect("a country");
    let terms = |name: &str, time_zone: TimeZone| PropertyTerms {
        kind: Label::parse("hotel").expect("a label"),
        name: Label::parse(name).expect("a label"),
        address: Address::new(vec![line()], line(), None, None, country).expect("an address"),
        position: None,
        time_zone,
        currency: Currency::parse("EUR").expect("a currency"),
        contact: PropertyContact::default(),
        house_rules: None,
        taxes: Vec::new(),
    };
    let property = Property::create(PropertyId::parse("house").expect("an id"), terms("A", TimeZone::UTC));
    let next = property.replace(terms("B", TimeZone::UTC));
    assert_eq!((property.revision, next.revision, &next.id), (1, 2, &property.id));
    assert_eq!((next.terms.name.as_str(), &next.trail), ("B", &property.trail));
    assert!(terms("A", TimeZone::UTC).checked().is_ok());
    assert!(terms("A", TimeZone::fixed(jiff::tz::offset(2))).checked().is_err(), "it has no name");
}
