//! What a quote takes in process: 30 nights by 50 rules, and a calendar of 366 single nights by them and by 50 restrictions, beside one night
//! by none.

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::time::{Duration, Instant};

use holdfast_domain::catalogue::Label;
use holdfast_domain::rates::cancellation::CancellationTerms;
use holdfast_domain::rates::card::{CardVersion, RateCard};
use holdfast_domain::rates::charge::{Charge, ChargeKind, Due, Levy, Per, Validity};
use holdfast_domain::rates::condition::{Bounds, Condition, DateRange};
use holdfast_domain::rates::dated::DatedRates;
use holdfast_domain::rates::evaluate::{quote, shown_price};
use holdfast_domain::rates::ids::{Channel, ChargeId, PlanId, RestrictionId, RuleId, TaxCategory};
use holdfast_domain::rates::occupancy::Unit;
use holdfast_domain::rates::percentage::Percentage;
use holdfast_domain::rates::plan::{Audience, Payment, PlanPrice, RatePlan};
use holdfast_domain::rates::request::{RateRequest, StaySlot};
use holdfast_domain::rates::restriction::{Limits, Restriction};
use holdfast_domain::rates::rule::{Adjustment, Rule};
use holdfast_domain::rates::sale::{SoldSlot, SoldSlots, sales};
use holdfast_domain::{Currency, Money, Schedule, When};
use jiff::civil::{Date, Weekday, time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;

const RULES: i64 = 50;
const RESTRICTIONS: i64 = 50;
const NIGHTS: i32 = 30;
const DAYS: i32 = 366;
const RUNS: usize = 2_000;

pub(crate) fn print(now: Timestamp) {
    let (many, none) = (version(card(RULES)), version(card(0)));
    let zone = TimeZone::get("Europe/Berlin").expect("a zone");
    let today = zone.to_datetime(now).date();
    let stay = request(today + 40.days(), NIGHTS, &zone, now);
    let night = request(today + 40.days(), 1, &zone, now);
    let days: Vec<RateRequest> = (0..DAYS).map(|day| request(today + day.days(), 1, &zone, now)).collect();
    println!("\nQuotes in process ({RUNS} of each, in turn; microseconds)");
    let limited =
        version(RateCard { restrictions: (0..RESTRICTIONS).map(restriction).collect(), ..card(RULES) });
    let (from, after) = (today + 40.days(), today + (40 + DAYS).days());
    let sold = sold(&[request(from, DAYS, &zone, now), request(after, AHEAD, &zone, now)]);
    let (mut of_stay, mut of_night, mut of_year) = (Vec::new(), Vec::new(), Vec::new());
    let mut of_calendar = Vec::new();
    for run in 0..RUNS {
        of_stay.push(taken(&many, std::slice::from_ref(&stay)));
        of_night.push(taken(&none, std::slice::from_ref(&night)));
        if run % 20 == 0 {
            of_year.push(taken(&many, &days));
            of_calendar.push(shown(&limited, &days, &sold));
        }
    }
    line("1 night, no rules", of_night);
    line(&format!("{NIGHTS} nights of 2 units, {RULES} rules"), of_stay);
    line(&format!("{DAYS} single nights of 2 units, {RULES} rules"), of_year);
    line(&format!("the same as a calendar, {RESTRICTIONS} restrictions"), of_calendar);
}

fn line(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_micros();
    println!("  {name:<45} median {:>7}   p99 {:>7}", at(50), at(99));
}

fn taken(card: &CardVersion, requests: &[RateRequest]) -> Duration {
    let plan = &card.card.default_plan;
    let begun = Instant::now();
    for request in requests {
        black_box(quote(card, &DatedRates::default(), 1, black_box(request), plan)).expect("it is sold");
    }
    begun.elapsed()
}

/// How long a calendar takes of those nights, and of those that are looked at after them.
fn shown(card: &CardVersion, nights: &[RateRequest], sold: &SoldSlots) -> Duration {
    let begun = Instant::now();
    for night in nights {
        black_box(shown_price(card, &DatedRates::default(), 1, black_box(night))).expect("it has a price");
    }
    black_box(sales(&card.card, &DatedRates::default(), &nights[0], black_box(sold)));
    begun.elapsed()
}

/// How many nights after its own a calendar looks at.
const AHEAD: i32 = 46;

fn sold(nights: &[RateRequest]) -> SoldSlots {
    let sold = |zone: &TimeZone, slot: &StaySlot| SoldSlot {
        date: slot.date,
        start: slot.slot.start,
        departure: zone.to_datetime(slot.slot.end).date(),
        run: 0,
        is_free: Some(slot.taken.is_multiple_of(2)),
    };
    SoldSlots {
        slots: nights.iter().flat_map(|part| part.slots.iter().map(|slot| sold(&part.zone, slot))).collect(),
        asked: 0..usize::try_from(DAYS).expect("a year"),
        to: Date::MAX,
        slots_max: 366,
        days_max: 366,
    }
}

/// Least stays, closed departures and dates that are sold together, over the year.
fn restriction(index: i64) -> Restriction {
    let limits = match index % 5 {
        0 => Limits { stay_min_on_arrival: Some(2), fills_gaps: true, ..Limits::default() },
        1 => Limits { stay_min_through: Some(7), ..Limits::default() },
        2 => Limits { closed_to_departure: true, ..Limits::default() },
        3 => Limits { sold_together: true, ..Limits::default() },
        _ => Limits { stay_max_on_arrival: Some(28), quantity_max: Some(4), ..Limits::default() },
    };
    let from = Date::constant(2030, 1, 1) + (index * 8).days();
    Restriction {
        id: RestrictionId::parse(&format!("restriction-{index}")).expect("a name"),
        name: label("A restriction"),
        dates: vec![DateRange { from, to: from + 20.days() }],
        weekdays: if index % 5 == 2 { vec![Weekday::Friday] } else { Vec::new() },
        plans: BTreeSet::new(),
        not_plans: BTreeSet::new(),
        channels: BTreeSet::new(),
        limits,
    }
}

fn eur(cents: i64) -> Money {
    Money::new(cents, Currency::parse("EUR").expect("a currency")).expect("in range")
}

fn label(text: &str) -> Label {
    Label::parse(text).expect("a label")
}

fn percent(hundredths: i64) -> Percentage {
    Percentage::new(Decimal::new(hundredths, 2)).expect("a percentage")
}

fn version(card: RateCard) -> CardVersion {
    CardVersion { number: 1, valid_from: Timestamp::UNIX_EPOCH, card }
}

/// A card with a plan that derives from another, taxes, and rules of every kind.
fn card(rules: i64) -> RateCard {
    let plan = |name: &str, price| RatePlan {
        id: PlanId::parse(name).expect("a name"),
        name: label(name),
        price,
        cancellation: CancellationTerms::default(),
        payment: Payment::Now,
        included: Vec::new(),
        audience: Audience::Everyone,
        channels: BTreeSet::new(),
    };
    let from = PlanId::parse("flexible").expect("a name");
    let adjustment = Adjustment::Percent(percent(-1_500));
    RateCard {
        currency: Currency::parse("EUR").expect("a currency"),
        plans: vec![
            plan("flexible", PlanPrice::Base(eur(129_00))),
            plan("saver", PlanPrice::Derived { from, adjustment }),
        ],
        default_plan: PlanId::parse("saver").expect("a name"),
        unit_types: Vec::new(),
        occupancy: None,
        calendars: BTreeMap::new(),
        rules: (0..rules).map(rule).collect(),
        price_min: None,
        price_max: None,
        charges: vec![
            tax("vat", true, Levy::Percent(percent(700))),
            tax("city", false, Levy::Percent(percent(500))),
            tax("visitor", false, Levy::Amount { amount: eur(2_50), per: Per::GuestSlot }),
        ],
        restrictions: Vec::new(),
        extras: Vec::new(),
        promotions: Vec::new(),
    }
}

fn rule(index: i64) -> Rule {
    let bounds = |min| Some(Bounds { min: Some(min), max: None });
    let every = Condition::default;
    let when = match index % 5 {
        0 => Condition { weekdays: vec![Weekday::Friday, Weekday::Saturday], ..every() },
        1 => Condition { lead_days: bounds(30), ..every() },
        2 => Condition { sold_percent: bounds(50), ..every() },
        3 => {
            let from = Date::constant(2030, 1, 1) + (index * 7).days();
            Condition { dates: vec![DateRange { from, to: from + 90.days() }], ..every() }
        }
        _ => Condition { slots: bounds(7), ..every() },
    };
    let id = RuleId::parse(&format!("rule-{index}")).expect("a name");
    let adjustment = if index % 2 == 0 {
        Adjustment::Percent(percent(index * 25 - 600))
    } else {
        Adjustment::Amount(index * 10)
    };
    Rule { name: label("A rule"), priority: 0, when, adjustment, group: None, id }
}

fn tax(name: &str, included: bool, levy: Levy) -> Charge {
    Charge {
        id: ChargeId::parse(name).expect("a name"),
        name: label(name),
        kind: ChargeKind::Tax,
        included,
        levy,
        on: BTreeSet::from([TaxCategory::stay()]),
        valid: Validity::default(),
        exempt_to_age: Some(17),
        slots_max: None,
        before_discounts: false,
        refundable: true,
        due: Due::Now,
    }
}

fn request(from: Date, nights: i32, zone: &TimeZone, now: Timestamp) -> RateRequest {
    let nightly = Schedule::Nightly { check_in: time(15, 0, 0, 0), check_out: time(11, 0, 0, 0) };
    let slots = nightly.slots(When::Date(from), When::Date(from + nights.days()), zone).expect("nights");
    let slots = slots.into_iter().map(|slot| StaySlot {
        date: slot.local_date(zone),
        slot,
        taken: 9,
        places: Some(20),
    });
    RateRequest {
        slots: slots.collect(),
        zone: zone.clone(),
        units: vec![Unit::default(); 2],
        at: now,
        channel: Channel::parse("web").expect("a name"),
        groups: BTreeSet::new(),
        extras: Vec::new(),
        promotion: None,
        price_override: None,
        is_free_before: None,
        is_free_after: None,
    }
}
