//! Pages under another revision of their resource: what new terms do to them, and what commands of other slots do there.
#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests")]

use std::collections::BTreeMap;

use holdfast_domain::catalogue::{
    DateFacts, DateFactsEdit, Facts, Label, Month, Opening, ResourceTerms, SlotSchedule, Surplus,
};
use holdfast_domain::{
    BookingId, CancellationPolicy, Currency, HoldLimits, Money, Page, PageChange, PageCommand, PageKey,
    PageRejection, PropertyId, Resource, ResourceId, Schedule, SlotKey, SlotPlaces,
};
use jiff::civil::{Date, Weekday, date, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn event(start: &str, hours: i64, capacity: u32) -> ResourceTerms {
    let (start, label) = (instant(start), |text| Label::parse(text).expect("a label"));
    let schedule = Schedule::event(start, start + SignedDuration::from_hours(hours)).expect("an event");
    ResourceTerms {
        property: None,
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

fn resource() -> Resource {
    Resource::create(ResourceId::parse("concert").expect("an id"), event(EVENING, 3, 10))
}

/// A page with so many confirmed places.
fn page(resource: &Resource, name: &str, confirmed: u32) -> Page {
    let page = resource.fresh_page(&PageKey::first(resource.id.clone(), name), &Facts::default());
    let booking = BookingId::parse("b").expect("an id");
    if confirmed == 0 {
        return page;
    }
    let slots = page.available.keys().take(1).cloned();
    let places = SlotPlaces::uniform(slots, confirmed).expect("slots in order");
    page.apply(&[PageChange::Reacquired { booking, places }])
}

/// An edit of dates that sets those two.
fn set(capacity: Option<u32>, closed: Option<bool>) -> DateFactsEdit {
    DateFactsEdit { capacity, closed, ..DateFactsEdit::default() }
}

/// What the next terms make of a page: the page after, or the places in the way.
fn brought(next: &Resource, page: &Page, facts: &Facts, now: &str) -> Result<Page, u32> {
    let frame = Box::new(next.frame_of(page, facts, Surplus::Refused, instant(now)));
    match page.decide(&PageCommand::Frame { frame }, instant(now)) {
        Ok(changes) if changes.is_empty() => Ok(page.clone()),
        Ok(changes) => {
            let after = page.apply(&changes);
            assert_eq!(after.broken_slot(), None, "{after:?}");
            Ok(after)
        }
        Err(PageRejection::CapacityInUse { in_use, .. }) => Err(in_use),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn another_capacity_changes_a_page_if_all_fits() {
    let was = resource();
    let next = was.replace(ResourceTerms { capacity: 4, ..was.terms.clone() });
    let none = Facts::default();
    assert!(was.is_narrowed_by(&next.terms) && !next.is_narrowed_by(&was.terms));
    assert_eq!(brought(&next, &page(&was, "event", 5), &none, BEFORE), Err(5));
    let adapted = brought(&next, &page(&was, "event", 4), &none, BEFORE).expect("four fit");
    assert_eq!((adapted.terms_revision, adapted.capacity, adapted.seq), (2, 4, 2));
    assert!(adapted.available.values().all(|free| *free == 0));
    assert_eq!(brought(&next, &adapted, &none, BEFORE), Ok(adapted.clone()), "again: nothing to do");
}

/// Events of a page name its property.
#[test]
fn a_page_follows_its_resource_to_another_property() {
    let (was, none) = (resource(), Facts::default());
    let mut at_property = page(&was, "event", 4);
    let house = PropertyId::parse("hotel-7").ok();
    for property in [house.clone(), None] {
        let next = was.replace(ResourceTerms { property: property.clone(), ..was.terms.clone() });
        assert_eq!(next.fresh_page(&at_property.key, &none).property, property);
        let followed = brought(&next, &at_property, &none, BEFORE).expect("nothing is in the way");
        assert_eq!(followed.property, property);
        assert_eq!(Page { property: None, ..followed.clone() }.available, page(&was, "event", 4).available);
        at_property = followed;
    }
}

#[test]
fn a_moved_event_is_another_unless_it_is_over() {
    let (was, none) = (resource(), Facts::default());
    let next = was.replace(event(LATER, 3, 10));
    let moved = |confirmed, now| brought(&next, &page(&was, "event", confirmed), &none, now);
    assert_eq!(moved(1, BEFORE), Err(1));
    for (confirmed, now) in [(0, BEFORE), (1, AFTER)] {
        let page = moved(confirmed, now).expect("nothing is in the way");
        assert_eq!((page.schedule_revision, page.confirmed.len()), (2, 0), "another event, none of it sold");
        assert!(page.available.values().all(|free| *free == 10));
    }
}

fn hotel(check_in: i8, zone: &str) -> Resource {
    let schedule = Schedule::Nightly { check_in: time(check_in, 0, 0, 0), check_out: time(11, 0, 0, 0) };
    let time_zone = TimeZone::get(zone).expect("a zone");
    let terms = ResourceTerms { schedule, time_zone, ..event(EVENING, 3, 10) };
    Resource::create(ResourceId::parse("hotel").expect("an id"), terms)
}

#[test]
fn a_night_is_its_date_whatever_the_times_and_the_zone() {
    let (was, none) = (hotel(15, "UTC"), Facts::default());
    for (check_in, zone, narrows) in [(16, "UTC", false), (15, "Asia/Tokyo", true)] {
        let next = was.replace(hotel(check_in, zone).terms);
        assert_eq!(was.is_narrowed_by(&next.terms), narrows, "{zone}");
        let after = brought(&next, &page(&was, "2030-06", 2), &none, BEFORE).expect("every night stays");
        assert_eq!((after.terms_revision, after.schedule_revision), (2, 1));
        assert_eq!(after.confirmed.values().sum::<u32>(), 2);
    }
}

fn surgery(minutes: u16, from: i8, days: &[Weekday]) -> ResourceTerms {
    let opening = Opening { days: days.to_vec(), from: time(from, 0, 0, 0), to: time(17, 0, 0, 0) };
    let rule = SlotSchedule::new(minutes, 0, vec![opening]).expect("a schedule");
    ResourceTerms { schedule: Schedule::Slots(rule), ..event(EVENING, 3, 2) }
}

#[test]
fn a_slot_stays_with_its_start_and_length_and_is_in_the_way_of_nothing_else() {
    const SATURDAY: &str = "2030-06-01";
    let week = [Weekday::Saturday, Weekday::Sunday];
    let was = Resource::create(ResourceId::parse("surgery").expect("an id"), surgery(30, 9, &week));
    let none = Facts::default();
    // The first slot, at nine, is booked.
    let booked = page(&was, SATURDAY, 1);
    let check = |terms: ResourceTerms, now: &str, expected: Result<u64, u32>| {
        let next = was.replace(terms);
        let after = brought(&next, &booked, &none, now);
        assert_eq!(after.as_ref().map(|page| page.schedule_revision).map_err(|in_use| *in_use), expected);
        after
    };
    let early = "2030-06-01T06:00:00Z";
    let more = check(surgery(30, 7, &week), early, Ok(1)).expect("opens earlier");
    assert_eq!((more.available.len(), more.confirmed.values().sum::<u32>()), (20, 1));
    check(surgery(30, 10, &week), early, Err(1)).expect_err("opens too late");
    check(surgery(60, 9, &week), early, Err(1)).expect_err("the slots are longer");
    check(surgery(30, 9, &week[1..]), early, Err(1)).expect_err("closed on Saturdays");
    // Once it is over it is in nobody's way, and stays counted while the day's slots are of the same kind.
    let noon = "2030-06-01T12:00:00Z";
    let kept = check(surgery(30, 14, &week), noon, Ok(1)).expect("over");
    assert_eq!((kept.available.len(), kept.confirmed.values().sum::<u32>()), (7, 1));
    let dropped = check(surgery(60, 14, &week), noon, Ok(2)).expect("over");
    assert_eq!((dropped.available.len(), dropped.confirmed.len()), (3, 0));
}

#[test]
fn announced_terms_leave_what_is_taken_and_free_only_what_both_allow() {
    let (was, none) = (resource(), Facts::default());
    let narrower = ResourceTerms { capacity: 4, ..was.terms.clone() };
    let announced = was.announcing(narrower.clone());
    let free = |confirmed| {
        let page =
            brought(&announced, &page(&was, "event", confirmed), &none, BEFORE).expect("never refused");
        assert!(page.excess.is_empty(), "{page:?}");
        page.available.values().copied().sum::<u32>()
    };
    assert_eq!((free(0), free(3), free(4), free(7)), (4, 1, 0, 0));
    let gone = was.announcing(event(LATER, 3, 50));
    let page = brought(&gone, &page(&was, "event", 7), &none, BEFORE).expect("never refused");
    assert_eq!(page.available.values().copied().sum::<u32>(), 0, "this event is not sold any more");
    let back = brought(&gone.withdrawn(), &page, &none, BEFORE).expect("its own terms");
    assert_eq!(back.available.values().copied().sum::<u32>(), 3);
}

/// A page of a release before does not say which slots it has.
#[test]
fn what_is_booked_on_a_page_of_a_release_before_is_lost_under_no_terms() {
    let none = Facts::default();
    let of_a_release_before = |resource: &Resource, name: &str| {
        let mut old = page(resource, name, 2);
        (old.terms_revision, old.shape) = (0, None);
        old
    };
    let was = hotel(15, "UTC");
    let next = was.replace(hotel(16, "UTC").terms);
    let june =
        brought(&next, &of_a_release_before(&was, "2030-06"), &none, BEFORE).expect("every night stays");
    assert_eq!((june.confirmed.values().sum::<u32>(), june.schedule_revision), (2, 1));

    let week = [Weekday::Saturday, Weekday::Sunday];
    let was = Resource::create(ResourceId::parse("surgery").expect("an id"), surgery(30, 9, &week));
    let saturday = of_a_release_before(&was, "2030-06-01");
    let next = was.replace(surgery(30, 7, &week));
    assert_eq!(brought(&next, &saturday, &none, BEFORE), Err(2), "nobody knows that it stays");
    let known = brought(&was, &saturday, &none, BEFORE).expect("its own terms say which slots it has");
    let stays = brought(&next, &known, &none, BEFORE).expect("every slot stays");
    assert_eq!(stays.confirmed.values().sum::<u32>(), 2);
    let long_past = brought(&next, &saturday, &none, "2030-06-10T00:00:00Z").expect("in nobody's way");
    assert_eq!(long_past.confirmed.len(), 0);
}

#[test]
fn what_is_taken_of_a_slot_that_is_over_is_in_nobodys_way() {
    let was = hotel(15, "UTC");
    let june = page(&was, "2030-06", 10);
    let next = was.replace(ResourceTerms { capacity: 4, ..was.terms.clone() });
    assert_eq!(brought(&next, &june, &Facts::default(), BEFORE), Err(10));
    let after = brought(&next, &june, &Facts::default(), "2030-06-20T00:00:00Z").expect("it is over");
    let (first, last) = (SlotKey::parse("01").expect("a night"), SlotKey::parse("30").expect("a night"));
    assert_eq!((after.confirmed[&first], after.capacity_of(&first), after.capacity_of(&last)), (10, 10, 4));
}

#[test]
fn what_only_a_page_of_a_release_before_states_is_taken_over_as_facts() {
    let was = hotel(15, "UTC");
    let mut old = page(&was, "2030-06", 0);
    (old.terms_revision, old.shape) = (0, None);
    let slot = |name: &str| SlotKey::parse(name).expect("a slot");
    old.overrides.insert(slot("02"), 3);
    old.closed.insert(slot("04"));
    let day = |day| date(2030, 6, day);
    let known = Facts::default().with([day(4)], set(Some(7), None));
    let adopted = was.adopt(&old, &known);
    let facts = |capacity, closed| DateFacts { capacity, closed, overbooking: 0 };
    assert_eq!(adopted.of(day(2)), facts(Some(3), false));
    assert_eq!(adopted.of(day(4)), facts(Some(7), true));
    assert_eq!(adopted.dates().count(), 2);
    old.terms_revision = 1;
    assert_eq!(was.adopt(&old, &known), known, "a page of this release states nothing by itself");
}

#[test]
fn the_least_of_two_facts_allows_nothing_that_either_does_not() {
    let days: Vec<Date> = (1..=4).map(|day| date(2030, 6, day)).collect();
    let before =
        Facts::default().with([days[0], days[1]], set(Some(5), None)).with([days[2]], set(None, Some(true)));
    let after =
        before.with(days.iter().copied(), set(Some(3), None)).with([days[0]], set(Some(9), Some(true)));
    let least = before.least(&after, 2);
    let facts = |capacity, closed| DateFacts { capacity, closed, overbooking: 0 };
    assert_eq!(least.of(days[0]), facts(Some(5), true), "closed, not raised yet");
    assert_eq!(least.of(days[1]), facts(Some(3), false), "lowered");
    assert_eq!(least.of(days[2]), facts(None, true), "3 are more than the resource's 2");
    assert_eq!(least.of(days[3]), facts(None, false));
    let months = after.changed_since(&before);
    assert_eq!(months.values().map(|month| month.revision).collect::<Vec<_>>(), [1]);
    assert_eq!(before.clone().written(&months).revision(Month::of(days[0])), 1);
    assert!(before.changed_since(&before).is_empty());
    let undone = Facts::default().changed_since(&Facts::default().written(&months));
    let undone: Vec<_> = undone.values().map(|month| (month.revision, month.dates.len())).collect();
    assert_eq!(undone, [(2, 0)], "nothing is set any more, which is a write too");
}

/// What another has set meanwhile is theirs; what they left alone is taken back.
#[test]
fn what_an_edit_began_is_taken_back_of_each_field_that_nobody_has_set_since() {
    let day = date(2030, 6, 1);
    let before = Facts::default().with([day], set(Some(9), None));
    let least = before.with([day], set(Some(3), Some(true)));
    let facts = |capacity, closed| DateFacts { capacity, closed, overbooking: 0 };
    let restored = |now: &Facts| now.restored([day], &before, &least).of(day);
    assert_eq!(restored(&least), facts(Some(9), false));
    assert_eq!(restored(&least.with([day], set(Some(4), None))), facts(Some(4), false));
    assert_eq!(restored(&least.with([day], set(None, Some(false)))), facts(Some(9), false));
    assert_eq!(restored(&before.with([day], set(None, Some(true)))), facts(Some(9), false));
    assert_eq!(restored(&before.with([day], set(Some(3), None))), facts(Some(9), false));
}

/// Facts under which so many places of the event may be sold beyond its capacity.
fn beyond(overbooking: u32) -> Facts {
    let edit = DateFactsEdit { overbooking: Some(overbooking), ..DateFactsEdit::default() };
    Facts::default().with([date(2030, 6, 1)], edit)
}

/// Capacity, allowance and free places of the event.
fn counts(page: &Page) -> (u32, u32, u32) {
    let slot = page.available.keys().next().expect("the event");
    (page.capacity_of(slot), page.allowance.get(slot).copied().unwrap_or(0), page.available[slot])
}

#[test]
fn places_beyond_the_capacity_are_set_raised_and_not_lowered_below_what_is_taken() {
    let was = resource();
    let set_to = |page: &Page, overbooking| brought(&was, page, &beyond(overbooking), BEFORE);
    assert_eq!(counts(&was.fresh_page(&PageKey::first(was.id.clone(), "event"), &beyond(3))), (10, 3, 13));
    let booked = page(&was, "event", 10);
    let three = set_to(&booked, 3).expect("raised");
    assert_eq!(counts(&three), (10, 3, 3));
    let places = SlotPlaces::uniform(three.available.keys().cloned(), 2).expect("slots in order");
    let twelve =
        three.apply(&[PageChange::Reacquired { booking: BookingId::parse("c").expect("an id"), places }]);
    assert_eq!(counts(&set_to(&twelve, 5).expect("raised")), (10, 5, 3));
    assert_eq!(set_to(&twelve, 1), Err(12), "below what is taken");
    assert_eq!(set_to(&twelve, 0), Err(12), "below what is taken");
    let lowered = set_to(&twelve, 2).expect("what is taken fits");
    assert_eq!(counts(&lowered), (10, 2, 0));
    assert_eq!(set_to(&lowered, 2), Ok(lowered.clone()), "again: nothing to do");
    assert_eq!(
        was.offered(
            &was.terms.schedule.page("event", &was.terms.time_zone)[0],
            &[],
            &beyond(3),
            instant(BEFORE)
        ),
        13
    );
}

#[test]
fn the_capacity_may_be_lowered_as_far_as_overbooking_makes_up_for_it() {
    let was = resource();
    let booked = page(&was, "event", 10);
    let edit = |capacity, overbooking| {
        let edit = DateFactsEdit { capacity: Some(capacity), overbooking: Some(overbooking), closed: None };
        Facts::default().with([date(2030, 6, 1)], edit)
    };
    let eight = brought(&was, &booked, &edit(8, 2), BEFORE).expect("ten fit");
    assert_eq!(counts(&eight), (8, 2, 0));
    assert_eq!(brought(&was, &booked, &edit(8, 1), BEFORE), Err(10));
    // On the way there, no step is in the way of what both ends allow.
    assert!(brought(&was, &booked, &Facts::default().least(&edit(8, 4), 10), BEFORE).is_ok());
}

/// What a page keeps is what is taken, of no more than it had, neither places of the house nor places beyond.
#[test]
fn a_page_that_is_brought_under_less_keeps_what_is_taken_of_it() {
    let was = resource();
    let kept = |page: &Page, facts: &Facts| {
        let after = page.clone().reframed(&was.frame_of(page, facts, Surplus::Kept, instant(BEFORE)));
        assert_eq!((after.broken_slot(), after.excess.len()), (None, 0), "{after:?}");
        counts(&after)
    };
    let mut twelve = page(&was, "event", 0);
    twelve = twelve.clone().reframed(&was.frame(&twelve.key, &beyond(5)));
    let places = SlotPlaces::uniform(twelve.available.keys().cloned(), 12).expect("slots in order");
    twelve =
        twelve.apply(&[PageChange::Reacquired { booking: BookingId::parse("c").expect("an id"), places }]);
    let at_most = |capacity, overbooking| {
        let edit = DateFactsEdit { capacity: Some(capacity), overbooking: Some(overbooking), closed: None };
        Facts::default().with([date(2030, 6, 1)], edit)
    };
    for (facts, expected) in [
        (beyond(0), (10, 2, 0)),
        (beyond(4), (10, 4, 2)),
        (at_most(8, 3), (9, 3, 0)),
        (at_most(8, 0), (10, 2, 0)),
        (at_most(11, 0), (11, 1, 0)),
        (at_most(12, 0), (12, 0, 0)),
    ] {
        assert_eq!(kept(&twelve, &facts), expected, "{facts:?}");
    }
}

#[test]
fn while_other_terms_are_announced_the_smaller_limit_holds() {
    let was = resource();
    let smaller = ResourceTerms { capacity: 4, ..was.terms.clone() };
    let announced = |facts: &Facts, confirmed| {
        let announced = was.announcing(smaller.clone());
        counts(&brought(&announced, &page(&was, "event", confirmed), facts, BEFORE).expect("never refused"))
    };
    assert_eq!(announced(&beyond(3), 0), (4, 3, 7));
    assert_eq!(announced(&beyond(3), 5), (4, 3, 2));
    assert_eq!(announced(&beyond(3), 9), (6, 3, 0), "what is taken keeps its places");
    let gone = was.announcing(event(LATER, 3, 50));
    let none_left = brought(&gone, &page(&was, "event", 0), &beyond(3), BEFORE).expect("nothing is taken");
    assert_eq!(counts(&none_left), (0, 0, 0), "this event is not sold any more");
}

#[test]
fn a_slot_that_the_schedule_has_no_more_keeps_what_is_taken_beyond_its_capacity() {
    let weekend = [Weekday::Saturday, Weekday::Sunday];
    let was = Resource::create(ResourceId::parse("surgery").expect("an id"), surgery(30, 9, &weekend));
    let opened = was.fresh_page(&PageKey::first(was.id.clone(), "2030-06-01"), &beyond(3));
    let first = opened.available.keys().next().expect("a slot").clone();
    let places = SlotPlaces::uniform([first.clone()], 4).expect("a slot");
    let booked =
        opened.apply(&[PageChange::Reacquired { booking: BookingId::parse("b").expect("an id"), places }]);
    let later = was.replace(surgery(30, 14, &weekend));
    let after = brought(&later, &booked, &beyond(3), "2030-06-01T12:00:00Z").expect("the first slot is over");
    assert_eq!((after.confirmed[&first], after.capacity_of(&first), after.allowance[&first]), (4, 1, 3));
}

proptest! {
    /// Whatever an edit sets beside what was set, its first step allows what both allow: no less, and never more.
    #[test]
    fn between_two_edits_of_dates_a_page_allows_what_both_do(
        before in any_edit(),
        after in any_edit(),
        capacity in 1u32..9,
    ) {
        let day = date(2030, 6, 1);
        let resource = Resource { terms: ResourceTerms { capacity, ..resource().terms }, ..resource() };
        let before = Facts::default().with([day], before);
        let after = before.with([day], after);
        let free = |facts: &Facts| {
            let page = resource.fresh_page(&PageKey::first(resource.id.clone(), "event"), facts);
            page.offered(page.available.keys().next().expect("the event"), instant(BEFORE))
        };
        prop_assert_eq!(free(&before.least(&after, capacity)), free(&before).min(free(&after)));
    }
}

fn any_edit() -> impl Strategy<Value = DateFactsEdit> {
    let given = |most: u32| prop::option::of(0..most);
    (given(9), prop::option::weighted(0.3, any::<bool>()), given(6))
        .prop_map(|(capacity, closed, overbooking)| DateFactsEdit { capacity, closed, overbooking })
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
