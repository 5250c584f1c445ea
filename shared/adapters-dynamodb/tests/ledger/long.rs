//! Holds as long as they may be: 300 slots of one page, more than one expression takes, and 90 days on as many pages.

use std::collections::BTreeSet;

use holdfast_app::holds::HoldRequest;
use holdfast_app::rates::RateChoice;
use holdfast_app::{Caller, Failure, RequestKey};
use holdfast_domain::bookings::{Cancellation, FailureReason};
use holdfast_domain::catalogue::{
    Bound, Opening, PAGES_PER_HOLD_MAX, RangeError, SLOTS_PER_HOLD_MAX, SlotSchedule,
};
use holdfast_domain::payments::CustomerAction;
use holdfast_domain::{
    Booking, BookingEvent, Fingerprint, GuestId, Hold, HoldStatus, InventoryMove, PageRejection, PaymentStep,
    Resource, Schedule, When,
};
use holdfast_testkit::{at, daily_resource, hold_for, money};
use jiff::civil::{Weekday, time};

use crate::harness::Harness;

/// Berlin's clocks go back on 2030-10-27.
const DAYS: (&str, &str) = ("2030-09-01", "2030-11-30");
const SLOTS: (&str, &str) = ("2030-06-01T00:00:00+02:00", "2030-06-01T20:00:00+02:00");

/// As many pages as a stay can have: it begins within what opened on Sunday evening, and ends in the morning of a Sunday.
const MOST_PAGES: (&str, &str) = ("2030-06-03T08:00:00+02:00", "2030-09-01T08:00:00+02:00");

/// Open around the clock in slots of eight hours, from Sunday 16:00 to Monday 16:00 in one piece.
fn barge() -> Resource {
    let open = |days: &[Weekday], from: i8, to: i8| Opening {
        days: days.to_vec(),
        from: time(from, 0, 0, 0),
        to: time(to, 0, 0, 0),
    };
    let opening = vec![
        open(&[Weekday::Sunday], 0, 16),
        open(&[Weekday::Sunday], 16, 16),
        open(&[Weekday::Monday], 16, 0),
        open(
            &[Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday, Weekday::Saturday],
            0,
            0,
        ),
    ];
    let mut barge = daily_resource("barge", 480, &[("00:00", "00:00")], 2, 60);
    barge.terms.schedule = Schedule::Slots(SlotSchedule::new(480, 0, opening).expect("a schedule"));
    barge
}

/// What is booked, the range, and on how many pages it is counted.
fn long() -> [(Resource, (&'static str, &'static str), usize); 4] {
    [
        (daily_resource("court", 4, &[("00:00", "20:00")], 2, 60), SLOTS, 1),
        (daily_resource("bike", 1440, &[("00:00", "00:00")], 2, 60), DAYS, 90),
        (
            daily_resource("boat", 720, &[("18:00", "18:00")], 2, 60),
            ("2030-06-01T06:00:00+02:00", "2030-08-30T06:00:00+02:00"),
            91,
        ),
        (barge(), MOST_PAGES, PAGES_PER_HOLD_MAX),
    ]
}

fn cancelled(h: &Harness) -> BookingEvent {
    let digest = Fingerprint::parse("request").expect("a digest");
    BookingEvent::Cancelled(Cancellation {
        reason: None,
        refund: money(12_900),
        before_capture: false,
        by_operator: false,
        request: (digest.clone(), digest),
        at: h.now(),
    })
}

/// Every slot of the range has these places left.
async fn check_left(h: &Harness, resource: &Resource, range: (&str, &str), left: u32) {
    let asked = hold_for(resource, "guest", "ask", range, 1, h.now());
    for placement in &asked.order.placements {
        let page = h.page(resource, &placement.page.page).await;
        for slot in placement.places.slots() {
            assert_eq!(page.offered(slot, h.now()), left, "{}/{slot}", placement.page.page);
        }
    }
}

/// A booking of the hold that the customer's bank asks about, after another one whose card was declined.
async fn declined_and_prolonged(h: &Harness, hold: &Hold) -> Booking {
    let first = h.open(hold, "a declined card").await.expect("a claim");
    let declined =
        BookingEvent::Failed { reason: FailureReason::Declined { code: "expired_card".to_owned() } };
    h.apply(&first, declined, InventoryMove::Unclaim).await.expect("a hold that waits for its guest");
    let booking = h.open(hold, "pay too").await.expect("a claim");
    let snapshot = h.store.holds.hold(&hold.id).await.expect("a read").expect("a record");
    let expires_at = snapshot.customer_deadline();
    let action = CustomerAction { client_secret: "secret".to_owned(), redirect_url: None, expires_at };
    let prolong = InventoryMove::Prolong { hold: Box::new(hold.clone()), expires_at };
    let asked = BookingEvent::first_payment(PaymentStep::ActionRequired { action });
    h.apply(&booking, asked, prolong).await.expect("time for the bank")
}

#[tokio::test]
async fn a_stay_of_one_page_more_than_can_be_booked_is_refused_before_anything_is_written() {
    let barge = barge();
    let h = Harness::with(&barge).await;
    let holds = h.store.hold_cases();
    let guest = GuestId::parse("guest").expect("a guest");
    let caller = Caller { guest, staff: None, rate_groups: BTreeSet::new() };
    let ask = async |key: &str, end: &str| {
        let key = RequestKey { key: key.to_owned(), content: Fingerprint::parse(key).expect("a digest") };
        let (start, end) = (When::Instant(at(MOST_PAGES.0)), When::Instant(at(end)));
        let request = HoldRequest {
            resource: barge.id.clone(),
            start,
            end,
            quantity: 1,
            user: None,
            choice: RateChoice::default(),
            quote: None,
        };
        holds.create(&caller, &key, &request, &h.by("guest")).await
    };
    for later in ["2030-09-01T16:00:00+02:00", "2030-09-02T08:00:00+02:00"] {
        match ask("longer", later).await {
            Err(Failure::RangeNotBookable(RangeError::TooLong(Bound::Slots))) => {}
            other => panic!("{later}: {other:?}"),
        }
    }
    assert_eq!(h.store.catalogue.stored_pages(&barge).await.expect("pages"), []);
    let held = ask("longest", MOST_PAGES.1).await.expect("as long as it may be").hold;
    assert_eq!(held.order.placements.len(), PAGES_PER_HOLD_MAX);
}

#[tokio::test]
async fn every_write_about_the_longest_holds_is_done_at_the_first_try() {
    for (resource, range, pages) in long() {
        let h = Harness::with(&resource).await;
        let hold = h.placed(&resource, "k", range, 1).await;
        assert_eq!(hold.order.placements.len(), pages);
        let slots: usize = hold.order.placements.iter().map(|placement| placement.places.slots().len()).sum();
        assert!(pages > 1 || slots == SLOTS_PER_HOLD_MAX, "{slots} slots");
        check_left(&h, &resource, range, 1).await;
        assert!(h.place(&resource, "k", range, 1).await.expect("the same").replayed);
        let request = Fingerprint::parse("extend").expect("a digest");
        let (extension, _) = h.store.holds.extend(&hold, &request, &h.by("guest")).await.expect("longer");
        assert_eq!(extension.expires_at, hold.expires_at + hold.ttl());
        h.store.holds.release(&hold, &h.by("guest")).await.expect("a release");
        check_left(&h, &resource, range, 2).await;

        let expired = h.placed(&resource, "e", range, 2).await;
        h.pass(60);
        h.store.holds.expire(&expired, &h.by("timer")).await.expect("its time has passed");
        assert_eq!(h.status(&expired.id).await, HoldStatus::Expired);
        check_left(&h, &resource, range, 2).await;

        let first = h.placed(&resource, "a", range, 1).await;
        let second = h.placed(&resource, "b", range, 1).await;
        let booked = h.confirmed(&first, "pay").await;
        let pending = declined_and_prolonged(&h, &second).await;
        let refused = h.place(&resource, "c", range, 1).await.expect_err("sold out");
        assert!(format!("{refused:?}").contains("SoldOut { available: 0 }"), "{refused:?}");
        h.apply(&pending, cancelled(&h), InventoryMove::Abandon).await.expect("a cancellation");
        check_left(&h, &resource, range, 1).await;
        let charged =
            BookingEvent::Failed { reason: FailureReason::Declined { code: "expired_card".to_owned() } };
        let back = InventoryMove::Return { hold: Box::new(first.clone()) };
        h.apply(&booked, charged, back).await.expect("a hold again");
        check_left(&h, &resource, range, 1).await;
        h.store.holds.release(&first, &h.by("guest")).await.expect("a release");
        let last = h.placed(&resource, "d", range, 2).await;
        let booked = h.confirmed(&last, "pay at last").await;
        h.apply(&booked, cancelled(&h), InventoryMove::Free).await.expect("a cancellation");
        check_left(&h, &resource, range, 2).await;
    }
}

#[tokio::test]
async fn of_guests_who_want_the_same_long_hold_at_once_as_many_get_it_as_there_are_places() {
    for (resource, range, _) in long() {
        let h = Harness::with(&resource).await;
        let place = async |guest: &str| {
            let hold = hold_for(&resource, guest, "k", range, 1, h.now());
            h.store.holds.place(&[&resource], &hold, &h.by(guest)).await.is_ok()
        };
        let (a, b, c) = tokio::join!(place("a"), place("b"), place("c"));
        assert_eq!([a, b, c].into_iter().filter(|placed| *placed).count(), 2, "{}", resource.id);
        check_left(&h, &resource, range, 0).await;
    }
}

#[tokio::test]
async fn a_page_takes_fewer_long_holds_than_short_ones() {
    let [(court, range, _), ..] = long();
    let mut court = court;
    court.terms.capacity = 100;
    let h = Harness::with(&court).await;
    let short = ("2030-06-01T00:00:00+02:00", "2030-06-01T00:04:00+02:00");
    for n in 0..40 {
        h.placed(&court, &format!("short-{n}"), short, 1).await;
    }
    for n in 0..40 {
        h.placed(&court, &format!("long-{n}"), range, 1).await;
    }
    let refused = h.place(&court, "long", range, 1).await.expect_err("40 are as long");
    assert!(format!("{refused:?}").contains(&format!("{:?}", PageRejection::TooManyHolds)), "{refused:?}");
    h.placed(&court, "short", short, 1).await;
    h.pass(60);
    h.placed(&court, "long", range, 1).await;
}
