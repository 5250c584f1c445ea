//! What rules of a card may not say: conditions that are never met, and rules that contradict each other.

use std::collections::BTreeSet;

use holdfast_domain::rates::card::RateCard;
use holdfast_domain::rates::condition::{Bounds, Condition, DateRange};
use holdfast_domain::rates::rule::{Adjustment, Rule};
use holdfast_domain::rates::validate::{CardFault, CardProblem};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday, time};

use crate::fixture::{by_percent, channel, date, dates, eur, plan_id, rule, rule_id};
use crate::validation::{calendar, check, problems};

fn bounds(min: u32, max: u32) -> Option<Bounds> {
    Some(Bounds { min: Some(min), max: Some(max) })
}

#[test]
fn conditions_name_what_there_is_and_can_be_met() {
    let when = |when: Condition| move |card: &mut RateCard| card.rules[0].when = when.clone();
    let of = |path: &'static str, fault| [(path, Some("season"), fault)];
    let none = Condition::default;
    check(
        when(Condition { plans: BTreeSet::from([plan_id("lost")]), ..none() }),
        &of("/rules/0/when/plans/0", CardFault::UnknownPlan(plan_id("lost"))),
    );
    check(
        when(Condition { calendar: Some(calendar("lost")), ..none() }),
        &of("/rules/0/when/calendar", CardFault::UnknownCalendar(calendar("lost"))),
    );
    check(
        when(Condition {
            dates: vec![dates("2026-06-01", "2026-07-01"), dates("2026-06-12", "2026-06-12")],
            ..none()
        }),
        &of("/rules/0/when/dates/1", CardFault::EmptyRange),
    );
    let noon = time(12, 0, 0, 0);
    check(
        when(Condition { times: Some((noon, noon)), ..none() }),
        &of("/rules/0/when/times", CardFault::EmptyRange),
    );
    check(
        when(Condition { slots: bounds(3, 2), ..none() }),
        &of("/rules/0/when/slots", CardFault::EmptyBounds),
    );
    check(
        when(Condition { lead_days: bounds(3, 2), ..none() }),
        &of("/rules/0/when/leadDays", CardFault::EmptyBounds),
    );
    check(
        when(Condition { sold_percent: bounds(3, 2), ..none() }),
        &of("/rules/0/when/soldPercent", CardFault::EmptyBounds),
    );
    check(
        when(Condition { guests: bounds(3, 2), ..none() }),
        &of("/rules/0/when/guests", CardFault::EmptyBounds),
    );
    check(
        when(Condition { quantity: bounds(3, 2), ..none() }),
        &of("/rules/0/when/quantity", CardFault::EmptyBounds),
    );
    let never = of("/rules/0/when", CardFault::NeverApplies);
    check(when(Condition { sold_percent: bounds(101, 200), ..none() }), &never);
    check(when(Condition { slots: bounds(367, 400), ..none() }), &never);
    check(when(Condition { slots: bounds(3, 7), from_slot: Some(8), ..none() }), &never);
    check(when(Condition { slots: bounds(3, 7), from_slot: Some(7), ..none() }), &[]);
    for from in [0, 1, 367] {
        let fault = CardFault::OutOfBounds { min: 2, max: 366 };
        check(when(Condition { from_slot: Some(from), ..none() }), &of("/rules/0/when/fromSlot", fault));
    }
    let of_few = |guests_max: u32, cots_max: Option<u32>, has_cots: bool, least: u32| {
        move |card: &mut RateCard| {
            let occupancy = card.occupancy.as_mut().expect("an occupancy");
            (occupancy.guests_max, occupancy.cots_max) = (guests_max, cots_max);
            for band in &mut occupancy.child_bands {
                band.in_cot = has_cots;
            }
            card.rules[0].when = Condition { guests: Some(Bounds { min: Some(least), max: None }), ..none() };
        }
    };
    check(of_few(3, None, false, 3), &[]);
    check(of_few(3, None, false, 4), &never);
    check(of_few(3, None, true, 4), &[]);
    check(of_few(3, Some(1), true, 4), &[]);
    check(of_few(3, Some(1), true, 5), &never);
    let in_channels = |of_plan: &'static str, of_rule: &'static str| {
        move |card: &mut RateCard| {
            card.plans[1].channels = BTreeSet::from([channel(of_plan)]);
            let plans = BTreeSet::from([card.plans[1].id.clone()]);
            card.rules[0].when = Condition { channels: BTreeSet::from([channel(of_rule)]), plans, ..none() };
        }
    };
    check(in_channels("web", "web"), &[]);
    check(in_channels("web", "desk"), &never);
    // 12 June 2026, the only date of the calendar, is a Friday.
    check(
        when(Condition { calendar: Some(calendar("fair")), weekdays: vec![Weekday::Monday], ..none() }),
        &never,
    );
    check(
        when(Condition { calendar: Some(calendar("fair")), weekdays: vec![Weekday::Friday], ..none() }),
        &[],
    );
    check(
        when(Condition {
            dates: vec![dates("2026-06-12", "2026-06-15")],
            weekdays: vec![Weekday::Monday],
            ..none()
        }),
        &never,
    );
    check(
        when(Condition {
            dates: vec![dates("2026-06-12", "2026-06-16")],
            weekdays: vec![Weekday::Monday],
            ..none()
        }),
        &[],
    );
}

/// What is wrong with two rules beside each other.
fn pair(
    one: (Adjustment, Condition, Option<&str>),
    other: (Adjustment, Condition, Option<&str>),
) -> Vec<CardFault> {
    let make = |name: &str, (adjustment, when, group): (Adjustment, Condition, Option<&str>)| Rule {
        group: group.map(rule_id),
        ..rule(name, adjustment, when)
    };
    let rules = [make("one", one), make("other", other)];
    let found = problems(|card| card.rules = rules.to_vec(), 1);
    assert!(found.iter().all(|problem| problem.path.starts_with("/rules/")), "{found:?}");
    found.into_iter().map(|problem| problem.fault).collect()
}

#[test]
fn rules_of_one_priority_do_not_both_set_a_price() {
    let fixed = || Adjustment::Price(eur(80_00));
    let none = Condition::default;
    let check = |one: Condition, other: Condition, meet: bool| {
        let expected = if meet { vec![CardFault::Overlap(rule_id("one"))] } else { vec![] };
        let found = pair((fixed(), one.clone(), None), (fixed(), other.clone(), None));
        let overlaps: Vec<CardFault> =
            found.into_iter().filter(|fault| matches!(fault, CardFault::Overlap(_))).collect();
        assert_eq!(overlaps, expected, "{one:?} {other:?}");
    };
    let on = |from: &str, to: &str| Condition { dates: vec![dates(from, to)], ..none() };
    check(none(), none(), true);
    check(on("2026-06-01", "2026-06-10"), on("2026-06-10", "2026-06-20"), false);
    check(on("2026-06-01", "2026-06-11"), on("2026-06-10", "2026-06-20"), true);
    let days = |days: &[Weekday]| Condition { weekdays: days.to_vec(), ..none() };
    check(days(&[Weekday::Friday]), days(&[Weekday::Saturday, Weekday::Sunday]), false);
    check(days(&[Weekday::Friday]), days(&[Weekday::Friday, Weekday::Sunday]), true);
    // 12 June 2026 is a Friday.
    check(days(&[Weekday::Saturday]), on("2026-06-12", "2026-06-13"), false);
    check(days(&[Weekday::Friday]), on("2026-06-12", "2026-06-13"), true);
    // A week from Monday to Sunday has its Sunday.
    check(days(&[Weekday::Sunday]), on("2026-06-01", "2026-06-08"), true);
    check(days(&[Weekday::Sunday]), on("2026-06-01", "2026-06-07"), false);
    let fair = || Condition { calendar: Some(calendar("fair")), ..none() };
    check(fair(), on("2026-06-13", "2026-06-20"), false);
    check(fair(), on("2026-06-12", "2026-06-20"), true);
    check(fair(), days(&[Weekday::Monday]), false);
    let clock = |from, to| Condition { times: Some((time(from, 0, 0, 0), time(to, 0, 0, 0))), ..none() };
    check(clock(9, 12), clock(12, 14), false);
    check(clock(9, 12), clock(11, 14), true);
    check(clock(22, 2), clock(1, 3), true);
    check(clock(22, 2), clock(2, 22), false);
    let slots = |min, max| Condition { slots: bounds(min, max), ..none() };
    check(slots(1, 3), slots(4, 7), false);
    check(slots(1, 4), slots(4, 7), true);
    check(
        Condition { lead_days: bounds(0, 6), ..none() },
        Condition { lead_days: bounds(7, 9), ..none() },
        false,
    );
    check(Condition { guests: bounds(1, 1), ..none() }, Condition { guests: bounds(2, 9), ..none() }, false);
    check(
        Condition { quantity: bounds(1, 1), ..none() },
        Condition { quantity: bounds(2, 9), ..none() },
        false,
    );
    check(
        Condition { sold_percent: bounds(0, 49), ..none() },
        Condition { sold_percent: bounds(50, 100), ..none() },
        false,
    );
    check(slots(1, 3), Condition { lead_days: bounds(0, 6), ..none() }, true);
    let from = |name: &str| Condition { channels: BTreeSet::from([channel(name)]), ..none() };
    check(from("web"), from("partner"), false);
    check(from("web"), none(), true);
    let of = |names: &[&str]| Condition { plans: names.iter().map(|name| plan_id(name)).collect(), ..none() };
    check(of(&["flexible"]), of(&["saver"]), true); // the one is in the price of the other
    check(of(&["saver"]), of(&["saver"]), true);
    // Of other priorities both may; a percentage beside a fixed price may.
    let later = problems(
        |card| {
            card.rules = vec![
                rule("one", fixed(), slots(2, 3)),
                Rule { priority: 11, ..rule("other", fixed(), slots(3, 4)) },
            ]
        },
        1,
    );
    assert_eq!(later, []);
    assert_eq!(pair((fixed(), slots(2, 3), None), (by_percent("5"), none(), None)), []);
}

#[test]
fn rules_of_one_group_and_priority_do_not_both_apply() {
    let slots = |min, max| Condition { slots: bounds(min, max), ..Condition::default() };
    let of = |when: Condition, group: &'static str| (by_percent("5"), when, Some(group));
    assert_eq!(pair(of(slots(1, 3), "g"), of(slots(3, 5), "g")), [CardFault::GroupOverlap(rule_id("one"))]);
    assert_eq!(pair(of(slots(1, 3), "g"), of(slots(4, 5), "g")), []);
    assert_eq!(pair(of(slots(1, 3), "g"), of(slots(3, 5), "h")), []);
}

#[test]
fn a_rule_that_another_always_overwrites_has_no_effect() {
    let fixed = || Adjustment::Price(eur(80_00));
    let later = |when: Condition, first: Condition, plans: &[&str]| {
        let last = Rule { priority: 20, ..rule("last", fixed(), when) };
        let mut first = rule("first", by_percent("5"), first);
        first.when.plans = plans.iter().map(|name| plan_id(name)).collect();
        problems(|card| card.rules = vec![last.clone(), first.clone()], 1)
    };
    let none = Condition::default;
    let overwritten = |found: Vec<CardProblem>| {
        let fault = CardFault::Overwritten(rule_id("last"));
        found == [CardProblem { path: "/rules/1".to_owned(), id: Some("first".to_owned()), fault }]
    };
    assert!(overwritten(later(none(), none(), &[])));
    let slots = |min, max| Condition { slots: bounds(min, max), ..none() };
    assert!(overwritten(later(slots(1, 9), slots(2, 3), &[])));
    assert_eq!(later(slots(2, 9), slots(1, 3), &[]), []);
    assert_eq!(later(slots(2, 9), none(), &[]), []);
    let june = || Condition { dates: vec![dates("2026-06-01", "2026-07-01")], ..none() };
    assert!(overwritten(later(june(), june(), &[])));
    assert_eq!(later(june(), none(), &[]), []);
    assert_eq!(
        later(none(), none(), &["saver"]),
        [],
        "a rule of a derived plan comes after those of the other"
    );
}

#[test]
fn a_rule_of_a_group_in_whose_place_another_always_comes_never_applies() {
    let in_group = |name: &str, priority: u16, when: Condition, group: &str| Rule {
        priority,
        group: Some(rule_id(group)),
        ..rule(name, by_percent("-5"), when)
    };
    let none = Condition::default;
    let slots = |min, max| Condition { slots: bounds(min, max), ..none() };
    let second = |first: Condition, second: Condition, group: &str| {
        let rules = vec![in_group("first", 1, first, "g"), in_group("second", 2, second, group)];
        problems(|card| card.rules = rules.clone(), 1)
    };
    let forestalled = |found: Vec<CardProblem>| {
        let fault = CardFault::Forestalled(rule_id("first"));
        found == [CardProblem { path: "/rules/1".to_owned(), id: Some("second".to_owned()), fault }]
    };
    // From 7 nights on comes first: from 28 on never applies. The other way round both do.
    assert!(forestalled(second(slots(7, 365), slots(28, 365), "g")));
    assert_eq!(second(slots(28, 365), slots(7, 365), "g"), []);
    assert!(forestalled(second(none(), slots(2, 3), "g")));
    assert_eq!(second(none(), slots(2, 3), "h"), [], "rules of other groups apply beside it");
    let june = || Condition { dates: vec![dates("2026-06-01", "2026-07-01")], ..none() };
    assert_eq!(second(june(), none(), "g"), [], "outside June the second applies");
    assert!(forestalled(second(june(), june(), "g")));
    let from = |from_slot| Condition { from_slot: Some(from_slot), ..none() };
    assert!(forestalled(second(from(3), from(8), "g")), "the eighth night is after the third");
    assert_eq!(second(from(8), from(3), "g"), [], "the third is not after the eighth");
    assert_eq!(second(from(8), none(), "g"), [], "nor is the first");
    assert!(forestalled(second(none(), from(8), "g")));
    assert!(
        forestalled(second(slots(8, 366), Condition { slots: bounds(1, 366), ..from(8) }, "g")),
        "a stay with an eighth night has eight"
    );
}

/// Whether a rule never applies beside one of its group that comes first.
fn is_forestalled(first: &Condition, later: &Condition) -> bool {
    let of_group = |id: &str, priority: u16, when: &Condition| Rule {
        priority,
        group: Some(rule_id("season")),
        ..rule(id, by_percent("10"), when.clone())
    };
    let rules = [of_group("first", 1, first), of_group("later", 2, later)];
    let found = problems(|card| card.rules = rules.to_vec(), 1);
    found.iter().any(|problem| problem.fault == CardFault::Forestalled(rule_id("first")))
}

/// Whether a rule has no effect before one that sets the price.
fn is_overwritten(by: &Condition, when: &Condition) -> bool {
    let rules = [
        Rule { priority: 1, ..rule("earlier", by_percent("10"), when.clone()) },
        Rule { priority: 2, ..rule("sets", Adjustment::Price(eur(50_00)), by.clone()) },
    ];
    let found = problems(|card| card.rules = rules.to_vec(), 1);
    found.iter().any(|problem| problem.fault == CardFault::Overwritten(rule_id("sets")))
}

#[test]
fn a_rule_within_the_dates_of_another_that_comes_first_or_sets_the_price_is_dead() {
    use Weekday::{Friday, Monday, Saturday, Sunday};
    let when = |ranges: &[(&str, &str)], weekdays: &[Weekday]| Condition {
        dates: ranges.iter().map(|(from, to)| dates(from, to)).collect(),
        weekdays: weekdays.to_vec(),
        ..Condition::default()
    };
    let fair = |weekdays: &[Weekday]| Condition { calendar: Some(calendar("fair")), ..when(&[], weekdays) };
    let (july, fair_days) = (("2027-07-01", "2027-09-01"), ("2027-07-05", "2027-07-10"));
    let cases = [
        (when(&[july], &[]), when(&[fair_days], &[]), true),
        (when(&[fair_days], &[]), when(&[july], &[]), false),
        (when(&[july], &[]), when(&[fair_days, ("2027-08-30", "2027-09-02")], &[]), false),
        (
            when(&[("2027-07-01", "2027-07-07"), ("2027-07-07", "2027-08-01")], &[]),
            when(&[fair_days], &[]),
            true,
        ),
        (
            when(&[("2027-07-01", "2027-07-07"), ("2027-07-08", "2027-08-01")], &[]),
            when(&[fair_days], &[]),
            false,
        ),
        (when(&[], &[Friday, Saturday]), when(&[], &[Friday]), true),
        (when(&[], &[Friday]), when(&[], &[Friday, Saturday]), false),
        (when(&[], &[Friday]), when(&[july], &[Friday]), true),
        (when(&[july], &[Friday]), when(&[], &[Friday]), false),
        // From Monday, 5 July 2027, up to Saturday.
        (when(&[], &[Monday, Friday]), when(&[fair_days], &[Friday, Sunday]), true),
        (when(&[], &[Monday, Saturday]), when(&[fair_days], &[Friday, Sunday]), false),
        // 12 June 2026, the only date of the calendar, is a Friday.
        (when(&[], &[Friday]), fair(&[]), true),
        (when(&[], &[Saturday]), fair(&[]), false),
        (when(&[("2026-06-01", "2026-07-01")], &[]), fair(&[]), true),
        (fair(&[]), when(&[("2026-06-12", "2026-06-13")], &[]), false),
        (fair(&[]), fair(&[Friday]), true),
    ];
    for (first, later, expected) in cases {
        assert_eq!(is_forestalled(&first, &later), expected, "{first:?} {later:?}");
        assert_eq!(is_overwritten(&first, &later), expected, "{first:?} {later:?}");
    }
}

/// The same of dates of chance, by looking at each of them.
#[test]
fn which_dates_are_within_others_is_as_each_of_them_says() {
    let (mut state, mut forestalled) = (7_u32, 0);
    let mut below = |count: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) % count
    };
    let first = date("2026-06-01");
    let days = [Weekday::Friday, Weekday::Saturday, Weekday::Sunday];
    for _ in 0..2_000 {
        let mut drawn = || {
            let mut range = || {
                let from = first + i64::from(below(20)).days();
                DateRange { from, to: from + i64::from(1 + below(14)).days() }
            };
            let dates: Vec<DateRange> = (0..2).map(|_| range()).collect();
            let dates = dates[..usize::try_from(below(3)).expect("small")].to_vec();
            let weekdays = days[..usize::try_from(below(4)).expect("small")].to_vec();
            Condition { dates, weekdays, ..Condition::default() }
        };
        let (one, other) = (drawn(), drawn());
        let is_on = |when: &Condition, day: Date| {
            (when.dates.is_empty() || when.dates.iter().any(|range| range.contains(day)))
                && (when.weekdays.is_empty() || when.weekdays.contains(&day.weekday()))
        };
        let all = || first.series(1.day()).take(60);
        let is_met = all().any(|day| is_on(&other, day));
        let expected = is_met && all().all(|day| !is_on(&other, day) || is_on(&one, day));
        assert_eq!(is_forestalled(&one, &other), expected, "{one:?} {other:?}");
        assert_eq!(is_overwritten(&one, &other), expected, "{one:?} {other:?}");
        forestalled += u32::from(expected);
    }
    assert!((100..1_900).contains(&forestalled), "{forestalled}");
}

#[test]
fn two_prices_of_nights_that_no_stay_has_both_of_do_not_contradict_each_other() {
    let prices = |one: Condition, other: Condition| {
        let price = |name: &str, when: Condition| rule(name, Adjustment::Price(eur(80_00)), when);
        let rules = vec![price("one", one), price("other", other)];
        problems(|card| card.rules = rules.clone(), 1)
    };
    let short = Condition { slots: bounds(1, 7), ..Condition::default() };
    let late = |from| Condition { from_slot: Some(from), ..Condition::default() };
    assert_eq!(prices(short.clone(), late(8)), []);
    let overlap = CardFault::Overlap(rule_id("one"));
    assert!(prices(short, late(7)).iter().any(|problem| problem.fault == overlap));
}
