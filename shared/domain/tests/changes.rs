//! What an edit changed: terms, dates, and what it is called.
#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::collections::BTreeMap;

use holdfast_domain::catalogue::{
    AttributeValue, DateFacts, DateFactsEdit, DatesChange, Facts, Label, ResourceChange, ResourceTerms, Term,
};
use holdfast_domain::{CancellationPolicy, Currency, HoldLimits, Money, Resource, ResourceId, Schedule};
use jiff::civil::{date, time};
use jiff::tz::TimeZone;

fn terms() -> ResourceTerms {
    let label = |text| Label::parse(text).expect("a label");
    ResourceTerms {
        property: None,
        resource_type: label("hotel"),
        name: label("Deluxe double"),
        location: label("NYC"),
        time_zone: TimeZone::get("America/New_York").expect("a zone"),
        schedule: Schedule::Nightly { check_in: time(15, 0, 0, 0), check_out: time(11, 0, 0, 0) },
        capacity: 3,
        hold_ttl_seconds: 600,
        hold_limits: HoldLimits {
            per_guest: None,
            per_slot: 10,
            places_per_slot: None,
            cool_down_seconds: None,
        },
        base_price: Money::new(12_900, Currency::parse("EUR").expect("a currency")).expect("a price"),
        cancellation_policy: CancellationPolicy::new(Vec::new()).expect("a policy"),
        attributes: BTreeMap::from([
            ("rating".to_owned(), AttributeValue::Number(4.6)),
            ("view".to_owned(), AttributeValue::Text("garden".to_owned())),
        ]),
    }
}

#[test]
fn each_term_that_differs_is_named_and_no_other() {
    let check = |change: &dyn Fn(&mut ResourceTerms), expected: &[Term]| {
        let (before, mut after) = (terms(), terms());
        change(&mut after);
        assert_eq!(before.differing(&after), expected);
        assert_eq!(after.differing(&before), expected);
    };
    let label = |text| Label::parse(text).expect("a label");
    let attribute = |name: &str| Term::Attribute(name.to_owned());
    check(&|_| (), &[]);
    check(&|terms| terms.resource_type = label("hostel"), &[Term::ResourceType]);
    check(&|terms| terms.name = label("Double"), &[Term::Name]);
    check(&|terms| terms.location = label("LON"), &[Term::Location]);
    check(&|terms| terms.time_zone = TimeZone::UTC, &[Term::TimeZone]);
    let noon = Schedule::Nightly { check_in: time(12, 0, 0, 0), check_out: time(11, 0, 0, 0) };
    check(&|terms| terms.schedule = noon.clone(), &[Term::Schedule]);
    check(&|terms| terms.capacity = 4, &[Term::Capacity]);
    check(&|terms| terms.hold_ttl_seconds = 60, &[Term::HoldTtl]);
    check(&|terms| terms.hold_limits.per_slot = 2, &[Term::HoldLimits]);
    check(&|terms| terms.base_price = Money::zero(terms.base_price.currency()), &[Term::BasePrice]);
    let tier = || holdfast_domain::bookings::Tier {
        hours_before: 0,
        refund: holdfast_domain::money::Percent::new(50).expect("a percentage"),
    };
    let policy = || CancellationPolicy::new(vec![tier()]).expect("a policy");
    check(&|terms| terms.cancellation_policy = policy(), &[Term::CancellationPolicy]);
    let other = |terms: &mut ResourceTerms| {
        terms.attributes.remove("rating");
        terms.attributes.insert("smoking".to_owned(), AttributeValue::Flag(false));
        terms.attributes.insert("view".to_owned(), AttributeValue::Text("street".to_owned()));
        terms.capacity = 9;
    };
    check(&other, &[Term::Capacity, attribute("rating"), attribute("smoking"), attribute("view")]);
}

/// An edit of dates that sets those two.
fn set(capacity: Option<u32>, closed: Option<bool>) -> DateFactsEdit {
    DateFactsEdit { capacity, closed, ..DateFactsEdit::default() }
}

#[test]
fn neighbouring_dates_with_the_same_change_are_one_range() {
    let june = |day| date(2030, 6, day);
    let facts = |capacity, closed| DateFacts { capacity, closed, overbooking: 0 };
    let change = |from, to, before, after| DatesChange { from: june(from), to: june(to), before, after };
    let before = Facts::default().with([june(3)], set(Some(7), None)).with([june(9)], set(None, Some(true)));
    let after = before.with((1..=5).map(june), set(Some(2), None)).with([june(9)], set(None, Some(false)));
    let (none, two) = (facts(None, false), facts(Some(2), false));
    let changes = [
        change(1, 3, none, two),
        change(3, 4, facts(Some(7), false), two),
        change(4, 6, none, two),
        change(9, 10, facts(None, true), none),
    ];
    assert_eq!(before.differing(&after), changes);
    assert_eq!(before.differing(&before), []);
    let over_months = Facts::default().with([june(30), date(2030, 7, 1)], set(Some(2), None));
    let one = DatesChange { from: june(30), to: date(2030, 7, 2), before: none, after: two };
    assert_eq!(Facts::default().differing(&over_months), [one]);
    assert_eq!(ResourceChange::of_dates(&before, &before), None);
    assert_eq!(ResourceChange::of_dates_taken_back(&before, &before), None);
}

#[test]
fn a_write_of_terms_is_called_what_it_does() {
    let kind = |previous: Option<&Resource>, next: &Resource| {
        ResourceChange::of_terms(previous, next).map(|change| change.kind())
    };
    let room = Resource::create(ResourceId::parse("room").expect("an id"), terms());
    let smaller = || ResourceTerms { capacity: 2, ..terms() };
    let announcing = room.announcing(smaller());
    assert_eq!(kind(None, &room), Some("resource.created"));
    assert_eq!(kind(Some(&room), &room.replace(terms())), None, "nothing");
    assert_eq!(kind(Some(&room), &room.replace(smaller())), Some("resource.replaced"));
    assert_eq!(kind(Some(&room), &announcing), Some("resource.announced"));
    assert_eq!(kind(Some(&announcing), &announcing.replace(smaller())), Some("resource.replaced"));
    assert_eq!(kind(Some(&announcing), &announcing.withdrawn()), Some("resource.withdrawn"));
    assert_eq!(kind(Some(&announcing), &announcing.replace(terms())), Some("resource.withdrawn"));
    let other = ResourceTerms { capacity: 1, ..terms() };
    assert_eq!(kind(Some(&announcing), &announcing.announcing(other.clone())), Some("resource.announced"));
    assert_eq!(kind(Some(&announcing), &announcing.replace(other)), Some("resource.replaced"));
}
