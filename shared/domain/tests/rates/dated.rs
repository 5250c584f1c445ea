//! Edits of what is set for dates, and versions of cards.

use holdfast_domain::ResourceId;
use holdfast_domain::catalogue::{Bound, Month, RangeError};
use holdfast_domain::rates::card::{RateCard, ResourceRates};
use holdfast_domain::rates::dated::{DateRates, DatedRates};
use holdfast_domain::rates::dated_edit::{Change, DatedEdit, LimitsEdit};
use holdfast_domain::rates::restriction::Limits;
use holdfast_domain::rates::versions::{TooManyVersions, VERSIONS_MAX};
use jiff::civil::Weekday;
use jiff::{Timestamp, ToSpan};
use proptest::collection::vec;
use proptest::prelude::{any, proptest};
use proptest::{prop_assert, prop_assert_eq};

use crate::fixture::{at, card, card_at, date, dates, eur, plan_id};

fn edit(from: &str, to: &str, price: Change<i64>) -> DatedEdit {
    let price = match price {
        Change::Keep => Change::Keep,
        Change::Clear => Change::Clear,
        Change::Set(cents) => Change::Set(eur(cents)),
    };
    DatedEdit {
        plan: plan_id("flexible"),
        dates: dates(from, to),
        weekdays: vec![],
        price,
        limits: LimitsEdit::default(),
    }
}

fn edited(rates: &DatedRates, edit: &DatedEdit) -> DatedRates {
    rates.edited(edit).expect("a range")
}

/// The price of each date on which one is set.
fn prices(rates: &DatedRates) -> Vec<(String, i64)> {
    let dates = rates.months().flat_map(|(_, month)| &month.dates);
    dates
        .filter_map(|(date, plans)| {
            Some((date.to_string(), plans.get(&plan_id("flexible"))?.price?.amount()))
        })
        .collect()
}

fn on(day: &str, cents: i64) -> (String, i64) {
    (day.to_owned(), cents)
}

#[test]
fn an_edit_sets_prices_and_limits_of_some_days_and_leaves_the_rest() {
    let weekend = DatedEdit {
        weekdays: vec![Weekday::Friday, Weekday::Saturday],
        ..edit("2026-06-29", "2026-07-06", Change::Set(120_00))
    };
    let rates = edited(&DatedRates::default(), &weekend);
    assert_eq!(prices(&rates), [on("2026-07-03", 120_00), on("2026-07-04", 120_00)]);
    let all = edited(
        &rates,
        &DatedEdit {
            limits: LimitsEdit {
                stay_min_through: Change::Set(3),
                stop_sell: Some(true),
                ..LimitsEdit::default()
            },
            ..edit("2026-07-03", "2026-07-05", Change::Keep)
        },
    );
    let limits = Limits { stay_min_through: Some(3), stop_sell: true, ..Limits::default() };
    assert_eq!(
        all.of(date("2026-07-04"), &plan_id("flexible")),
        Some(&DateRates { price: Some(eur(120_00)), limits })
    );
    assert_eq!(all.of(date("2026-07-04"), &plan_id("saver")), None);
    // What is cleared again is as if it had never been set.
    let clear = DatedEdit {
        limits: LimitsEdit {
            stay_min_through: Change::Clear,
            stop_sell: Some(false),
            ..LimitsEdit::default()
        },
        ..edit("2026-07-01", "2026-08-01", Change::Clear)
    };
    let cleared = edited(&all, &clear);
    assert!(cleared.months().all(|(_, month)| month.dates.is_empty()), "{cleared:?}");
    assert_eq!(
        DatedRates::default().edited(&edit("2026-06-01", "2026-06-01", Change::Keep)),
        Err(RangeError::Empty)
    );
    let long = edit("2026-01-01", "2027-02-06", Change::Keep);
    assert_eq!(DatedRates::default().edited(&long), Err(RangeError::TooLong(Bound::Calendar)));
}

#[test]
fn a_season_is_copied_to_the_next_year_in_place_of_what_is_there() {
    let mut rates = edited(&DatedRates::default(), &edit("2026-06-01", "2026-06-03", Change::Set(90_00)));
    rates = edited(&rates, &edit("2026-06-04", "2026-06-05", Change::Set(95_00)));
    rates = edited(&rates, &edit("2027-06-02", "2027-06-06", Change::Set(10_00)));
    let copied = rates.copied(dates("2026-06-01", "2026-06-05"), date("2027-06-01")).expect("a range");
    let next: Vec<(String, i64)> =
        prices(&copied).into_iter().filter(|(day, _)| day.starts_with("2027")).collect();
    assert_eq!(
        next,
        [on("2027-06-01", 90_00), on("2027-06-02", 90_00), on("2027-06-04", 95_00), on("2027-06-05", 10_00)]
    );
    // A copy that reaches into its own source takes what was there before.
    let shifted = rates.copied(dates("2026-06-01", "2026-06-05"), date("2026-06-02")).expect("a range");
    let days: Vec<(String, i64)> =
        prices(&shifted).into_iter().filter(|(day, _)| day.starts_with("2026")).collect();
    assert_eq!(
        days,
        [on("2026-06-01", 90_00), on("2026-06-02", 90_00), on("2026-06-03", 90_00), on("2026-06-05", 95_00)]
    );
    assert_eq!(rates.copied(dates("2026-06-05", "2026-06-05"), date("2027-06-01")), Err(RangeError::Empty));
    assert!(rates.copied(dates("2026-06-01", "2026-06-05"), jiff::civil::Date::MAX).is_err());
}

proptest! {
    #![proptest_config(holdfast_properties::config(200, "tests/regressions/rates.txt"))]

    #[test]
    fn months_that_changed_are_written_and_only_they(
        edits in vec((0i32..120, 1i32..60, any::<bool>(), 0u8..4, 0i64..3), 0..6),
        last in (0i32..120, 1i32..60, any::<bool>(), 0u8..4, 0i64..3),
    ) {
        let make = |(start, days, minimum, price, amount): (i32, i32, bool, u8, i64)| {
            let from = date("2026-05-01") + start.days();
            let range = holdfast_domain::rates::condition::DateRange { from, to: from + days.days() };
            let price = match price { 0 => Change::Keep, 1 => Change::Clear, _ => Change::Set(amount) };
            let limits = LimitsEdit { closed_to_arrival: Some(minimum), ..LimitsEdit::default() };
            DatedEdit { dates: range, limits, ..edit("2026-05-01", "2026-05-02", price) }
        };
        let mut before = DatedRates::default();
        for one in edits {
            let after = edited(&before, &make(one));
            before = before.clone().written(&after.changed_since(&before));
        }
        let after = edited(&before, &make(last));
        let changed = after.changed_since(&before);
        for (month, rates) in &changed {
            prop_assert_eq!(rates.revision, before.revision(*month) + 1);
        }
        let written = before.clone().written(&changed);
        for day in date("2026-04-01").series(1.day()).take(300) {
            let of = |rates: &DatedRates| rates.of(day, &plan_id("flexible")).cloned();
            prop_assert_eq!(of(&written), of(&after));
            let differs = of(&before) != of(&after);
            prop_assert!(!differs || changed.contains_key(&Month::of(day)));
        }
        prop_assert_eq!(written.changed_since(&after).values().filter(|month| month.dates.is_empty()).count(), 0);
        prop_assert!(after.changed_since(&after).is_empty());
    }
}

fn rates() -> ResourceRates {
    ResourceRates {
        resource: ResourceId::parse("hotel").expect("an id"),
        revision: 0,
        versions: vec![],
        draft: None,
    }
}

fn at_price(cents: i64) -> RateCard {
    card_at(eur(cents))
}

fn june(day: i8) -> Timestamp {
    at(&format!("2026-06-{day:02}T00:00:00Z"))
}

/// The number of each version with the day of June from which it holds.
fn shown(rates: &ResourceRates) -> Vec<(u64, i64)> {
    let day = |from: Timestamp| from.duration_since(june(1)).as_hours() / 24 + 1;
    rates.versions.iter().map(|version| (version.number, day(version.valid_from))).collect()
}

#[test]
fn a_version_holds_from_its_moment_until_the_next_one_does() {
    let rates = rates().with_version(at_price(1), june(1), june(1)).expect("few");
    let rates = rates.with_version(at_price(2), june(10), june(2)).expect("few");
    let rates = rates.with_version(at_price(3), june(5), june(2)).expect("few");
    assert_eq!(shown(&rates), [(1, 1), (3, 5), (2, 10)]);
    let holds = |now: Timestamp| rates.at(now).map(|version| version.number);
    let before = june(1) - jiff::SignedDuration::from_nanos(1);
    assert_eq!((holds(before), holds(june(1)), holds(june(4))), (None, Some(1), Some(1)));
    assert_eq!(
        (holds(june(5)), holds(june(9)), holds(june(10)), holds(june(30))),
        (Some(3), Some(3), Some(2), Some(2))
    );
    assert_eq!(rates.at(june(10)).map(|version| &version.card), Some(&at_price(2)));
}

#[test]
fn versions_that_are_over_are_left_out_and_numbers_are_never_used_again() {
    let rates = rates().with_version(at_price(1), june(1), june(1)).expect("few");
    let rates = rates.with_version(at_price(2), june(5), june(2)).expect("few");
    // Version 1 is over on the 6th.
    let rates = rates.with_version(at_price(3), june(20), june(6)).expect("few");
    assert_eq!(shown(&rates), [(2, 5), (3, 20)]);
    // From a moment that has passed is from now on: the one that held is over.
    let now = rates.with_version(at_price(4), june(3), june(7)).expect("few");
    assert_eq!(shown(&now), [(4, 7), (3, 20)]);
    // From the same moment as another that is to come: in its place.
    let replaced = now.with_version(at_price(5), june(20), june(8)).expect("few");
    assert_eq!(shown(&replaced), [(4, 7), (5, 20)]);
    // On the 21st all before are over; the number is new all the same.
    let last = replaced.with_version(at_price(6), june(21), june(21)).expect("few");
    assert_eq!(shown(&last), [(6, 21)]);
    assert_eq!(last.revision, 6);
}

#[test]
fn a_draft_changes_nothing_that_holds() {
    let rates = rates().with_version(card(), june(1), june(1)).expect("few");
    let tried = rates.with_draft(Some(at_price(1)));
    assert_eq!((tried.revision, &tried.versions, &tried.draft), (2, &rates.versions, &Some(at_price(1))));
    let live = tried.with_version(at_price(1), june(2), june(1)).expect("few");
    assert_eq!((live.versions[1].number, &live.draft), (3, &Some(at_price(1))));
    assert_eq!(live.with_draft(None).draft, None);
}

#[test]
fn there_are_only_so_many_versions_to_come() {
    let mut rates = rates();
    for day in 1..=VERSIONS_MAX {
        let day = i8::try_from(day).expect("few");
        rates = rates.with_version(card(), june(day), june(1)).expect("few");
    }
    assert_eq!(rates.with_version(card(), june(30), june(1)), Err(TooManyVersions));
    assert!(rates.with_version(card(), june(3), june(1)).is_ok(), "in place of another");
    assert!(rates.with_version(card(), june(30), june(2)).is_ok(), "one is over");
}
