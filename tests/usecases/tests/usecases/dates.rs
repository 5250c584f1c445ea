//! What was set for a date stands until it is set anew, and terms are replaced under live holds and bookings.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_app::Failure;
use holdfast_app::catalogue::{DatesEdit, Precondition, ResourceVersion, Run};
use holdfast_domain::catalogue::{DateFacts, DateFactsEdit, Opening, SlotSchedule};
use holdfast_domain::{BookingStatus, HoldStatus, Money, Resource, Schedule};
use holdfast_testkit::{at, money, nightly_resource, slots_resource};
use jiff::civil::{Date, Weekday, date, time};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use crate::bank::VISA;
use crate::driver::{Drive, Ending};
use crate::trails::whole_trail;
use crate::world::{NIGHT, World, guest, hold_request, key, operator};

const JUNE_1: Date = date(2030, 6, 1);

fn with_check_in(room: &Resource, hour: i8) -> Resource {
    let mut room = room.clone();
    room.terms.schedule = Schedule::Nightly { check_in: time(hour, 0, 0, 0), check_out: time(11, 0, 0, 0) };
    room
}

/// Half hours on some days of the week.
fn surgery(days: &[Weekday], from: i8) -> Resource {
    let opening = Opening { days: days.to_vec(), from: time(from, 0, 0, 0), to: time(17, 0, 0, 0) };
    let mut surgery = slots_resource("surgery", 1, 600);
    surgery.terms.schedule = Schedule::Slots(SlotSchedule::new(30, 0, vec![opening]).expect("a schedule"));
    surgery
}

const WEEK: [Weekday; 5] =
    [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];

/// Capacity and places free in each slot of some dates.
async fn calendar(w: &World, id: &Resource, from: Date, to: Date) -> Vec<(u32, u32)> {
    w.project_latest(&id.id).await;
    let (slots, _) = w.calendars.slots(&id.id, from, to, None, w.now()).await.expect("a calendar");
    slots.iter().map(|slot| (slot.capacity, slot.available)).collect()
}

/// Other check-in times lift no stop-sell and no limit.
#[tokio::test]
async fn closed_and_limited_nights_stay_so_when_the_check_in_time_changes() {
    for touched in [false, true] {
        let room = nightly_resource("room", 5, 600);
        let w = World::with(&room).await;
        if touched {
            w.held(&room, "k", ("2030-06-08", "2030-06-09")).await;
        }
        w.set(&room.id, (JUNE_1, 3), None, Some(true)).await.expect("three nights are closed");
        w.set(&room.id, (date(2030, 6, 4), 1), Some(2), None).await.expect("one is limited");
        let set = calendar(&w, &room, JUNE_1, date(2030, 6, 6)).await;
        assert_eq!(set, [(5, 0), (5, 0), (5, 0), (2, 2), (5, 5)]);
        for (next, again) in [(with_check_in(&room, 16), true), (with_check_in(&room, 14), false)] {
            let put = w.try_put(&next).await.expect("replaced");
            assert_eq!(put.lost_dates, [], "{again}");
            assert_eq!(calendar(&w, &room, JUNE_1, date(2030, 6, 6)).await, set, "{touched}");
            let refused = w.place(&next, &format!("closed {again}"), NIGHT, 1).await;
            assert!(matches!(refused, Err(Failure::SoldOut { available: 0 })), "{refused:?}");
            let refused = w.place(&next, &format!("three {again}"), ("2030-06-04", "2030-06-05"), 3).await;
            assert!(matches!(refused, Err(Failure::SoldOut { available: 2 })), "{refused:?}");
        }
        // Another default leaves what was set for a date.
        let mut more = with_check_in(&room, 14);
        more.terms.capacity = 9;
        w.put(&more).await;
        assert_eq!(
            calendar(&w, &room, JUNE_1, date(2030, 6, 6)).await,
            [(9, 0), (9, 0), (9, 0), (2, 2), (9, 9)]
        );
    }
}

/// One more opening hour does not open a holiday, and what has no slot any more is named.
#[tokio::test]
async fn a_holiday_stays_closed_when_the_hours_grow_and_lost_dates_are_named() {
    let was = surgery(&WEEK, 9);
    let w = World::with(&was).await;
    let (holiday, friday) = (date(2030, 6, 10), date(2030, 6, 14));
    w.set(&was.id, (holiday, 1), None, Some(true)).await.expect("a holiday");
    w.set(&was.id, (friday, 1), Some(0), None).await.expect("nobody is there");
    w.put(&surgery(&WEEK, 7)).await;
    let slots = calendar(&w, &was, holiday, date(2030, 6, 11)).await;
    assert_eq!((slots.len(), slots.iter().all(|slot| *slot == (1, 0))), (20, true));
    let put = w.try_put(&surgery(&WEEK[..4], 7)).await.expect("no Fridays");
    assert_eq!(put.lost_dates, [friday]);
    w.put(&surgery(&WEEK, 8)).await;
    let slots = calendar(&w, &was, friday, date(2030, 6, 15)).await;
    assert!(!slots.is_empty() && slots.iter().all(|slot| *slot == (0, 0)), "set before: {slots:?}");
}

/// A Sunday more, two hours more: what is booked is in nobody's way, and goes on as it is.
#[tokio::test]
async fn an_appointment_stands_when_hours_and_days_are_added() {
    const SLOT: (&str, &str) = ("2030-06-03T08:00:00Z", "2030-06-03T08:30:00Z");
    let was = surgery(&WEEK, 10);
    let w = World::with(&was).await;
    let hold = w.held(&was, "k", SLOT).await;
    let booking = w.open(&hold, "pay", VISA).await;
    assert_eq!(Drive::new(&w, &booking).run().await, Ending::Confirmed);
    let sunday = [&WEEK[..], &[Weekday::Sunday]].concat();
    for next in [surgery(&sunday, 10), surgery(&sunday, 8), surgery(&WEEK, 9)] {
        w.put(&next).await;
        assert_eq!(w.taken(&next).await, [("2030-06-03 600".to_owned(), 1)]);
        let refused = w.place(&next, "another", SLOT, 1).await;
        assert!(matches!(refused, Err(Failure::SoldOut { available: 0 })), "{refused:?}");
    }
    // Refused only where the appointment would not exist, and then it is named.
    for next in [surgery(&WEEK, 11), surgery(&WEEK[1..], 9)] {
        match w.try_put(&next).await {
            Err(Failure::CapacityInUse { slots }) => {
                assert_eq!((slots.len(), slots[0].start, slots[0].in_use), (1, Some(at(SLOT.0)), 1));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(w.taken(&next).await, [("2030-06-03 600".to_owned(), 1)], "nothing changed");
    }
    w.cancel(&booking, "cancel").await.expect("a cancellation");
    assert_eq!(w.taken(&was).await, []);
    w.put(&surgery(&WEEK, 11)).await;
}

/// Another check-out time with a booking months ahead, a live hold, and one that is being paid.
#[tokio::test]
async fn every_hold_and_booking_goes_on_under_replaced_terms() {
    let room = nightly_resource("room", 5, 600);
    let w = World::with(&room).await;
    let booked = w.held(&room, "booked", NIGHT).await;
    let booking = w.open(&booked, "pay", VISA).await;
    assert_eq!(Drive::new(&w, &booking).run().await, Ending::Confirmed);
    let (paying, released, extended) = (
        w.held(&room, "paying", NIGHT).await,
        w.held(&room, "released", NIGHT).await,
        w.held(&room, "extended", NIGHT).await,
    );
    let under_way = w.open(&paying, "under way", VISA).await;
    let next = w.put(&with_check_in(&room, 17)).await;
    assert_eq!(w.taken(&next).await, [("2030-06 01".to_owned(), 4)]);
    assert_eq!(Drive::new(&w, &under_way).run().await, Ending::Confirmed);
    w.holds.release(&guest("guest"), &released.id, &w.by("guest")).await.expect("released");
    w.holds
        .extend(&guest("guest"), &extended.id, &key("more", "more"), &w.by("guest"))
        .await
        .expect("extended");
    w.held(&next, "new", NIGHT).await;
    assert_eq!(w.taken(&next).await, [("2030-06 01".to_owned(), 4)]);
    w.pass(601);
    assert_eq!(w.hold_status(&extended.id).await, HoldStatus::Active);
    w.cancel(&booking, "cancel").await.expect("a cancellation");
    assert_eq!(w.booking(&under_way).await.status, BookingStatus::Confirmed);
    assert_eq!(w.taken(&next).await, [("2030-06 01".to_owned(), 2)]);
}

/// Six weeks of a daily resource that nobody has touched, at the first try and without a page.
#[tokio::test]
async fn six_weeks_are_closed_at_the_first_try_and_a_hold_of_thirty_days_too() {
    let mut tables = slots_resource("tables", 4, 600);
    let days = (1..=7).filter_map(|day| Weekday::from_monday_one_offset(day).ok()).collect();
    let opening = Opening { days, from: time(0, 0, 0, 0), to: time(0, 0, 0, 0) };
    tables.terms.schedule = Schedule::Slots(SlotSchedule::new(1440, 0, vec![opening]).expect("a schedule"));
    let w = World::with(&tables).await;
    w.set(&tables.id, (date(2030, 7, 10), 42), None, Some(true)).await.expect("at the first try");
    assert_eq!(w.store.catalogue.stored_pages(&tables).await.expect("pages"), []);
    w.held(&tables, "k", ("2030-05-31T22:00:00Z", "2030-06-30T22:00:00Z")).await;
    let closed = w.place(&tables, "l", ("2030-07-09T22:00:00Z", "2030-07-10T22:00:00Z"), 1).await;
    assert!(matches!(closed, Err(Failure::SoldOut { available: 0 })), "{closed:?}");
}

/// A month that is past, and a range that begins in it, after the schedule was replaced.
#[tokio::test]
async fn a_past_month_can_be_edited_after_a_replacement() {
    let room = nightly_resource("room", 5, 600);
    let w = World::with(&room).await;
    w.held(&room, "k", NIGHT).await;
    w.pass(60 * 24 * 3600);
    w.put(&with_check_in(&room, 16)).await;
    for days in [30, 180] {
        w.set(&room.id, (JUNE_1, days), Some(4), Some(true)).await.expect("at the first try");
    }
    assert_eq!(calendar(&w, &room, date(2030, 8, 1), date(2030, 8, 2)).await, [(4, 0)]);
    w.put(&with_check_in(&room, 15)).await;
    assert_eq!(calendar(&w, &room, JUNE_1, date(2030, 6, 2)).await[0].0, 4);
}

/// The next hold through an instance that remembers the terms meets the edit all the same.
#[tokio::test]
async fn an_edit_is_what_the_next_hold_meets_through_any_instance() {
    for touched in [false, true] {
        let room = nightly_resource("room", 5, 600);
        let w = World::with(&room).await;
        if touched {
            w.held(&room, "first", NIGHT).await;
        } else {
            // The terms are remembered from a hold of another month.
            w.held(&room, "first", ("2030-08-01", "2030-08-02")).await;
        }
        let mut dearer = room.clone();
        dearer.terms.base_price = money(20_000);
        dearer.terms.hold_ttl_seconds = 30;
        w.put(&dearer).await;
        let hold = w.held(&room, "second", NIGHT).await;
        assert_eq!((hold.order.price.total(), hold.ttl_seconds), (money(20_000), 30), "{touched}");
        let mut limited = dearer.clone();
        limited.terms.hold_limits.places_per_slot = Some(1);
        w.put(&limited).await;
        let refused = w.place(&room, "two", NIGHT, 2).await;
        assert!(matches!(refused, Err(Failure::Invalid { .. })), "{touched}: {refused:?}");
        w.put(&dearer).await;
        // What remembered terms would refuse is looked at again.
        w.place(&room, "three", NIGHT, 2).await.expect("no limit any more");
        w.set(&room.id, (JUNE_1, 1), None, Some(true)).await.expect("closed");
        let refused = w.place(&room, "four", NIGHT, 1).await;
        assert!(matches!(refused, Err(Failure::SoldOut { available: 0 })), "{touched}: {refused:?}");
    }
}

#[tokio::test]
async fn a_dry_run_answers_what_the_edit_would_and_writes_nothing() {
    let room = nightly_resource("room", 5, 600);
    let w = World::with(&room).await;
    w.place(&room, "k", NIGHT, 3).await.expect("a hold");
    let image = async || {
        let catalogue = &w.store.catalogue;
        let pages = catalogue.stored_pages(&room).await.expect("pages");
        (
            w.resources.get(&room.id).await.expect("a resource"),
            pages,
            catalogue.facts(&room.id).await.expect("facts"),
        )
    };
    let before = image().await;
    let (none, by) = (Precondition::None, w.by("operator"));
    let mut next = with_check_in(&room, 17);
    let put = async |terms: &Resource, run| {
        w.resources.put(&operator(), &room.id, &terms.terms, &none, run, &by).await
    };
    put(&next, Run::Dry).await.expect("it would be");
    next.terms.capacity = 2;
    let refused = put(&next, Run::Dry).await;
    assert!(matches!(&refused, Err(Failure::CapacityInUse { slots }) if slots[0].in_use == 3), "{refused:?}");
    let set = async |capacity| {
        let edit = DatesEdit {
            from: JUNE_1,
            to: date(2030, 6, 2),
            set: DateFactsEdit { capacity: Some(capacity), ..DateFactsEdit::default() },
        };
        w.resources.set_inventory(&operator(), &room.id, &edit, &none, Run::Dry, &by).await
    };
    set(3).await.expect("it would be");
    assert!(matches!(set(2).await, Err(Failure::CapacityInUse { .. })));
    assert_eq!(image().await, before);
    assert!(matches!(put(&next, Run::Real).await, Err(Failure::CapacityInUse { .. })), "the same");
    assert_eq!(image().await, before);
}

#[tokio::test]
async fn an_edit_of_another_version_is_refused() {
    let room = nightly_resource("room", 5, 600);
    let w = World::with(&room).await;
    let by = w.by("operator");
    let seen = ResourceVersion::from(&w.resources.get(&room.id).await.expect("a resource"));
    w.set(&room.id, (JUNE_1, 1), Some(4), None).await.expect("another operator");
    let next = with_check_in(&room, 17);
    let put = async |version| {
        let precondition = Precondition::Match(vec![version]);
        w.resources.put(&operator(), &room.id, &next.terms, &precondition, Run::Real, &by).await
    };
    assert!(matches!(put(seen).await, Err(Failure::PreconditionFailed)));
    let current = ResourceVersion::from(&w.resources.get(&room.id).await.expect("a resource"));
    let after = put(current).await.expect("nobody was in between").resource;
    let edit = DatesEdit {
        from: JUNE_1,
        to: date(2030, 6, 2),
        set: DateFactsEdit { capacity: Some(3), ..DateFactsEdit::default() },
    };
    let set = async |version| {
        let precondition = Precondition::Match(vec![version]);
        w.resources.set_inventory(&operator(), &room.id, &edit, &precondition, Run::Real, &by).await
    };
    assert!(matches!(set(current).await, Err(Failure::PreconditionFailed)));
    set(ResourceVersion::from(&after)).await.expect("the present version");
    for (precondition, refused) in [(Precondition::Absent, true), (Precondition::Present, false)] {
        let put = w.resources.put(&operator(), &room.id, &room.terms, &precondition, Run::Real, &by).await;
        assert_eq!(matches!(put, Err(Failure::PreconditionFailed)), refused, "{put:?}");
    }
}

/// What an operator or a guest does.
#[derive(Debug, Clone)]
enum Move {
    Hold { day: i8, slot: i64, quantity: u32 },
    Cancel { nth: usize },
    Replace { minutes: u16, from: i8, hours: i8, days: u8, capacity: u32, zone: usize },
    Set { day: i8, days: i64, edit: DateFactsEdit },
    Pass { seconds: i64 },
}

const ZONES: [&str; 3] = ["Europe/Berlin", "Europe/Paris", "Europe/Athens"];

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let edit = (prop::option::of(0_u32..4), prop::option::of(any::<bool>()), prop::option::of(0_u32..3))
        .prop_map(|(capacity, closed, overbooking)| DateFactsEdit { capacity, closed, overbooking });
    let set = (1_i8..8, 1_i64..4, edit);
    let terms = (prop::sample::select(vec![30_u16, 60]), 8_i8..11, 3_i8..9, 1_u8..128, 1_u32..4, 0_usize..3);
    let one = prop_oneof![
        6 => (1_i8..8, 0_i64..16, 1_u32..3).prop_map(|(day, slot, quantity)| Move::Hold { day, slot, quantity }),
        1 => (0_usize..9).prop_map(|nth| Move::Cancel { nth }),
        3 => terms.prop_map(|(minutes, from, hours, days, capacity, zone)| {
            Move::Replace { minutes, from, hours, days, capacity, zone }
        }),
        2 => set.prop_map(|(day, days, edit)| Move::Set { day, days, edit }),
        1 => (1_i64..700).prop_map(|seconds| Move::Pass { seconds }),
    ];
    prop::collection::vec(one, 4..24)
}

/// What was sold, as anybody would write it down: instants and places, with the end of a hold that nobody paid.
#[derive(Debug, Clone)]
struct Sold {
    start: jiff::Timestamp,
    end: jiff::Timestamp,
    quantity: u32,
    until: Option<jiff::Timestamp>,
    booking: Option<holdfast_domain::BookingId>,
}

/// A calendar on paper: the present terms, what was set for dates, what was sold.
#[derive(Debug, Default)]
struct Paper {
    facts: BTreeMap<Date, DateFacts>,
    sold: Vec<Sold>,
}

impl Paper {
    fn used(&self, start: jiff::Timestamp, end: jiff::Timestamp, now: jiff::Timestamp) -> u32 {
        let counts = |sold: &&Sold| {
            (sold.start, sold.end) == (start, end) && sold.until.is_none_or(|until| until > now)
        };
        self.sold.iter().filter(counts).map(|sold| sold.quantity).sum()
    }

    /// Places that may be sold: those that there are, and those that may be sold beyond them.
    fn limit(&self, terms: &Resource, start: jiff::Timestamp) -> u32 {
        let day = terms.terms.time_zone.to_datetime(start).date();
        let set = self.facts.get(&day).copied().unwrap_or_default();
        set.capacity.unwrap_or(terms.terms.capacity) + set.overbooking
    }

    /// Whether all that is sold has its slot under these terms, at the same local time, and as many places as are sold or as
    /// there were before.
    fn fits(&self, before: (&Resource, &Self), terms: &Resource, now: jiff::Timestamp) -> bool {
        self.sold.iter().filter(|sold| sold.until.is_none_or(|until| until > now)).all(|sold| {
            let day = terms.terms.time_zone.to_datetime(sold.start).date();
            let slots = terms.calendar(day, day.tomorrow().expect("a day")).expect("a calendar");
            let local = |of: &Resource| of.terms.time_zone.to_datetime(sold.start);
            let exists = local(before.0) == local(terms)
                && slots.iter().any(|slot| (slot.start, slot.end) == (sold.start, sold.end));
            let limit = self.limit(terms, sold.start);
            let was = before.1.limit(before.0, sold.start);
            exists && (self.used(sold.start, sold.end, now) <= limit || limit >= was)
        })
    }

    fn offered(
        &self,
        terms: &Resource,
        start: jiff::Timestamp,
        end: jiff::Timestamp,
        now: jiff::Timestamp,
    ) -> u32 {
        let day = terms.terms.time_zone.to_datetime(start).date();
        if self.facts.get(&day).is_some_and(|set| set.closed) {
            return 0;
        }
        self.limit(terms, start).saturating_sub(self.used(start, end, now))
    }
}

/// The price of one slot.
fn price(terms: &Resource, quantity: u32) -> Money {
    terms.price(1, quantity).expect("a price in range")
}

async fn play(moves: Vec<Move>) -> Result<(), String> {
    let mut terms = surgery(&WEEK, 9);
    terms.terms.capacity = 3;
    let w: Arc<World> = World::with(&terms).await;
    let mut paper = Paper::default();
    for (number, step) in moves.iter().enumerate() {
        let case = || format!("move {number}, {step:?} of {moves:?}");
        match step {
            Move::Pass { seconds } => w.pass(*seconds),
            Move::Hold { day, slot, quantity } => {
                let day = date(2030, 6, *day);
                let slots = terms.calendar(day, day.tomorrow().expect("a day")).expect("a calendar");
                let Some(slot) = slots.get(usize::try_from(*slot).expect("small")) else { continue };
                let range = (slot.start.to_string(), slot.end.to_string());
                let offered = paper.offered(&terms, slot.start, slot.end, w.now());
                let request = hold_request(&terms, (&range.0, &range.1), *quantity);
                let name = format!("hold {number}");
                let placed =
                    w.holds.create(&guest("guest"), &key(&name, &name), &request, &w.by("guest")).await;
                match placed {
                    Ok(placed) if placed.hold.order.price.total() != price(&terms, *quantity) => {
                        let paid = placed.hold.order.price.total();
                        return Err(format!("{}: placed for {paid:?} under {:?}", case(), terms.terms));
                    }
                    Ok(placed) if *quantity <= offered => {
                        // Every second hold is paid at once.
                        let booking = if number % 2 == 0 {
                            let id = w.open(&placed.hold, &name, VISA).await;
                            if Drive::new(&w, &id).run().await != Ending::Confirmed {
                                return Err(format!("{}: not confirmed", case()));
                            }
                            Some(id)
                        } else {
                            None
                        };
                        let until = booking.is_none().then_some(placed.hold.expires_at);
                        let (start, end) = (slot.start, slot.end);
                        paper.sold.push(Sold { start, end, quantity: *quantity, until, booking });
                    }
                    Err(Failure::SoldOut { available }) if available == offered && *quantity > offered => {}
                    other => return Err(format!("{}: {offered} are free: {other:?}", case())),
                }
            }
            Move::Cancel { nth } => {
                let bookings: Vec<usize> =
                    (0..paper.sold.len()).filter(|at| paper.sold[*at].booking.is_some()).collect();
                let Some(at) = bookings.get(*nth) else { continue };
                let sold = paper.sold.remove(*at);
                let id = sold.booking.expect("a booking");
                w.cancel(&id, &format!("cancel {number}"))
                    .await
                    .map_err(|error| format!("{}: {error:?}", case()))?;
            }
            Move::Replace { minutes, from, hours, days, capacity, zone } => {
                let days = (0..7_i8)
                    .filter(|day| days >> day & 1 == 1)
                    .filter_map(|day| Weekday::from_monday_zero_offset(day).ok())
                    .collect();
                let opening = Opening { days, from: time(*from, 0, 0, 0), to: time(from + hours, 0, 0, 0) };
                let mut next = terms.clone();
                next.terms.schedule =
                    Schedule::Slots(SlotSchedule::new(*minutes, 0, vec![opening]).expect("a schedule"));
                next.terms.capacity = *capacity;
                next.terms.base_price = money(10_000 + i64::try_from(number).expect("few moves"));
                next.terms.time_zone = TimeZone::get(ZONES[*zone]).expect("a zone");
                let fits = paper.fits((&terms, &paper), &next, w.now());
                match w.try_put(&next).await {
                    Ok(put) if fits => terms = put.resource,
                    Err(Failure::CapacityInUse { slots }) if !fits && !slots.is_empty() => {}
                    other => return Err(format!("{}: it fits: {fits}: {other:?}", case())),
                }
            }
            Move::Set { day, days, edit } => {
                let mut after = Paper { facts: paper.facts.clone(), sold: paper.sold.clone() };
                for day in (0..*days).map(|n| date(2030, 6, *day + i8::try_from(n).expect("small"))) {
                    let fact = after.facts.entry(day).or_default();
                    *fact = DateFacts {
                        capacity: edit.capacity.or(fact.capacity),
                        closed: edit.closed.unwrap_or(fact.closed),
                        overbooking: edit.overbooking.unwrap_or(fact.overbooking),
                    };
                }
                let fits = after.fits((&terms, &paper), &terms, w.now());
                match w.set_dates(&terms.id, (date(2030, 6, *day), *days), *edit).await {
                    Ok(_) if fits => paper = after,
                    Err(Failure::RangeNotBookable(_)) => {}
                    Err(Failure::CapacityInUse { .. }) if !fits => {}
                    other => return Err(format!("{}: it fits: {fits}: {other:?}", case())),
                }
            }
        }
        // What is sold is on its pages, and what is free is what the paper says.
        let days = (JUNE_1, date(2030, 6, 11));
        w.project_latest(&terms.id).await;
        let (slots, _) =
            w.calendars.slots(&terms.id, days.0, days.1, None, w.now()).await.expect("a calendar");
        for slot in slots {
            let offered = paper.offered(&terms, slot.slot.start, slot.slot.end, w.now());
            if slot.available != offered {
                return Err(format!(
                    "{}: {:?} has {} free, not {offered}",
                    case(),
                    slot.slot,
                    slot.available
                ));
            }
        }
        let taken: u32 = w.taken(&terms).await.iter().map(|(_, places)| places).sum();
        let now = w.now();
        let sold: u32 = paper
            .sold
            .iter()
            .filter(|sold| sold.until.is_none_or(|until| until > now))
            .map(|sold| sold.quantity)
            .sum();
        if taken != sold {
            return Err(format!("{}: pages count {taken}, {sold} are sold", case()));
        }
    }
    whole_trail(&w, &terms.id).await;
    Ok(())
}

/// Few: each is a world with a database of its own.
const CASES: u32 = 60;

proptest! {
    #![proptest_config(ProptestConfig {
        max_shrink_iters: 200,
        ..holdfast_properties::config(CASES, "tests/regressions/dates.txt")
    })]

    /// Hours, days, lengths, zones, capacities, prices and dates are edited at random under holds and bookings: what is sold
    /// keeps its slot, what is set stays, an edit is refused exactly where it does not fit, and met by the next hold.
    #[test]
    fn what_is_sold_and_what_is_set_outlasts_every_edit(moves in moves()) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        holdfast_properties::outcome(runtime.block_on(play(moves)))?;
    }
}
