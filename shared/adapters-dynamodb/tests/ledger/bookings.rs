//! Bookings with the pages of their order: claim, confirm, re-acquire, return, free.

use holdfast_app::bookings::{BookingCommit, CommitError};
use holdfast_domain::bookings::{Cancellation, FailureReason};
use holdfast_domain::{
    Booking, BookingEvent, Fingerprint, GuestId, HoldStatus, InventoryMove, PageRejection, PaymentStep,
};
use holdfast_testkit::{Fault, Faults, money, nightly_resource};
use jiff::SignedDuration;

use crate::harness::Harness;

const NIGHT: (&str, &str) = ("2030-06-01", "2030-06-02");
const SPAN: (&str, &str) = ("2030-06-30", "2030-07-02");

fn failed() -> BookingEvent {
    BookingEvent::Failed { reason: FailureReason::Declined { code: "card_declined".to_owned() } }
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

fn rejected(error: CommitError) -> PageRejection {
    match error {
        CommitError::Rejected(rejection) => rejection,
        other => panic!("not a rejection: {other:?}"),
    }
}

#[tokio::test]
async fn a_confirmed_hold_is_a_booking_and_its_record_says_so() {
    for range in [NIGHT, SPAN] {
        let room = nightly_resource("room", 1, 600);
        let h = Harness::with(&room).await;
        let hold = h.placed(&room, "k", range, 1).await;
        let booking = h.confirmed(&hold, "pay").await;
        assert_eq!(h.status(&hold.id).await, HoldStatus::Confirmed);
        let page = h.page(&room, "2030-06").await;
        assert!(page.holds.is_empty());
        assert_eq!(page.confirmed.values().sum::<u32>(), 1);
        let stored = h.store.bookings.booking(&booking.id).await.expect("a read").expect("a booking");
        assert_eq!(stored, booking);
        let trail = h.store.history.audit_trail(&booking.id).await.expect("a trail");
        let kinds: Vec<&str> = trail.iter().map(|event| event.kind.as_str()).collect();
        assert_eq!(kinds, ["booking.requested", "payment.authorized", "booking.confirmed"]);
    }
}

#[tokio::test]
async fn a_claimed_hold_outlives_its_expiry_and_nobody_else_may_claim_it() {
    let room = nightly_resource("room", 1, 60);
    let h = Harness::with(&room).await;
    let hold = h.placed(&room, "k", NIGHT, 1).await;
    h.open(&hold, "pay").await.expect("a claim");
    assert_eq!(rejected(h.open(&hold, "other").await.expect_err("claimed")), PageRejection::HoldClaimed);
    h.pass(120);
    assert_eq!(h.status(&hold.id).await, HoldStatus::Active);
    assert!(h.place(&room, "thief", NIGHT, 1).await.is_err(), "the places are taken");
    assert!(h.store.holds.release(&hold, &h.by("guest")).await.is_err(), "not while the bank is asked");
}

#[tokio::test]
async fn the_same_booking_is_opened_once() {
    let room = nightly_resource("room", 1, 60);
    let h = Harness::with(&room).await;
    let hold = h.placed(&room, "k", NIGHT, 1).await;
    h.open(&hold, "pay").await.expect("a claim");
    assert!(matches!(h.open(&hold, "pay").await, Err(CommitError::Stale)));
}

#[tokio::test]
async fn a_declined_hold_waits_for_another_card_until_it_expires() {
    let room = nightly_resource("room", 1, 60);
    let h = Harness::with(&room).await;
    let hold = h.placed(&room, "k", NIGHT, 1).await;
    let booking = h.open(&hold, "first card").await.expect("a claim");
    h.apply(&booking, failed(), InventoryMove::Unclaim).await.expect("a decline");
    assert_eq!(h.status(&hold.id).await, HoldStatus::Active);
    h.confirmed(&hold, "second card").await;
    assert_eq!(h.status(&hold.id).await, HoldStatus::Confirmed);

    let late = h.placed(&nightly_resource("room", 1, 60), "l", ("2030-06-05", "2030-06-06"), 1).await;
    let booking = h.open(&late, "slow card").await.expect("a claim");
    h.pass(61);
    h.apply(&booking, failed(), InventoryMove::Unclaim).await.expect("a decline");
    assert_eq!(h.status(&late.id).await, HoldStatus::Expired, "its time had passed meanwhile");
}

#[tokio::test]
async fn a_dead_hold_is_confirmed_from_free_places_or_not_at_all() {
    for range in [NIGHT, SPAN] {
        let room = nightly_resource("room", 1, 60);
        let h = Harness::with(&room).await;
        let hold = h.placed(&room, "k", range, 1).await;
        let booking = h.authorized(&hold, "pay").await;
        h.pass(901);
        assert_eq!(h.status(&hold.id).await, HoldStatus::Expired);
        h.apply(&booking, BookingEvent::Confirmed, InventoryMove::Confirm).await.expect("free places");
        assert_eq!(h.status(&hold.id).await, HoldStatus::Confirmed);
        assert_eq!(h.page(&room, "2030-06").await.broken_slot(), None);

        let other = nightly_resource("other", 1, 60);
        h.add(&other).await;
        let hold = h.placed(&other, "k2", range, 1).await;
        let booking = h.authorized(&hold, "pay2").await;
        h.pass(901);
        h.placed(&other, "thief", range, 1).await;
        let refused = h.apply(&booking, BookingEvent::Confirmed, InventoryMove::Confirm).await;
        assert_eq!(rejected(refused.expect_err("taken")), PageRejection::SoldOut { available: 0 });
        let stored = h.store.bookings.booking(&booking.id).await.expect("a read").expect("a booking");
        assert_eq!(stored.version, booking.version, "nothing was written");
    }
}

#[tokio::test]
async fn a_confirmation_repeated_after_a_lost_answer_changes_nothing() {
    let room = nightly_resource("room", 2, 60);
    let h = Harness::with(&room).await;
    let hold = h.placed(&room, "k", NIGHT, 1).await;
    let booking = h.authorized(&hold, "pay").await;
    h.apply(&booking, BookingEvent::Confirmed, InventoryMove::Confirm).await.expect("confirmed");
    let again = h.apply(&booking, BookingEvent::Confirmed, InventoryMove::Confirm).await;
    assert!(matches!(again, Err(CommitError::Stale)), "{again:?}");
    assert_eq!(h.taken(&room, "2030-06").await, [("01".to_owned(), 1)]);
}

#[tokio::test]
async fn a_cancelled_booking_frees_its_places_once() {
    let room = nightly_resource("room", 1, 60);
    let h = Harness::with(&room).await;
    let hold = h.placed(&room, "k", NIGHT, 1).await;
    let booking = h.confirmed(&hold, "pay").await;
    h.apply(&booking, cancelled(&h), InventoryMove::Free).await.expect("a cancellation");
    assert!(matches!(h.apply(&booking, cancelled(&h), InventoryMove::Free).await, Err(CommitError::Stale)));
    assert_eq!(h.taken(&room, "2030-06").await, []);
    let next = h.placed(&room, "next", NIGHT, 1).await;
    h.confirmed(&next, "pay next").await;
}

#[tokio::test]
async fn a_pending_booking_given_up_takes_its_hold_along() {
    let room = nightly_resource("room", 1, 60);
    let h = Harness::with(&room).await;
    let hold = h.placed(&room, "k", NIGHT, 1).await;
    let booking = h.open(&hold, "pay").await.expect("a claim");
    h.apply(&booking, cancelled(&h), InventoryMove::Abandon).await.expect("a cancellation");
    assert_eq!(h.status(&hold.id).await, HoldStatus::Released);
    h.placed(&room, "next", NIGHT, 1).await;
}

#[tokio::test]
async fn a_booking_that_cannot_be_charged_becomes_a_hold_again() {
    let room = nightly_resource("room", 1, 600);
    let h = Harness::with(&room).await;
    let hold = h.placed(&room, "k", NIGHT, 1).await;
    let booking = h.confirmed(&hold, "pay").await;
    h.apply(&booking, failed(), InventoryMove::Return { hold: Box::new(hold.clone()) })
        .await
        .expect("a return");
    assert_eq!(h.status(&hold.id).await, HoldStatus::Active);
    assert_eq!(h.taken(&room, "2030-06").await, [("01".to_owned(), 1)]);
    h.confirmed(&hold, "other card").await;
}

#[tokio::test]
async fn a_booking_goes_on_when_its_holds_record_is_gone() {
    for range in [NIGHT, SPAN] {
        let room = nightly_resource("room", 2, 60);
        let h = Harness::with(&room).await;
        let pending = h.placed(&room, "p", range, 1).await;
        let pending = h.open(&pending, "pay").await.expect("a claim");
        let confirmed = h.placed(&room, "c", range, 1).await;
        let confirmed = h.confirmed(&confirmed, "pay too").await;
        h.clock.advance(SignedDuration::from_hours(24 * 8));
        assert_eq!(h.database.sweep_ttl(), 2, "a week later nobody asks");
        h.apply(&pending, cancelled(&h), InventoryMove::Abandon).await.expect("a cancellation");
        let stale = h.apply(&pending, cancelled(&h), InventoryMove::Abandon).await;
        assert!(matches!(stale, Err(CommitError::Stale)), "{stale:?}");
        h.apply(&confirmed, failed(), InventoryMove::Free).await.expect("an authorization that lapsed");
        assert_eq!(h.taken(&room, "2030-06").await, []);
        assert_eq!(
            h.store.holds.hold(&pending.hold).await.expect("a read"),
            None,
            "no half a record is made"
        );
    }
}

/// Record and page are read one after the other, and the hold becomes a booking in between.
#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_becomes_a_booking_is_never_seen_as_expired() {
    let room = nightly_resource("room", 100, 600);
    let h = Harness::with(&room).await;
    for round in 0..40 {
        let hold = h.placed(&room, &format!("k{round}"), NIGHT, 1).await;
        let key = format!("pay{round}");
        let booking = h.confirmed(&hold, &key);
        let watch = async {
            loop {
                match h.status(&hold.id).await {
                    HoldStatus::Active => {}
                    HoldStatus::Confirmed => break,
                    other => panic!("{other:?} in round {round}"),
                }
            }
        };
        tokio::join!(booking, watch);
    }
}

#[tokio::test]
async fn a_customers_bank_step_prolongs_the_hold_once() {
    let room = nightly_resource("room", 1, 60);
    let h = Harness::with(&room).await;
    let hold = h.placed(&room, "k", NIGHT, 1).await;
    let booking = h.open(&hold, "pay").await.expect("a claim");
    let snapshot = h.store.holds.hold(&hold.id).await.expect("a read").expect("a record");
    let expires_at = snapshot.customer_deadline();
    assert_eq!(expires_at, hold.expires_at.checked_add(hold.ttl()).expect("in range"));
    let action = holdfast_domain::payments::CustomerAction {
        client_secret: "secret".to_owned(),
        redirect_url: None,
        expires_at,
    };
    let prolong = InventoryMove::Prolong { hold: Box::new(hold.clone()), expires_at };
    h.apply(&booking, BookingEvent::first_payment(PaymentStep::ActionRequired { action }), prolong)
        .await
        .expect("a bank step");
    let snapshot = h.store.holds.hold(&hold.id).await.expect("a read").expect("a record");
    assert_eq!(snapshot.expires_at(), expires_at);
    assert_eq!(snapshot.hold.expires_at, expires_at);
    assert_eq!(snapshot.customer_deadline(), expires_at, "not twice");
    h.clock.advance(SignedDuration::from_secs(120));
    assert_eq!(h.status(&hold.id).await, HoldStatus::Expired, "the claim lapses with the hold");
}

#[tokio::test]
async fn a_guests_bookings_come_newest_first_in_pages() {
    let room = nightly_resource("room", 9, 600);
    let h = Harness::with(&room).await;
    let mut opened: Vec<Booking> = Vec::new();
    for n in 0..5 {
        let hold = h.placed(&room, &format!("k{n}"), NIGHT, 1).await;
        opened.push(h.open(&hold, &format!("pay{n}")).await.expect("a claim"));
        h.pass(1);
    }
    opened.reverse();
    let guest = GuestId::parse("guest").expect("a guest");
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let (page, next) = h.store.history.bookings_of(&guest, 2, cursor.as_deref()).await.expect("a page");
        assert!(page.len() <= 2);
        seen.extend(page);
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, opened);
    let nobody = GuestId::parse("nobody").expect("a guest");
    assert_eq!(h.store.history.bookings_of(&nobody, 2, None).await.expect("a page").0, []);
}

/// Two executions confirm a booking whose claim has expired; there is no other place. The one meets `conflicts` at its write of the
/// pages, waits before a later call until the other is done, and goes on. Gives what it was told.
async fn confirmed_twice(range: (&str, &str), conflicts: usize, passes: usize) -> Result<(), CommitError> {
    let room = nightly_resource("room", 1, 60);
    let h = Harness::with(&room).await;
    let hold = h.placed(&room, "k", range, 1).await;
    let booking = h.authorized(&hold, "pay").await;
    h.pass(2_000);
    let event = booking.decide(BookingEvent::Confirmed).expect("legal").expect("new");
    let commit = BookingCommit::new(&booking, event, InventoryMove::Confirm, &h.by("saga"));
    let slow = Faults::default();
    let late = h.database.store_under(&slow);
    // The blind write is refused, since the claim is over; what is written after the reading meets the conflict.
    slow.strike(Fault::Conflict, 1, conflicts);
    slow.then_strike(Fault::Delayed, passes, 1);
    let other = async {
        slow.strikes().await;
        h.store.bookings.commit(&commit).await.expect("free places");
        slow.go_on();
        std::future::pending::<()>().await;
    };
    let outcome = tokio::select! {
        outcome = late.bookings.commit(&commit) => outcome,
        () = other => unreachable!("it has no end"),
    };
    let stored = h.store.bookings.booking(&booking.id).await.expect("a read").expect("a booking");
    assert_eq!(stored, commit.booking, "confirmed, once");
    assert_eq!(h.page(&room, "2030-06").await.confirmed.values().sum::<u32>(), 1);
    outcome
}

/// Places that are gone because this very booking has them by now are not sold out: whoever believes that voids the payment of a
/// confirmed booking.
#[tokio::test]
async fn a_booking_is_never_told_that_its_own_places_are_sold_out() {
    for (range, conflicts) in [(NIGHT, 0), (NIGHT, 1), (NIGHT, 2), (SPAN, 0), (SPAN, 1), (SPAN, 2)] {
        let mut met = 0;
        for passes in 0.. {
            // Ends: after its last call, it was first.
            let Err(told) = confirmed_twice(range, conflicts, passes).await else { break };
            assert!(
                matches!(told, CommitError::Stale),
                "{range:?}, {conflicts} conflicts, {passes} calls later: {told:?}"
            );
            met += 1;
        }
        assert!(met > 1, "{range:?}, {conflicts} conflicts: the other was in time {met} times");
    }
}

#[tokio::test]
async fn callbacks_are_remembered_per_booking() {
    let room = nightly_resource("room", 1, 60);
    let h = Harness::with(&room).await;
    let hold = h.placed(&room, "k", NIGHT, 1).await;
    let booking = h.open(&hold, "pay").await.expect("a claim");
    assert_eq!(h.store.callbacks.task_token(&booking.id).await.expect("a read"), None);
    for token in ["first", "second"] {
        h.store.callbacks.put_task_token(&booking.id, token, &h.by("saga")).await.expect("a write");
        assert_eq!(h.store.callbacks.task_token(&booking.id).await.expect("a read").as_deref(), Some(token));
    }
}
