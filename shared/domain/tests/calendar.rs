//! What the calendar offers and what can be booked are the same slots, for any schedule, zone and date.
#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::catalogue::{
    Facts, Label, Opening, RangeError, Resource, ResourceTerms, SlotSchedule, StayError,
};
use holdfast_domain::money::{Currency, Money};
use holdfast_domain::{CancellationPolicy, HoldLimits, Page, PageKey, ResourceId, Schedule, Slot, When};
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;

/// Zones with daylight saving by an hour, by half an hour, at midnight, backwards over midnight, in winter, and without.
const ZONES: [&str; 12] = [
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
const DATES: [&str; 11] = [
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

fn any_slots() -> impl Strategy<Value = Schedule> {
    let minutes = proptest::sample::select(vec![15u16, 30, 45, 60, 90, 180, 1440]);
    let buffer = proptest::sample::select(vec![0u16, 0, 0, 5, 15, 60]);
    (minutes, buffer, proptest::collection::vec(any_opening(), 1..=3))
        .prop_filter_map("openings must not overlap", |(minutes, buffer, openings)| {
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
                prop_assert_eq!(schedule.calendar(first, last, &zone), Ok(page.clone()));
            }
            prop_assert!(page.is_sorted_by_key(|slot| &slot.key), "keys of {} are out of order", name);
            let resource = resource(schedule.clone(), zone.clone());
            let counted: Vec<_> = resource.fresh_page(&key(&resource, &name), &Facts::default()).available.into_keys().collect();
            prop_assert_eq!(counted, keys.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn neighbouring_ranges_share_no_slot((schedule, zone, from, days) in any_case()) {
        let middle = from + days.days();
        let before = schedule.calendar(from, middle, &zone).expect("in bounds");
        let after = schedule.calendar(middle, middle + days.days(), &zone).expect("in bounds");
        let all = schedule.calendar(from, middle + days.days(), &zone).expect("in bounds");
        prop_assert!(before.iter().all(|slot| !after.contains(slot)));
        prop_assert_eq!([before, after].concat(), all);
    }

    #[test]
    fn what_search_offers_can_be_booked((schedule, zone, from, days) in any_case()) {
        let resource = resource(schedule, zone.clone());
        let now = Timestamp::UNIX_EPOCH;
        let (start, end) = (When::Date(from), When::Date(from + days.days()));
        match resource.offer(start, end, now) {
            Ok(offer) => {
                let booked = resource.stay(When::Instant(offer.start), When::Instant(offer.end), now);
                prop_assert_eq!(booked, Ok(offer.clone()));
                prop_assert!(offer.slots.iter().all(|slot| slot.end <= offer.end && slot.start >= offer.start));
            }
            Err(StayError::Range(RangeError::NotBookable | RangeError::TooLong { .. })) => {}
            Err(other) => prop_assert!(false, "{other}"),
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
