//! What the calendar offers and what can be booked are the same slots, for any schedule, zone and date.
#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::catalogue::{
    Facts, Label, Offerable, Opening, RangeError, Resource, ResourceTerms, SLOTS_PER_HOLD_MAX, SlotSchedule,
    StayError,
};
use holdfast_domain::money::{Currency, Money};
use holdfast_domain::{CancellationPolicy, HoldLimits, Page, PageKey, ResourceId, Schedule, Slot, When};
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;

/// Zones with daylight saving by an hour, by two, by half an hour, at midnight, backwards over midnight, in winter, and without;
/// of those that moved over the date line one that skipped a day and one that repeated one and skipped another.
const ZONES: [&str; 16] = [
    "Antarctica/Troll",
    "Asia/Beirut",
    "Pacific/Kwajalein",
    "Africa/Casablanca",
    "America/New_York",
    "Europe/Berlin",
    "Europe/Dublin",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/Nuuk",
    "America/Havana",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "Pacific/Kiritimati",
    "Pacific/Chatham",
    "UTC",
];

/// Days around which something happens to some zone's clocks, and one on which nothing does.
const DATES: [&str; 13] = [
    "1969-09-28", // Kwajalein repeats the 30th
    "1993-08-19", // Kwajalein skips the 21st
    "2011-12-27", // Apia skips the 30th
    "2026-03-05", // New York, Havana: spring
    "2026-03-26", // Berlin, Dublin, Nuuk: spring
    "2026-04-02", // Lord Howe, Chatham: autumn
    "2026-04-22", // Cairo: spring
    "2026-09-24", // Chatham: spring
    "2026-10-01", // Lord Howe: spring
    "2026-10-22", // Berlin, Nuuk, Cairo: autumn
    "2026-10-29", // New York, Havana: autumn
    "2028-02-26", // leap day
    "2026-12-29", // year's end
];

fn config() -> ProptestConfig {
    holdfast_properties::config(4000, "tests/regressions/calendar.txt")
}

fn any_time() -> impl Strategy<Value = Time> {
    (0i8..24, 0i8..4).prop_map(|(hour, quarter)| Time::constant(hour, quarter * 15, 0, 0))
}

fn any_opening() -> impl Strategy<Value = Opening> {
    let day = (1i8..=7).prop_map(|n| Weekday::from_monday_one_offset(n).expect("a weekday"));
    (
        proptest::collection::btree_set(day.prop_map(Weekday::to_monday_one_offset), 1..=7),
        any_time(),
        any_time(),
    )
        .prop_map(|(days, from, to)| {
            let days = days.into_iter().filter_map(|n| Weekday::from_monday_one_offset(n).ok()).collect();
            Opening { days, from, to }
        })
}

/// Open around the clock from a time of the day on, every day: openings touch.
fn always_open() -> impl Strategy<Value = Vec<Opening>> {
    let days: Vec<Weekday> = (1i8..=7).filter_map(|n| Weekday::from_monday_one_offset(n).ok()).collect();
    any_time().prop_map(move |from| vec![Opening { days: days.clone(), from, to: from }])
}

fn any_slots() -> impl Strategy<Value = Schedule> {
    let minutes = proptest::sample::select(vec![15u16, 30, 45, 60, 90, 180, 1440]);
    let buffer = proptest::sample::select(vec![0u16, 0, 0, 5, 15, 60]);
    let openings = prop_oneof![3 => proptest::collection::vec(any_opening(), 1..=3), 1 => always_open()];
    (minutes, buffer, openings).prop_filter_map("openings must not overlap", |(minutes, buffer, openings)| {
        SlotSchedule::new(minutes, buffer, openings).ok().map(Schedule::Slots)
    })
}

fn any_schedule() -> impl Strategy<Value = Schedule> {
    prop_oneof![
        (any_time(), any_time()).prop_map(|(check_in, check_out)| Schedule::Nightly { check_in, check_out }),
        any_slots(),
        any_slots(),
        (0i64..864_000, 1i64..200_000).prop_map(|(start, length)| {
            let start = Timestamp::from_second(1_772_000_000 + start).expect("in range");
            let end = start + SignedDuration::from_secs(length);
            Schedule::event(start, end).expect("it ends after it starts")
        }),
    ]
}

fn any_case() -> impl Strategy<Value = (Schedule, TimeZone, Date, i32)> {
    (any_schedule(), 0..ZONES.len(), 0..DATES.len(), 0i32..4, 1i32..6).prop_map(
        |(schedule, zone, date, offset, days)| {
            let zone = TimeZone::get(ZONES[zone]).expect("a bundled zone");
            let from: Date = DATES[date].parse().expect("a date");
            (schedule, zone, from + offset.days(), days)
        },
    )
}

fn key(resource: &Resource, page: &str) -> PageKey {
    PageKey::first(resource.id.clone(), page)
}

fn resource(schedule: Schedule, zone: TimeZone) -> Resource {
    let label = |text: &str| Label::parse(text).expect("a label");
    let terms = ResourceTerms {
        property: None,
        resource_type: label("court"),
        name: label("Court 1"),
        location: label("BER"),
        time_zone: zone,
        schedule,
        capacity: 2,
        hold_ttl_seconds: 600,
        hold_limits: HoldLimits::default(),
        base_price: Money::new(1_500, Currency::parse("EUR").expect("known")).expect("in range"),
        cancellation_policy: CancellationPolicy::default(),
        attributes: BTreeMap::new(),
    };
    Resource::create(ResourceId::parse("court-1").expect("an id"), terms)
}

fn by_page(slots: &[Slot]) -> BTreeMap<String, Vec<Slot>> {
    let mut pages: BTreeMap<String, Vec<Slot>> = BTreeMap::new();
    for slot in slots {
        pages.entry(slot.page.clone()).or_default().push(slot.clone());
    }
    pages
}

/// The dates whose calendar a page holds.
fn dates_of(page: &str) -> Option<(Date, Date)> {
    if let Ok(day) = page.parse::<Date>() {
        return Some((day, day + 1.day()));
    }
    let first: Date = format!("{page}-01").parse().ok()?;
    Some((first, first + 1.month()))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_slot_of_the_calendar_can_be_booked_by_itself((schedule, zone, from, days) in any_case()) {
        let slots = schedule.calendar(from, from + days.days(), &zone).expect("in bounds");
        let told = resource(schedule.clone(), zone.clone()).calendar(from, from + days.days());
        prop_assert_eq!(told.as_ref(), Ok(&slots));
        for slot in &slots {
            prop_assert!(slot.start < slot.end, "{slot:?}");
            let booked = schedule.slots(When::Instant(slot.start), When::Instant(slot.end), &zone);
            prop_assert_eq!(booked.as_deref(), Ok(std::slice::from_ref(slot)));
        }
        let in_order = slots.windows(2).all(|pair| pair[0].start < pair[1].start);
        prop_assert!(in_order, "{slots:?}");
        if let Schedule::Slots(_) = schedule {
            prop_assert!(slots.windows(2).all(|pair| pair[0].end <= pair[1].start), "{slots:?}");
        }
    }

    #[test]
    fn a_page_holds_exactly_the_calendar_of_its_dates((schedule, zone, from, days) in any_case()) {
        for (name, offered) in by_page(&schedule.calendar(from, from + days.days(), &zone).expect("in bounds")) {
            let page = schedule.page(&name, &zone);
            let keys: BTreeSet<_> = page.iter().map(|slot| slot.key.clone()).collect();
            prop_assert_eq!(keys.len(), page.len(), "keys of {} repeat", name);
            prop_assert!(offered.iter().all(|slot| page.contains(slot)));
            if let Some((first, last)) = dates_of(&name) {
                let of_page = |slot: &Slot| slot.page == name;
                let dated = schedule.calendar(first, last + 1.day(), &zone).expect("in bounds");
                let dated: Vec<Slot> = dated.into_iter().filter(of_page).collect();
                prop_assert_eq!(&dated, &page, "an opening ends on the next date at the latest");
            }
            prop_assert!(page.is_sorted_by_key(|slot| &slot.key), "keys of {} are out of order", name);
            let resource = resource(schedule.clone(), zone.clone());
            let counted: Vec<_> = resource.fresh_page(&key(&resource, &name), &Facts::default()).available.into_keys().collect();
            prop_assert_eq!(counted, keys.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_slots_of_consecutive_dates_part_the_calendar((schedule, zone, from, days) in any_case()) {
        let until = from + days.days();
        let all = schedule.calendar(from, until, &zone).expect("in bounds");
        let mut parts = Vec::new();
        for date in from.series(1.day()).take_while(|date| *date < until) {
            let slots = schedule.calendar(date, date + 1.day(), &zone).expect("in bounds");
            prop_assert!(slots.iter().all(|slot| slot.local_date(&zone) == date), "{date}: {slots:?}");
            parts.extend(slots);
        }
        prop_assert_eq!(&parts, &all);
        let names: BTreeSet<_> = all.iter().map(|slot| (&slot.page, &slot.key)).collect();
        prop_assert_eq!(names.len(), all.len(), "a slot comes twice");
        if let Schedule::Slots(_) = schedule {
            let around = schedule.calendar(from - 1.day(), until + 1.day(), &zone).expect("in bounds");
            let starts = |slots: &[Slot]| slots.iter().map(|slot| slot.start).collect::<BTreeSet<_>>();
            let inside = |slot: &&Slot| (from..until).contains(&slot.local_date(&zone));
            prop_assert_eq!(starts(&all), around.iter().filter(inside).map(|slot| slot.start).collect());
        }
    }

    #[test]
    fn a_buffer_lies_between_any_two_slots((schedule, zone, from, days) in any_case()) {
        let Schedule::Slots(rule) = &schedule else { return Ok(()) };
        let slots = schedule.calendar(from, from + days.days(), &zone).expect("in bounds");
        let buffer = SignedDuration::from_mins(i64::from(rule.buffer_minutes()));
        for pair in slots.windows(2) {
            // That of a day's slot is local time.
            let (end, next) = (zone.to_datetime(pair[0].end), zone.to_datetime(pair[1].start));
            let kept = if rule.slot_minutes() == 1440 {
                next >= end.checked_add(buffer).expect("in range") || pair[1].start >= pair[0].end + buffer
            } else {
                pair[1].start >= pair[0].end + buffer
            };
            prop_assert!(kept, "{pair:?}");
        }
    }

    #[test]
    fn parts_of_a_calendar_are_the_calendar((schedule, zone, from, days) in any_case(), most in 1usize..9) {
        let resource = resource(schedule, zone);
        let until = from + days.days();
        let mut joined = Vec::new();
        let mut first = None;
        loop {
            let (part, next) = resource.calendar_part(from, until, first, most).expect("in bounds");
            prop_assert!(part.len() <= most);
            joined.extend(part);
            let Some(next) = next else { break };
            first = Some(next);
        }
        prop_assert_eq!(Ok(joined), resource.calendar(from, until));
    }

    #[test]
    fn what_search_offers_is_free_and_can_be_held(
        (schedule, zone, from, days) in any_case(),
        hours in 0i64..48,
        taken in proptest::collection::vec(0u32..3, 1..12),
    ) {
        let resource = resource(schedule.clone(), zone.clone());
        let now = zone.to_timestamp(from.to_datetime(Time::midnight())).expect("in range")
            + SignedDuration::from_hours(hours - 24);
        let (start, end) = (When::Date(from), When::Date(from + days.days()));
        let places = |slot: &Slot| {
            let number = usize::try_from(slot.start.as_second() / 900).unwrap_or_default();
            taken[number % taken.len()]
        };
        let offerable = match resource.offerable(start, end, now) {
            Ok(offerable) => offerable,
            Err(StayError::Past | StayError::Range(RangeError::NotBookable | RangeError::TooLong(_))) => {
                return Ok(());
            }
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
        };
        let Some((stay, available)) = offerable.stays(2, places).into_iter().next() else {
            let dates = schedule.calendar(from, from + days.days(), &zone).expect("in bounds");
            let has_breaks = days == 1 && schedule.pieces(&dates, &zone).len() > 1;
            let bookable = |slot: &Slot| !resource.is_past(slot, now) && places(slot) >= 2;
            prop_assert!(!has_breaks || !dates.iter().any(bookable), "a date with breaks hides what is free");
            return Ok(());
        };
        prop_assert_eq!(stay.slots.iter().map(places).min(), Some(available));
        if let Offerable::Pieces(pieces) = &offerable {
            let runs = pieces.iter().flat_map(|piece| piece.split(|slot| places(slot) < 2));
            let longest = runs.map(<[Slot]>::len).max().map(|length| length.min(SLOTS_PER_HOLD_MAX));
            prop_assert_eq!(Some(stay.slots.len()), longest);
        }
        prop_assert!(available >= 2);
        let held = resource.stay(When::Instant(stay.start), When::Instant(stay.end), now);
        prop_assert_eq!(held, Ok(stay));
    }

    #[test]
    fn a_slot_with_places_can_be_held_and_one_without_cannot(
        (schedule, zone, from, days) in any_case(),
        hours in 0i64..96,
    ) {
        let resource = resource(schedule, zone.clone());
        let now = zone.to_timestamp(from.to_datetime(Time::midnight())).expect("in range")
            + SignedDuration::from_hours(hours - 24);
        for slot in resource.calendar(from, from + days.days()).expect("in bounds") {
            let held = resource.stay(When::Instant(slot.start), When::Instant(slot.end), now);
            let has_places = resource.offered(&slot, &[], &Facts::default(), now) > 0;
            prop_assert_eq!(held.is_ok(), has_places, "{:?} at {}", held, now);
        }
    }

    #[test]
    fn a_stay_covers_its_range_whole((schedule, zone, from, days) in any_case()) {
        let slots = schedule.calendar(from, from + days.days(), &zone).expect("in bounds");
        for (first, last) in slots.iter().zip(slots.iter().skip(1)) {
            if let Ok(stay) = schedule.slots(When::Instant(first.start), When::Instant(last.end), &zone) {
                prop_assert_eq!(stay, vec![first.clone(), last.clone()]);
            }
        }
    }
}

#[test]
fn a_replaced_schedule_makes_new_pages_and_another_price_does_not() {
    let hotel = |check_in: i8| Schedule::Nightly {
        check_in: Time::constant(check_in, 0, 0, 0),
        check_out: Time::constant(11, 0, 0, 0),
    };
    let berlin = TimeZone::get("Europe/Berlin").expect("a bundled zone");
    let first = resource(hotel(15), berlin.clone());
    let mut dearer = first.terms.clone();
    dearer.base_price = Money::new(99, first.terms.base_price.currency()).expect("in range");
    let second = first.replace(dearer);
    assert_eq!((second.revision, second.schedule_revision), (2, 1));
    let third = second.replace(resource(hotel(16), berlin).terms);
    assert_eq!((third.revision, third.schedule_revision), (3, 3));
    let fourth = third.replace(resource(hotel(16), TimeZone::UTC).terms);
    assert_eq!((fourth.revision, fourth.schedule_revision), (4, 4));
    let page = fourth.fresh_page(&key(&fourth, "2026-02"), &Facts::default());
    assert_eq!((page.terms_revision, page.schedule_revision), (4, 4));
}

#[test]
fn a_stay_in_the_past_is_refused_and_priced_per_slot_and_unit() {
    let schedule =
        Schedule::Nightly { check_in: Time::constant(15, 0, 0, 0), check_out: Time::constant(11, 0, 0, 0) };
    let resource = resource(schedule, TimeZone::UTC);
    let day = |text: &str| When::Date(text.parse().expect("a date"));
    let now: Timestamp = "2026-06-02T00:00:00Z".parse().expect("an instant");
    assert_eq!(resource.stay(day("2026-06-01"), day("2026-06-03"), now), Err(StayError::Past));
    let stay = resource.stay(day("2026-06-02"), day("2026-06-04"), now).expect("tonight");
    assert_eq!(resource.price(stay.slots.len(), 3).map(|price| price.amount()), Ok(9_000));
    assert!(resource.price(usize::MAX, u32::MAX).is_err());
}

#[test]
fn all_the_pages_that_count_a_slot_offer_it_together() {
    let hotel = Schedule::Nightly { check_in: Time::midnight(), check_out: Time::midnight() };
    let hotel = resource(hotel, TimeZone::UTC);
    let date = "2026-06-01".parse::<Date>().expect("a date");
    let nights = hotel.calendar(date, date + 1.day());
    let night = &nights.expect("in bounds")[0];
    let page = |shard: u16, free: u32| {
        let mut page = hotel.fresh_page(&PageKey { shard, ..key(&hotel, "2026-06") }, &Facts::default());
        page.available.insert(night.key.clone(), free);
        page.allowance.insert(night.key.clone(), free.saturating_sub(hotel.share(2, &page.key)));
        page
    };
    let offered = |stored: &[Page]| hotel.offered(night, stored, &Facts::default(), Timestamp::UNIX_EPOCH);
    assert_eq!(offered(&[]), 2, "untouched: as it would be made");
    assert_eq!(offered(&[page(0, 5)]), 5);
    assert_eq!(offered(&[page(0, 5), page(1, 3)]), 8);
    assert_eq!(offered(&[page(1, 3)]), 2 + 3, "the first is untouched");
    let others = [
        Page { key: key(&hotel, "2026-07"), ..page(0, 5) },
        Page {
            key: PageKey { resource: ResourceId::parse("other").expect("an id"), ..page(0, 5).key },
            ..page(0, 5)
        },
        Page { schedule_revision: 7, terms_revision: 0, ..page(0, 5) },
    ];
    assert_eq!(
        offered(&others),
        2,
        "of another month, another resource, another schedule of a release before"
    );
    let mut closed = page(1, 3);
    closed.closed.insert(night.key.clone());
    assert_eq!(offered(&[page(0, 5), closed]), 5, "sale is stopped on one of them");
}
