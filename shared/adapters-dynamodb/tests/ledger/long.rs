//! Holds as long as they may be: 300 slots of one page, more than one expression takes, and 90 days on as many pages.

use holdfast_domain::bookings::{Cancellation, FailureReason};
use holdfast_domain::catalogue::SLOTS_PER_HOLD_MAX;
use holdfast_domain::{BookingEvent, Fingerprint, HoldStatus, InventoryMove, PageRejection, Resource};
use holdfast_testkit::{daily_resource, hold_for, money};

use crate::harness::Harness;

/// Berlin's clocks go back on 2030-10-27.
const DAYS: (&str, &str) = ("2030-09-01", "2030-11-30");
const SLOTS: (&str, &str) = ("2030-06-01T00:00:00+02:00", "2030-06-01T20:00:00+02:00");

/// What is booked, the range, and on how many pages it is counted.
fn long() -> [(Resource, (&'static str, &'static str), usize); 3] {
    [
        (daily_resource("court", 4, &[("00:00", "20:00")], 2, 60), SLOTS, 1),
        (daily_resource("bike", 1440, &[("00:00", "00:00")], 2, 60), DAYS, 90),
        (
            daily_resource("boat", 720, &[("18:00", "18:00")], 2, 60),
            ("2030-06-01T06:00:00+02:00", "2030-08-30T06:00:00+02:00"),
            91,
        ),
    ]
}

fn cancelled(h: &Harness) -> BookingEvent {
    let digest = Fingerprint::parse("request").expect("a digest");
    BookingEvent::Cancelled(Cancellation {
        reason: None,
        refund: money(12_900),
        before_capture: false,
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
        let pending = h.open(&second, "pay too").await.expect("a claim");
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
async fn a_page_takes_a_long_hold_beside_fewer_holds_than_a_short_one() {
    let [(court, range, _), ..] = long();
    let mut court = court;
    court.terms.capacity = 100;
    let h = Harness::with(&court).await;
    let short = ("2030-06-01T00:00:00+02:00", "2030-06-01T00:04:00+02:00");
    for n in 0..40 {
        h.placed(&court, &format!("short-{n}"), short, 1).await;
    }
    let refused = h.place(&court, "long", range, 1).await.expect_err("40 are beside it");
    assert!(format!("{refused:?}").contains(&format!("{:?}", PageRejection::TooManyHolds)), "{refused:?}");
    h.placed(&court, "short", short, 1).await;
    h.pass(60);
    h.placed(&court, "long", range, 1).await;
}
