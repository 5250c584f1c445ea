//! What restrictions of a card, and edits of single dates, may not say.

use std::collections::BTreeSet;

use holdfast_domain::rates::card::RateCard;
use holdfast_domain::rates::condition::DateRange;
use holdfast_domain::rates::dated::DatedRates;
use holdfast_domain::rates::dated_edit::{Change, DatedEdit, LimitsEdit};
use holdfast_domain::rates::restriction::Limits;
use holdfast_domain::rates::validate::CardFault;
use jiff::civil::Weekday;

use crate::fixture::{channel, date, dates, eur, money, plan_id};
use crate::validation::{check, context, euro, full};

#[test]
fn restrictions_limit_something() {
    let limits = |limits: Limits| move |card: &mut RateCard| card.restrictions[0].limits = limits.clone();
    let of = |path: &'static str, fault| [(path, Some("minimum"), fault)];
    let none = Limits::default;
    check(limits(none()), &of("/restrictions/0/limits", CardFault::NoLimit));
    check(limits(Limits { fills_gaps: true, ..none() }), &of("/restrictions/0/limits", CardFault::NoLimit));
    check(
        limits(Limits { stay_min_on_arrival: Some(3), stay_max_on_arrival: Some(2), ..none() }),
        &of("/restrictions/0/limits/stayMinOnArrival", CardFault::EmptyBounds),
    );
    check(
        limits(Limits { stay_min_on_arrival: Some(3), stay_max_through: Some(2), ..none() }),
        &of("/restrictions/0/limits/stayMinOnArrival", CardFault::EmptyBounds),
    );
    check(
        limits(Limits { stay_min_through: Some(3), stay_max_through: Some(2), ..none() }),
        &of("/restrictions/0/limits/stayMinThrough", CardFault::EmptyBounds),
    );
    check(
        limits(Limits { quantity_min: Some(3), quantity_max: Some(2), ..none() }),
        &of("/restrictions/0/limits/quantityMin", CardFault::EmptyBounds),
    );
    let together = || Limits { sold_together: true, ..none() };
    check(limits(together()), &of("/restrictions/0/limits/soldTogether", CardFault::SoldTogether));
    let long = |card: &mut RateCard| {
        limits(together())(card);
        card.restrictions[0].dates = vec![dates("2026-01-01", "2026-04-12")];
    };
    check(long, &of("/restrictions/0/limits/soldTogether", CardFault::SoldTogether));
    let never = of("/restrictions/0", CardFault::ConcernsNoStay);
    // From Monday, 1 June 2026, up to Thursday.
    let on = |day: Weekday| {
        move |card: &mut RateCard| {
            card.restrictions[0].dates = vec![dates("2026-06-01", "2026-06-05")];
            card.restrictions[0].weekdays = vec![day];
        }
    };
    check(on(Weekday::Thursday), &[]);
    check(on(Weekday::Friday), &never);
    let but_for = |names: &'static [&'static str]| {
        move |card: &mut RateCard| {
            card.restrictions[0].not_plans = names.iter().map(|name| plan_id(name)).collect();
        }
    };
    check(but_for(&["flexible"]), &[]);
    check(
        |card| card.restrictions[0].not_plans = card.plans.iter().map(|plan| plan.id.clone()).collect(),
        &never,
    );
    check(
        |card| {
            card.plans[1].channels = BTreeSet::from([channel("web")]);
            card.restrictions[0].plans = BTreeSet::from([card.plans[1].id.clone()]);
            card.restrictions[0].channels = BTreeSet::from([channel("web"), channel("desk")]);
        },
        &[],
    );
    check(
        |card| {
            card.plans[1].channels = BTreeSet::from([channel("web")]);
            card.restrictions[0].plans = BTreeSet::from([card.plans[1].id.clone()]);
            card.restrictions[0].channels = BTreeSet::from([channel("desk")]);
        },
        &never,
    );
    let lost = || CardFault::UnknownPlan(plan_id("lost"));
    check(
        |card| card.restrictions[0].plans = BTreeSet::from([plan_id("lost")]),
        &of("/restrictions/0/plans/0", lost()),
    );
    check(
        |card| card.restrictions[0].not_plans = BTreeSet::from([plan_id("lost")]),
        &of("/restrictions/0/notPlans/0", lost()),
    );
    check(
        |card| card.restrictions[0].dates = vec![dates("2026-06-12", "2026-06-11")],
        &of("/restrictions/0/dates/0", CardFault::EmptyRange),
    );
}

#[test]
fn an_edit_of_dates_says_what_the_card_could() {
    let edit = DatedEdit {
        plan: plan_id("saver"),
        dates: dates("2026-06-01", "2026-07-01"),
        weekdays: vec![],
        price: Change::Set(eur(90_00)),
        limits: LimitsEdit { stay_min_through: Change::Set(2), ..LimitsEdit::default() },
    };
    let checked = |edit: &DatedEdit| {
        let problems = edit.clone().checked(&full(), context(10)).err().unwrap_or_default();
        problems.into_iter().map(|problem| (problem.path, problem.fault)).collect::<Vec<_>>()
    };
    assert_eq!(checked(&edit), []);
    let idle = DatedEdit { price: Change::Keep, limits: LimitsEdit::default(), ..edit.clone() };
    assert_eq!(checked(&idle), [(String::new(), CardFault::SetsNothing)]);
    // From Monday, 1 June 2026, up to Thursday.
    let days = |weekdays: Vec<Weekday>| DatedEdit {
        dates: dates("2026-06-01", "2026-06-05"),
        weekdays,
        ..edit.clone()
    };
    assert_eq!(checked(&days(vec![Weekday::Friday, Weekday::Thursday])), []);
    assert_eq!(checked(&days(vec![Weekday::Friday])), [("/weekdays".to_owned(), CardFault::NoSuchDay)]);
    let wrong = DatedEdit {
        plan: plan_id("lost"),
        dates: dates("2026-06-01", "2026-06-01"),
        price: Change::Set(money(90_01, "USD")),
        limits: LimitsEdit { stay_min_through: Change::Set(0), ..LimitsEdit::default() },
        ..edit
    };
    let of = |path: &str, fault| (path.to_owned(), fault);
    assert_eq!(
        checked(&wrong),
        [
            of("/plan", CardFault::UnknownPlan(plan_id("lost"))),
            of("/dates", CardFault::EmptyRange),
            of("/price", euro()),
            of("/price", CardFault::Step(10)),
            of("/limits/stayMinThrough", CardFault::OutOfBounds { min: 1, max: 366 }),
        ]
    );
}

#[test]
fn an_edit_of_dates_does_not_contradict_what_stays_set() {
    let plan = plan_id("saver");
    let set = |range: DateRange, weekdays: Vec<Weekday>, limits: LimitsEdit| DatedEdit {
        plan: plan.clone(),
        dates: range,
        weekdays,
        price: Change::Keep,
        limits,
    };
    let least =
        |nights: u32| LimitsEdit { stay_min_on_arrival: Change::Set(nights), ..LimitsEdit::default() };
    let most = set(
        dates("2026-06-03", "2026-06-10"),
        vec![],
        LimitsEdit { stay_max_on_arrival: Change::Set(4), ..LimitsEdit::default() },
    );
    let before = DatedRates::default().edited(&most).expect("a range");
    let contradiction = |edit: &DatedEdit| {
        let after = before.edited(edit).expect("a range");
        let (date, problems) = edit.contradiction(&before, &after, context(1))?;
        Some((date, problems.into_iter().map(|problem| (problem.path, problem.fault)).collect::<Vec<_>>()))
    };
    let june = dates("2026-06-01", "2026-07-01");
    assert_eq!(contradiction(&set(june, vec![], least(4))), None);
    let crossed = |day: u8| {
        Some((
            date(&format!("2026-06-{day:02}")),
            vec![("/limits/stayMinOnArrival".to_owned(), CardFault::EmptyBounds)],
        ))
    };
    assert_eq!(contradiction(&set(june, vec![], least(5))), crossed(3));
    assert_eq!(contradiction(&set(june, vec![Weekday::Monday], least(5))), crossed(8));
    assert_eq!(contradiction(&set(dates("2026-06-10", "2026-07-01"), vec![], least(5))), None);
    let both = LimitsEdit { stay_max_on_arrival: Change::Clear, ..least(5) };
    assert_eq!(contradiction(&set(june, vec![], both)), None);
    // What is so already is not this edit's.
    let odd = before.edited(&set(june, vec![], least(5))).expect("a range");
    let same = set(june, vec![], least(5));
    assert_eq!(same.contradiction(&odd, &odd.edited(&same).expect("a range"), context(1)), None);
    let priced = DatedEdit { price: Change::Set(eur(1_00)), ..set(june, vec![], LimitsEdit::default()) };
    assert_eq!(priced.contradiction(&before, &odd, context(1)), None);
}
