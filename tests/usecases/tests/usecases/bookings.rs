//! Asking for a booking, with its saga running beside.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use holdfast_app::bookings::{
    BookingCommit, BookingReader, BookingRequest, BookingRequests, BookingStore, Cancellations, CommitError,
};
use holdfast_app::{Failure, StoreError};
use holdfast_domain::bookings::FailureReason;
use holdfast_domain::{Booking, BookingId, BookingStatus, HoldStatus, PaymentStatus};
use holdfast_testkit::{charge_rules, nightly_resource};

use crate::bank::{DECLINED, Effects, VISA};
use crate::driver::{Drive, Ending};
use crate::world::{NIGHT, PATIENCE, PRICE, SPAN, World, guest, key, operator, soon};

const ONE_CAPTURE: Effects = Effects { authorized: 1, captured: 1, voided: 0, refunded: 0 };

#[tokio::test]
async fn a_hold_that_is_paid_becomes_a_booking_and_is_captured_once() {
    for range in [NIGHT, SPAN] {
        let room = nightly_resource("room", 1, 600);
        let w = World::running(&room).await;
        let hold = w.held(&room, "k", range).await;
        let booking = w.ask(&hold, "pay", VISA).await.expect("an answer").booking;
        assert_eq!(booking.status, BookingStatus::Confirmed);
        assert_eq!(booking.payment_status(), PaymentStatus::Captured);
        assert_eq!(booking.captured(), hold.order.price.total());
        assert_eq!(w.bank.effects(), ONE_CAPTURE);
        assert_eq!(w.hold_status(&hold.id).await, HoldStatus::Confirmed);
        assert!(w.taken(&room).await.iter().all(|(_, places)| *places == 1));
        w.at_rest(&booking.id).await;
        let trail = ["booking.requested", "payment.created", "payment.authorized", "booking.confirmed"];
        assert_eq!(w.trail(&booking.id).await, [&trail[..], &["payment.captured"]].concat());
    }
}

#[tokio::test]
async fn a_declined_card_leaves_the_hold_for_another_and_money_is_taken_once() {
    let room = nightly_resource("room", 1, 600);
    let w = World::running(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let declined = w.ask(&hold, "first", DECLINED).await.expect("an answer").booking;
    assert_eq!(declined.status, BookingStatus::Failed);
    assert_eq!(declined.payment_status(), PaymentStatus::Failed);
    assert_eq!(declined.failure.as_ref().map(FailureReason::as_str), Some("card_declined"));
    assert_eq!(w.hold_status(&hold.id).await, HoldStatus::Active);
    let paid = w.ask(&hold, "second", VISA).await.expect("an answer").booking;
    assert_eq!(paid.status, BookingStatus::Confirmed);
    assert_eq!(w.bank.effects(), ONE_CAPTURE);
    let again = w.ask(&hold, "first", DECLINED).await.expect("a replay");
    assert!(again.replayed);
    assert_eq!(again.booking.id, declined.id);
    assert_eq!(again.booking.status, BookingStatus::Failed);
}

#[tokio::test]
async fn the_same_request_again_is_the_same_booking() {
    let room = nightly_resource("room", 1, 600);
    let w = World::running(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let first = w.ask(&hold, "pay", VISA).await.expect("an answer");
    let again = w.ask(&hold, "pay", VISA).await.expect("a replay");
    assert!(!first.replayed && again.replayed);
    assert_eq!(again.booking, first.booking);
    assert_eq!(w.flow.started(), [first.booking.id]);
    assert_eq!(w.bank.effects(), ONE_CAPTURE);
    assert!(matches!(w.ask(&hold, "pay", DECLINED).await, Err(Failure::KeyReused)), "another body");
}

#[tokio::test]
async fn only_what_an_outage_ended_runs_again_under_its_key() {
    for (reason, runs_again) in [
        (FailureReason::ServiceUnavailable, true),
        (FailureReason::PaymentUnavailable, true),
        (FailureReason::SoldOut, false),
        // A code of the bank's own that reads like ours.
        (FailureReason::Declined { code: "payment_unavailable".to_owned() }, false),
    ] {
        let room = nightly_resource("room", 1, 600);
        let w = World::with(&room).await;
        let hold = w.held(&room, "k", NIGHT).await;
        let first = w.open(&hold, "pay", VISA).await;
        w.saga.fail_booking(&first, &reason, &w.by("saga")).await.expect("failed");
        let again = w.ask_at_once(&hold, "pay", VISA).await;
        assert_eq!((again.booking.id != first, !again.replayed), (runs_again, runs_again), "{reason:?}");
    }
}

#[tokio::test]
async fn a_request_runs_for_real_21_times_at_most() {
    let room = nightly_resource("room", 1, 600);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let mut runs = std::collections::BTreeSet::new();
    for _ in 0..21 {
        let id = w.open(&hold, "pay", VISA).await;
        let failed = w.saga.fail_booking(&id, &FailureReason::ServiceUnavailable, &w.by("saga")).await;
        failed.expect("failed");
        assert!(runs.insert(id), "a run of its own");
    }
    let last = w.ask_at_once(&hold, "pay", VISA).await;
    assert!(last.replayed && runs.contains(&last.booking.id), "the last failure is repeated");
}

#[tokio::test]
async fn an_answer_comes_as_soon_as_there_is_one() {
    let room = nightly_resource("room", 1, 600);
    let w = World::running(&room).await;
    let an_hour = std::time::Duration::from_secs(3_600);
    let hold = w.held(&room, "k", NIGHT).await;
    let request = BookingRequest {
        hold: hold.id.clone(),
        payment_method: Some(VISA.to_owned()),
        contact: None,
        wait: an_hour,
    };
    let (by, of) = (w.by("guest"), guest("guest"));
    let (pay, cancel) = (key("pay", ""), key("cancel", ""));
    let asked = soon("the booking", w.requests.request(&of, &pay, &request, &by)).await;
    let booking = asked.expect("an answer").booking;
    assert_eq!(
        (booking.status, booking.payment_status()),
        (BookingStatus::Confirmed, PaymentStatus::Captured)
    );
    let cancelled = w.cancellations.cancel(&of, &booking.id, &cancel, None, an_hour, &by);
    assert!(soon("the cancellation", cancelled).await.expect("an answer").booking.money_is_settled());
}

#[tokio::test]
async fn a_second_key_is_turned_away_while_the_first_runs_and_once_it_has_paid() {
    let room = nightly_resource("room", 1, 600);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.open(&hold, "first", VISA).await;
    assert!(matches!(w.ask(&hold, "second", VISA).await, Err(Failure::RequestInProgress)));
    assert_eq!(Drive::new(&w, &id).run().await, Ending::Confirmed);
    assert!(matches!(w.ask(&hold, "second", VISA).await, Err(Failure::HoldConfirmed)));
    assert_eq!(w.bank.effects(), ONE_CAPTURE);
}

#[tokio::test]
async fn a_hold_that_is_dead_is_not_payable() {
    let room = nightly_resource("room", 9, 60);
    let w = World::running(&room).await;
    let released = w.held(&room, "released", NIGHT).await;
    w.holds.release(&guest("guest"), &released.id, &w.by("guest")).await.expect("a release");
    assert!(matches!(w.ask(&released, "a", VISA).await, Err(Failure::HoldReleased)));
    let expired = w.held(&room, "expired", NIGHT).await;
    w.pass(60);
    assert!(matches!(w.ask(&expired, "b", VISA).await, Err(Failure::HoldExpired)));
    let mut unknown = expired.clone();
    unknown.id = holdfast_app::kernel::hold_id(&guest("guest").guest, "never");
    assert!(matches!(w.ask(&unknown, "c", VISA).await, Err(Failure::NotFound("hold"))));
    assert_eq!(w.bank.effects(), Effects::default());
    assert_eq!(w.flow.started(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twins_of_one_request_open_one_booking() {
    let room = nightly_resource("room", 1, 600);
    let w = World::running(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let answers = join_all((0..6).map(|_| w.ask(&hold, "pay", VISA))).await;
    let answers: Vec<_> = answers.into_iter().map(|answer| answer.expect("an answer")).collect();
    assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|answer| answer.booking == answers[0].booking));
    assert_eq!(w.bank.effects(), ONE_CAPTURE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_concurrent_requests_with_different_keys_one_pays() {
    let room = nightly_resource("room", 1, 600);
    let w = World::running(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let names: Vec<String> = (0..6).map(|n| format!("pay{n}")).collect();
    let answers = join_all(names.iter().map(|name| w.ask(&hold, name, VISA))).await;
    let (paid, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!(paid.len(), 1);
    for refusal in refused {
        assert!(matches!(refusal, Err(Failure::RequestInProgress | Failure::HoldConfirmed)), "{refusal:?}");
    }
    assert_eq!(w.bank.effects(), ONE_CAPTURE);
    assert_eq!(w.taken(&room).await.len(), 1);
}

#[tokio::test]
async fn somebody_elses_hold_cannot_be_paid() {
    let room = nightly_resource("room", 1, 600);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let wait = std::time::Duration::ZERO;
    let request =
        BookingRequest { hold: hold.id.clone(), payment_method: Some(VISA.to_owned()), contact: None, wait };
    let pays = async |caller| w.requests.request(&caller, &key("pay", ""), &request, &w.by("caller")).await;
    assert!(matches!(pays(guest("thief")).await, Err(Failure::NotFound("hold"))));
    assert_eq!(w.flow.started(), []);
    let booking = pays(operator()).await.expect("on the guest's behalf").booking;
    assert_eq!(booking.order.guest, hold.order.guest);
}

#[tokio::test]
async fn somebody_elses_booking_does_not_exist() {
    let room = nightly_resource("room", 1, 600);
    let w = World::running(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.ask(&hold, "pay", VISA).await.expect("an answer").booking.id;
    let thief = guest("thief");
    assert!(matches!(w.bookings.get(&thief, &id).await, Err(Failure::NotFound("booking"))));
    assert!(matches!(w.bookings.trail(&thief, &id, 0, 100).await, Err(Failure::NotFound("booking"))));
    let wait = std::time::Duration::ZERO;
    let cancelled = w.cancellations.cancel(&thief, &id, &key("x", ""), None, wait, &w.by("thief")).await;
    assert!(matches!(cancelled, Err(Failure::NotFound("booking"))));
    assert_eq!(w.bookings.list(&thief, 10, None).await.expect("a list").0, []);
    assert!(w.bookings.get(&operator(), &id).await.is_ok());
    assert_eq!(w.bookings.list(&guest("guest"), 10, None).await.expect("a list").0.len(), 1);
    assert_eq!(w.bank.kept(&id), PRICE);
}

/// A store in which somebody else changes what a write follows before each of the next writes.
struct Contended {
    inner: Arc<dyn BookingStore>,
    refused: AtomicU32,
    changes: u32,
    refusal: fn() -> CommitError,
}

#[async_trait]
impl BookingReader for Contended {
    async fn booking(&self, id: &BookingId) -> Result<Option<Booking>, StoreError> {
        self.inner.booking(id).await
    }
}

#[async_trait]
impl BookingStore for Contended {
    async fn commit(&self, commit: &BookingCommit) -> Result<(), CommitError> {
        if self.refused.fetch_add(1, Ordering::Relaxed) < self.changes {
            return Err((self.refusal)());
        }
        self.inner.commit(commit).await
    }
}

#[tokio::test]
async fn a_booking_that_keeps_changing_is_decided_on_eight_times_at_most() {
    let room = nightly_resource("room", 1, 600);
    let w = World::running(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.ask(&hold, "pay", VISA).await.expect("an answer").booking.id;
    w.at_rest(&id).await;
    for (changes, expected) in [(8, None), (7, Some(BookingStatus::Cancelled))] {
        let inner = w.store.bookings.clone();
        let refusal = || CommitError::Stale;
        let store = Arc::new(Contended { inner, refused: AtomicU32::new(0), changes, refusal });
        let cancellations = Cancellations::new(
            store.clone(),
            w.store.callbacks.clone(),
            w.flow.clone(),
            w.flow.clone(),
            charge_rules(),
        );
        let (guest, request, by) = (guest("guest"), key("cancel", ""), w.by("guest"));
        let cancelled = cancellations.cancel(&guest, &id, &request, None, Duration::ZERO, &by).await;
        assert_eq!(store.refused.load(Ordering::Relaxed), 8, "{changes}");
        match expected {
            Some(status) => assert_eq!(cancelled.expect("the eighth try").booking.status, status),
            None => assert!(matches!(cancelled, Err(Failure::RequestInProgress)), "{cancelled:?}"),
        }
    }
}

#[tokio::test]
async fn an_attempt_among_many_at_once_of_its_guest_is_counted_five_times_at_most() {
    let room = nightly_resource("room", 1, 600);
    let w = World::running(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    for (changes, expected) in [(5, None), (4, Some(BookingStatus::Confirmed))] {
        let (inner, refusal) = (w.store.bookings.clone(), || CommitError::AttemptsChanged);
        let store = Arc::new(Contended { inner, refused: AtomicU32::new(0), changes, refusal });
        let (holds, attempts) = (w.store.holds.clone(), w.store.attempts.clone());
        let actions = w.store.actions.clone();
        let requests = BookingRequests::new(store.clone(), holds, attempts, actions, w.flow.clone());
        let payment_method = Some(VISA.to_owned());
        let request = BookingRequest { hold: hold.id.clone(), payment_method, contact: None, wait: PATIENCE };
        let asked = requests.request(&guest("guest"), &key("pay", ""), &request, &w.by("guest")).await;
        assert_eq!(store.refused.load(Ordering::Relaxed), 5, "{changes}");
        match expected {
            Some(status) => assert_eq!(asked.expect("the fifth try").booking.status, status),
            None => assert!(matches!(asked, Err(Failure::RequestInProgress)), "{asked:?}"),
        }
    }
}
