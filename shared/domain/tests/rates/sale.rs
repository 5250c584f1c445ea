//! What a calendar says of slots is what a quote says of stays that begin and end with them.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::rates::card::RateCard;
use holdfast_domain::rates::dated::{DateRates, DatedRates};
use holdfast_domain::rates::occupancy::Unit;
use holdfast_domain::rates::quote::{Limit, Reason};
use holdfast_domain::rates::request::RateRequest;
use holdfast_domain::rates::restriction::{Limits, Restriction};
use holdfast_domain::rates::sale::{Sale, SoldSlot, SoldSlots, Stays, days_ahead, longest_asked, sales};
use jiff::civil::{Date, Weekday};
use jiff::{SignedDuration, ToSpan};
use proptest::collection::vec;
use proptest::prelude::{any, proptest};

use crate::fixture::{
    BERLIN, ask, at, by_percent, card, date, dates, derived, nights, plan_id, request, restriction, set, zone,
};

const CASES: u32 = 400;
/// The first night that is looked at, and how many are.
const FIRST: &str = "2026-06-01";
const NIGHTS: i32 = 40;
/// The nights that are asked for.
const ASKED: std::ops::Range<usize> = 9..18;
/// The longest stay that is tried: longer than anything here asks for.
const LONGEST: i32 = 22;

/// Choices by bytes.
struct Draw<'a> {
    bytes: &'a [u8],
    next: usize,
}

impl Draw<'_> {
    fn below(&mut self, count: usize) -> usize {
        let byte = self.bytes.get(self.next).copied().unwrap_or(0);
        self.next += 1;
        usize::from(byte) % count
    }

    fn number(&mut self, count: u32) -> u32 {
        u32::try_from(self.below(usize::try_from(count).expect("few"))).expect("few")
    }

    fn limits(&mut self) -> Limits {
        let number = 1 + self.number(4);
        let none = Limits::default();
        match self.below(13) {
            0 => Limits { stay_min_on_arrival: Some(number), fills_gaps: self.below(2) == 1, ..none },
            1 => Limits { stay_min_through: Some(number), fills_gaps: self.below(2) == 1, ..none },
            2 => Limits { stay_max_on_arrival: Some(number), ..none },
            3 => Limits { closed_to_arrival: true, ..none },
            4 => Limits { closed_to_departure: true, ..none },
            5 => Limits { stop_sell: true, ..none },
            6 => Limits { sold_together: true, ..none },
            7 => Limits { quantity_min: Some(number), ..none },
            8 => Limits { quantity_max: Some(number), ..none },
            9 => Limits { notice_minutes_min: Some(60 * 24 * (8 + number)), ..none },
            10 => Limits { window_days_max: Some(10 + number), ..none },
            11 => Limits { stay_max_through: Some(number), ..none },
            _ => Limits {
                stay_min_through: Some(number),
                closed_to_departure: true,
                fills_gaps: self.below(2) == 1,
                ..none
            },
        }
    }

    fn day(&mut self) -> Date {
        date(FIRST) + i32::try_from(5 + self.below(16)).expect("few").days()
    }

    fn card(&mut self) -> RateCard {
        let mut card = card();
        card.plans.push(derived("saver", "flexible", by_percent("-15")));
        card.default_plan = plan_id(if self.below(2) == 0 { "flexible" } else { "saver" });
        for index in 0..self.below(5) {
            let from = self.day();
            let days = i32::try_from(1 + self.below(9)).expect("few").days();
            let limits = self.limits();
            let mut one = restriction(&format!("limit-{index}"), limits);
            one.dates = vec![dates(&from.to_string(), &(from + days).to_string())];
            if self.below(3) == 2 {
                one.weekdays = vec![Weekday::Friday, Weekday::Saturday];
            }
            if self.below(4) == 3 {
                one.plans = BTreeSet::from([plan_id("flexible")]);
            }
            if self.below(6) == 5 {
                one.not_plans = BTreeSet::from([plan_id("saver")]);
            }
            card.restrictions.push(one);
        }
        card
    }

    fn dated(&mut self) -> DatedRates {
        let entries: Vec<(String, DateRates)> = (0..self.below(4))
            .map(|_| (self.day().to_string(), DateRates { price: None, limits: self.limits() }))
            .collect();
        let plan = if self.below(2) == 0 { "flexible" } else { "saver" };
        let entries: Vec<(&str, &str, DateRates)> =
            entries.iter().map(|(on, rates)| (on.as_str(), plan, rates.clone())).collect();
        set(&entries)
    }
}

/// Nights side by side, with which of them are free.
fn line(is_free: impl Fn(usize) -> Option<bool>) -> SoldSlots {
    let (first, zone) = (date(FIRST), zone(BERLIN));
    let slots = nights(first, first + NIGHTS.days(), &zone).expect("nights");
    let sold = |(index, slot): (usize, holdfast_domain::rates::request::StaySlot)| SoldSlot {
        date: slot.date,
        start: slot.slot.start,
        departure: zone.to_datetime(slot.slot.end).date(),
        run: 0,
        is_free: is_free(index),
    };
    SoldSlots {
        slots: slots.into_iter().enumerate().map(sold).collect(),
        asked: ASKED,
        to: first + NIGHTS.days(),
        slots_max: 366,
        days_max: 366,
    }
}

fn asking(from: Date, length: i32, units: u32) -> RateRequest {
    let units = usize::try_from(units).expect("few");
    RateRequest {
        units: vec![Unit::default(); units],
        at: at("2026-06-01T10:00:00Z"),
        ..request(&from.to_string(), length)
    }
}

fn limits_of(reasons: &[Reason]) -> Vec<Limit> {
    let limit = |reason: &Reason| match reason {
        Reason::Restricted { limit, .. } => Some(*limit),
        Reason::NoPlan
        | Reason::Channel
        | Reason::UnitType
        | Reason::Guests { .. }
        | Reason::Cots { .. }
        | Reason::Extra(_)
        | Reason::Promotion
        | Reason::OutOfRange => None,
    };
    reasons.iter().filter_map(limit).collect()
}

fn kind(limit: Limit) -> &'static str {
    match limit {
        Limit::StayMin(_) => "stay_min",
        Limit::StayMax(_) => "stay_max",
        Limit::ClosedToArrival => "closed_to_arrival",
        Limit::ClosedToDeparture => "closed_to_departure",
        Limit::StopSell => "stop_sell",
        Limit::NoticeMin(_) => "notice_min",
        Limit::WindowMax(_) => "window_max",
        Limit::QuantityMin(_) => "quantity_min",
        Limit::QuantityMax(_) => "quantity_max",
        Limit::SoldTogether { .. } => "sold_together",
    }
}

/// Puts everything that a calendar says to the quote, and gives what kinds of answers there were.
fn compare(card: &RateCard, dated: &DatedRates, line: &SoldSlots) -> BTreeMap<&'static str, usize> {
    let plan = card.default_plan.to_string();
    let sold = sales(card, dated, &asking(date(FIRST), 1, 1), line);
    assert_eq!(sold.len(), ASKED.len());
    let mut kinds: BTreeMap<&'static str, usize> = BTreeMap::new();
    for (at, Sale { is_on_sale, arrival, departs }) in ASKED.zip(sold) {
        let slot = line.slots[at];
        let quoted = |length: i32, units: u32| {
            let after = at + usize::try_from(length).expect("a length");
            let stay = RateRequest {
                is_free_before: line.slots[at - 1].is_free,
                is_free_after: line.slots[after].is_free,
                ..asking(slot.date, length, units)
            };
            ask(card, dated, &stay, &plan).map_err(|none| limits_of(&none.reasons))
        };
        let alone = quoted(1, 1).err().unwrap_or_default();
        let is_closed = alone.contains(&Limit::ClosedToDeparture);
        assert_eq!(departs, !is_closed, "departure after {}", slot.date);
        *kinds.entry(if departs { "departs" } else { "departs not" }).or_default() += 1;
        let is_off =
            |limit: &Limit| matches!(limit, Limit::StopSell | Limit::NoticeMin(_) | Limit::WindowMax(_));
        assert_eq!(is_on_sale, !alone.iter().any(is_off), "{}: {alone:?}", slot.date);
        let units = arrival.as_ref().ok().and_then(|stays| stays.quantity_min).unwrap_or(1);
        let shortest = (1..=LONGEST).find(|length| quoted(*length, units).is_ok());
        let context = || format!("{} under {:?} and {dated:?}", slot.date, card.restrictions);
        match arrival {
            Ok(Stays { slots_min, slots_max, quantity_min, quantity_max }) => {
                assert_eq!(shortest, Some(slots_min.cast_signed()), "{}", context());
                let nights = slots_min.cast_signed();
                for (limit, units) in
                    [(quantity_min, units - 1), (quantity_max, quantity_max.unwrap_or(0) + 1)]
                {
                    if limit.is_some() && units > 0 {
                        assert!(quoted(nights, units).is_err(), "{units} units: {}", context());
                    }
                }
                if let Some(most) = slots_max {
                    let longer = quoted(most.cast_signed() + 1, units).expect_err("too long");
                    assert!(longer.contains(&Limit::StayMax(most)), "{longer:?}: {}", context());
                }
                *kinds.entry(if nights == 1 { "one night" } else { "some nights" }).or_default() += 1;
            }
            Err(reasons) => {
                let (named, limits) = (reasons.len(), limits_of(&reasons));
                assert_eq!(shortest, None, "{reasons:?}: {}", context());
                assert!(named > 0 && limits.len() == named, "{reasons:?}: {}", context());
                for limit in limits {
                    *kinds.entry(kind(limit)).or_default() += 1;
                    let met = (1..=LONGEST).any(|length| {
                        let none = quoted(length, 1).err().unwrap_or_default();
                        let more = quoted(length, 9).err().unwrap_or_default();
                        none.contains(&limit) || more.contains(&limit)
                    });
                    assert!(met, "no quote names {limit:?}: {}", context());
                }
            }
        }
    }
    kinds
}

fn case(bytes: &[u8]) -> BTreeMap<&'static str, usize> {
    let mut draw = Draw { bytes, next: 0 };
    let (card, dated) = (draw.card(), draw.dated());
    let free: Vec<Option<bool>> =
        (0..NIGHTS).map(|_| [Some(true), Some(false), Some(false), None][draw.below(4)]).collect();
    compare(&card, &dated, &line(|index| free[index]))
}

proptest! {
    #![proptest_config(holdfast_properties::config(CASES, "tests/regressions/sale.txt"))]

    #[test]
    fn what_a_calendar_says_is_what_quotes_say(bytes in vec(any::<u8>(), 0..160)) {
        case(&bytes);
    }
}

#[test]
fn every_kind_of_answer_is_compared() {
    let mut seen: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut state = 1_u64;
    for _ in 0..200 {
        let byte = |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state.to_be_bytes()[0]
        };
        let bytes: Vec<u8> = (0..160).map(byte).collect();
        for (kind, times) in case(&bytes) {
            *seen.entry(kind).or_default() += times;
        }
    }
    let kinds = [
        "closed_to_arrival",
        "closed_to_departure",
        "departs",
        "departs not",
        "notice_min",
        "one night",
        "quantity_max",
        "sold_together",
        "some nights",
        "stay_max",
        "stay_min",
        "stop_sell",
        "window_max",
    ];
    assert_eq!(seen.keys().copied().collect::<Vec<_>>(), kinds, "{seen:?}");
}

#[test]
fn it_is_known_how_far_to_look() {
    let of = |limits: Limits| {
        let restrictions: Vec<Restriction> = vec![restriction("r", limits)];
        longest_asked(&RateCard { restrictions, ..card() }, &DatedRates::default())
    };
    let none = Limits::default;
    assert_eq!(of(Limits { stop_sell: true, ..none() }), None, "each night is for itself");
    assert_eq!(of(Limits { stay_min_on_arrival: Some(1), ..none() }), None);
    assert_eq!(of(Limits { stay_min_on_arrival: Some(7), ..none() }), Some(7));
    assert_eq!(of(Limits { stay_min_through: Some(90), ..none() }), Some(90));
    assert_eq!(of(Limits { closed_to_departure: true, ..none() }), Some(1));
    assert_eq!(of(Limits { sold_together: true, ..none() }), Some(100));
    let limits = Limits { stay_min_through: Some(3), ..none() };
    let dated = set(&[(FIRST, "flexible", DateRates { price: None, limits })]);
    assert_eq!(longest_asked(&card(), &dated), Some(3));
    assert_eq!([1, 31, 32, 90, 366].map(days_ahead), [45, 45, 46, 104, 366]);
}

/// A notice that ends within a night's date ends at its start, to the second.
#[test]
fn the_notice_of_a_night_ends_at_its_second() {
    let limits = Limits { notice_minutes_min: Some(60), ..Limits::default() };
    let card = RateCard { restrictions: vec![restriction("r", limits)], ..card() };
    let line = line(|_| Some(true));
    let start = line.slots[ASKED.start].start;
    for (seconds, is_on_sale) in [(3_600, true), (3_599, false)] {
        let asked =
            RateRequest { at: start - SignedDuration::from_secs(seconds), ..asking(date(FIRST), 1, 1) };
        let sold = sales(&card, &DatedRates::default(), &asked, &line);
        assert_eq!((sold[0].is_on_sale, sold[0].arrival.is_ok()), (is_on_sale, is_on_sale), "{seconds}");
        assert!(sold[1].is_on_sale, "the next night");
    }
}
