//! Pages under another revision of their resource: what new terms do to them, and what commands of other slots do there.
#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::collections::BTreeMap;

use holdfast_domain::catalogue::{Label, Reshaped, ResourceTerms};
use holdfast_domain::{
    BookingId, CancellationPolicy, Currency, HoldLimits, Money, Page, PageChange, PageKey, PageRejection,
    Resource, ResourceId, Schedule, SlotPlaces,
};
use jiff::civil::time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn event(start: &str, hours: i64, capacity: u32) -> ResourceTerms {
    let (start, label) = (instant(start), |text| Label::parse(text).expect("a label"));
    let schedule = Schedule::event(start, start + SignedDuration::from_hours(hours)).expect("an event");
    ResourceTerms {
        resource_type: label("event"),
        name: label("Concert"),
        location: label("NYC"),
        time_zone: TimeZone::UTC,
        schedule,
        capacity,
        hold_ttl_seconds: 600,
        hold_limits: HoldLimits::default(),
        base_price: Money::zero(Currency::parse("EUR").expect("known")),
        cancellation_policy: CancellationPolicy::default(),
        attributes: BTreeMap::new(),
    }
}

const EVENING: &str = "2030-06-01T19:00:00Z";
const LATER: &str = "2030-06-08T19:00:00Z";
const BEFORE: &str = "2030-06-01T12:00:00Z";
const AFTER: &str = "2030-06-02T00:00:00Z";
const LONG_AFTER: &str = "2031-01-01T00:00:00Z";

fn resource() -> Resource {
    Resource::create(ResourceId::parse("concert").expect("an id"), event(EVENING, 3, 10))
}

/// A page with so many confirmed places.
fn page(resource: &Resource, confirmed: u32) -> Page {
    let page = resource.fresh_page(&PageKey::first(resource.id.clone(), "event"));
    let booking = BookingId::parse("b").expect("an id");
    if confirmed == 0 {
        return page;
    }
    let places = SlotPlaces::uniform(page.available.keys().cloned(), confirmed).expect("slots in order");
    page.apply(&[PageChange::Reacquired { booking, places }])
}

#[test]
fn another_capacity_changes_pages_that_are_not_past_if_all_fits() {
    let was = resource();
    let next = was.replace(ResourceTerms { capacity: 4, ..was.terms.clone() });
    assert!(was.reshapes_pages(&next) && !was.reshapes_pages(&was.replace(was.terms.clone())));
    let full = page(&was, 5);
    let refused = was.reshape(&next, &full, instant(BEFORE));
    assert!(matches!(refused, Err(PageRejection::CapacityInUse { in_use: 5, .. })), "{refused:?}");
    assert_eq!(was.reshape(&next, &full, instant(AFTER)), Ok(Reshaped::Kept), "it is past");
    let Ok(Reshaped::Changed(changes)) = was.reshape(&next, &page(&was, 4), instant(BEFORE)) else {
        panic!("four fit");
    };
    let adapted = page(&was, 4).apply(&changes);
    assert_eq!((adapted.broken_slot(), adapted.capacity, adapted.seq), (None, 4, 2));
    assert!(adapted.available.values().all(|free| *free == 0));
}

#[test]
fn another_schedule_removes_pages_that_nobody_uses() {
    let was = resource();
    let next = was.replace(event(LATER, 3, 10));
    assert!(was.reshapes_pages(&next));
    let reshape = |confirmed, now| was.reshape(&next, &page(&was, confirmed), instant(now));
    assert_eq!(reshape(0, BEFORE), Ok(Reshaped::Removed));
    assert!(matches!(reshape(1, BEFORE), Err(PageRejection::CapacityInUse { in_use: 1, .. })));
    // Past under the one, ahead under the other: its bookings are over.
    assert_eq!(reshape(1, AFTER), Ok(Reshaped::Removed));
    assert_eq!(reshape(1, LONG_AFTER), Ok(Reshaped::Kept), "past under both");
}

#[test]
fn nightly_pages_are_past_when_their_last_night_is() {
    let nightly = Schedule::Nightly { check_in: time(15, 0, 0, 0), check_out: time(11, 0, 0, 0) };
    let terms = ResourceTerms { schedule: nightly, ..event(EVENING, 3, 10) };
    let was = Resource::create(ResourceId::parse("hotel").expect("an id"), terms.clone());
    let next = was.replace(ResourceTerms { capacity: 3, ..terms });
    let june = was.fresh_page(&PageKey::first(was.id.clone(), "2030-06"));
    let changed = |now| matches!(was.reshape(&next, &june, instant(now)), Ok(Reshaped::Changed(_)));
    assert!(changed("2030-07-01T10:59:59Z"));
    assert!(!changed("2030-07-01T11:00:00Z"));
}

#[test]
fn a_write_counts_and_a_later_schedule_counts_above_all_writes_of_the_earlier() {
    let key = PageKey::first(ResourceId::parse("r").expect("an id"), "event");
    let page =
        |schedule_revision, seq| Page { seq, ..Page::fresh(key.clone(), schedule_revision, 1, Vec::new()) };
    assert_eq!(page(1, 0).write_number(), 0);
    assert_eq!(page(1, 7).apply(&[]).write_number(), 8);
    assert!(page(2, 0).write_number() > page(1, u64::from(u32::MAX)).write_number());
    // Exact in JSON up to 2^53.
    assert!(page(1 << 21, u64::from(u32::MAX)).write_number() < 1 << 53);
}
