//! The bounds of a resource's terms: the last value within each, and the first beyond.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::collections::BTreeMap;

use holdfast_domain::bookings::{HOURS_BEFORE_MAX, Tier};
use holdfast_domain::catalogue::{
    ATTRIBUTES_MAX, AttributeValue, CAPACITY_MAX, HOLD_TTL_SECONDS, InvalidAttribute, InvalidSchedule,
    InvalidTerms, Label, OPENINGS_MAX, Opening, ResourceTerms, SlotSchedule,
};
use holdfast_domain::inventory::COOL_DOWN_SECONDS_MAX;
use holdfast_domain::money::Percent;
use holdfast_domain::{CancellationPolicy, Currency, HoldLimits, Money, Schedule};
use jiff::civil::{Weekday, time};
use jiff::tz::TimeZone;

fn euro(amount: i64) -> Money {
    Money::new(amount, Currency::parse("EUR").expect("known")).expect("in range")
}

fn terms() -> ResourceTerms {
    let label = |text: &str| Label::parse(text).expect("a label");
    ResourceTerms {
        property: None,
        resource_type: label("hotel"),
        name: label("Deluxe double"),
        location: label("NYC"),
        time_zone: TimeZone::get("America/New_York").expect("a bundled zone"),
        schedule: Schedule::Nightly { check_in: time(15, 0, 0, 0), check_out: time(11, 0, 0, 0) },
        capacity: 3,
        hold_ttl_seconds: 600,
        hold_limits: HoldLimits::default(),
        base_price: euro(12_900),
        cancellation_policy: CancellationPolicy::default(),
        attributes: BTreeMap::from([("rating".to_owned(), AttributeValue::Number(4.5))]),
    }
}

fn check(edit: impl Fn(&mut ResourceTerms), expected: Result<(), InvalidTerms>) {
    let mut terms = terms();
    edit(&mut terms);
    assert_eq!(terms.clone().checked(), expected.map(|()| terms));
}

#[test]
fn numbers_are_within_their_bounds() {
    for (capacity, expected) in [
        (0, Err(InvalidTerms::Capacity)),
        (1, Ok(())),
        (CAPACITY_MAX, Ok(())),
        (CAPACITY_MAX + 1, Err(InvalidTerms::Capacity)),
    ] {
        check(|terms| terms.capacity = capacity, expected);
    }
    let (shortest, longest) = (*HOLD_TTL_SECONDS.start(), *HOLD_TTL_SECONDS.end());
    for (seconds, expected) in [
        (shortest - 1, Err(InvalidTerms::HoldTtl)),
        (shortest, Ok(())),
        (longest, Ok(())),
        (longest + 1, Err(InvalidTerms::HoldTtl)),
    ] {
        check(|terms| terms.hold_ttl_seconds = seconds, expected);
    }
    check(|terms| terms.base_price = euro(0), Ok(()));
}

#[test]
fn a_zone_that_cannot_be_named_again_is_refused() {
    let fixed = TimeZone::fixed(jiff::tz::Offset::constant(2));
    check(|terms| terms.time_zone = fixed.clone(), Err(InvalidTerms::TimeZone));
    check(|terms| terms.time_zone = TimeZone::UTC, Ok(()));
}

#[test]
fn limits_are_within_their_bounds() {
    let most = HoldLimits::HOLDS_MAX;
    let with = |edit: fn(&mut HoldLimits, u32), value: u32, is_valid: bool| {
        let expected = if is_valid { Ok(()) } else { Err(InvalidTerms::HoldLimits) };
        check(|terms| edit(&mut terms.hold_limits, value), expected);
    };
    for edit in [
        |limits: &mut HoldLimits, n| limits.per_guest = Some(n),
        |limits: &mut HoldLimits, n| limits.per_slot = n,
    ] {
        for (value, is_valid) in [(0, false), (1, true), (most, true), (most + 1, false)] {
            with(edit, value, is_valid);
        }
    }
    for (value, is_valid) in [(0, false), (1, true), (CAPACITY_MAX, true), (CAPACITY_MAX + 1, false)] {
        with(|limits, n| limits.places_per_slot = Some(n), value, is_valid);
    }
    for (value, is_valid) in [(0, true), (COOL_DOWN_SECONDS_MAX, true), (COOL_DOWN_SECONDS_MAX + 1, false)] {
        with(|limits, n| limits.cool_down_seconds = Some(n), value, is_valid);
    }
}

#[test]
fn attributes_are_few_short_and_finite() {
    let refused = |name: &str, value: AttributeValue, reason: InvalidAttribute| {
        let named = name.to_owned();
        check(
            |terms| drop(terms.attributes.insert(named.clone(), value.clone())),
            Err(InvalidTerms::Attribute { name: named.clone(), reason }),
        );
    };
    let text = |length: usize| AttributeValue::Text("ä".repeat(length));
    check(|terms| drop(terms.attributes.insert("ä".repeat(64), text(500))), Ok(()));
    refused("text", text(501), InvalidAttribute::Text);
    refused(&"ä".repeat(65), AttributeValue::Flag(true), InvalidAttribute::Name);
    refused("", AttributeValue::Flag(true), InvalidAttribute::Name);
    refused("a\nb", AttributeValue::Flag(true), InvalidAttribute::Name);
    refused("number", AttributeValue::Number(f64::INFINITY), InvalidAttribute::Number);
    let many = |count: usize| (0..count).map(|n| (format!("a{n}"), AttributeValue::Flag(true))).collect();
    check(|terms| terms.attributes = many(ATTRIBUTES_MAX), Ok(()));
    check(|terms| terms.attributes = many(ATTRIBUTES_MAX + 1), Err(InvalidTerms::TooManyAttributes));
}

#[test]
fn a_tier_names_ten_years_at_most() {
    let policy = |hours_before| CancellationPolicy::new(vec![Tier { hours_before, refund: Percent::ZERO }]);
    assert!(policy(HOURS_BEFORE_MAX).is_some());
    assert_eq!(policy(HOURS_BEFORE_MAX + 1), None);
}

#[test]
fn a_week_has_so_many_openings_at_most() {
    let schedule = |count: usize| {
        let opening = (0..count).map(|index| {
            let minute = i8::try_from(index).expect("small");
            Opening {
                days: vec![Weekday::Monday],
                from: time(12, minute, 0, 0),
                to: time(12, minute + 1, 0, 0),
            }
        });
        SlotSchedule::new(1, 0, opening.collect()).map(|schedule| schedule.opening().len())
    };
    assert_eq!(schedule(OPENINGS_MAX), Ok(OPENINGS_MAX));
    assert_eq!(schedule(OPENINGS_MAX + 1), Err(InvalidSchedule::TooManyOpenings));
}
