//! Every zone of the time zone database, around each change of its clocks in this decade and the last ones that moved over the date line:
//! restrictions and deadlines go by local dates.

use std::collections::BTreeSet;

use holdfast_domain::money::Percent;
use holdfast_domain::rates::cancellation::{CancellationStep, CancellationTerms, Deadline, Penalty};
use holdfast_domain::rates::card::RateCard;
use holdfast_domain::rates::condition::DateRange;
use holdfast_domain::rates::dated::DatedRates;
use holdfast_domain::rates::quote::{Limit, Reason};
use holdfast_domain::rates::request::RateRequest;
use holdfast_domain::rates::restriction::{Limits, Restriction};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::fixture::{ask, at, card, nights, price, request, restriction};

/// The changes of a zone's clocks that are looked at.
fn changes(zone: &TimeZone) -> Vec<Timestamp> {
    let within = |from: &str, to: &str| {
        let (from, to) = (at(from), at(to));
        zone.following(from)
            .map(|change| change.timestamp())
            .take_while(move |change| *change < to)
            .collect::<Vec<_>>()
    };
    [
        within("1993-08-01T00:00:00Z", "1995-02-01T00:00:00Z"),
        within("2011-12-01T00:00:00Z", "2012-02-01T00:00:00Z"),
        within("2025-06-01T00:00:00Z", "2028-01-01T00:00:00Z"),
    ]
    .concat()
}

fn zones() -> Vec<TimeZone> {
    let names = jiff::tz::db().available().map(|name| name.as_str().to_owned());
    names.filter_map(|name| TimeZone::get(&name).ok()).collect()
}

fn stay(zone: &TimeZone, from: Date, count: i32) -> Option<RateRequest> {
    let slots = nights(from, from + count.days(), zone)?;
    Some(RateRequest {
        slots,
        zone: zone.clone(),
        at: at("1993-01-01T00:00:00Z"),
        ..request("2026-06-10", 1)
    })
}

fn closed_on(date: Date, limits: Limits) -> RateCard {
    let range = DateRange { from: date, to: date.tomorrow().expect("a date") };
    RateCard { restrictions: vec![Restriction { dates: vec![range], ..restriction("r", limits) }], ..card() }
}

fn is_refused(card: &RateCard, request: &RateRequest, limit: Limit) -> bool {
    match ask(card, &DatedRates::default(), request, "flexible") {
        Ok(_) => false,
        Err(none) => {
            assert!(
                matches!(none.reasons[..], [Reason::Restricted { limit: found, .. }] if found == limit),
                "{none:?}"
            );
            true
        }
    }
}

#[test]
fn restrictions_go_by_local_dates_in_every_zone() {
    let zones = zones();
    assert!(zones.len() > 400, "{} zones", zones.len());
    let (mut stays, mut refused) = (0, 0);
    for zone in &zones {
        for change in changes(zone) {
            let around = zone.to_datetime(change).date();
            for (offset, count) in [(-2, 1), (-2, 3), (-1, 1), (-1, 2), (0, 1), (1, 1)] {
                let Some(request) = stay(zone, around + offset.days(), count) else { continue };
                stays += 1;
                let slept: BTreeSet<Date> = request.slots.iter().map(|slot| slot.date).collect();
                let (first, last) = (*slept.first().expect("a night"), *slept.last().expect("a night"));
                for day in -3..=3 {
                    let on = around + day.days();
                    let arrival = closed_on(on, Limits { closed_to_arrival: true, ..Limits::default() });
                    assert_eq!(
                        is_refused(&arrival, &request, Limit::ClosedToArrival),
                        on == first,
                        "{zone:?} {on}"
                    );
                    let stop = closed_on(on, Limits { stop_sell: true, ..Limits::default() });
                    assert_eq!(
                        is_refused(&stop, &request, Limit::StopSell),
                        slept.contains(&on),
                        "{zone:?} {on}"
                    );
                    let departure = closed_on(on, Limits { closed_to_departure: true, ..Limits::default() });
                    // One leaves on the date after the last night: the next one there is.
                    let leaves = zone.to_datetime(request.slots.last().expect("a night").slot.end).date();
                    assert!(leaves > last && leaves <= last + 2.days(), "{zone:?} {last} {leaves}");
                    let is_closed = is_refused(&departure, &request, Limit::ClosedToDeparture);
                    assert_eq!(is_closed, on == leaves, "{zone:?} {on}");
                    refused += u32::from(is_closed);
                }
            }
        }
    }
    assert!(stays > 5_000 && refused > 5_000, "{stays} stays, {refused} refused");
}

#[test]
fn a_deadline_of_a_date_is_its_last_instant_in_every_zone() {
    let tick = SignedDuration::from_nanos(1);
    let mut deadlines = 0;
    for zone in zones() {
        for change in changes(&zone) {
            let around = zone.to_datetime(change).date();
            for days in 1..=3_i32 {
                let Some(request) = stay(&zone, around + 1.day(), 1) else { continue };
                let mut card = card();
                card.plans[0].cancellation = CancellationTerms {
                    free_hours_after_booking: 0,
                    steps: vec![CancellationStep {
                        deadline: Deadline::DaysBefore { days: days.unsigned_abs(), time: None },
                        penalty: Penalty::Percent(Percent::ZERO),
                    }],
                };
                let quote = price(&card, &request, "flexible");
                let until = quote.applied.refunds.steps[0].until;
                let named = request.slots[0].date - days.days();
                let local = |at: Timestamp| zone.to_datetime(at).date();
                // A date that the zone skipped ends as the one before it does.
                assert!(local(until) <= named && local(until + tick) > named, "{zone:?} {named}: {until}");
                deadlines += 1;
            }
        }
    }
    assert!(deadlines > 2_000, "{deadlines}");
}
