//! One id, several lives: a request that is repeated after its hold has ended may bring the hold to life again, until the record
//! says that it is known. What a hold's end gives back is what this life has taken, whatever an earlier one was for; and what a
//! page counts under one schedule is nothing to what was held or booked under another.

use holdfast_app::LedgerError;
use holdfast_app::bookings::CommitError;
use holdfast_domain::bookings::Cancellation;
use holdfast_domain::{
    BookingEvent, Fingerprint, Hold, HoldStatus, InventoryMove, Money, PageRejection, Resource, Schedule,
};
use holdfast_testkit::{Fault, Faults, Store, at, event_resource, hold_for, nightly_resource};

use crate::harness::Harness;

const NIGHTS: (&str, &str) = ("2030-06-03", "2030-06-05");
const OTHER_NIGHTS: (&str, &str) = ("2030-06-10", "2030-06-14");
const TTL: i64 = 60;

fn room() -> Resource {
    nightly_resource("room", 9, 60)
}

/// A function that does this is killed after so many calls and the one that writes the page.
async fn killed<T>(h: &Harness, calls: usize, operation: impl AsyncFnOnce(&Store) -> T) {
    let faults = Faults::default();
    let store = h.database.store_under(&faults);
    faults.strike(Fault::Killed, calls, 1);
    tokio::select! {
        _ = operation(&store) => panic!("it was to be killed"),
        () = faults.strikes() => {}
    }
}

/// A hold that has expired, and its key used again for this, by a function that was killed before it met the record.
async fn second_life(h: &Harness, range: (&str, &str), quantity: u32) -> (Hold, Hold) {
    let first = h.placed(&room(), "k", NIGHTS, 9).await;
    h.pass(TTL);
    h.store.holds.expire(&first, &h.by("expiry")).await.expect("its end");
    let again = hold_for(&room(), "guest", "k", range, quantity, h.now());
    let by = h.by("guest");
    killed(h, 0, async |store| store.holds.place(&[&room()], &again, &by).await).await;
    (first, again)
}

async fn assert_sound(h: &Harness, what: &str) {
    for page in h.store.catalogue.stored_pages(&room()).await.expect("pages") {
        assert_eq!(page.broken_slot(), None, "{what}: {page:?}");
    }
}

#[tokio::test]
async fn what_a_second_life_has_taken_is_what_its_end_gives_back() {
    for (range, quantity) in [(NIGHTS, 1), (OTHER_NIGHTS, 9), (OTHER_NIGHTS, 1)] {
        let what = format!("{quantity} of {range:?}");
        let h = Harness::with(&room()).await;
        let (first, _) = second_life(&h, range, quantity).await;
        h.store.holds.release(&first, &h.by("guest")).await.expect("a release of nothing");
        assert_sound(&h, &what).await;
        assert_eq!(h.taken(&room(), "2030-06").await, [], "{what}");

        let h = Harness::with(&room()).await;
        let (first, _) = second_life(&h, range, quantity).await;
        h.pass(TTL);
        h.store.holds.expire(&first, &h.by("expiry")).await.expect("its end");
        assert_sound(&h, &what).await;
        assert!(h.page(&room(), "2030-06").await.holds.is_empty(), "{what}");
    }
}

#[tokio::test]
async fn a_hold_that_has_ended_does_not_live_again() {
    let h = Harness::with(&room()).await;
    let (first, again) = second_life(&h, NIGHTS, 9).await;
    let snapshot = h.store.holds.hold(&first.id).await.expect("a read").expect("a record");
    assert_eq!((snapshot.status(h.now()), snapshot.entry), (HoldStatus::Expired, None));
    h.clock.advance(jiff::SignedDuration::from_millis(5));
    let placed = h.store.holds.place(&[&room()], &again, &h.by("guest")).await.expect("the first answer");
    assert_eq!((placed.hold.expires_at, placed.replayed), (first.expires_at, true));
    assert_eq!(h.taken(&room(), "2030-06").await, [], "and it takes nothing");
}

#[tokio::test]
async fn a_booking_confirms_what_it_is_for() {
    let h = Harness::with(&room()).await;
    let (first, _) = second_life(&h, OTHER_NIGHTS, 1).await;
    let authorized = h.authorized(&first, "pay").await;
    h.apply(&authorized, BookingEvent::Confirmed, InventoryMove::Confirm).await.expect("free places");
    assert_sound(&h, "confirmed").await;
    let page = h.page(&room(), "2030-06").await;
    let confirmed: Vec<(&str, u32)> = page.confirmed.iter().map(|(slot, n)| (slot.as_str(), *n)).collect();
    assert_eq!(confirmed, [("03", 9), ("04", 9)]);
}

#[tokio::test]
async fn a_release_that_meets_a_confirmation_says_so() {
    let h = Harness::with(&room()).await;
    let hold = h.placed(&room(), "k", NIGHTS, 1).await;
    h.confirmed(&hold, "pay").await;
    for pass in [0, TTL] {
        h.pass(pass);
        let refused = h.store.holds.release(&hold, &h.by("guest")).await;
        let missing = matches!(refused, Err(LedgerError::Rejected(PageRejection::HoldMissing)));
        assert!(missing, "{refused:?}");
    }
    assert_eq!(h.status(&hold.id).await, HoldStatus::Confirmed);
}

#[tokio::test]
async fn one_request_extends_once_also_after_another_has() {
    let h = Harness::with(&room()).await;
    let hold = h.placed(&room(), "k", NIGHTS, 1).await;
    let request = |name: &str| Fingerprint::parse(name).expect("a digest");
    let twice = hold.expires_at.checked_add(hold.ttl() * 2).expect("in range");
    let (first, by) = (request("first"), h.by("guest"));
    killed(&h, 1, async |store| store.holds.extend(&hold, &first, &by).await).await;
    for name in ["second", "first", "second"] {
        let (extension, _) =
            h.store.holds.extend(&hold, &request(name), &h.by("guest")).await.expect("extended");
        assert_eq!(extension.expires_at, twice, "{name}");
    }
    let snapshot = h.store.holds.hold(&hold.id).await.expect("a read").expect("a record");
    assert_eq!((snapshot.expires_at(), snapshot.hold.expires_at), (twice, twice));
}

const CONCERT: (&str, &str) = ("2030-06-01T19:00:00Z", "2030-06-01T22:00:00Z");

/// The concert takes place at another time.
async fn put_off(h: &Harness, concert: &Resource, (start, end): (&str, &str)) -> Resource {
    let mut terms = concert.terms.clone();
    terms.schedule = Schedule::event(at(start), at(end)).expect("an event");
    let later = concert.replace(terms);
    h.put(&later).await.expect("nothing is in use")
}

#[tokio::test]
async fn a_late_payment_takes_no_place_of_another_schedule() {
    let concert = event_resource("concert", 5, 60);
    let h = Harness::with(&concert).await;
    let hold = h.placed(&concert, "k", CONCERT, 1).await;
    let authorized = h.authorized(&hold, "pay").await;
    h.pass(1_000);
    let later = put_off(&h, &concert, ("2030-06-08T19:00:00Z", "2030-06-08T22:00:00Z")).await;
    let confirmed = h.apply(&authorized, BookingEvent::Confirmed, InventoryMove::Confirm).await;
    // Never "sold out": the slot that was held is there no more.
    let changed = matches!(confirmed, Err(CommitError::Rejected(PageRejection::ScheduleChanged)));
    assert!(changed, "{confirmed:?}");
    assert_eq!(h.taken(&later, "event").await, []);
}

#[tokio::test]
async fn a_cancellation_frees_no_place_of_another_schedule() {
    let concert = event_resource("concert", 5, 60);
    let h = Harness::with(&concert).await;
    let hold = h.placed(&concert, "k", CONCERT, 1).await;
    let booking = h.confirmed(&hold, "pay").await;
    h.pass(14 * 24 * 3600);
    let july = ("2030-07-01T19:00:00Z", "2030-07-01T22:00:00Z");
    let again = put_off(&h, &concert, july).await;
    let another = h.placed(&again, "another", july, 1).await;
    h.confirmed(&another, "another").await;
    let digest = || Fingerprint::parse("cancel").expect("a digest");
    let cancelled = BookingEvent::Cancelled(Cancellation {
        reason: None,
        refund: Money::zero(booking.order.price.total().currency()),
        before_capture: true,
        by_operator: false,
        request: (digest(), digest()),
        at: h.now(),
    });
    h.apply(&booking, cancelled, InventoryMove::Free).await.expect("cancelled");
    assert_eq!(h.taken(&again, "event").await, [("event".to_owned(), 1)]);
}
