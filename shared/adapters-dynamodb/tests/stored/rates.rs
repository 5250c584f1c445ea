//! Rates as samples, as generated values, and at their largest.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_app::events::Write;
use holdfast_app::rates::CardRecord;
use holdfast_domain::bookings::HOURS_BEFORE_MAX;
use holdfast_domain::catalogue::{Label, Month};
use holdfast_domain::money::{AMOUNT_MAX, Percent};
use holdfast_domain::rates::cancellation::{CancellationStep, CancellationTerms, Deadline, Penalty};
use holdfast_domain::rates::card::{CardVersion, RateCard, ResourceRates};
use holdfast_domain::rates::charge::{Band, BandLevy, Charge, ChargeKind, Due, Levy, Per, Validity};
use holdfast_domain::rates::condition::{Bounds, Condition, DateRange};
use holdfast_domain::rates::dated::{DateRates, MonthRates};
use holdfast_domain::rates::extra::Extra;
use holdfast_domain::rates::ids::{
    CalendarId, Channel, ChargeId, ExtraId, PlanId, RateGroup, RestrictionId, RuleId, TaxCategory, UnitTypeId,
};
use holdfast_domain::rates::occupancy::{ChildBand, Occupancy, UnitType};
use holdfast_domain::rates::percentage::Percentage;
use holdfast_domain::rates::plan::{Audience, Included, Payment, PlanPrice, RatePlan};
use holdfast_domain::rates::promotion::{Discount, Promotion, PromotionCode};
use holdfast_domain::rates::restriction::{Limits, Restriction};
use holdfast_domain::rates::rule::{Adjustment, Rule};
use holdfast_domain::{Currency, Money};
use jiff::civil::{Date, Weekday, date, time};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::samples::{TRACE, now, room};
use crate::values::Stored;

/// A name of a part of a card, of whichever kind.
macro_rules! named {
    ($kind:ident, $text:expr) => {
        $kind::parse($text).expect("a name")
    };
}

fn label(text: &str) -> Label {
    Label::parse(text).expect("a label")
}

fn euros(amount: i64) -> Money {
    Money::new(amount, Currency::parse("EUR").expect("a code")).expect("an amount")
}

fn percent(text: &str) -> Percentage {
    Percentage::parse(text).expect("a percentage")
}

const JUNE: DateRange = DateRange { from: date(2030, 6, 1), to: date(2030, 7, 1) };

fn bounds(min: Option<u32>, max: Option<u32>) -> Option<Bounds> {
    Some(Bounds { min, max })
}

/// A card with everything that one can have.
pub(crate) fn card() -> RateCard {
    let flexible = || named!(PlanId, "flexible");
    let web = || BTreeSet::from([named!(Channel, "web")]);
    let derived = |name: &str, from: &str, adjustment| RatePlan {
        id: named!(PlanId, name),
        name: label(name),
        price: PlanPrice::Derived { from: named!(PlanId, from), adjustment },
        cancellation: CancellationTerms::default(),
        payment: Payment::Now,
        included: Vec::new(),
        audience: Audience::Everyone,
        channels: BTreeSet::new(),
    };
    let step = |deadline, penalty| CancellationStep { deadline, penalty };
    let days = |days, time| Deadline::DaysBefore { days, time };
    let plans = vec![
        RatePlan {
            price: PlanPrice::Base(euros(12_900)),
            cancellation: CancellationTerms {
                free_hours_after_booking: 24,
                steps: vec![
                    step(days(7, Some(time(18, 0, 0, 0))), Penalty::Percent(Percent::ZERO)),
                    step(days(2, None), Penalty::FirstSlots(1)),
                    step(Deadline::HoursBefore(12), Penalty::Amount(euros(5_000))),
                ],
            },
            included: vec![
                Included {
                    name: label("Breakfast"),
                    category: named!(TaxCategory, "breakfast"),
                    value: Some(euros(1_500)),
                },
                Included { name: label("Wi-Fi"), category: named!(TaxCategory, "stay"), value: None },
            ],
            channels: web(),
            ..derived("flexible", "flexible", Adjustment::Amount(0))
        },
        derived("saver", "flexible", Adjustment::Percent(percent("-15.5"))),
        RatePlan {
            payment: Payment::AtProperty,
            audience: Audience::Group(named!(RateGroup, "company-acme")),
            ..derived("acme", "flexible", Adjustment::Amount(-500))
        },
        derived("day-use", "saver", Adjustment::Price(euros(7_900))),
    ];
    let when = Condition {
        dates: vec![JUNE],
        weekdays: vec![Weekday::Friday, Weekday::Sunday],
        calendar: Some(named!(CalendarId, "school-holidays")),
        times: Some((time(18, 0, 0, 0), time(22, 30, 0, 0))),
        slots: bounds(Some(3), Some(6)),
        from_slot: None,
        lead_days: bounds(None, Some(14)),
        sold_percent: bounds(Some(80), None),
        guests: bounds(Some(2), None),
        quantity: bounds(None, Some(4)),
        channels: web(),
        plans: [flexible()].into(),
    };
    let rule = |name: &str, priority, adjustment| Rule {
        id: named!(RuleId, name),
        name: label(name),
        priority,
        when: Condition::default(),
        adjustment,
        group: None,
    };
    let rules = vec![
        Rule {
            when,
            group: Some(named!(RuleId, "season")),
            ..rule("summer", 10, Adjustment::Percent(percent("12.5")))
        },
        rule("flat", 0, Adjustment::Price(euros(9_900))),
        rule("later", u16::MAX, Adjustment::Amount(-100)),
    ];
    RateCard {
        currency: Currency::parse("EUR").expect("a code"),
        plans,
        default_plan: flexible(),
        unit_types: vec![UnitType { id: named!(UnitTypeId, "child"), name: label("Child"), percent: 50 }],
        occupancy: Some(Occupancy {
            included_adults: 2,
            guests_max: 4,
            cots_max: None,
            extra_adult: euros(3_000),
            missing_adult: euros(1_500),
            child_bands: vec![
                ChildBand { from_age: 0, to_age: 2, price: euros(0), in_cot: true },
                ChildBand { from_age: 3, to_age: 12, price: euros(1_200), in_cot: false },
            ],
        }),
        calendars: BTreeMap::from([(named!(CalendarId, "school-holidays"), [date(2030, 7, 1)].into())]),
        rules,
        price_min: Some(euros(9_900)),
        price_max: Some(euros(99_900)),
        charges: charges(),
        restrictions: vec![Restriction {
            id: named!(RestrictionId, "fair"),
            name: label("Trade fair"),
            dates: vec![JUNE],
            weekdays: vec![Weekday::Thursday],
            plans: [flexible()].into(),
            not_plans: [named!(PlanId, "acme")].into(),
            channels: web(),
            limits: every_limit(),
        }],
        extras: vec![Extra {
            id: named!(ExtraId, "parking"),
            name: label("Parking"),
            price: euros(1_800),
            per: Per::Slot,
            quantity_max: 2,
            category: named!(TaxCategory, "service"),
            plans: [flexible()].into(),
            refundable: true,
            due: Due::Now,
        }],
        promotions: vec![
            Promotion {
                code: named!(PromotionCode, "SPRING-30"),
                name: label("Spring"),
                discount: Discount::Percent(percent("10")),
                plans: [flexible()].into(),
                stays: Validity { from: Some(date(2030, 3, 1)), until: Some(date(2030, 5, 31)) },
                from: Some(now()),
                to: Some(now() + jiff::SignedDuration::from_hours(1)),
                uses_max: Some(100),
                uses_per_guest_max: Some(1),
            },
            Promotion {
                code: named!(PromotionCode, "TWENTY"),
                name: label("Twenty"),
                discount: Discount::Amount(euros(2_000)),
                plans: BTreeSet::new(),
                stays: Validity::default(),
                from: None,
                to: None,
                uses_max: None,
                uses_per_guest_max: None,
            },
        ],
    }
}

/// A card with what an operator may choose to be otherwise.
fn with_choices() -> RateCard {
    let mut card = card();
    card.rules[0].when.from_slot = Some(4);
    card.charges[2].before_discounts = true;
    card.occupancy = card.occupancy.map(|occupancy| Occupancy { cots_max: Some(1), ..occupancy });
    card
}

pub(crate) fn charges() -> Vec<Charge> {
    let charge = |name: &str, levy| Charge {
        id: named!(ChargeId, name),
        name: label(name),
        kind: ChargeKind::Tax,
        included: false,
        levy,
        on: BTreeSet::new(),
        valid: Validity::default(),
        exempt_to_age: None,
        slots_max: None,
        before_discounts: false,
        refundable: true,
        due: Due::Now,
    };
    let band = |from, levy| Band { from: euros(from), levy };
    let bands = vec![band(0, BandLevy::Amount(euros(0))), band(10_000, BandLevy::Percent(percent("2.5")))];
    vec![
        Charge {
            included: true,
            on: [named!(TaxCategory, "stay")].into(),
            ..charge("vat", Levy::Percent(percent("7.25")))
        },
        Charge {
            valid: Validity { from: Some(date(2030, 1, 1)), until: Some(date(2030, 12, 31)) },
            exempt_to_age: Some(17),
            slots_max: Some(5),
            due: Due::AtProperty,
            ..charge("city-tax", Levy::Amount { amount: euros(350), per: Per::GuestSlot })
        },
        charge("luxury", Levy::Bands(bands)),
        Charge {
            kind: ChargeKind::Fee { category: named!(TaxCategory, "service") },
            refundable: false,
            ..charge("cleaning", Levy::Amount { amount: euros(2_000), per: Per::Stay })
        },
    ]
}

fn every_limit() -> Limits {
    Limits {
        stay_min_on_arrival: Some(2),
        stay_min_through: Some(3),
        stay_max_on_arrival: Some(14),
        stay_max_through: Some(21),
        fills_gaps: true,
        closed_to_arrival: true,
        closed_to_departure: true,
        stop_sell: true,
        notice_minutes_min: Some(120),
        window_days_max: Some(365),
        quantity_min: Some(1),
        quantity_max: Some(4),
        sold_together: true,
    }
}

fn month() -> (Month, MonthRates) {
    let both = DateRates { price: Some(euros(18_900)), limits: every_limit() };
    let price = DateRates { limits: Limits::default(), ..both.clone() };
    let limits = DateRates { price: None, ..both.clone() };
    let plan = |name: &str| named!(PlanId, name);
    let dates = BTreeMap::from([
        (date(2030, 6, 7), BTreeMap::from([(plan("flexible"), both), (plan("saver"), price)])),
        (date(2030, 6, 30), BTreeMap::from([(plan("flexible"), limits)])),
    ]);
    (Month::of(date(2030, 6, 1)), MonthRates { revision: 3, dates })
}

/// Samples of everything that is stored of rates.
pub(crate) fn samples() -> BTreeMap<&'static str, Stored> {
    let write = Write { at: now(), trace: Some(TRACE.to_owned()) };
    let untraced = Write { trace: None, ..write.clone() };
    let version = |number, hours| CardVersion {
        number,
        valid_from: now() + jiff::SignedDuration::from_hours(hours),
        card: card(),
    };
    let rates = |versions, draft| ResourceRates { resource: room().id, revision: 9, versions, draft };
    let record = CardRecord { version: version(7, 0), at: now(), actor: "staff/desk-1".to_owned() };
    let chosen =
        CardRecord { version: CardVersion { card: with_choices(), ..version(8, 0) }, ..record.clone() };
    let (month, dates) = month();
    BTreeMap::from([
        (
            "rates",
            Stored::Rates(Box::new(rates(vec![version(7, 0), version(5, 24)], Some(card()))), write.clone()),
        ),
        ("rates-draft-alone", Stored::Rates(Box::new(rates(Vec::new(), Some(card()))), untraced)),
        ("card-version-with-choices", Stored::CardVersion(room().id, Box::new(chosen), write.clone())),
        ("card-version", Stored::CardVersion(room().id, Box::new(record), write.clone())),
        ("month-rates", Stored::MonthRates(room().id, month, dates, write)),
    ])
}

fn name() -> impl Strategy<Value = String> {
    "[a-z0-9-]{1,40}"
}

fn amount() -> impl Strategy<Value = Money> {
    (0..=AMOUNT_MAX).prop_map(euros)
}

fn any_percent() -> impl Strategy<Value = Percentage> {
    (-1_000_000_i64..=9_000_000).prop_map(|number| {
        let (sign, size) = (if number < 0 { "-" } else { "" }, number.abs());
        percent(&format!("{sign}{}.{:04}", size / 10_000, size % 10_000))
    })
}

fn any_adjustment() -> impl Strategy<Value = Adjustment> {
    prop_oneof![
        amount().prop_map(Adjustment::Price),
        any_percent().prop_map(Adjustment::Percent),
        (-AMOUNT_MAX..=AMOUNT_MAX).prop_map(Adjustment::Amount),
    ]
}

fn any_date() -> impl Strategy<Value = Date> {
    (2000_i16..2100, 1_i8..=12, 1_i8..=28).prop_map(|(year, month, day)| date(year, month, day))
}

fn any_limits() -> impl Strategy<Value = Limits> {
    (vec(option::of(any::<u32>()), 8), vec(any::<bool>(), 5)).prop_map(|(numbers, flags)| Limits {
        stay_min_on_arrival: numbers[0],
        stay_min_through: numbers[1],
        stay_max_on_arrival: numbers[2],
        stay_max_through: numbers[7],
        fills_gaps: flags[0],
        closed_to_arrival: flags[1],
        closed_to_departure: flags[2],
        stop_sell: flags[3],
        notice_minutes_min: numbers[3],
        window_days_max: numbers[4],
        quantity_min: numbers[5],
        quantity_max: numbers[6],
        sold_together: flags[4],
    })
}

fn any_condition() -> impl Strategy<Value = Condition> {
    let bounds = || option::of((option::of(any::<u32>()), option::of(any::<u32>())));
    let names = || btree_set(name(), 0..3);
    (
        vec((any_date(), any_date()), 0..3),
        btree_set(1_i8..=7, 0..7),
        option::of(name()),
        vec(bounds(), 5),
        names(),
        names(),
    )
        .prop_map(|(dates, days, calendar, limits, channels, plans)| {
            let bounds = |position: usize| limits[position].map(|(min, max)| Bounds { min, max });
            Condition {
                dates: dates.into_iter().map(|(from, to)| DateRange { from, to }).collect(),
                weekdays: days
                    .into_iter()
                    .map(|day| Weekday::from_monday_one_offset(day).expect("a day"))
                    .collect(),
                calendar: calendar.map(|name| named!(CalendarId, &name)),
                times: bounds(0).map(|_| (time(9, 30, 0, 0), time(23, 59, 0, 0))),
                slots: bounds(0),
                from_slot: bounds(1).and_then(|bounds| bounds.min),
                lead_days: bounds(1),
                sold_percent: bounds(2),
                guests: bounds(3),
                quantity: bounds(4),
                channels: channels.iter().map(|name| named!(Channel, name)).collect(),
                plans: plans.iter().map(|name| named!(PlanId, name)).collect(),
            }
        })
}

fn any_steps() -> impl Strategy<Value = Vec<CancellationStep>> {
    let deadline = prop_oneof![
        (0..=HOURS_BEFORE_MAX).prop_map(Deadline::HoursBefore),
        (0_u32..3650, option::of(0_i8..24)).prop_map(|(days, hour)| Deadline::DaysBefore {
            days,
            time: hour.map(|hour| time(hour, 15, 0, 0))
        }),
    ];
    let penalty = prop_oneof![
        (0_u8..=100).prop_map(|percent| Penalty::Percent(Percent::new(percent).expect("one"))),
        (1_u32..100).prop_map(Penalty::FirstSlots),
        amount().prop_map(Penalty::Amount),
    ];
    vec((deadline, penalty).prop_map(|(deadline, penalty)| CancellationStep { deadline, penalty }), 0..4)
}

/// The sample card with parts of generated values: each field of the parts takes any of its values.
fn any_card() -> impl Strategy<Value = RateCard> {
    let levy = prop_oneof![
        any_percent().prop_map(Levy::Percent),
        (amount(), select(vec![Per::Stay, Per::Slot, Per::Unit, Per::UnitSlot, Per::Guest, Per::GuestSlot]))
            .prop_map(|(amount, per)| Levy::Amount { amount, per }),
    ];
    let discount =
        prop_oneof![any_percent().prop_map(Discount::Percent), amount().prop_map(Discount::Amount)];
    let days = || option::of(any_date());
    (
        (vec((name(), any_adjustment(), any_steps()), 0..4), vec((any_condition(), any_adjustment()), 0..4)),
        (vec((levy, any::<bool>(), days(), days()), 0..4), vec(any_limits(), 0..4)),
        (vec(discount, 0..3), option::of(amount()), option::of(amount())),
        btree_map(name(), btree_set(any_date(), 0..4), 0..3),
        any::<bool>(),
    )
        .prop_map(
            |((plans, rules), (charges, restrictions), (discounts, min, max), calendars, whole)| {
                let sample = card();
                let plan =
                    |(name, adjustment, steps): (String, Adjustment, Vec<CancellationStep>)| RatePlan {
                        price: PlanPrice::Derived { from: named!(PlanId, &name), adjustment },
                        cancellation: CancellationTerms { free_hours_after_booking: 0, steps },
                        ..sample.plans[1].clone()
                    };
                let rule = |(when, adjustment)| Rule { when, adjustment, ..sample.rules[1].clone() };
                let charge =
                    |(levy, refundable, from, until): (Levy, bool, Option<Date>, Option<Date>)| Charge {
                        levy,
                        refundable,
                        before_discounts: from.is_some(),
                        valid: Validity { from, until },
                        ..sample.charges[3].clone()
                    };
                let restriction = |limits| Restriction { limits, ..sample.restrictions[0].clone() };
                let promotion = |discount| Promotion { discount, ..sample.promotions[1].clone() };
                RateCard {
                    plans: plans.into_iter().map(plan).chain(sample.plans.clone()).collect(),
                    rules: rules.into_iter().map(rule).collect(),
                    charges: charges.into_iter().map(charge).chain(sample.charges.clone()).collect(),
                    restrictions: restrictions.into_iter().map(restriction).collect(),
                    promotions: discounts.into_iter().map(promotion).collect(),
                    calendars: calendars
                        .into_iter()
                        .map(|(name, dates): (String, _)| (named!(CalendarId, &name), dates))
                        .collect(),
                    price_min: min,
                    price_max: max,
                    occupancy: sample.occupancy.clone().filter(|_| whole),
                    unit_types: if whole { sample.unit_types.clone() } else { Vec::new() },
                    extras: if whole { sample.extras.clone() } else { Vec::new() },
                    ..sample.clone()
                }
            },
        )
}

/// Generated values of everything that is stored of rates.
fn stored() -> impl Strategy<Value = Stored> {
    let write = || Write { at: now(), trace: None };
    let version = || {
        (any::<u32>(), any_card()).prop_map(|(number, card)| CardVersion {
            number: u64::from(number),
            valid_from: now() + jiff::SignedDuration::from_secs(i64::from(number)),
            card,
        })
    };
    let dates = btree_map(1_i8..=30, btree_map(name(), (option::of(amount()), any_limits()), 1..3), 0..4);
    prop_oneof![
        (vec(version(), 0..2), option::of(any_card()), any::<u64>()).prop_map(
            move |(versions, draft, revision)| {
                let rates = ResourceRates { resource: room().id, revision, versions, draft };
                Stored::Rates(Box::new(rates), write())
            }
        ),
        version().prop_map(move |version| {
            let record = CardRecord { version, at: now(), actor: "staff/desk".to_owned() };
            Stored::CardVersion(room().id, Box::new(record), write())
        }),
        (dates, any::<u64>()).prop_map(move |(days, revision)| {
            let set = |(name, (price, limits)): (String, (Option<Money>, Limits))| {
                (named!(PlanId, &name), DateRates { price, limits })
            };
            let of_day = |(day, plans): (i8, BTreeMap<String, (Option<Money>, Limits)>)| {
                (date(2030, 6, day), plans.into_iter().map(set).collect())
            };
            let dates = days.into_iter().map(of_day).collect();
            let month = Month::of(date(2030, 6, 1));
            Stored::MonthRates(room().id, month, MonthRates { revision, dates }, write())
        }),
    ]
}

proptest! {
    #![proptest_config(holdfast_properties::config(300, "tests/regressions/rates.txt"))]

    #[test]
    fn rates_read_back(value in stored()) {
        value.assert_read_from(&value.encode());
    }
}
