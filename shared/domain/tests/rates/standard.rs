//! The plan of a resource without a rate card costs and keeps what its price and its policy say, and its terms are told in words.

use std::collections::BTreeMap;

use holdfast_domain::bookings::{CancellationPolicy, Tier};
use holdfast_domain::catalogue::{Opening, ResourceTerms, Schedule, SlotSchedule};
use holdfast_domain::money::Percent;
use holdfast_domain::rates::cancellation::{KeptStep, RefundTerms};
use holdfast_domain::rates::charge::{Levy, Per};
use holdfast_domain::rates::dated::DatedRates;
use holdfast_domain::rates::nearest::nearest_slots;
use holdfast_domain::rates::occupancy::Unit;
use holdfast_domain::rates::property_taxes::PropertyTaxes;
use holdfast_domain::rates::request::{RateRequest, StaySlot};
use holdfast_domain::rates::restriction::Limits;
use holdfast_domain::rates::standard::{STANDARD_VERSION, kept_by_policy, standard_quote, standard_total};
use holdfast_domain::rates::words::in_words;
use holdfast_domain::{HoldLimits, Money, PropertyId, Resource, ResourceId, Slot, When};
use jiff::civil::{Weekday, time};
use jiff::{SignedDuration, Timestamp};

use crate::fixture::{
    ask, at, card, currency, dates, eur, guests, label, money, percent, plan_id, request, restriction, tax,
    zone,
};

/// Past the last tier nothing comes back, and the price is odd: halves of cents are rounded.
const TIERS: &[(u32, u8)] = &[(48, 100), (24, 75), (0, 33)];

fn terms(price: Money, tiers: &[(u32, u8)]) -> ResourceTerms {
    let tier = |(hours_before, share): &(u32, u8)| Tier {
        hours_before: *hours_before,
        refund: Percent::new(*share).expect("a share"),
    };
    ResourceTerms {
        property: None,
        resource_type: label("hotel"),
        name: label("Room"),
        location: label("BER"),
        time_zone: zone("Europe/Berlin"),
        schedule: Schedule::Nightly { check_in: time(15, 0, 0, 0), check_out: time(11, 0, 0, 0) },
        capacity: 5,
        hold_ttl_seconds: 600,
        hold_limits: HoldLimits::default(),
        base_price: price,
        cancellation_policy: CancellationPolicy::new(tiers.iter().map(tier).collect()).expect("a policy"),
        attributes: BTreeMap::new(),
    }
}

fn asking(nights: i32, units: usize) -> RateRequest {
    RateRequest { units: vec![Unit::default(); units], ..request("2026-06-10", nights) }
}

#[test]
fn without_taxes_it_costs_the_places_and_keeps_what_the_policy_keeps_at_every_instant() {
    // The policy of an operator who gives back more the later it is, too.
    let policies: [&[(u32, u8)]; 4] = [TIERS, &[(48, 0), (24, 50)], &[], &[(0, 100)]];
    for (price, tiers) in [money(129_01, "EUR"), money(4_999, "JPY"), money(5_135, "KWD"), eur(0)]
        .into_iter()
        .flat_map(|price| policies.map(|tiers| (price, tiers)))
    {
        for (nights, units) in [(1, 1), (3, 1), (2, 4)] {
            let (terms, asked) = (terms(price, tiers), asking(nights, units));
            let places = asked.slots.len() * units;
            let total = price.times(u64::try_from(places).expect("few")).expect("in range");
            let quote = standard_quote(&terms, None, 1, &asked).expect("a quote");
            let start = asked.slots[0].slot.start;
            let quantity = u32::try_from(units).expect("few");
            let at_once = standard_total(&terms, total, asked.slots.len(), quantity, start, asked.at);
            assert_eq!((&quote.price, &quote.applied), (&at_once.price, &at_once.applied), "{price:?}");
            assert_eq!(quote.price.total(), total);
            assert_eq!((quote.applied.card_version, quote.is_for_places_alone()), (STANDARD_VERSION, true));
            let line = quote.price.lines()[0].detail.clone().expect("what it is for");
            assert_eq!((line.code.as_str(), usize::try_from(line.count)), ("standard", Ok(places)));
            for minutes in (0..60 * 60).step_by(30).chain([-30, -1]) {
                for by in [SignedDuration::ZERO, SignedDuration::from_nanos(1)] {
                    let at = start - SignedDuration::from_mins(minutes) + by;
                    let refunded = terms.cancellation_policy.refund(total, start, at);
                    let kept = quote.applied.refunds.kept_at(total, start, Timestamp::MIN, at);
                    assert_eq!(
                        kept.amount() + refunded.amount(),
                        total.amount(),
                        "{tiers:?}, {minutes} minutes before"
                    );
                }
            }
        }
    }
}

#[test]
fn the_taxes_of_a_property_come_to_it_by_guests_and_what_is_never_given_back_is_kept() {
    let per_guest = Levy::Amount { amount: eur(2_00), per: Per::GuestSlot };
    let mut kept = tax("kept", Levy::Percent(percent("10")), &["stay"]);
    kept.refundable = false;
    let taxes = PropertyTaxes {
        property: PropertyId::parse("house").expect("an id"),
        revision: 1,
        currency: currency("EUR"),
        charges: vec![tax("city", per_guest, &[]), kept],
    };
    let asked = RateRequest { units: vec![guests(2, &[])], ..asking(2, 1) };
    let quote = standard_quote(&terms(eur(100_00), TIERS), Some(&taxes), 1, &asked).expect("a quote");
    assert_eq!(quote.price.total(), eur(200_00 + 20_00 + 8_00));
    assert!(!quote.is_for_places_alone());
    let refunds = &quote.applied.refunds;
    assert_eq!(refunds.kept_always, eur(20_00));
    let steps: Vec<Money> = refunds.steps.iter().map(|step| step.kept).collect();
    assert_eq!(steps, [eur(20_00), eur(20_00 + 52_00), eur(20_00 + 139_36)]);
}

#[test]
fn steps_of_which_the_same_is_kept_are_one() {
    let policy = terms(eur(1), &[(48, 50), (24, 50), (0, 0)]).cancellation_policy;
    let start = at("2026-06-10T13:00:00Z");
    let kept = kept_by_policy(&policy, eur(100), eur(0), start);
    let until = start - SignedDuration::from_hours(24);
    assert_eq!(kept.steps, [KeptStep { until, kept: eur(50) }]);
}

fn said(steps: &[(&str, i64)], free_hours: u32, kept_always: i64, price: i64, asked: &str) -> String {
    let step = |(until, kept): &(&str, i64)| KeptStep { until: at(until), kept: eur(*kept) };
    let terms = RefundTerms {
        free_hours_after_booking: free_hours,
        steps: steps.iter().map(step).collect(),
        kept_always: eur(kept_always),
    };
    in_words(&terms, eur(price), &zone("America/New_York"), at(asked))
}

#[test]
fn a_policy_is_told_in_words_with_local_dates() {
    let early = "2026-05-01T00:00:00Z";
    // Clocks go back between the two.
    let steps = [("2026-10-31T22:00:00Z", 0), ("2026-11-01T21:59:59.999999999Z", 50_00)];
    assert_eq!(
        said(&steps, 0, 0, 100_00, early),
        "Until 31 October 2026, 18:00, everything is given back. Until 1 November 2026, 16:59, 50.00 EUR of 100.00 EUR is kept. \
         After that, nothing is given back. Times are local (America/New_York)."
    );
    assert_eq!(
        said(&steps[..1], 24, 5_00, 100_00, early),
        "Within 24 hours of the booking, before the stay begins, 5.00 EUR of 100.00 EUR is kept. Until 31 October 2026, 18:00, everything \
         is given back. After that, nothing is given back. Times are local (America/New_York)."
    );
    assert_eq!(
        said(&steps, 0, 0, 100_00, "2026-11-01T00:00:00Z"),
        "Until 1 November 2026, 16:59, 50.00 EUR of 100.00 EUR is kept. After that, nothing is given back. Times are local \
         (America/New_York).",
        "what has passed is left out"
    );
    assert_eq!(said(&[], 0, 0, 100_00, early), "Nothing is given back.");
    assert_eq!(
        said(&[], 1, 0, 100_00, early),
        "Within 1 hour of the booking, before the stay begins, everything is given back. After that, nothing is given back."
    );
    assert_eq!(
        said(&[], 0, 0, 0, early),
        "Nothing is paid with the booking, so a cancellation keeps nothing."
    );
}

#[test]
fn what_would_do_of_slots_can_be_held_and_would_be_sold() {
    let mut of_slots = terms(eur(100_00), TIERS);
    let days = (0..7).map(|day| Weekday::from_monday_zero_offset(day).expect("a day")).collect();
    let open = Opening { days, from: time(18, 0, 0, 0), to: time(22, 0, 0, 0) };
    let hours = SlotSchedule::new(60, 0, vec![open]);
    of_slots.schedule = Schedule::Slots(hours.expect("a schedule"));
    let resource = Resource::create(ResourceId::parse("table").expect("an id"), of_slots);
    let (start, end) = (at("2026-06-10T18:00:00Z"), at("2026-06-10T19:00:00Z"));
    let stay = resource.stay(When::Instant(start), When::Instant(end), at("2026-05-01T10:00:00Z"));
    let slot = |slot: Slot| StaySlot { date: resource.terms.local_date(&slot), slot, taken: 0, places: None };
    let slots = stay.expect("a stay").slots.into_iter().map(slot).collect();
    let asked = RateRequest { slots, ..asking(1, 1) };
    let found = |on: &[(&str, &str)], limits: Limits| {
        let mut card = card();
        card.restrictions = vec![restriction("r", limits)];
        card.restrictions[0].dates = on.iter().map(|(from, to)| dates(from, to)).collect();
        let dated = DatedRates::default();
        let none = ask(&card, &dated, &asked, "flexible").expect_err("refused");
        let found = nearest_slots(&resource, &card, &dated, &asked, &plan_id("flexible"), &none);
        found.map(|found| (found.slots, found.stay.map(|(start, end)| (start.to_string(), end.to_string()))))
    };
    let closed = || Limits { stop_sell: true, ..Limits::default() };
    let hour = |start: &str, end: &str| Some((start.to_owned(), end.to_owned()));
    let after = hour("2026-06-11T16:00:00Z", "2026-06-11T17:00:00Z");
    let before = hour("2026-06-09T19:00:00Z", "2026-06-09T20:00:00Z");
    assert_eq!(found(&[("2026-06-10", "2026-06-11")], closed()), Some((None, after)));
    assert_eq!(found(&[("2026-06-10", "2026-06-12")], closed()), Some((None, before)));
    let two = Limits { stay_min_on_arrival: Some(2), ..Limits::default() };
    assert_eq!(found(&[("2026-06-10", "2026-06-11")], two).expect("a hint").0, Some(2));
    assert_eq!(found(&[("2026-01-01", "2027-01-01")], closed()), None, "not within a month");
}
