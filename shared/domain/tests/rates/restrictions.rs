//! Which stays are not sold: a table of cases.

use std::collections::BTreeSet;

use holdfast_domain::rates::card::RateCard;
use holdfast_domain::rates::dated::{DateRates, DatedRates};
use holdfast_domain::rates::occupancy::Unit;
use holdfast_domain::rates::plan::Audience;
use holdfast_domain::rates::quote::{Limit, Reason};
use holdfast_domain::rates::request::RateRequest;
use holdfast_domain::rates::restriction::{Limits, Restriction};
use jiff::civil::Weekday;

use crate::fixture::{
    ask, at, by_percent, card, channel, date, dates, derived, group, plan_id, request, request_in,
    restriction, set,
};

/// A card with those restrictions, a plan that derives from the flexible one, and one that derives from that.
fn with(restrictions: &[Restriction]) -> RateCard {
    let mut card = RateCard { restrictions: restrictions.to_vec(), ..card() };
    card.plans.push(derived("saver", "flexible", by_percent("-15")));
    card.plans.push(derived("member", "saver", by_percent("-5")));
    card
}

/// What keeps a plan from being sold: limits with their dates.
fn limits_of(card: &RateCard, dated: &DatedRates, request: &RateRequest, plan: &str) -> Vec<(String, Limit)> {
    let shown = |reason: Reason| match reason {
        Reason::Restricted { date, limit, .. } => Some((date.to_string(), limit)),
        Reason::NoPlan
        | Reason::Channel
        | Reason::UnitType
        | Reason::Guests { .. }
        | Reason::Cots { .. }
        | Reason::Extra(_)
        | Reason::Promotion
        | Reason::OutOfRange => None,
    };
    let none = ask(card, dated, request, plan).err().map(|none| none.reasons).unwrap_or_default();
    none.into_iter().filter_map(shown).collect()
}

/// The same of a stay of the flexible plan under one restriction on those dates.
fn check(limits: Limits, on: (&str, &str), from: &str, nights: i32, expected: &[(&str, Limit)]) {
    let restriction = Restriction { dates: vec![dates(on.0, on.1)], ..restriction("r", limits.clone()) };
    let found = limits_of(&with(&[restriction]), &DatedRates::default(), &request(from, nights), "flexible");
    let found: Vec<(&str, Limit)> = found.iter().map(|(date, limit)| (date.as_str(), *limit)).collect();
    assert_eq!(found, expected, "{limits:?} on {on:?}, {nights} nights from {from}");
}

fn no_limits() -> Limits {
    Limits::default()
}

const JUNE_12: (&str, &str) = ("2026-06-12", "2026-06-13");

#[test]
fn limits_of_arrival_are_of_the_first_night_only() {
    let least = |slots| Limits { stay_min_on_arrival: Some(slots), ..no_limits() };
    check(least(3), JUNE_12, "2026-06-12", 2, &[("2026-06-12", Limit::StayMin(3))]);
    check(least(3), JUNE_12, "2026-06-12", 3, &[]);
    check(least(3), JUNE_12, "2026-06-11", 2, &[]);
    check(least(3), JUNE_12, "2026-06-13", 1, &[]);
    let most = |slots| Limits { stay_max_on_arrival: Some(slots), ..no_limits() };
    check(most(2), JUNE_12, "2026-06-12", 3, &[("2026-06-12", Limit::StayMax(2))]);
    check(most(2), JUNE_12, "2026-06-12", 2, &[]);
    check(most(2), JUNE_12, "2026-06-11", 9, &[]);
    let closed = || Limits { closed_to_arrival: true, ..no_limits() };
    check(closed(), JUNE_12, "2026-06-12", 1, &[("2026-06-12", Limit::ClosedToArrival)]);
    check(closed(), JUNE_12, "2026-06-11", 3, &[]);
    check(closed(), JUNE_12, "2026-06-11", 1, &[]);
}

#[test]
fn limits_through_are_of_every_night() {
    let least = || Limits { stay_min_through: Some(3), ..no_limits() };
    check(least(), JUNE_12, "2026-06-11", 2, &[("2026-06-12", Limit::StayMin(3))]);
    check(least(), JUNE_12, "2026-06-12", 2, &[("2026-06-12", Limit::StayMin(3))]);
    check(least(), JUNE_12, "2026-06-10", 3, &[]);
    check(least(), JUNE_12, "2026-06-11", 1, &[]);
    check(least(), ("2026-06-11", "2026-06-14"), "2026-06-12", 2, &[("2026-06-12", Limit::StayMin(3))]);
    let most = || Limits { stay_max_through: Some(3), ..no_limits() };
    check(most(), JUNE_12, "2026-06-10", 5, &[("2026-06-12", Limit::StayMax(3))]);
    check(most(), JUNE_12, "2026-06-12", 4, &[("2026-06-12", Limit::StayMax(3))]);
    check(most(), JUNE_12, "2026-06-10", 3, &[]);
    check(most(), JUNE_12, "2026-06-08", 4, &[]);
    check(most(), JUNE_12, "2026-06-13", 9, &[]);
    let stop = || Limits { stop_sell: true, ..no_limits() };
    check(stop(), JUNE_12, "2026-06-10", 3, &[("2026-06-12", Limit::StopSell)]);
    check(stop(), JUNE_12, "2026-06-10", 2, &[]);
    check(stop(), JUNE_12, "2026-06-13", 2, &[]);
}

#[test]
fn closed_to_departure_is_written_on_the_day_one_leaves() {
    let closed = || Limits { closed_to_departure: true, ..no_limits() };
    check(closed(), JUNE_12, "2026-06-11", 1, &[("2026-06-12", Limit::ClosedToDeparture)]);
    check(closed(), JUNE_12, "2026-06-09", 3, &[("2026-06-12", Limit::ClosedToDeparture)]);
    check(closed(), JUNE_12, "2026-06-12", 1, &[]);
    check(closed(), JUNE_12, "2026-06-11", 2, &[]);
}

#[test]
fn notice_counts_minutes_and_the_window_local_dates() {
    // Check-in on 12 June at 15:00 in Berlin, 13:00 UTC.
    let asked = |limits: Limits, asked: &str| {
        let card = with(&[restriction("r", limits)]);
        let request = RateRequest { at: at(asked), ..request("2026-06-12", 1) };
        limits_of(&card, &DatedRates::default(), &request, "flexible")
    };
    let notice = || Limits { notice_minutes_min: Some(90), ..no_limits() };
    assert_eq!(asked(notice(), "2026-06-12T11:30:00Z"), []);
    assert_eq!(
        asked(notice(), "2026-06-12T11:30:00.000000001Z"),
        [("2026-06-12".to_owned(), Limit::NoticeMin(90))]
    );
    // After check-in time tonight is still sold, unless notice is asked for.
    let none = || Limits { notice_minutes_min: Some(0), ..no_limits() };
    assert_eq!(asked(none(), "2026-06-12T20:00:00Z"), []);
    // 30 days before is 13 May, from midnight in Berlin on.
    let window = || Limits { window_days_max: Some(30), ..no_limits() };
    assert_eq!(asked(window(), "2026-05-12T22:00:00Z"), []);
    assert_eq!(asked(window(), "2026-05-12T21:59:59Z"), [("2026-06-12".to_owned(), Limit::WindowMax(30))]);
}

#[test]
fn quantities_are_of_units() {
    let asked = |units: usize| {
        let limits = Limits { quantity_min: Some(2), quantity_max: Some(3), ..no_limits() };
        let request = RateRequest { units: vec![Unit::default(); units], ..request("2026-06-12", 1) };
        limits_of(&with(&[restriction("r", limits)]), &DatedRates::default(), &request, "flexible")
    };
    let on = |limit| vec![("2026-06-12".to_owned(), limit)];
    assert_eq!(
        (asked(1), asked(2), asked(3), asked(4)),
        (on(Limit::QuantityMin(2)), vec![], vec![], on(Limit::QuantityMax(3)))
    );
}

#[test]
fn dates_sold_together_are_all_in_a_stay_or_none_is() {
    let together = || Limits { sold_together: true, ..no_limits() };
    let fair = ("2026-06-12", "2026-06-15");
    let limit = Limit::SoldTogether { from: date("2026-06-12"), to: date("2026-06-15") };
    check(together(), fair, "2026-06-12", 3, &[]);
    check(together(), fair, "2026-06-10", 9, &[]);
    check(together(), fair, "2026-06-10", 2, &[]);
    check(together(), fair, "2026-06-15", 1, &[]);
    check(together(), fair, "2026-06-12", 2, &[("2026-06-12", limit)]);
    check(together(), fair, "2026-06-13", 5, &[("2026-06-13", limit)]);
    check(together(), fair, "2026-06-10", 3, &[("2026-06-12", limit)]);
    // Where it is set for dates the range is that of the dates that it is set for side by side.
    let rates = || DateRates { limits: together(), ..DateRates::default() };
    let dated = set(&[("2026-06-12", "flexible", rates()), ("2026-06-13", "flexible", rates())]);
    let limit = Limit::SoldTogether { from: date("2026-06-12"), to: date("2026-06-14") };
    let of = |from: &str, nights: i32| limits_of(&with(&[]), &dated, &request(from, nights), "saver");
    assert_eq!((of("2026-06-12", 2), of("2026-06-13", 2)), (vec![], vec![("2026-06-13".to_owned(), limit)]));
    // Apia skipped 30 December 2011: the two nights beside it are all there are.
    let mut new_year = restriction("r", together());
    new_year.dates = vec![dates("2011-12-29", "2012-01-01")];
    let of = |nights: i32| {
        let request = RateRequest {
            at: at("2011-12-01T00:00:00Z"),
            ..request_in("Pacific/Apia", "2011-12-29", nights)
        };
        limits_of(&with(&[new_year.clone()]), &DatedRates::default(), &request, "flexible").len()
    };
    assert_eq!((of(1), of(3)), (1, 0));
}

#[test]
fn a_minimum_does_not_count_where_a_stay_fills_a_gap() {
    let asked = |limits: Limits, before: Option<bool>, after: Option<bool>| {
        let request =
            RateRequest { is_free_before: before, is_free_after: after, ..request("2026-06-12", 1) };
        limits_of(&with(&[restriction("r", limits)]), &DatedRates::default(), &request, "flexible").is_empty()
    };
    let least = |fills_gaps| Limits {
        stay_min_on_arrival: Some(3),
        stay_min_through: Some(3),
        fills_gaps,
        ..no_limits()
    };
    let taken = Some(false);
    assert!(asked(least(true), taken, taken));
    assert!(!asked(least(false), taken, taken));
    for (before, after) in
        [(Some(true), taken), (taken, Some(true)), (None, taken), (taken, None), (None, None)]
    {
        assert!(!asked(least(true), before, after), "{before:?} {after:?}");
    }
    assert!(!asked(Limits { stop_sell: true, ..least(true) }, taken, taken), "only a minimum gives way");
}

#[test]
fn a_minimum_of_a_date_gives_way_where_it_is_said_with_it() {
    let least = |slots: Option<u32>, fills_gaps| DateRates {
        limits: Limits { stay_min_on_arrival: slots, fills_gaps, ..no_limits() },
        ..DateRates::default()
    };
    let is_sold = |of_parent: DateRates, of_child: DateRates| {
        let dated = set(&[("2026-06-12", "flexible", of_parent), ("2026-06-12", "saver", of_child)]);
        let taken = Some(false);
        let request = RateRequest { is_free_before: taken, is_free_after: taken, ..request("2026-06-12", 1) };
        limits_of(&with(&[]), &dated, &request, "saver").is_empty()
    };
    assert!(is_sold(least(Some(3), true), DateRates::default()));
    assert!(
        is_sold(least(Some(3), false), least(None, true)),
        "the parent's minimum, relaxed under the plan"
    );
    assert!(is_sold(least(Some(3), false), least(Some(5), true)));
    assert!(
        !is_sold(least(Some(3), true), least(Some(5), false)),
        "the parent's does not relax the plan's own"
    );
    assert!(!is_sold(least(Some(3), false), DateRates::default()));
}

#[test]
fn derived_plans_have_the_restrictions_of_the_plans_they_derive_from() {
    let stop = || Limits { stop_sell: true, ..no_limits() };
    let named = |plans: &[&str], not: &[&str]| {
        let mut restriction = restriction("r", stop());
        restriction.plans = plans.iter().map(|name| plan_id(name)).collect();
        restriction.not_plans = not.iter().map(|name| plan_id(name)).collect();
        let card = with(&[restriction]);
        let is_closed = |plan: &str| {
            !limits_of(&card, &DatedRates::default(), &request("2026-06-12", 1), plan).is_empty()
        };
        ["flexible", "saver", "member"].map(is_closed)
    };
    assert_eq!(named(&[], &[]), [true, true, true]);
    assert_eq!(named(&["flexible"], &[]), [true, true, true]);
    assert_eq!(named(&["saver"], &[]), [false, true, true]);
    assert_eq!(named(&["member"], &[]), [false, false, true]);
    assert_eq!(
        named(&["flexible"], &["saver"]),
        [true, false, false],
        "not through a plan it does not concern"
    );
    assert_eq!(named(&["flexible"], &["member"]), [true, true, false]);
    assert_eq!(named(&[], &["saver"]), [true, false, true], "without plans it names each");
}

#[test]
fn a_limit_that_is_set_for_a_date_counts_in_place_of_the_cards() {
    let mut minimum = restriction(
        "r",
        Limits { stay_min_on_arrival: Some(5), stay_max_on_arrival: Some(7), ..no_limits() },
    );
    minimum.dates = vec![dates("2026-06-01", "2026-07-01")];
    let card = with(&[minimum]);
    let least = |slots| DateRates {
        limits: Limits { stay_min_on_arrival: Some(slots), ..no_limits() },
        ..DateRates::default()
    };
    let dated = set(&[
        ("2026-06-12", "flexible", least(2)),
        ("2026-06-13", "saver", least(3)),
        ("2026-06-13", "flexible", least(1)),
    ]);
    let of = |from: &str, nights: i32, plan: &str| {
        limits_of(&card, &dated, &request(from, nights), plan)
            .into_iter()
            .map(|(_, limit)| limit)
            .collect::<Vec<_>>()
    };
    assert_eq!(of("2026-06-11", 4, "flexible"), [Limit::StayMin(5)]);
    assert_eq!(of("2026-06-12", 2, "flexible"), []);
    assert_eq!(of("2026-06-12", 1, "flexible"), [Limit::StayMin(2)]);
    assert_eq!(of("2026-06-12", 8, "flexible"), [Limit::StayMax(7)], "the other kind is still the card's");
    assert_eq!(of("2026-06-12", 1, "member"), [Limit::StayMin(2)], "it counts for derived plans");
    assert_eq!(
        (of("2026-06-13", 2, "flexible"), of("2026-06-13", 2, "saver")),
        (vec![], vec![Limit::StayMin(3)])
    );
    // Who set it is no restriction of the card.
    let none = ask(&card, &dated, &request("2026-06-12", 1), "flexible").expect_err("refused");
    assert!(matches!(none.reasons[..], [Reason::Restricted { restriction: None, .. }]));
}

#[test]
fn restrictions_are_of_weekdays_and_channels_and_all_are_named() {
    let mut weekend = restriction("b-weekend", Limits { closed_to_arrival: true, ..no_limits() });
    weekend.weekdays = vec![Weekday::Saturday];
    weekend.channels = BTreeSet::from([channel("web")]);
    let season = restriction(
        "a-season",
        Limits { stay_min_on_arrival: Some(7), stay_min_through: Some(4), ..no_limits() },
    );
    let card = with(&[weekend, season]);
    let of = |from: &str, nights: i32| {
        limits_of(&card, &DatedRates::default(), &request(from, nights), "flexible")
    };
    let on = |limit| ("2026-06-13".to_owned(), limit);
    assert_eq!(
        of("2026-06-13", 2),
        [on(Limit::StayMin(4)), on(Limit::StayMin(7)), on(Limit::ClosedToArrival)]
    );
    assert_eq!(of("2026-06-12", 7), []);
    let partner = RateRequest { channel: channel("partner"), ..request("2026-06-13", 7) };
    assert_eq!(limits_of(&card, &DatedRates::default(), &partner, "flexible"), []);
}

/// A plan has restrictions of the plans that it derives from, and names those of a private one to whoever may see that.
#[test]
fn restrictions_of_a_private_plan_alone_have_no_name_for_those_who_may_not_see_it() {
    let of = |name: &str, plans: &[&str], limits: Limits| Restriction {
        plans: plans.iter().map(|plan| plan_id(plan)).collect(),
        dates: vec![dates("2026-06-12", "2026-06-14")],
        ..restriction(name, limits)
    };
    let closed = || Limits { closed_to_arrival: true, ..no_limits() };
    let together = Limits { sold_together: true, ..no_limits() };
    let mut card = with(&[
        of("every", &[], Limits { stop_sell: true, ..no_limits() }),
        of("first", &["flexible"], Limits { quantity_min: Some(2), ..no_limits() }),
        of("private", &["saver"], closed()),
        of("private-too", &["saver"], closed()),
        of("private-number", &["saver"], Limits { stay_min_on_arrival: Some(3), ..no_limits() }),
        of("private-range", &["saver"], together),
        of("both", &["saver", "member"], Limits { stay_min_through: Some(4), ..no_limits() }),
    ]);
    card.plans[1].audience = Audience::Group(group("acme"));
    let named = |groups: &[&str], plan: &str| -> Vec<String> {
        let groups = groups.iter().map(|name| group(name)).collect();
        let request = RateRequest { groups, ..request("2026-06-12", 1) };
        let none = ask(&card, &DatedRates::default(), &request, plan).expect_err("refused");
        let name = |reason: &Reason| match reason {
            Reason::Restricted { restriction, .. } => {
                restriction.as_ref().map_or("-".to_owned(), ToString::to_string)
            }
            other => panic!("{other:?}"),
        };
        let mut names: Vec<String> = none.reasons.iter().map(name).collect();
        names.sort();
        names
    };
    assert_eq!(
        named(&[], "member"),
        ["-", "-", "-", "both", "every", "first"],
        "what is closed is told once"
    );
    let all = ["both", "every", "first", "private", "private-number", "private-range", "private-too"];
    assert_eq!(named(&["acme"], "member"), all);
    assert_eq!(named(&["acme"], "saver"), all, "the private plan itself");
    assert_eq!(named(&["other"], "member"), named(&[], "member"));
    assert_eq!(named(&[], "flexible"), ["every", "first"]);
}
