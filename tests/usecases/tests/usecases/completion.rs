//! The recorded end of bookings.

use std::sync::Arc;

use futures::future::join_all;
use holdfast_app::Failure;
use holdfast_app::operations::completion::{BOOKINGS_PER_RUN_MAX, Completion, Tally};
use holdfast_domain::{Booking, BookingId, BookingStatus, PaymentStatus};
use holdfast_testkit::nightly_resource;

use crate::bank::VISA;
use crate::driver::{Drive, Ending, Step};
use crate::reconciliation_world::{set, text};
use crate::world::{NIGHT, World};

/// From the start of the test to the check-out of [`NIGHT`], at 11:00 in New York.
const TO_CHECK_OUT: i64 = 13 * 24 * 3600 + 3 * 3600;

async fn complete(w: &World) -> Tally {
    let completion = Completion::new(w.store.ended.clone(), w.store.journal.clone());
    completion.run(&w.by("completion")).await.expect("a run")
}

fn completed(count: u32) -> Tally {
    Tally { completed: count, ..Tally::default() }
}

async fn ended(w: &World) -> Vec<BookingId> {
    w.store.ended.ended_bookings(w.now(), 100).await.expect("a read")
}

async fn booked(w: &World, name: &str) -> Booking {
    let room = nightly_resource("room", 9, 600);
    let hold = w.held(&room, name, NIGHT).await;
    w.ask(&hold, name, VISA).await.expect("an answer").booking
}

async fn world() -> Arc<World> {
    World::running(&nightly_resource("room", 9, 600)).await
}

#[tokio::test]
async fn the_end_of_a_booking_is_recorded_once_when_it_has_come() {
    let w = world().await;
    let booking = booked(&w, "pay").await;
    w.pass(TO_CHECK_OUT - 1);
    assert_eq!(complete(&w).await, completed(0), "a second is left");
    w.pass(1);
    assert_eq!(ended(&w).await, std::slice::from_ref(&booking.id));
    assert_eq!(complete(&w).await, completed(1));
    assert_eq!(complete(&w).await, completed(0), "again: nothing is left to do");
    let after = w.at_rest(&booking.id).await;
    assert_eq!((after.status, after.payment_status()), (BookingStatus::Completed, PaymentStatus::Captured));
    let trail = w.store.history.audit_trail(&booking.id).await.expect("a trail");
    let last = trail.last().expect("an event");
    assert_eq!((last.kind.as_str(), last.actor.as_str()), ("booking.completed", "completion"));
    assert_eq!((last.from, last.to), (BookingStatus::Confirmed, BookingStatus::Completed));
    assert_eq!(trail.iter().filter(|event| event.kind == "booking.completed").count(), 1);
    let refused = w.cancel(&booking.id, "too late").await;
    assert!(matches!(refused, Err(Failure::NotCancellable(BookingStatus::Completed))), "{refused:?}");
}

#[tokio::test]
async fn a_cancelled_booking_does_not_end() {
    let w = world().await;
    let cancelled = booked(&w, "cancelled").await;
    w.cancel(&cancelled.id, "cancel").await.expect("a cancellation");
    w.pass(TO_CHECK_OUT);
    assert_eq!(ended(&w).await, []);
    assert_eq!(complete(&w).await, completed(0));
    assert_eq!(w.booking(&cancelled.id).await.status, BookingStatus::Cancelled);
}

#[tokio::test]
async fn a_booking_ends_only_once_it_is_paid() {
    let room = nightly_resource("room", 9, 600);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.open(&hold, "pay", VISA).await;
    let unpaid = {
        let (w, id) = (Arc::clone(&w), id.clone());
        async move {
            w.pass(TO_CHECK_OUT);
            assert_eq!(w.booking(&id).await.status, BookingStatus::Confirmed);
            assert_eq!(ended(&w).await, [], "the confirmation does not write the index");
            assert_eq!(complete(&w).await, completed(0));
        }
    };
    let ending = Drive::new(&w, &id).before(Step::CapturePayment, Box::pin(unpaid)).run().await;
    assert_eq!(ending, Ending::Confirmed);
    assert_eq!(complete(&w).await, completed(1));
    assert_eq!(w.at_rest(&id).await.status, BookingStatus::Completed);
}

/// What the index of ends says of a booking, whatever the booking says.
async fn list_as_ended(w: &World, id: &str) {
    for (name, value) in [("due", "D#0".to_owned()), ("due_at", format!("{:015}#{id}", 0))] {
        set(w, (&format!("B#{id}"), "B"), name, text(&value)).await;
    }
}

#[tokio::test]
async fn a_booking_that_was_changed_since_it_was_looked_for_is_skipped() {
    let w = world().await;
    let (standing, cancelled) = (booked(&w, "standing").await, booked(&w, "cancelled").await);
    w.cancel(&cancelled.id, "cancel").await.expect("a cancellation");
    w.pass(60);
    let due = w.booking(&standing.id).await.order.end;
    list_as_ended(&w, standing.id.as_str()).await;
    assert_eq!(complete(&w).await, Tally { skipped: 1, ..Tally::default() }, "it ends only at {due}");
    w.pass(TO_CHECK_OUT);
    list_as_ended(&w, cancelled.id.as_str()).await;
    assert_eq!(complete(&w).await, Tally { completed: 1, skipped: 1, ..Tally::default() });
    assert_eq!(w.booking(&cancelled.id).await.status, BookingStatus::Cancelled);
}

#[tokio::test]
async fn bookings_that_cannot_be_read_are_counted_and_a_run_has_its_bounds() {
    let w = world().await;
    let planted = usize::try_from(BOOKINGS_PER_RUN_MAX).expect("a few") - 1;
    let w = w.as_ref();
    join_all((0..planted).map(|n| async move { list_as_ended(w, &format!("bkg_{n}")).await })).await;
    let failed = BOOKINGS_PER_RUN_MAX - 1;
    assert_eq!(complete(w).await, Tally { failed, ..Tally::default() });
    list_as_ended(w, "bkg_last").await;
    assert_eq!(complete(w).await, Tally { failed: failed + 1, more: true, ..Tally::default() });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_side_by_side_record_every_end_once() {
    let w = world().await;
    let mut ids = Vec::new();
    for n in 0..9 {
        ids.push(booked(&w, &format!("pay{n}")).await.id);
    }
    w.pass(TO_CHECK_OUT);
    assert_eq!(w.store.ended.ended_bookings(w.now(), 4).await.expect("a read").len(), 4, "bounded");
    let tallies = join_all((0..4).map(|_| complete(&w))).await;
    assert_eq!(tallies.iter().map(|tally| tally.completed).sum::<u32>(), 9, "{tallies:?}");
    assert!(tallies.iter().all(|tally| tally.failed == 0 && !tally.more), "{tallies:?}");
    for id in &ids {
        let trail = w.trail(id).await;
        assert_eq!(trail.iter().filter(|kind| *kind == "booking.completed").count(), 1, "{trail:?}");
    }
    assert_eq!(ended(&w).await, []);
}

#[tokio::test]
async fn the_longest_ended_come_first() {
    let room = nightly_resource("room", 9, 600);
    let w = World::running(&room).await;
    let mut ids = Vec::new();
    for (name, night) in [("late", ("2030-06-03", "2030-06-04")), ("early", NIGHT)] {
        let hold = w.held(&room, name, night).await;
        ids.insert(0, w.ask(&hold, name, VISA).await.expect("an answer").booking.id);
    }
    w.pass(TO_CHECK_OUT);
    assert_eq!(ended(&w).await, ids[..1], "the other is still there");
    w.pass(2 * 24 * 3600);
    assert_eq!(ended(&w).await, ids);
}
