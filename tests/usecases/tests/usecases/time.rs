//! Time as people mean it: dates of slots, local days, what has begun, breaks, long ranges and long calendars.

use holdfast_app::Failure;
use holdfast_app::catalogue::CalendarSlot;
use holdfast_app::search::Offer;
use holdfast_domain::catalogue::RangeError;
use holdfast_domain::{HoldStatus, Resource};
use holdfast_testkit::{daily_resource, event_resource, nightly_resource};
use jiff::Timestamp;
use jiff::civil::{Date, date};

use crate::bank::VISA;
use crate::driver::{Drive, Ending};
use crate::search::query;
use crate::world::{World, guest};

async fn offers(w: &World, range: (&str, &str), quantity: u32) -> Vec<Offer> {
    w.search.find(&query(range, quantity), w.now()).await.expect("an answer").offers
}

/// What search offers of the only resource for a range, as the times that one hold can take.
async fn offered(
    w: &World,
    resource: &Resource,
    range: (&str, &str),
    quantity: u32,
) -> Option<(Timestamp, Timestamp)> {
    w.project(resource, None).await;
    let offers = offers(w, range, quantity).await;
    offers.first().map(|offer| (offer.stay.start, offer.stay.end))
}

async fn calendar(w: &World, resource: &Resource, from: Date, to: Date) -> Vec<CalendarSlot> {
    w.project_latest(&resource.id).await;
    let (slots, next) = w.calendars.slots(&resource.id, from, to, None, w.now()).await.expect("a calendar");
    assert_eq!(next, None, "in one part");
    slots
}

async fn calendar_of(w: &World, resource: &Resource, day: Date) -> Vec<CalendarSlot> {
    calendar(w, resource, day, day.tomorrow().expect("in range")).await
}

fn local_start(resource: &Resource, slot: &CalendarSlot) -> String {
    resource.terms.time_zone.to_datetime(slot.slot.start).to_string()
}

fn span(from: &str, to: &str) -> Option<(Timestamp, Timestamp)> {
    Some((from.parse().expect("an instant"), to.parse().expect("an instant")))
}

async fn close(w: &World, resource: &Resource, day: Date) {
    w.set(&resource.id, (day, 1), None, Some(true)).await.expect("an inventory");
}

#[tokio::test]
async fn the_calendar_and_the_closing_of_a_date_are_of_the_slots_that_start_on_it() {
    let bar = daily_resource("bar", 60, &[("18:00", "03:00")], 2, 600);
    let w = World::with(&bar).await;
    let day = date(2030, 6, 7);
    let starts: Vec<String> =
        calendar_of(&w, &bar, day).await.iter().map(|slot| local_start(&bar, slot)).collect();
    let expected = [0, 1, 2, 18, 19, 20, 21, 22, 23].map(|hour| format!("2030-06-07T{hour:02}:00:00"));
    assert_eq!(starts, expected);
    // From one to two in the morning in Berlin.
    let night = ("2030-06-06T23:00:00Z", "2030-06-07T00:00:00Z");
    let next_night = ("2030-06-07T23:00:00Z", "2030-06-08T00:00:00Z");
    w.held(&bar, "before", night).await;
    close(&w, &bar, day).await;
    let around = calendar(&w, &bar, date(2030, 6, 6), date(2030, 6, 9)).await;
    for slot in &around {
        let is_closed = local_start(&bar, slot).starts_with("2030-06-07");
        assert_eq!(slot.available == 0, is_closed, "{slot:?}");
    }
    let refused = w.place(&bar, "closed", night, 1).await;
    assert!(matches!(refused, Err(Failure::SoldOut { available: 0 })), "{refused:?}");
    w.held(&bar, "next", next_night).await;
    assert_eq!(offered(&w, &bar, ("2030-06-07", "2030-06-08"), 1).await, None);
}

#[tokio::test]
async fn a_rental_across_a_clock_change_is_found_and_held() {
    let bike = daily_resource("bike", 1440, &[("00:00", "00:00")], 1, 600);
    let w = World::with(&bike).await;
    // Berlin's clocks go back on 2030-10-27 and forward on 2031-03-30.
    for (range, hours) in [
        (("2030-10-27", "2030-10-28"), 25),
        (("2030-10-25", "2030-10-29"), 4 * 24 + 1),
        (("2031-03-30", "2031-03-31"), 23),
        (("2031-03-29", "2031-04-01"), 3 * 24 - 1),
    ] {
        let (start, end) = offered(&w, &bike, range, 1).await.expect("a free bike");
        assert_eq!(end.duration_since(start).as_hours(), hours, "{range:?}");
        let name = format!("{range:?}");
        let by_dates = w.held(&bike, &name, range).await;
        assert_eq!((by_dates.order.start, by_dates.order.end), (start, end));
        assert_eq!(offered(&w, &bike, range, 1).await, None, "it is taken");
        w.holds.release(&guest("guest"), &by_dates.id, &w.by("guest")).await.expect("a release");
        w.held(&bike, &format!("{name} by time"), (&start.to_string(), &end.to_string())).await;
        w.pass(600);
    }
}

#[tokio::test]
async fn what_has_begun_is_neither_available_nor_offered_nor_held() {
    let court = daily_resource("court", 60, &[("08:00", "20:00")], 1, 600);
    let w = World::with(&court).await;
    // It is 14:00 in Berlin on 2030-05-20.
    w.pass(1);
    let today = date(2030, 5, 20);
    for slot in calendar_of(&w, &court, today).await {
        let has_begun = slot.slot.start < w.now();
        assert_eq!(slot.available, u32::from(!has_begun), "{slot:?}");
        assert_eq!(slot.capacity, 1);
        let (start, end) = (slot.slot.start.to_string(), slot.slot.end.to_string());
        let held = w.place(&court, &start, (&start, &end), 1).await;
        assert_eq!(held.is_err(), has_begun, "{held:?}");
    }
    w.pass(600);
    let rest = span("2030-05-20T15:00:00+02:00", "2030-05-20T20:00:00+02:00");
    assert_eq!(offered(&w, &court, ("2030-05-20", "2030-05-21"), 1).await, rest, "the rest of the day");
    w.pass(6 * 3600);
    assert_eq!(offered(&w, &court, ("2030-05-20", "2030-05-21"), 1).await, None);

    let concert = event_resource("concert", 2, 600);
    let w = World::with(&concert).await;
    let day = date(2030, 6, 1);
    assert_eq!(calendar_of(&w, &concert, day).await[0].available, 2);
    assert!(offered(&w, &concert, ("2030-06-01", "2030-06-02"), 1).await.is_some());
    w.pass(13 * 24 * 3600);
    assert_eq!(calendar_of(&w, &concert, day).await[0].available, 0, "it is over");
    assert_eq!(offered(&w, &concert, ("2030-06-01", "2030-06-02"), 1).await, None);

    // 15:00 to 11:00 in New York; a night can be held until its date is over.
    let room = nightly_resource("room", 1, 600);
    let w = World::with(&room).await;
    for (hours, tonight) in [(0, 1), (10, 1), (15, 1), (16, 0)] {
        w.clock.advance(w.now().duration_until("2030-05-20T12:00:00Z".parse().expect("an instant")));
        w.pass(hours * 3600 + 1);
        assert_eq!(calendar_of(&w, &room, today).await[0].available, tonight, "after {hours} hours");
        let found = offered(&w, &room, ("2030-05-20", "2030-05-21"), 1).await;
        assert_eq!(found.is_some(), tonight > 0, "after {hours} hours");
    }
    assert!(w.place(&room, "late", ("2030-05-20", "2030-05-21"), 1).await.is_err());
}

#[tokio::test]
async fn a_day_of_300_slots_and_90_days_and_366_nights_are_booked_as_one_hold_and_what_is_longer_is_refused_and_not_offered()
 {
    let court = daily_resource("court", 4, &[("00:00", "20:00")], 1, 600);
    let bike = daily_resource("bike", 1440, &[("00:00", "00:00")], 1, 600);
    let always = daily_resource("always", 5, &[("00:00", "00:00")], 1, 600);
    let room = nightly_resource("room", 1, 600);
    let (slots, nights) =
        ("a hold covers at most 300 slots over at most 90 days", "a hold covers at most 366 nights");
    for (resource, range, beyond) in [
        (&court, ("2030-06-01", "2030-06-02"), None),
        (&bike, ("2030-09-01", "2030-11-30"), Some((("2030-09-01", "2030-12-01"), slots))),
        (&always, ("2030-06-01", "2030-06-02"), Some((("2030-06-01", "2030-06-03"), slots))),
        (&room, ("2030-06-01", "2031-06-02"), Some((("2030-06-01", "2031-06-03"), nights))),
    ] {
        let w = World::running(resource).await;
        let (start, end) = offered(&w, resource, range, 1).await.expect("a free resource");
        let times = (start.to_string(), end.to_string());
        let hold = w.held(resource, "k", (&times.0, &times.1)).await;
        let booked = w.ask(&hold, "pay", VISA).await.expect("a booking").booking;
        assert_eq!(w.hold_status(&hold.id).await, HoldStatus::Confirmed);
        assert_eq!(offered(&w, resource, range, 1).await, None, "it is booked");
        w.cancel(&booked.id, "cancel").await.expect("a cancellation");
        assert_eq!(w.taken(resource).await, []);
        let Some((beyond, bound)) = beyond else { continue };
        assert_eq!(offered(&w, resource, beyond, 1).await, None, "too long for one hold");
        let refused = w.place(resource, "beyond", beyond, 1).await;
        match refused {
            Err(Failure::RangeNotBookable(error @ RangeError::TooLong(_))) => {
                assert_eq!(error.to_string(), bound);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_date_with_a_break_offers_the_longest_run_that_is_free() {
    let practice = daily_resource("practice", 30, &[("09:00", "12:00"), ("13:00", "17:00")], 1, 600);
    let w = World::with(&practice).await;
    let day = ("2030-06-03", "2030-06-04");
    let at = |from: &str, to: &str| {
        span(&format!("2030-06-03T{from}:00+02:00"), &format!("2030-06-03T{to}:00+02:00"))
    };
    let hold = async |name: &str, from: &str, to: &str| {
        let (start, end) = at(from, to).expect("times");
        w.held(&practice, name, (&start.to_string(), &end.to_string())).await
    };
    assert_eq!(offered(&w, &practice, day, 1).await, at("13:00", "17:00"));
    assert_eq!(offered(&w, &practice, day, 2).await, None, "there is one doctor");
    hold("a", "14:00", "14:30").await;
    assert_eq!(offered(&w, &practice, day, 1).await, at("09:00", "12:00"));
    hold("b", "10:30", "11:00").await;
    assert_eq!(offered(&w, &practice, day, 1).await, at("14:30", "17:00"));
    let longest = hold("c", "14:30", "17:00").await;
    assert_eq!(offered(&w, &practice, day, 1).await, at("09:00", "10:30"));
    let offer = offers(&w, day, 1).await.remove(0);
    assert_eq!((offer.available, offer.price), (1, practice.price(3, 1).expect("a price")));
    assert_eq!(longest.order.price.total(), practice.price(5, 1).expect("a price"));
    hold("d", "09:00", "10:30").await;
    assert_eq!(offered(&w, &practice, day, 1).await, at("11:00", "12:00"), "the earlier of two hours");
    close(&w, &practice, date(2030, 6, 3)).await;
    assert_eq!(offered(&w, &practice, day, 1).await, None);
    assert_eq!(
        offered(&w, &practice, ("2030-06-04", "2030-06-06"), 1).await,
        None,
        "no hold covers two days"
    );
}

#[tokio::test]
async fn a_date_without_a_break_is_offered_whole_or_not_at_all() {
    let court = daily_resource("court", 60, &[("08:00", "20:00")], 1, 600);
    let w = World::with(&court).await;
    let day = ("2030-06-03", "2030-06-04");
    let whole = span("2030-06-03T08:00:00+02:00", "2030-06-03T20:00:00+02:00");
    assert_eq!(offered(&w, &court, day, 1).await, whole);
    w.held(&court, "k", ("2030-06-03T08:00:00Z", "2030-06-03T09:00:00Z")).await;
    assert_eq!(offered(&w, &court, day, 1).await, None);
}

#[tokio::test]
async fn a_long_calendar_comes_in_parts_of_a_thousand_slots() {
    let desk = daily_resource("desk", 10, &[("18:00", "18:00")], 1, 600);
    let w = World::with(&desk).await;
    let (from, to) = (date(2030, 10, 1), date(2030, 11, 1));
    let mut starts = Vec::new();
    let mut first = None;
    loop {
        let (slots, next) = w.calendars.slots(&desk.id, from, to, first, w.now()).await.expect("a part");
        starts.extend(slots.iter().map(|slot| slot.slot.start));
        assert!(slots.len() <= 1000 && (next.is_none() || slots.len() == 1000), "{}", slots.len());
        if next.is_none() {
            break;
        }
        first = next;
    }
    assert_eq!(starts.len(), 31 * 144 + 6, "an hour more where the clocks go back");
    assert!(starts.is_sorted_by(|a, b| a < b));
    let year = w.calendars.slots(&desk.id, from, date(2031, 11, 5), None, w.now()).await;
    assert_eq!(year.expect("400 days").0.len(), 1000);
    let longer = w.calendars.slots(&desk.id, from, date(2031, 11, 6), None, w.now()).await;
    assert!(matches!(longer, Err(Failure::Invalid { .. })), "{longer:?}");
}

#[tokio::test]
async fn a_calendar_of_days_comes_in_parts_of_a_hundred_pages() {
    let bike = daily_resource("bike", 1440, &[("00:00", "00:00")], 2, 600);
    let w = World::with(&bike).await;
    let (from, to) = (date(2030, 10, 1), date(2031, 5, 1));
    let (mut starts, mut first, mut parts) = (Vec::new(), None, Vec::new());
    loop {
        let (slots, next) = w.calendars.slots(&bike.id, from, to, first, w.now()).await.expect("a part");
        starts.extend(slots.iter().map(|slot| slot.slot.start));
        parts.push(slots.len());
        if next.is_none() {
            break;
        }
        first = next;
    }
    assert_eq!(parts, [100, 100, 12]);
    assert!(starts.is_sorted_by(|a, b| a < b));
}

#[tokio::test]
async fn a_calendar_shows_an_edit_at_once_and_a_hold_when_the_read_model_has_it() {
    let room = nightly_resource("room", 3, 600);
    let w = World::with(&room).await;
    let (from, to) = (date(2030, 6, 1), date(2030, 6, 4));
    let shown = async || {
        let (slots, _) = w.calendars.slots(&room.id, from, to, None, w.now()).await.expect("a calendar");
        slots.iter().map(|slot| (slot.capacity, slot.available)).collect::<Vec<_>>()
    };
    w.held(&room, "k", ("2030-06-01", "2030-06-03")).await;
    assert_eq!(shown().await, [(3, 3), (3, 3), (3, 3)], "the read model knows of no hold");
    w.project_latest(&room.id).await;
    assert_eq!(shown().await, [(3, 2), (3, 2), (3, 3)]);
    w.set(&room.id, (from, 1), Some(5), None).await.expect("more places");
    w.set(&room.id, (date(2030, 6, 2), 1), None, Some(true)).await.expect("closed");
    assert_eq!(shown().await, [(5, 4), (3, 0), (3, 3)], "the page is listed as it was");
    let mut terms = room.clone();
    terms.terms.capacity = 9;
    w.put(&terms).await;
    assert_eq!(shown().await, [(5, 4), (9, 0), (9, 9)], "and so are other terms");
    w.project_latest(&room.id).await;
    assert_eq!(shown().await, [(5, 4), (9, 0), (9, 9)]);
}

#[tokio::test]
async fn a_booking_of_a_slot_after_midnight_is_of_the_page_of_its_opening() {
    let bar = daily_resource("bar", 60, &[("18:00", "03:00")], 1, 600);
    let w = World::with(&bar).await;
    let hold = w.held(&bar, "k", ("2030-06-07T21:00:00Z", "2030-06-08T00:00:00Z")).await;
    let id = w.open(&hold, "pay", VISA).await;
    assert_eq!(Drive::new(&w, &id).run().await, Ending::Confirmed);
    let expected = ["1380", "1440", "1500"].map(|key| (format!("2030-06-07 {key}"), 1));
    assert_eq!(w.taken(&bar).await, expected);
}
