//! Prices worked out by hand: rules, kinds of units, guests, derived plans, promotions.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::rates::card::RateCard;
use holdfast_domain::rates::condition::{Bounds, Condition};
use holdfast_domain::rates::dated::{DateRates, DatedRates};
use holdfast_domain::rates::evaluate::{PRICES_MAX, quote};
use holdfast_domain::rates::ids::{CalendarId, UnitTypeId};
use holdfast_domain::rates::occupancy::{ChildBand, Occupancy, Unit, UnitType};
use holdfast_domain::rates::plan::{Payment, PlanPrice};
use holdfast_domain::rates::quote::{Cause, PlanQuote, Reason, STAY_LINES_MAX};
use holdfast_domain::rates::rule::{Adjustment, Rule};
use jiff::civil::{Weekday, time};

use crate::fixture::{
    amounts, ask, at, by_percent, card, card_at, channel, currency, date, dates, derived, eur, guests, label,
    lines, money, plan, plan_id, price, request, rule, rule_id, set, version,
};

fn least(min: u32) -> Option<Bounds> {
    Some(Bounds { min: Some(min), max: None })
}

fn most(max: u32) -> Option<Bounds> {
    Some(Bounds { min: None, max: Some(max) })
}

fn with(rules: Vec<Rule>) -> RateCard {
    RateCard { rules, ..card() }
}

fn nothing() -> DatedRates {
    DatedRates::default()
}

/// What one night of 10 June 2026, a Wednesday, costs by rules.
fn one_night(rules: Vec<Rule>) -> i64 {
    amounts(&price(&with(rules), &request("2026-06-10", 1), "flexible"))[0]
}

#[test]
fn rules_apply_by_priority_then_kind_then_name() {
    let always = Condition::default;
    let early = rule("early-bird", by_percent("-10"), always());
    let season = Rule { priority: 5, ..rule("season", Adjustment::Amount(25_00), always()) };
    // (100 + 25) × 0.9 = 112.50
    assert_eq!(one_night(vec![early.clone(), season.clone()]), 112_50);
    // Of one priority percentages come first: 100 × 0.9 + 25 = 115
    let beside = Rule { priority: 10, ..season.clone() };
    assert_eq!(one_night(vec![beside.clone(), early.clone()]), 115_00);
    // A fixed price comes before both: 80 × 0.9 + 25 = 97
    let fixed = rule("zzz", Adjustment::Price(eur(80_00)), always());
    assert_eq!(one_night(vec![beside, fixed, early.clone()]), 97_00);
    // Each percentage is of the running price: 100 × 0.9 × 0.9 × 0.9 = 72.90
    let names = ["a", "b", "c"].map(|name| Rule { id: rule_id(name), ..early.clone() });
    assert_eq!(one_night(names.to_vec()), 72_90);
    // Nothing falls below nothing, and rises from there: 100 − 150 → 0, + 25
    let down = Rule { priority: 1, ..rule("down", Adjustment::Amount(-150_00), always()) };
    assert_eq!(one_night(vec![down, season]), 25_00);
}

#[test]
fn a_price_is_rounded_half_up_once() {
    let thirds = |count: usize| -> Vec<Rule> {
        (0..count)
            .map(|index| rule(&format!("r{index}"), by_percent("-33.3333"), Condition::default()))
            .collect()
    };
    // 100.00 × 0.666667 = 66.6667; × 0.666667 = 44.44448889: 4444.448889 cents, rounded only then.
    assert_eq!(one_night(thirds(1)), 66_67);
    assert_eq!(one_night(thirds(2)), 44_44);
    // 0.05 × 0.9 = 0.045: half a cent goes up. 0.05 × 0.7 = 0.035 → 0.04; 0.05 × 0.49 = 0.0245 → 0.02
    let of_five = |percentage: &str| {
        let mut card = card_at(eur(5));
        card.rules.push(rule("r", by_percent(percentage), Condition::default()));
        amounts(&price(&card, &request("2026-06-10", 1), "flexible"))[0]
    };
    assert_eq!((of_five("-10"), of_five("-30"), of_five("-51")), (5, 4, 2));
    // Not in between: 10 × 1.15 × 0.9 = 10.35 → 10, where 11.5 → 12 × 0.9 would be 10.8 → 11.
    let mut card = card_at(money(10, "JPY"));
    card.rules.push(rule("a", by_percent("15"), Condition::default()));
    card.rules.push(rule("b", by_percent("-10"), Condition::default()));
    assert_eq!(amounts(&price(&card, &request("2026-06-10", 1), "flexible")), [10]);
}

#[test]
fn yen_has_no_decimals_and_dinars_are_charged_by_ten() {
    // 12,345 yen less 12.5 % = 10,801.875
    let mut yen = card_at(money(12_345, "JPY"));
    yen.rules.push(rule("r", by_percent("-12.5"), Condition::default()));
    assert_eq!(amounts(&price(&yen, &request("2026-06-10", 2), "flexible")), [10_802, 10_802]);
    // 45.670 dinars and 7.5 % = 49.09525: by ten fils 49.100 (49.095 is nearer to 49.10 than to 49.09), by one 49.095
    let mut dinar = card_at(money(45_670, "KWD"));
    dinar.rules.push(rule("r", by_percent("7.5"), Condition::default()));
    let at_step = |step: i64| {
        let quote =
            quote(&version(dinar.clone()), &nothing(), step, &request("2026-06-10", 3), &plan_id("flexible"));
        quote.expect("it is sold").price.total()
    };
    assert_eq!(at_step(10), money(3 * 49_100, "KWD"));
    assert_eq!(at_step(1), money(3 * 49_095, "KWD"));
    assert_eq!(currency("KWD").decimals(), 3);
}

#[test]
fn a_season_and_a_weekend_make_lines_of_their_own() {
    // Season from 12 June, + 25.00; Friday 12 and Saturday 13 June + 10 %: (100 + 25) × 1.1 = 137.50
    let season = Condition { dates: vec![dates("2026-06-12", "2026-07-01")], ..Condition::default() };
    let weekend = Condition { weekdays: vec![Weekday::Friday, Weekday::Saturday], ..Condition::default() };
    let rules = vec![
        Rule { priority: 1, ..rule("season", Adjustment::Amount(25_00), season) },
        Rule { priority: 2, ..rule("weekend", by_percent("10"), weekend) },
    ];
    let quote = price(&with(rules), &request("2026-06-10", 6), "flexible");
    assert_eq!(amounts(&quote), [100_00, 100_00, 137_50, 137_50, 125_00, 125_00]);
    let stay: Vec<(i64, u32, String)> = quote
        .price
        .lines()
        .iter()
        .map(|line| {
            let detail = line.detail.as_ref().expect("a detail");
            let range = detail.dates.expect("dates");
            (line.amount.amount(), detail.count, format!("{}/{}", range.from, range.to))
        })
        .collect();
    let line = |amount, count, range: &str| (amount, count, range.to_owned());
    assert_eq!(
        stay,
        [
            line(200_00, 2, "2026-06-10/2026-06-12"),
            line(275_00, 2, "2026-06-12/2026-06-14"),
            line(250_00, 2, "2026-06-14/2026-06-16"),
        ]
    );
    assert_eq!(quote.price.total(), eur(725_00));
    let causes: Vec<Cause> = quote.slots[2].steps.iter().map(|step| step.cause.clone()).collect();
    assert_eq!(
        causes,
        [Cause::Base(plan_id("flexible")), Cause::Rule(rule_id("season")), Cause::Rule(rule_id("weekend")),]
    );
    assert_eq!(
        quote.slots[2].steps.iter().map(|step| step.amount).collect::<Vec<_>>(),
        [100_00, 125_00, 137_50]
    );
}

#[test]
fn conditions_are_of_the_slot_the_stay_and_the_question() {
    // Asked on 1 May for 10 June 2026, a Wednesday: 40 days before; check-in at 15:00.
    let applies = |when: Condition| one_night(vec![rule("r", by_percent("-10"), when)]) == 90_00;
    let when = Condition::default;
    assert!(applies(when()));
    assert!(applies(Condition { dates: vec![dates("2026-06-10", "2026-06-11")], ..when() }));
    assert!(!applies(Condition { dates: vec![dates("2026-06-11", "2026-06-12")], ..when() }));
    assert!(
        !applies(Condition { dates: vec![dates("2026-06-01", "2026-06-10")], ..when() }),
        "the end is not in it"
    );
    assert!(applies(Condition { weekdays: vec![Weekday::Wednesday], ..when() }));
    assert!(!applies(Condition { weekdays: vec![Weekday::Tuesday], ..when() }));
    assert!(
        applies(Condition { lead_days: least(40), ..when() })
            && !applies(Condition { lead_days: least(41), ..when() })
    );
    assert!(
        applies(Condition { lead_days: most(40), ..when() })
            && !applies(Condition { lead_days: most(39), ..when() })
    );
    assert!(
        applies(Condition { slots: most(1), ..when() }) && !applies(Condition { slots: least(2), ..when() })
    );
    assert!(
        applies(Condition { quantity: most(1), ..when() })
            && !applies(Condition { quantity: least(2), ..when() })
    );
    assert!(
        applies(Condition { guests: least(1), ..when() })
            && !applies(Condition { guests: least(2), ..when() })
    );
    assert!(applies(Condition { channels: BTreeSet::from([channel("web")]), ..when() }));
    assert!(!applies(Condition { channels: BTreeSet::from([channel("partner")]), ..when() }));
    assert!(applies(Condition { plans: BTreeSet::from([plan_id("flexible")]), ..when() }));
    assert!(!applies(Condition { plans: BTreeSet::from([plan_id("other")]), ..when() }));
    let clock =
        |from: i8, to: i8| Condition { times: Some((time(from, 0, 0, 0), time(to, 0, 0, 0))), ..when() };
    assert!(applies(clock(15, 16)) && !applies(clock(16, 18)) && !applies(clock(14, 15)));
    assert!(applies(clock(14, 2)) && !applies(clock(22, 15)) && applies(clock(22, 16)), "over midnight");
    let mut card = with(vec![rule(
        "r",
        by_percent("-10"),
        Condition { calendar: CalendarId::parse("fair").ok(), ..when() },
    )]);
    let fair = |days: &[&str]| days.iter().map(|day| date(day)).collect::<BTreeSet<_>>();
    card.calendars = BTreeMap::from([(CalendarId::parse("fair").expect("a name"), fair(&["2026-06-11"]))]);
    assert_eq!(amounts(&price(&card, &request("2026-06-10", 3), "flexible")), [100_00, 90_00, 100_00]);
}

#[test]
fn each_unit_is_priced_at_its_own_step_of_demand() {
    // Ten places, five taken: units 1 to 4 find 50, 60, 70 and 80 % taken. From 60 % on + 20 %, from 80 % on + 50 % instead.
    let step = |name: &str, from: u32, to: u32, by: &str| {
        let sold = Some(Bounds { min: Some(from), max: Some(to) });
        rule(name, by_percent(by), Condition { sold_percent: sold, ..Condition::default() })
    };
    let card = with(vec![step("busy", 60, 79, "20"), step("full", 80, 100, "50")]);
    let mut request = request("2026-06-10", 2);
    request.units = vec![Unit::default(); 4];
    for slot in &mut request.slots {
        (slot.taken, slot.places) = (5, Some(10));
    }
    let quote = price(&card, &request, "flexible");
    assert_eq!(amounts(&quote)[..4], [100_00, 120_00, 120_00, 150_00]);
    // Two nights each: 100 × 2, 120 × 4, 150 × 2
    let stay: Vec<i64> = lines(&quote).into_iter().map(|(_, amount)| amount).collect();
    assert_eq!(stay, [200_00, 480_00, 300_00]);
    // More taken than there is counts as full, and so does a slot without places; what is not known counts as not sold.
    for (taken, places, expected) in [(12, Some(10), 150_00), (0, Some(0), 150_00), (5, None, 100_00)] {
        request.units.truncate(1);
        request.slots.iter_mut().for_each(|slot| (slot.taken, slot.places) = (taken, places));
        assert_eq!(amounts(&price(&card, &request, "flexible")), [expected; 2]);
    }
}

#[test]
fn long_stays_take_a_percentage_off_every_night() {
    let from = |name: &str, slots: u32, by: &str, priority: u16| Rule {
        priority,
        group: Some(rule_id("length")),
        ..rule(name, by_percent(by), Condition { slots: least(slots), ..Condition::default() })
    };
    // One of the group applies: that of the lowest priority that fits. 28 nights −30 %, 7 nights −10 %.
    let card = with(vec![from("week", 7, "-10", 2), from("month", 28, "-30", 1)]);
    let total = |nights: i32| price(&card, &request("2026-06-01", nights), "flexible").price.total();
    assert_eq!(total(6), eur(6 * 100_00));
    assert_eq!(total(7), eur(7 * 90_00));
    assert_eq!(total(28), eur(28 * 70_00));
}

#[test]
fn a_derived_plan_is_its_percentage_below_every_night_of_the_other() {
    let mut card = card_at(eur(99_99));
    card.plans.push(derived("saver", "flexible", by_percent("-15")));
    card.plans.push(derived("member", "saver", Adjustment::Amount(-5_00)));
    let weekend = Condition { weekdays: vec![Weekday::Friday], ..Condition::default() };
    card.rules.push(rule("weekend", Adjustment::Amount(10_00), weekend));
    let request = request("2026-06-11", 2); // Thursday, Friday
    // 99.99 × 0.85 = 84.9915 → 84.99; 109.99 × 0.85 = 93.4915 → 93.49; then five euros less
    assert_eq!(amounts(&price(&card, &request, "flexible")), [99_99, 109_99]);
    assert_eq!(amounts(&price(&card, &request, "saver")), [84_99, 93_49]);
    assert_eq!(amounts(&price(&card, &request, "member")), [79_99, 88_49]);
    // A rule of the other plan is in it once, also where it names both.
    card.rules[0].when.plans = BTreeSet::from([plan_id("flexible"), plan_id("saver")]);
    assert_eq!(amounts(&price(&card, &request, "saver")), [84_99, 93_49]);
    // A rule of its own applies to its own price: 84.99 × 1.1 = 93.489 → 93.49, and 93.49 × 1.1 = 102.839 → 102.84
    let own = Condition { plans: BTreeSet::from([plan_id("saver")]), ..Condition::default() };
    card.rules.push(rule("own", by_percent("10"), own.clone()));
    assert_eq!(amounts(&price(&card, &request, "saver")), [93_49, 102_84]);
    // It never costs more than the other: 84.99 × 1.3 = 110.49 > 99.99
    card.rules[1] = rule("own", by_percent("30"), own);
    let quote = price(&card, &request, "saver");
    assert_eq!(amounts(&quote), [99_99, 109_99]);
    assert_eq!(quote.slots[0].steps.last().map(|step| &step.cause), Some(&Cause::NotAboveParent));
    // With a dated price of its own neither, and what is set for the other counts for it.
    let rates = |price| DateRates { price: Some(eur(price)), ..DateRates::default() };
    card.rules.clear();
    let both = set(&[("2026-06-11", "flexible", rates(60_00)), ("2026-06-12", "saver", rates(70_00))]);
    assert_eq!(amounts(&ask(&card, &both, &request, "saver").expect("sold")), [51_00, 70_00]);
    let dear = set(&[("2026-06-12", "saver", rates(170_00))]);
    assert_eq!(amounts(&ask(&card, &dear, &request, "saver").expect("sold")), [84_99, 99_99]);
}

#[test]
fn groups_count_over_a_plan_and_the_plan_it_derives_from() {
    let in_group = |name: &str, by: &str, plans: &[&str]| Rule {
        group: Some(rule_id("g")),
        ..rule(
            name,
            by_percent(by),
            Condition { plans: plans.iter().map(|name| plan_id(name)).collect(), ..Condition::default() },
        )
    };
    let mut card = with(vec![in_group("all", "10", &[]), in_group("own", "-50", &["saver"])]);
    card.plans.push(derived("saver", "flexible", by_percent("-15")));
    // 110 × 0.85 = 93.50: the group's rule is in the other plan's price.
    assert_eq!(amounts(&price(&card, &request("2026-06-10", 1), "saver")), [93_50]);
    card.rules[0].group = Some(rule_id("other"));
    assert_eq!(amounts(&price(&card, &request("2026-06-10", 1), "saver")), [46_75]);
}

#[test]
fn fences_come_after_the_rules_and_hold_for_every_plan() {
    let mut card = with(vec![rule("r", by_percent("-50"), Condition::default())]);
    card.plans.push(derived("saver", "flexible", by_percent("-50")));
    card.price_min = Some(eur(45_00));
    let request = request("2026-06-10", 1);
    assert_eq!(
        (amounts(&price(&card, &request, "flexible")), amounts(&price(&card, &request, "saver"))),
        (vec![50_00], vec![45_00])
    );
    (card.price_min, card.price_max) = (None, Some(eur(40_00)));
    let quote = price(&card, &request, "flexible");
    assert_eq!((amounts(&quote)[0], &quote.slots[0].steps[2].cause), (40_00, &Cause::PriceMax));
}

/// A week's rebate for all nights of a long stay, or for those beyond the week alone.
#[test]
fn a_length_of_stay_counts_for_all_nights_or_for_those_beyond_it() {
    let weekly = |from_slot| {
        let when = Condition { slots: least(8), from_slot, ..Condition::default() };
        with(vec![rule("weekly", by_percent("-20"), when)])
    };
    let nights =
        |card: &RateCard, nights: i32| amounts(&price(card, &request("2026-06-10", nights), "flexible"));
    // Ten nights at 100.00, 20 % off: 10 × 80 = 800, or 7 × 100 + 3 × 80 = 940.
    assert_eq!(nights(&weekly(None), 10), vec![80_00; 10]);
    assert_eq!(nights(&weekly(Some(8)), 10), [vec![100_00; 7], vec![80_00; 3]].concat());
    assert_eq!(nights(&weekly(None), 7), nights(&weekly(Some(8)), 7), "not for seven");
    // Stay four, pay three: the fourth night, and each after it, costs nothing.
    let free = Condition { from_slot: Some(4), ..Condition::default() };
    let free = with(vec![rule("fourth", Adjustment::Price(eur(0)), free)]);
    assert_eq!(nights(&free, 5), [100_00, 100_00, 100_00, 0, 0]);
    assert_eq!(nights(&free, 3), [100_00; 3]);
    // It is told of those nights alone why they cost less.
    let quote = price(&weekly(Some(8)), &request("2026-06-10", 8), "flexible");
    let is_rule = |cause: &Cause| matches!(cause, Cause::Rule(rule) if *rule == rule_id("weekly"));
    let told = quote.slots.iter().map(|slot| slot.steps.iter().any(|step| is_rule(&step.cause)));
    assert_eq!(told.collect::<Vec<_>>(), [false, false, false, false, false, false, false, true]);
}

#[test]
fn guests_and_kinds_of_units_have_their_price() {
    let band = |from_age, to_age, cents, in_cot| ChildBand { from_age, to_age, price: eur(cents), in_cot };
    let mut card = card();
    card.occupancy = Some(Occupancy {
        included_adults: 2,
        guests_max: 4,
        cots_max: None,
        extra_adult: eur(30_00),
        missing_adult: eur(15_00),
        child_bands: vec![band(0, 2, 0, true), band(3, 11, 12_50, false)],
    });
    let ask_for = |unit: Unit| {
        let mut request = request("2026-06-10", 1);
        request.units = vec![unit];
        ask(&card, &nothing(), &request, "flexible").map(|quote| amounts(&quote)[0])
    };
    assert_eq!(ask_for(Unit::default()), Ok(100_00));
    assert_eq!(ask_for(guests(2, &[])), Ok(100_00));
    assert_eq!(ask_for(guests(1, &[])), Ok(85_00));
    assert_eq!(ask_for(guests(3, &[])), Ok(130_00));
    assert_eq!(ask_for(guests(2, &[1, 3, 11])), Ok(125_00), "a baby in a cot takes no place");
    assert_eq!(ask_for(guests(2, &[12])), Ok(130_00), "as a further adult");
    let refused = |unit: Unit| ask_for(unit).expect_err("too many").reasons;
    assert_eq!(refused(guests(5, &[])), [Reason::Guests { guests_max: 4 }]);
    assert_eq!(refused(guests(2, &[3, 4, 5])), [Reason::Guests { guests_max: 4 }]);
    assert_eq!(refused(guests(0, &[])), [Reason::Guests { guests_max: 4 }]);
    assert_eq!(ask_for(guests(2, &[0, 1, 2, 2])), Ok(100_00), "cots are not limited by themselves");

    let cots = |cots_max: u32, unit: Unit| {
        let mut card = card.clone();
        card.occupancy.as_mut().expect("an occupancy").cots_max = Some(cots_max);
        let mut request = request("2026-06-10", 1);
        request.units = vec![guests(2, &[]), unit];
        ask(&card, &nothing(), &request, "flexible").map_err(|none| none.reasons).err()
    };
    assert_eq!(cots(1, guests(2, &[1])), None);
    assert_eq!(cots(1, guests(2, &[1, 2])), Some(vec![Reason::Cots { cots_max: 1 }]));
    assert_eq!(cots(1, guests(2, &[1, 3])), None, "a child of three has a bed");
    assert_eq!(cots(0, guests(2, &[0])), Some(vec![Reason::Cots { cots_max: 0 }]));
    let both = vec![Reason::Guests { guests_max: 4 }, Reason::Cots { cots_max: 1 }];
    assert_eq!(cots(1, guests(5, &[1, 1])), Some(both));

    // A concert: an adult 40.00, a child half, a concession 85 %.
    let mut concert = card_at(eur(40_01));
    for (name, percent) in [("adult", 100), ("child", 50), ("concession", 85)] {
        let id = UnitTypeId::parse(name).expect("a name");
        concert.unit_types.push(UnitType { id, name: label(name), percent });
    }
    let kind = |name: &str| Unit { unit_type: UnitTypeId::parse(name).ok(), guests: None };
    let mut request = request("2026-06-10", 1);
    request.units = ["adult", "child", "concession", "adult"].map(kind).to_vec();
    let quote = price(&concert, &request, "flexible");
    // 40.01; 20.005 → 20.01; 34.0085 → 34.01
    assert_eq!(amounts(&quote), [40_01, 20_01, 34_01, 40_01]);
    assert_eq!(
        lines(&quote).into_iter().map(|(_, amount)| amount).collect::<Vec<_>>(),
        [80_02, 20_01, 34_01]
    );
    request.units[0] = kind("senior");
    assert_eq!(
        ask(&concert, &nothing(), &request, "flexible").expect_err("no kind").reasons,
        [Reason::UnitType]
    );
    request.units[0] = Unit::default();
    let of_first_kind = price(&concert, &request, "flexible");
    assert_eq!(of_first_kind.price, quote.price, "a unit that names no kind is of the card's first");
}

#[test]
fn a_plan_that_is_paid_at_the_place_has_nothing_to_pay_now() {
    let mut card = card();
    card.plans[0].payment = Payment::AtProperty;
    let quote = price(&card, &request("2026-06-10", 2), "flexible");
    assert_eq!((quote.price.total(), quote.price.at_property()), (eur(0), eur(200_00)));
    assert_eq!((quote.applied.card_version, quote.applied.priced_at), (7, at("2026-05-01T10:00:00Z")));
}

#[test]
fn a_long_stay_of_many_prices_has_a_line_per_month() {
    let season = |index: i64| {
        let when =
            Condition { calendar: CalendarId::parse(&format!("c{index}")).ok(), ..Condition::default() };
        rule(&format!("r{index}"), Adjustment::Amount(index * 1_00), when)
    };
    let mut card = with((1..=2).map(season).collect());
    let every = |of: i8, rest: i8| {
        let days = date("2026-06-01").series(jiff::Span::new().days(1)).take(90);
        days.filter(|day| day.day() % of == rest).collect::<BTreeSet<_>>()
    };
    let name = |index: i64| CalendarId::parse(&format!("c{index}")).expect("a name");
    card.calendars = BTreeMap::from([(name(1), every(2, 0)), (name(2), every(3, 0))]);
    let quote: PlanQuote = price(&card, &request("2026-06-10", 70), "flexible");
    let counts: Vec<(u32, String)> = quote
        .price
        .lines()
        .iter()
        .filter_map(|line| line.detail.as_ref())
        .map(|detail| {
            (
                detail.count,
                detail.dates.map(|range| format!("{}/{}", range.from, range.to)).unwrap_or_default(),
            )
        })
        .collect();
    let line = |range: &str| (1, range.to_owned());
    assert_eq!(
        counts,
        [line("2026-06-10/2026-07-01"), line("2026-07-01/2026-08-01"), line("2026-08-01/2026-08-19")]
    );
    assert_eq!(quote.price.total().amount(), amounts(&quote).iter().sum::<i64>());
    assert!(quote.price.lines().len() <= STAY_LINES_MAX);
}

#[test]
fn prices_out_of_range_and_questions_without_end_are_refused() {
    let refused = |card: &RateCard, units: usize, nights: i32| {
        let mut request = request("2026-06-10", nights);
        request.units = vec![Unit::default(); units];
        ask(card, &nothing(), &request, "flexible").err().map(|none| none.reasons)
    };
    let out_of_range = Some(vec![Reason::OutOfRange]);
    let dear = card_at(eur(99_999_999_999));
    assert_eq!(
        (refused(&dear, 1, 1), refused(&dear, 2, 1), refused(&dear, 1, 2)),
        (None, out_of_range.clone(), out_of_range.clone())
    );
    let rising: Vec<Rule> =
        (0..200).map(|index| rule(&format!("r{index}"), by_percent("900"), Condition::default())).collect();
    assert_eq!(refused(&with(rising), 1, 1), out_of_range);
    assert_eq!(refused(&card(), PRICES_MAX + 1, 1), out_of_range);
    assert_eq!(refused(&card(), 0, 1), out_of_range);
    let mut request = request("2026-06-10", 1);
    request.slots.clear();
    assert_eq!(
        ask(&card(), &nothing(), &request, "flexible").expect_err("refused").reasons,
        [Reason::OutOfRange]
    );
    // A card that was never checked: a plan that derives from itself.
    let mut looping = card();
    looping.plans = vec![derived("flexible", "flexible", by_percent("-5"))];
    assert_eq!(refused(&looping, 1, 1), Some(vec![Reason::NoPlan]));
    looping.plans =
        vec![plan("flexible", PlanPrice::Derived { from: plan_id("lost"), adjustment: by_percent("-5") })];
    assert_eq!(refused(&looping, 1, 1), Some(vec![Reason::NoPlan]));
}
