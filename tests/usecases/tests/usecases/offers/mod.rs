//! What is offered can be had at the price that is shown, and what is not offered cannot: search, calendar, quote and hold give one answer
//! for cards of chance, over schedules of every kind, and around the changes of clocks in every zone of the time zone database.

mod draw;
mod said;

use std::collections::{BTreeMap, BTreeSet};

use holdfast_app::catalogue::CalendarSlot;
use holdfast_app::holds::HoldRequest;
use holdfast_domain::catalogue::Label;
use holdfast_domain::{Resource, Schedule, Slot, When};
use holdfast_testkit::{daily_resource, nightly_resource};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;

use self::draw::{Draw, Listed, edit, sell};
use self::said::{Said, Seen, check, sale};
use crate::world::{World, guest, hold_request, key};

/// Ranges around a date or an instant, of nights as dates and of other slots by their instants.
fn ranges(resource: &Resource, around: Date) -> Vec<(When, When)> {
    let date = |days: i32| around + days.days();
    match resource.terms.schedule {
        Schedule::Nightly { .. } => [(-2, -1), (-1, 0), (-1, 1), (0, 1), (0, 3), (1, 2), (1, 5)]
            .map(|(from, to)| (When::Date(date(from)), When::Date(date(to))))
            .to_vec(),
        Schedule::Slots(_) | Schedule::Event { .. } => {
            let slots = resource.calendar(date(-1), date(2)).expect("a calendar");
            let step = (slots.len() / 5).max(1);
            let range = |slots: &[Slot]| {
                let (first, last) = (slots.first()?, slots.last()?);
                Some((When::Instant(first.start), When::Instant(last.end)))
            };
            let singles = slots.chunks(1).step_by(step);
            singles.chain(slots.windows(2).step_by(step)).filter_map(range).collect()
        }
    }
}

fn block_on<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(test)
}

const CASES: u32 = 64;
const FIXED_CASES: u32 = 32;

fn cases() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..80)
}

/// Of some slots of a calendar the shortest stay that may begin there, and for how many units.
fn shortest(calendar: &[CalendarSlot], resource: &Resource) -> Vec<((When, When), u32)> {
    let step = (calendar.len() / 6).max(1);
    let stay = |at: usize| {
        let stays = sale(calendar.get(at)?).arrival.as_ref().ok()?;
        let last = at + usize::try_from(stays.slots_min).ok()?.checked_sub(1)?;
        let (first, last) = (&calendar.get(at)?.slot, &calendar.get(last)?.slot);
        let range = match resource.terms.schedule {
            Schedule::Nightly { .. } => {
                let (from, to) = (resource.terms.local_date(first), resource.terms.local_date(last));
                (When::Date(from), When::Date(to.tomorrow().ok()?))
            }
            Schedule::Slots(_) | Schedule::Event { .. } => {
                (When::Instant(first.start), When::Instant(last.end))
            }
        };
        Some((range, stays.quantity_min.unwrap_or(1)))
    };
    (0..calendar.len()).step_by(step).filter_map(stay).collect()
}

/// A resource of some schedule, sold by chance, some of it taken, and every range around asked for.
async fn search_and_hold(bytes: Vec<u8>, listed: Listed, seen: &Seen) -> Result<(), String> {
    let w = World::start().await;
    let mut draw = Draw::new(&bytes);
    let capacity = draw.number(1, 4);
    let (kind, resource) = draw.resource(capacity);
    seen.add(kind);
    let around = Date::constant(2030, 6, 1);
    sell(&w, &resource, &mut draw, around, listed).await;
    // The clock stands twelve days before, or a day or an hour, or has passed what is begun.
    w.pass(3_600 * draw.one(&[0, 0, 0, 11 * 24, 11 * 24 + 20, 12 * 24]));
    let taken = ranges(&resource, around);
    for number in 0..draw.below(4) {
        let (start, end) = draw.one(&taken);
        let request = HoldRequest {
            start,
            end,
            ..hold_request(&resource, crate::world::NIGHT, draw.number(1, capacity))
        };
        let caller = guest(&format!("guest-{number}"));
        // What restrictions or other holds do not allow is not taken.
        let _ = w.holds.create(&caller, &key(&number.to_string(), ""), &request, &w.by("guest")).await;
    }
    let is_cut_off = edit(&w, &resource, &mut draw, around).await;
    // Longer than it is remembered how full a slot is.
    w.pass(6);
    if listed == Listed::Last {
        w.project_latest(&resource.id).await;
    }
    let knows_places = listed == Listed::Last && !is_cut_off;
    let (from, to) = (around - 2.days(), around + 4.days());
    let calendar = w.calendars.slots(&resource.id, from, to, None, w.now()).await.expect("a calendar").0;
    let shortest = shortest(&calendar, &resource);
    let fixed = ranges(&resource, around).into_iter().enumerate();
    let fixed =
        fixed.flat_map(|(index, range)| (1..=if index % 2 == 0 { 2 } else { 1 }).map(move |q| (range, q)));
    let all: BTreeMap<String, ((When, When), u32)> =
        fixed.chain(shortest).map(|asked| (format!("{asked:?}"), asked)).collect();
    for (range, quantity) in all.into_values() {
        check(&w, &resource, range, quantity, knows_places, seen).await?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(holdfast_properties::config(CASES, "tests/regressions/offers.txt"))]

    #[test]
    fn what_is_offered_is_had_at_its_price_and_what_is_not_is_not(bytes in cases()) {
        let seen = Seen::default();
        holdfast_properties::outcome(block_on(search_and_hold(bytes, Listed::Last, &seen)))?;
    }
}

/// Every kind of schedule, and every kind of answer, is among the cases, and a calendar with a flaw of any kind would be found: these are
/// always the same.
#[test]
fn every_kind_of_schedule_and_of_refusal_is_met() {
    let seen = Seen::default();
    let mut state = 7_u64;
    for _ in 0..FIXED_CASES {
        let byte = |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state.to_be_bytes()[0]
        };
        let bytes: Vec<u8> = (0..80).map(byte).collect();
        let verdict = block_on(search_and_hold(bytes.clone(), Listed::Last, &seen));
        assert_eq!(verdict, Ok(()), "{bytes:?}");
    }
    let all = seen.all();
    let kinds = [
        "an evening",
        "an evening's slots",
        "closed_to_arrival",
        "closed_to_departure",
        "days of an event",
        "flaw: a longer stay is asked for",
        "flaw: closed arrivals are forgotten",
        "flaw: departures are always open",
        "flaw: notice and window are forgotten",
        "flaw: nothing limits length and units",
        "flaw: one slot is always enough",
        "flaw: stops are forgotten",
        "nights",
        "not bookable",
        "notice_min",
        "offered",
        "open in the calendar",
        "past",
        "quantity_max",
        "quantity_min",
        "slots with a break",
        "sold out",
        "sold_together",
        "stay_max",
        "stay_min",
        "stop_sell",
        "whole days",
        "window_max",
    ];
    println!("{all:?}");
    assert_eq!(all.keys().copied().collect::<BTreeSet<_>>(), BTreeSet::from(kinds), "{all:?}");
}

/// A read model that never learns what is set for dates.
#[test]
fn control_a_read_model_without_rates_of_dates_is_found() {
    holdfast_properties::assert_found(CASES, cases(), |bytes| {
        let seen = Seen::default();
        holdfast_properties::outcome(block_on(search_and_hold(bytes, Listed::BeforeItsDates, &seen)))
    });
}

/// The changes of a zone's clocks in the year after an instant, each with the offset from UTC that follows, and before these the offset of
/// that instant, in seconds.
fn changes(zone: &TimeZone, from: Timestamp) -> (i32, Vec<(Timestamp, i32)>) {
    let end = from + SignedDuration::from_hours(366 * 24);
    let following = zone.following(from).map(|change| (change.timestamp(), change.offset().seconds()));
    (zone.to_offset(from).seconds(), following.take_while(|(change, _)| *change < end).collect())
}

#[tokio::test]
async fn around_every_change_of_clocks_search_and_hold_agree() {
    let w = World::start().await;
    let names: Vec<String> = jiff::tz::db().available().map(|name| name.as_str().to_owned()).collect();
    // Zones whose clocks show the same in that year are asked for once.
    let mut zones: BTreeMap<_, TimeZone> = BTreeMap::new();
    for name in &names {
        let zone = TimeZone::get(name).expect("a zone of the database");
        zones.entry(changes(&zone, w.now())).or_insert(zone);
    }
    let (mut changing, mut offered, mut refused) = (0, 0, 0);
    let seen = Seen::default();
    for (number, ((_, changes), zone)) in zones.iter().enumerate() {
        // A zone whose clocks do not change has its days all the same.
        let month = [w.now() + SignedDuration::from_hours(720)];
        let instants: Vec<Timestamp> = changes.iter().map(|(change, _)| *change).collect();
        changing += usize::from(!instants.is_empty());
        for (turn, instant) in (if instants.is_empty() { &month[..] } else { &instants }).iter().enumerate() {
            let around = zone.to_datetime(*instant).date();
            let seed = u64::try_from(10 * number + turn).expect("few zones") * 2_654_435_761;
            let bytes: Vec<u8> = (0..40_u64)
                .map(|index| u8::try_from(((seed + index * 40_503) >> 7) % 251).expect("a byte"))
                .collect();
            let rooms = [
                nightly_resource(&format!("room-{number}-{turn}"), 2, 60),
                daily_resource(&format!("table-{number}-{turn}"), 180, &[("00:00", "00:00")], 2, 60),
            ];
            for mut resource in rooms {
                resource.terms.time_zone = zone.clone();
                resource.terms.location = Label::parse(resource.id.as_str()).expect("a label");
                sell(&w, &resource, &mut Draw::new(&bytes), around, Listed::Last).await;
                w.project_latest(&resource.id).await;
                for range in ranges(&resource, around) {
                    match check(&w, &resource, range, 1, true, &seen).await {
                        Ok(Said::At(_)) => offered += 1,
                        Ok(Said::No) => refused += 1,
                        Err(wrong) => panic!("{:?}: {wrong}", zone.iana_name()),
                    }
                }
            }
        }
    }
    let kinds = zones.len();
    println!(
        "{} zones, {kinds} kinds, {changing} with changes: {offered} offered, {refused} refused",
        names.len()
    );
    assert!(
        names.len() > 400 && kinds > 50 && changing > 20,
        "{} zones, {kinds} kinds, {changing}",
        names.len()
    );
    assert!(offered > 300 && refused > 100, "{offered} offered, {refused} refused");
}
