//! Resources to book, and the small values every test needs.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_app::kernel as identity;
use holdfast_app::{Caller, Mutation, StaffOf};
use holdfast_domain::bookings::{Order, Tier};
use holdfast_domain::catalogue::{CAPACITY_MAX, Label, Opening, ResourceTerms, SlotSchedule};
use holdfast_domain::inventory::Placement;
use holdfast_domain::money::Percent;
use holdfast_domain::{
    CancellationPolicy, Currency, GuestId, Hold, HoldLimits, HoldStatus, Money, PageKey, Resource,
    ResourceId, Schedule, SlotPlaces, When,
};
use jiff::civil::{Weekday, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// No limit on what one guest may hold but the page's own: for tests of other things.
pub const UNLIMITED: HoldLimits = HoldLimits {
    per_guest: Some(HoldLimits::HOLDS_MAX),
    per_slot: HoldLimits::HOLDS_MAX,
    places_per_slot: Some(CAPACITY_MAX),
    cool_down_seconds: Some(0),
};

/// An instant, such as `2026-06-01T15:00:00Z`.
#[must_use]
pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|error| panic!("{text} is no instant: {error}"))
}

/// An amount in euro cents.
#[must_use]
pub fn money(cents: i64) -> Money {
    Money::new(cents, Currency::parse("EUR").expect("a known currency")).expect("an amount in range")
}

/// Staff of every property.
#[must_use]
pub fn platform() -> Caller {
    let guest = GuestId::parse("operator").expect("an id");
    Caller { guest, staff: Some(StaffOf::All), rate_groups: BTreeSet::new() }
}

/// A change made by `actor` at `now`.
#[must_use]
pub fn mutation(now: Timestamp, actor: &str) -> Mutation {
    Mutation { now, actor: actor.to_owned(), trace: None }
}

fn terms(schedule: Schedule, zone: &str, capacity: u32, ttl: u32) -> ResourceTerms {
    let tier =
        |hours_before, percent| Tier { hours_before, refund: Percent::new(percent).expect("a percentage") };
    ResourceTerms {
        property: None,
        resource_type: Label::parse("hotel").expect("a label"),
        name: Label::parse("Deluxe double").expect("a label"),
        location: Label::parse("NYC").expect("a label"),
        time_zone: TimeZone::get(zone).unwrap_or_else(|error| panic!("{zone}: {error}")),
        schedule,
        capacity,
        hold_ttl_seconds: ttl,
        hold_limits: UNLIMITED,
        base_price: money(12_900),
        cancellation_policy: CancellationPolicy::new(vec![tier(24, 100), tier(0, 50)]).expect("a policy"),
        attributes: BTreeMap::new(),
    }
}

/// A hotel room type in New York.
#[must_use]
pub fn nightly_resource(id: &str, capacity: u32, ttl_seconds: u32) -> Resource {
    let schedule = Schedule::Nightly { check_in: time(15, 0, 0, 0), check_out: time(11, 0, 0, 0) };
    let id = ResourceId::parse(id).expect("a resource id");
    Resource::create(id, terms(schedule, "America/New_York", capacity, ttl_seconds))
}

/// A table in Berlin, half hours from noon to two in the morning, every day.
#[must_use]
pub fn slots_resource(id: &str, capacity: u32, ttl_seconds: u32) -> Resource {
    daily_resource(id, 30, &[("12:00", "02:00")], capacity, ttl_seconds)
}

/// Something in Berlin that is open every day from `from` to `to`, in slots of `minutes`.
#[must_use]
pub fn daily_resource(
    id: &str,
    minutes: u16,
    hours: &[(&str, &str)],
    capacity: u32,
    ttl_seconds: u32,
) -> Resource {
    let time = |text: &str| text.parse().unwrap_or_else(|error| panic!("{text} is no time: {error}"));
    let days: Vec<Weekday> = (1..=7).filter_map(|day| Weekday::from_monday_one_offset(day).ok()).collect();
    let opening =
        hours.iter().map(|(from, to)| Opening { days: days.clone(), from: time(from), to: time(to) });
    let schedule = Schedule::Slots(SlotSchedule::new(minutes, 0, opening.collect()).expect("a schedule"));
    let id = ResourceId::parse(id).expect("a resource id");
    Resource::create(id, terms(schedule, "Europe/Berlin", capacity, ttl_seconds))
}

/// A concert on 2030-06-01 from 19:00 to 22:00 UTC.
#[must_use]
pub fn event_resource(id: &str, capacity: u32, ttl_seconds: u32) -> Resource {
    let schedule = Schedule::event(at("2030-06-01T19:00:00Z"), at("2030-06-01T22:00:00Z"))
        .expect("an event with a length");
    let id = ResourceId::parse(id).expect("a resource id");
    Resource::create(id, terms(schedule, "UTC", capacity, ttl_seconds))
}

/// A hold of `guest` under `key`, as the use case makes it, for `[start, end)` given as dates or instants.
#[must_use]
pub fn hold_for(
    resource: &Resource,
    guest: &str,
    key: &str,
    (start, end): (&str, &str),
    quantity: u32,
    now: Timestamp,
) -> Hold {
    let when = |text: &str| match text.parse() {
        Ok(date) if text.len() == 10 => When::Date(date),
        _ => When::Instant(at(text)),
    };
    let stay = resource
        .stay(when(start), when(end), now)
        .unwrap_or_else(|error| panic!("{start} to {end}: {error}"));
    let guest = GuestId::parse(guest).expect("a guest");
    let placements = stay
        .slots
        .chunk_by(|a, b| a.page == b.page)
        .map(|slots| Placement {
            page: PageKey::first(resource.id.clone(), slots[0].page.clone()),
            schedule_revision: resource.schedule_revision,
            places: SlotPlaces::uniform(slots.iter().map(|slot| slot.key.clone()), quantity)
                .expect("ascending slots"),
        })
        .collect();
    let expires_at = now
        .checked_add(SignedDuration::from_secs(i64::from(resource.terms.hold_ttl_seconds)))
        .expect("in range");
    Hold {
        id: identity::hold_id(&guest, key),
        order: Order {
            resource: resource.id.clone(),
            resource_name: resource.terms.name.as_str().to_owned(),
            property: resource.terms.property.clone(),
            guest: guest.clone(),
            start: stay.start,
            end: stay.end,
            quantity,
            price: resource.price(stay.slots.len(), quantity).expect("a price in range").into(),
            policy: resource.terms.cancellation_policy.clone(),
            rate: None,
            placements,
        },
        guest_mark: identity::guest_mark(&guest),
        caller: guest,
        fingerprint: identity::fingerprint(&[resource.id.as_str(), start, end, &quantity.to_string()]),
        ttl_seconds: resource.terms.hold_ttl_seconds,
        cool_down_seconds: resource.terms.hold_limits.cool_down_seconds,
        created_at: now,
        first_expires_at: expires_at,
        expires_at,
        recorded: HoldStatus::Active,
        extensions: BTreeMap::new(),
        booking: None,
    }
}
