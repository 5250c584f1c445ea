//! What a card may not say: one case per problem, with where it is and of what.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::money::Percent;
use holdfast_domain::rates::cancellation::{CancellationStep, Deadline, Penalty};
use holdfast_domain::rates::card::RateCard;
use holdfast_domain::rates::charge::{Band, BandLevy, ChargeKind, Due, Levy, Per, Validity};
use holdfast_domain::rates::condition::Condition;
use holdfast_domain::rates::extra::Extra;
use holdfast_domain::rates::ids::{CalendarId, ExtraId, UnitTypeId};
use holdfast_domain::rates::occupancy::{ChildBand, Occupancy, UnitType};
use holdfast_domain::rates::plan::{Audience, Included};
use holdfast_domain::rates::promotion::{Discount, Promotion, PromotionCode};
use holdfast_domain::rates::restriction::Limits;
use holdfast_domain::rates::rule::Adjustment;
use holdfast_domain::rates::validate::{CardContext, CardFault, CardProblem};
use jiff::civil::{Time, Weekday, time};

use crate::fixture::{
    at, by_percent, card, category, channel, currency, date, dates, derived, eur, group, label, money,
    percent, plan_id, restriction, rule, tax,
};

pub(crate) fn context(step: i64) -> CardContext {
    CardContext { currency: currency("EUR"), step }
}

/// A card with one of everything, with which nothing is wrong.
pub(crate) fn full() -> RateCard {
    let mut card = card();
    card.plans.push(derived("saver", "flexible", by_percent("-15")));
    card.plans[0].included =
        vec![Included { name: label("Breakfast"), category: category("breakfast"), value: Some(eur(10_00)) }];
    let step = |deadline, penalty| CancellationStep { deadline, penalty };
    card.plans[0].cancellation.steps = vec![
        step(Deadline::DaysBefore { days: 14, time: None }, Penalty::Percent(Percent::ZERO)),
        step(Deadline::DaysBefore { days: 1, time: Some(time(18, 0, 0, 0)) }, Penalty::FirstSlots(1)),
    ];
    let id = UnitTypeId::parse("double").expect("a name");
    card.unit_types.push(UnitType { id, name: label("Double"), percent: 100 });
    let band = |from_age, to_age| ChildBand { from_age, to_age, price: eur(5_00), in_cot: false };
    card.occupancy = Some(Occupancy {
        included_adults: 2,
        guests_max: 4,
        cots_max: None,
        extra_adult: eur(20_00),
        missing_adult: eur(5_00),
        child_bands: vec![band(0, 2), band(3, 11)],
    });
    card.calendars = BTreeMap::from([(calendar("fair"), BTreeSet::from([date("2026-06-12")]))]);
    card.rules = vec![rule("season", by_percent("10"), Condition::default())];
    let band = |from, cents| Band { from: eur(from), levy: BandLevy::Amount(eur(cents)) };
    card.charges = vec![
        tax("city", Levy::Percent(percent("5")), &["stay"]),
        tax("bands", Levy::Bands(vec![band(0, 1_00), band(50_00, 2_00)]), &["stay"]),
        tax("visitor", Levy::Amount { amount: eur(1_00), per: Per::GuestSlot }, &[]),
    ];
    card.restrictions =
        vec![restriction("minimum", Limits { stay_min_on_arrival: Some(2), ..Limits::default() })];
    card.extras = vec![Extra {
        id: ExtraId::parse("parking").expect("a name"),
        name: label("Parking"),
        price: eur(10_00),
        per: Per::Slot,
        quantity_max: 2,
        category: category("parking"),
        plans: BTreeSet::new(),
        refundable: true,
        due: Due::Now,
    }];
    card.promotions = vec![Promotion {
        code: PromotionCode::parse("SUMMER").expect("a code"),
        name: label("Summer"),
        discount: Discount::Percent(percent("10")),
        plans: BTreeSet::new(),
        stays: Validity::default(),
        from: None,
        to: None,
        uses_max: Some(100),
        uses_per_guest_max: Some(1),
    }];
    card
}

pub(crate) fn calendar(name: &str) -> CalendarId {
    CalendarId::parse(name).expect("a name")
}

pub(crate) fn problems(change: impl Fn(&mut RateCard), step: i64) -> Vec<CardProblem> {
    let mut card = full();
    change(&mut card);
    card.checked(context(step)).err().unwrap_or_default()
}

/// Checks that a change makes just those problems: where, of what, and which.
pub(crate) fn check(change: impl Fn(&mut RateCard), expected: &[(&str, Option<&str>, CardFault)]) {
    let found = problems(change, 1);
    let found: Vec<(&str, Option<&str>, CardFault)> = found
        .iter()
        .map(|problem| (problem.path.as_str(), problem.id.as_deref(), problem.fault.clone()))
        .collect();
    assert_eq!(found, expected);
}

pub(crate) fn euro() -> CardFault {
    CardFault::Currency(currency("EUR"))
}

#[test]
fn nothing_is_wrong_with_a_card_with_one_of_everything() {
    assert_eq!(full().checked(context(1)), Ok(full()));
    assert_eq!(full().checked(context(100)), Ok(full()));
    assert_eq!(full().checked(context(0)), Ok(full()), "nothing is no step");
}

#[test]
fn there_is_no_more_of_anything_than_there_may_be() {
    let many = |path: &'static str, max, change: &dyn Fn(&mut RateCard)| {
        check(change, &[(path, None, CardFault::TooMany { max })]);
    };
    many("/plans", 20, &|card| card.plans = vec![card.plans[0].clone(); 21]);
    many("/rules", 200, &|card| card.rules = vec![card.rules[0].clone(); 201]);
    many("/charges", 40, &|card| card.charges = vec![card.charges[0].clone(); 41]);
    many("/restrictions", 200, &|card| card.restrictions = vec![card.restrictions[0].clone(); 201]);
    many("/extras", 40, &|card| card.extras = vec![card.extras[0].clone(); 41]);
    many("/promotions", 100, &|card| card.promotions = vec![card.promotions[0].clone(); 101]);
    many("/unitTypes", 20, &|card| card.unit_types = vec![card.unit_types[0].clone(); 21]);
    many("/calendars", 20, &|card| {
        card.calendars = (0..21).map(|index| (calendar(&format!("c{index}")), BTreeSet::new())).collect();
    });
    many("/calendars/fair", 400, &|card| {
        let days = date("2026-01-01").series(jiff::Span::new().days(1)).take(401).collect();
        card.calendars = BTreeMap::from([(calendar("fair"), days)]);
    });
    many("/rules/0/when/dates", 50, &|card| {
        card.rules[0].when.dates = vec![dates("2026-06-01", "2026-07-01"); 51]
    });
    many("/rules/0/when/channels", 40, &|card| {
        card.rules[0].when.channels = (0..41).map(|index| channel(&format!("c{index}"))).collect();
    });
    many("/plans/0/cancellation/steps", 16, &|card| {
        let step = |days| CancellationStep {
            deadline: Deadline::DaysBefore { days, time: None },
            penalty: Penalty::FirstSlots(1),
        };
        card.plans[0].cancellation.steps = (0..17).rev().map(step).collect();
    });
    many("/plans/0/included", 10, &|card| {
        card.plans[0].included = vec![card.plans[0].included[0].clone(); 11]
    });
    check(
        |card| card.plans.clear(),
        &[
            ("/plans", None, CardFault::Missing),
            ("/defaultPlan", None, CardFault::UnknownPlan(plan_id("flexible"))),
        ],
    );
}

#[test]
fn names_are_unique() {
    let twice = |path: &'static str, id: &'static str, change: &dyn Fn(&mut RateCard)| {
        check(change, &[(path, Some(id), CardFault::Duplicate)]);
    };
    twice("/plans/2/id", "saver", &|card| card.plans.push(card.plans[1].clone()));
    twice("/unitTypes/1/id", "double", &|card| card.unit_types.push(card.unit_types[0].clone()));
    twice("/rules/1/id", "season", &|card| card.rules.push(card.rules[0].clone()));
    twice("/charges/3/id", "city", &|card| card.charges.push(card.charges[0].clone()));
    twice("/restrictions/1/id", "minimum", &|card| card.restrictions.push(card.restrictions[0].clone()));
    twice("/extras/1/id", "parking", &|card| card.extras.push(card.extras[0].clone()));
    twice("/promotions/1/code", "SUMMER", &|card| card.promotions.push(card.promotions[0].clone()));
    twice("/rules/0/when/weekdays", "season", &|card| card.rules[0].when.weekdays = vec![Weekday::Friday; 2]);
}

#[test]
fn every_amount_is_in_the_currency_and_can_be_charged() {
    let wrong = |path: &'static str,
                 id: Option<&'static str>,
                 change: &dyn Fn(&mut RateCard, holdfast_domain::Money)| {
        check(|card| change(card, money(10_00, "USD")), &[(path, id, euro())]);
        let found = problems(|card| change(card, eur(10_01)), 10);
        let found: Vec<(&str, Option<&str>, CardFault)> = found
            .iter()
            .map(|problem| (problem.path.as_str(), problem.id.as_deref(), problem.fault.clone()))
            .collect();
        assert_eq!(found, [(path, id, CardFault::Step(10))]);
    };
    wrong("/plans/0/price", Some("flexible"), &|card, money| {
        card.plans[0].price = holdfast_domain::rates::plan::PlanPrice::Base(money)
    });
    wrong("/plans/0/cancellation/steps/1/penalty", Some("flexible"), &|card, money| {
        card.plans[0].cancellation.steps[1].penalty = Penalty::Amount(money);
    });
    let occupancy =
        |card: &mut RateCard, change: &dyn Fn(&mut Occupancy)| card.occupancy.iter_mut().for_each(change);
    wrong("/occupancy/extraAdult", None, &|card, money| occupancy(card, &|of| of.extra_adult = money));
    wrong("/occupancy/missingAdult", None, &|card, money| occupancy(card, &|of| of.missing_adult = money));
    wrong("/occupancy/childBands/1/price", None, &|card, money| {
        occupancy(card, &|of| of.child_bands[1].price = money)
    });
    wrong("/rules/0/adjustment", Some("season"), &|card, money| {
        card.rules[0].adjustment = Adjustment::Price(money)
    });
    wrong("/priceMin", None, &|card, money| card.price_min = Some(money));
    wrong("/priceMax", None, &|card, money| card.price_max = Some(money));
    wrong("/charges/2/levy/amount", Some("visitor"), &|card, money| {
        card.charges[2].levy = Levy::Amount { amount: money, per: Per::Stay };
    });
    wrong("/charges/1/levy/bands/0/levy", Some("bands"), &|card, money| {
        card.charges[1].levy = Levy::Bands(vec![Band { from: eur(0), levy: BandLevy::Amount(money) }]);
    });
    wrong("/extras/0/price", Some("parking"), &|card, money| card.extras[0].price = money);
    wrong("/promotions/0/discount", Some("SUMMER"), &|card, money| {
        card.promotions[0].discount = Discount::Amount(money)
    });
    check(|card| card.currency = currency("USD"), &[("/currency", None, euro())]);
    check(
        |card| card.plans[0].included[0].value = Some(money(1, "USD")),
        &[("/plans/0/included/0/value", Some("flexible"), euro())],
    );
    check(
        |card| {
            card.charges[1].levy =
                Levy::Bands(vec![Band { from: money(0, "USD"), levy: BandLevy::Amount(eur(0)) }])
        },
        &[("/charges/1/levy/bands/0/from", Some("bands"), euro())],
    );
    let odd = problems(|card| card.rules[0].adjustment = Adjustment::Amount(-5), 10);
    assert_eq!((odd.len(), &odd[0].fault), (1, &CardFault::Step(10)));
    let far = CardFault::OutOfBounds { min: -99_999_999_999, max: 99_999_999_999 };
    check(
        |card| card.rules[0].adjustment = Adjustment::Amount(i64::MIN + 1),
        &[("/rules/0/adjustment", Some("season"), far)],
    );
}

#[test]
fn plans_derive_from_plans_that_there_are() {
    let from = "/plans/1/price/from";
    check(
        |card| card.plans[1] = derived("saver", "lost", by_percent("-5")),
        &[(from, Some("saver"), CardFault::UnknownPlan(plan_id("lost")))],
    );
    check(
        |card| card.plans[1] = derived("saver", "saver", by_percent("-5")),
        &[(from, Some("saver"), CardFault::Loop)],
    );
    check(
        |card| {
            card.plans[1] = derived("saver", "member", by_percent("-5"));
            card.plans.push(derived("member", "saver", by_percent("-5")));
        },
        &[(from, Some("saver"), CardFault::Loop), ("/plans/2/price/from", Some("member"), CardFault::Loop)],
    );
    check(
        |card| {
            for (name, above) in [("c", "saver"), ("d", "c"), ("e", "d"), ("f", "e")] {
                card.plans.push(derived(name, above, by_percent("-1")));
            }
        },
        &[("/plans/5/price/from", Some("f"), CardFault::TooDeep)],
    );
    check(
        |card| card.plans[1] = derived("saver", "flexible", Adjustment::Price(eur(80_00))),
        &[("/plans/1/price/adjustment", Some("saver"), CardFault::FixedDerivation)],
    );
    check(
        |card| card.default_plan = plan_id("lost"),
        &[("/defaultPlan", None, CardFault::UnknownPlan(plan_id("lost")))],
    );
    let private = [("/defaultPlan", Some("flexible"), CardFault::DefaultIsPrivate)];
    check(|card| card.plans[0].audience = Audience::Group(group("acme")), &private);
    check(|card| card.plans[0].channels = BTreeSet::from([channel("web")]), &private);
}

#[test]
fn numbers_are_within_their_bounds() {
    let out = |min, max| CardFault::OutOfBounds { min, max };
    check(
        |card| card.unit_types[0].percent = 1_001,
        &[("/unitTypes/0/percent", Some("double"), out(0, 1_000))],
    );
    let flexible = Some("flexible");
    check(
        |card| card.plans[0].cancellation.free_hours_after_booking = 169,
        &[("/plans/0/cancellation/freeHoursAfterBooking", flexible, out(0, 168))],
    );
    let terms = |deadline, penalty| {
        move |card: &mut RateCard| {
            card.plans[0].cancellation.steps = vec![CancellationStep { deadline, penalty }]
        }
    };
    let deadline = "/plans/0/cancellation/steps/0/deadline";
    check(
        terms(Deadline::HoursBefore(87_601), Penalty::FirstSlots(1)),
        &[(deadline, flexible, out(0, 87_600))],
    );
    check(
        terms(Deadline::DaysBefore { days: 3_651, time: None }, Penalty::FirstSlots(1)),
        &[(deadline, flexible, out(0, 3_650))],
    );
    let penalty = "/plans/0/cancellation/steps/0/penalty";
    check(terms(Deadline::HoursBefore(1), Penalty::FirstSlots(0)), &[(penalty, flexible, out(1, 366))]);
    let occupancy =
        |change: fn(&mut Occupancy)| move |card: &mut RateCard| card.occupancy.iter_mut().for_each(change);
    check(occupancy(|of| of.guests_max = 101), &[("/occupancy/guestsMax", None, out(1, 100))]);
    check(occupancy(|of| of.cots_max = Some(101)), &[("/occupancy/cotsMax", None, out(0, 100))]);
    check(occupancy(|of| of.cots_max = Some(0)), &[]);
    check(occupancy(|of| of.included_adults = 5), &[("/occupancy/includedAdults", None, out(1, 4))]);
    check(occupancy(|of| of.included_adults = 0), &[("/occupancy/includedAdults", None, out(1, 4))]);
    check(
        occupancy(|of| of.child_bands[1].to_age = 18),
        &[("/occupancy/childBands/1/toAge", None, out(0, 17))],
    );
    check(
        |card| card.extras[0].quantity_max = 0,
        &[("/extras/0/quantityMax", Some("parking"), out(1, 1_000))],
    );
    check(
        |card| card.charges[0].slots_max = Some(0),
        &[("/charges/0/slotsMax", Some("city"), out(1, 1_000_000_000))],
    );
    check(
        |card| card.promotions[0].uses_max = Some(0),
        &[("/promotions/0/usesMax", Some("SUMMER"), out(1, 1_000_000_000))],
    );
    check(
        |card| card.promotions[0].uses_per_guest_max = Some(0),
        &[("/promotions/0/usesPerGuestMax", Some("SUMMER"), out(1, 1_000_000_000))],
    );
    let limits = |limits: Limits| move |card: &mut RateCard| card.restrictions[0].limits = limits.clone();
    let minimum = Some("minimum");
    check(
        limits(Limits { stay_min_on_arrival: Some(0), ..Limits::default() }),
        &[("/restrictions/0/limits/stayMinOnArrival", minimum, out(1, 366))],
    );
    check(
        limits(Limits { stay_min_through: Some(367), ..Limits::default() }),
        &[("/restrictions/0/limits/stayMinThrough", minimum, out(1, 366))],
    );
    check(
        limits(Limits { quantity_max: Some(0), ..Limits::default() }),
        &[("/restrictions/0/limits/quantityMax", minimum, out(1, 100_000))],
    );
    check(
        limits(Limits { window_days_max: Some(3_654), ..Limits::default() }),
        &[("/restrictions/0/limits/windowDaysMax", minimum, out(0, 3_653))],
    );
}

#[test]
fn deadlines_and_bands_are_in_order() {
    let steps = |deadlines: Vec<Deadline>| {
        move |card: &mut RateCard| {
            let step = |deadline: &Deadline| CancellationStep {
                deadline: *deadline,
                penalty: Penalty::FirstSlots(1),
            };
            card.plans[0].cancellation.steps = deadlines.iter().map(step).collect();
        }
    };
    let day = |days, time: Option<Time>| Deadline::DaysBefore { days, time };
    let fault = [("/plans/0/cancellation/steps/1/deadline", Some("flexible"), CardFault::DeadlineOrder)];
    check(steps(vec![Deadline::HoursBefore(24), Deadline::HoursBefore(24)]), &fault);
    check(steps(vec![day(1, None), day(2, None)]), &fault);
    check(steps(vec![day(1, None), day(1, Some(time(18, 0, 0, 0)))]), &fault);
    check(steps(vec![day(1, Some(time(18, 0, 0, 0))), day(1, Some(time(17, 0, 0, 0)))]), &fault);
    check(
        steps(vec![day(1, Some(time(18, 0, 0, 0))), day(1, None), day(0, None), Deadline::HoursBefore(1)]),
        &[],
    );
    let ages = |first: (u8, u8), second: (u8, u8)| {
        move |card: &mut RateCard| {
            let band = |(from_age, to_age)| ChildBand { from_age, to_age, price: eur(0), in_cot: false };
            card.occupancy.iter_mut().for_each(|of| of.child_bands = vec![band(first), band(second)]);
        }
    };
    let fault = [("/occupancy/childBands/1", None, CardFault::AgeBands)];
    check(ages((0, 3), (3, 11)), &fault);
    check(ages((4, 5), (0, 1)), &fault);
    check(ages((0, 3), (8, 7)), &fault);
    let bands = |froms: Vec<i64>| {
        move |card: &mut RateCard| {
            let band = |from: &i64| Band { from: eur(*from), levy: BandLevy::Percent(percent("3")) };
            card.charges[1].levy = Levy::Bands(froms.iter().map(band).collect());
        }
    };
    let fault = |path: &'static str| [(path, Some("bands"), CardFault::BandOrder)];
    check(bands(vec![0, 100, 100]), &fault("/charges/1/levy/bands/2/from"));
    check(bands(vec![1]), &fault("/charges/1/levy/bands/0/from"));
    check(bands(vec![]), &[("/charges/1/levy/bands", Some("bands"), CardFault::Missing)]);
}

#[test]
fn fences_and_validities_do_not_cross() {
    check(
        |card| (card.price_min, card.price_max) = (Some(eur(2)), Some(eur(1))),
        &[("/priceMin", None, CardFault::FencesCrossed)],
    );
    check(|card| (card.price_min, card.price_max) = (Some(eur(2)), Some(eur(2))), &[]);
    let crossed = Validity { from: Some(date("2026-06-02")), until: Some(date("2026-06-01")) };
    check(
        |card| card.charges[0].valid = crossed,
        &[("/charges/0/valid", Some("city"), CardFault::EmptyRange)],
    );
    check(
        |card| card.promotions[0].stays = crossed,
        &[("/promotions/0/stays", Some("SUMMER"), CardFault::EmptyRange)],
    );
    let now = at("2026-06-01T00:00:00Z");
    check(
        |card| (card.promotions[0].from, card.promotions[0].to) = (Some(now), Some(now)),
        &[("/promotions/0/to", Some("SUMMER"), CardFault::EmptyRange)],
    );
}

#[test]
fn charges_are_levied_on_what_there_is() {
    let fee = |card: &mut RateCard| card.charges[2].kind = ChargeKind::Fee { category: category("service") };
    let on =
        |name: &'static str| move |card: &mut RateCard| card.charges[0].on = BTreeSet::from([category(name)]);
    let city = Some("city");
    check(|card| card.charges[0].on.clear(), &[("/charges/0/on", city, CardFault::LeviedOnNothing)]);
    check(on("sauna"), &[("/charges/0/on/0", city, CardFault::UnknownCategory(category("sauna")))]);
    for known in ["stay", "breakfast", "parking"] {
        check(on(known), &[]);
    }
    check(
        |card| {
            on("breakfast")(card);
            card.plans[0].included[0].value = None;
        },
        &[("/charges/0/on/0", city, CardFault::UnknownCategory(category("breakfast")))],
    );
    check(
        |card| {
            fee(card);
            on("service")(card);
        },
        &[],
    );
    check(
        |card| {
            fee(card);
            on("service")(card);
            card.charges[0].kind = ChargeKind::Fee { category: category("other") };
        },
        &[("/charges/0/on/0", city, CardFault::FeeOnFee(category("service")))],
    );
    check(
        |card| {
            fee(card);
            card.charges[2].included = true;
        },
        &[("/charges/2/included", Some("visitor"), CardFault::FeeIncluded)],
    );
    check(
        |card| card.charges[1].included = true,
        &[("/charges/1/included", Some("bands"), CardFault::BandsIncluded)],
    );
    check(
        |card| (card.charges[0].included, card.charges[0].refundable) = (true, false),
        &[("/charges/0/refundable", city, CardFault::IncludedIsKept)],
    );
    check(
        |card| (card.charges[0].included, card.charges[0].before_discounts) = (true, true),
        &[("/charges/0/beforeDiscounts", city, CardFault::BeforeDiscounts)],
    );
    check(
        |card| {
            let amount = Levy::Amount { amount: eur(1_00), per: Per::Stay };
            (card.charges[0].levy, card.charges[0].before_discounts) = (amount, true);
            card.charges[0].on.clear();
        },
        &[("/charges/0/beforeDiscounts", city, CardFault::BeforeDiscounts)],
    );
    check(|card| card.charges[0].before_discounts = true, &[]);
    check(
        |card| card.charges[0].exempt_to_age = Some(17),
        &[("/charges/0/exemptToAge", city, CardFault::ExemptsNobody)],
    );
    check(|card| card.charges[1].exempt_to_age = Some(17), &[]);
    check(|card| (card.charges[0].slots_max, card.charges[1].slots_max) = (Some(5), Some(5)), &[]);
    let per = |per: Per| Levy::Amount { amount: eur(1_00), per };
    let visitor = Some("visitor");
    for (counted, has_guests, has_slots) in [
        (Per::Stay, false, false),
        (Per::Unit, false, false),
        (Per::Guest, true, false),
        (Per::Slot, false, true),
        (Per::UnitSlot, false, true),
        (Per::GuestSlot, true, true),
    ] {
        let none = ("/charges/2/exemptToAge", visitor, CardFault::ExemptsNobody);
        let nobody = if has_guests { vec![] } else { vec![none] };
        let none = ("/charges/2/slotsMax", visitor, CardFault::CountsNoSlots);
        let no_slots = if has_slots { vec![] } else { vec![none] };
        check(
            |card| (card.charges[2].levy, card.charges[2].exempt_to_age) = (per(counted), Some(17)),
            &nobody,
        );
        let first_five = |card: &mut RateCard| {
            (card.charges[2].levy, card.charges[2].exempt_to_age) = (per(counted), None);
            card.charges[2].slots_max = Some(5);
        };
        check(first_five, &no_slots);
        let of_stay = |card: &mut RateCard| {
            (card.charges[2].levy, card.charges[2].exempt_to_age) = (per(counted), None);
            card.charges[2].slots_max = None;
            card.charges[2].on = BTreeSet::from([category("stay")]);
        };
        check(of_stay, &[("/charges/2/on", visitor, CardFault::LeviedOnCount)]);
    }
    check(|card| card.charges[1].before_discounts = true, &[]);
    check(
        |card| card.charges[0].levy = Levy::Percent(percent("-1")),
        &[("/charges/0/levy", city, CardFault::Percentage)],
    );
    check(
        |card| card.charges[0].levy = Levy::Percent(percent("100.0001")),
        &[("/charges/0/levy", city, CardFault::Percentage)],
    );
    check(
        |card| card.promotions[0].discount = Discount::Percent(percent("100.01")),
        &[("/promotions/0/discount", Some("SUMMER"), CardFault::Percentage)],
    );
    let lost = || CardFault::UnknownPlan(plan_id("lost"));
    check(
        |card| card.extras[0].plans = BTreeSet::from([plan_id("lost")]),
        &[("/extras/0/plans/0", Some("parking"), lost())],
    );
    check(
        |card| card.promotions[0].plans = BTreeSet::from([plan_id("lost")]),
        &[("/promotions/0/plans/0", Some("SUMMER"), lost())],
    );
}
