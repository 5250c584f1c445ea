//! Money that goes back: by policy, once, and never more than was taken.

use std::sync::Arc;

use futures::future::join_all;
use holdfast_app::Failure;
use holdfast_app::payments::Reaction;
use holdfast_domain::{BookingId, BookingStatus, PaymentStatus};
use holdfast_testkit::nightly_resource;

use crate::bank::{Dashboard, VISA};
use crate::world::{NIGHT, PRICE, World, guest, key};

/// From the start of the test to check-in of the night.
const TO_CHECK_IN: i64 = 12 * 24 * 3600 + 7 * 3600;
const DAY: i64 = 24 * 3600;
const HALF: i64 = PRICE / 2;

/// A booking that stands, its money taken. The policy: all up to 24 hours before, half up to the start.
async fn booked() -> (Arc<World>, BookingId) {
    let room = nightly_resource("room", 1, 600);
    let w = World::running(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let booking = w.ask(&hold, "pay", VISA).await.expect("an answer").booking;
    assert_eq!(booking.payment_status(), PaymentStatus::Captured);
    (w, booking.id)
}

async fn rings(w: &World, id: &BookingId, event: &str) -> Reaction {
    w.webhook.on_payment(event, &w.bank.intent_of(id), &w.by("stripe")).await.expect("a reaction")
}

#[tokio::test]
async fn a_cancellation_refunds_what_the_policy_says() {
    let cases = [
        (0, PRICE, PaymentStatus::Refunded),
        (TO_CHECK_IN - DAY, PRICE, PaymentStatus::Refunded),
        (TO_CHECK_IN - DAY + 1, HALF, PaymentStatus::PartiallyRefunded),
        (TO_CHECK_IN - 1, HALF, PaymentStatus::PartiallyRefunded),
        (TO_CHECK_IN, 0, PaymentStatus::Captured),
    ];
    for (later, refund, payment_status) in cases {
        let (w, id) = booked().await;
        w.pass(later);
        let cancelled = w.cancel(&id, "cancel").await.expect("a cancellation");
        assert_eq!(cancelled.refund.amount(), refund, "{later} s later");
        assert!(cancelled.booking.money_is_settled() && !cancelled.replayed);
        let booking = w.at_rest(&id).await;
        assert_eq!((booking.status, booking.payment_status()), (BookingStatus::Cancelled, payment_status));
        assert_eq!(w.bank.kept(&id), PRICE - refund);
        assert_eq!(w.bank.effects().refunded, u32::from(refund > 0));
        assert_eq!(w.taken(&nightly_resource("room", 1, 600)).await, []);
    }
}

#[tokio::test]
async fn a_booking_given_up_again_with_any_key_gets_the_same_answer_and_no_second_refund() {
    let (w, id) = booked().await;
    let first = w.cancel(&id, "cancel").await.expect("a cancellation");
    w.pass(TO_CHECK_IN - 3600);
    for (name, replayed) in [("cancel", true), ("another", false)] {
        let again = w.cancel(&id, name).await.expect("the same");
        assert_eq!((again.refund, again.booking.status), (first.refund, first.booking.status), "{name}");
        assert_eq!(again.replayed, replayed, "{name}");
    }
    let wait = std::time::Duration::ZERO;
    let other =
        w.cancellations.cancel(&guest("guest"), &id, &key("cancel", "x"), None, wait, &w.by("guest")).await;
    assert!(matches!(other, Err(Failure::KeyReused)), "{other:?}");
    assert_eq!(w.bank.effects().refunded, 1);
    assert_eq!(w.flow.settlements().len(), 1);
}

#[tokio::test]
async fn a_cancellation_that_dies_before_its_settlement_is_settled_by_its_event() {
    let (w, id) = booked().await;
    w.recovery.on_booking_cancelled(&id, None).await.expect("an event out of the blue");
    assert_eq!(w.booking(&id).await.status, BookingStatus::Confirmed);
    assert_eq!(w.flow.settlements(), [], "its booking's money has come to rest");

    w.flow.lose_next_settlement();
    let died = w.cancel(&id, "cancel").await;
    assert!(matches!(died, Err(Failure::Workflow(_))), "{died:?}");
    assert_eq!(w.booking(&id).await.status, BookingStatus::Cancelled);
    assert_eq!(w.bank.kept(&id), PRICE);
    for _ in 0..2 {
        w.recovery.on_booking_cancelled(&id, None).await.expect("a start");
    }
    assert_eq!(w.flow.settlements().len(), 1, "one, however often it is told");
    let again = w.cancel(&id, "cancel").await.expect("the same again");
    assert!(again.replayed && again.booking.money_is_settled());
    assert_eq!(w.at_rest(&id).await.payment_status(), PaymentStatus::Refunded);
    assert_eq!((w.bank.kept(&id), w.bank.effects().refunded), (0, 1));
    assert_eq!(w.flow.settlements().len(), 1, "one, whoever asks for it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_cancellations_and_settlements_refund_once() {
    let (w, id) = booked().await;
    let names: Vec<String> = (0..4).map(|n| format!("cancel{n}")).collect();
    for cancelled in join_all(names.iter().map(|name| w.cancel(&id, name))).await {
        assert_eq!(cancelled.expect("a cancellation").refund.amount(), PRICE);
    }
    join_all((0..4).map(|_| w.settle(&id))).await;
    assert_eq!(w.bank.effects().refunded, 1);
    w.at_rest(&id).await;
    assert_eq!(w.taken(&nightly_resource("room", 1, 600)).await, []);
}

#[tokio::test]
async fn a_refund_made_in_the_dashboard_is_written_down_once_and_counts_towards_a_cancellation() {
    for (later, known, kept) in [
        (0, true, 0),
        (0, false, 0),
        (TO_CHECK_IN - 3600, true, PRICE - HALF),
        (TO_CHECK_IN - 3600, false, PRICE - HALF),
    ] {
        let (w, id) = booked().await;
        w.bank.dashboard(&id, Dashboard::Refunds(1_000));
        if known {
            assert_eq!(rings(&w, &id, "evt_1").await, Reaction::Recorded);
            assert_eq!(rings(&w, &id, "evt_1").await, Reaction::Nothing);
            let booking = w.at_rest(&id).await;
            assert_eq!(booking.status, BookingStatus::Confirmed, "it stands all the same");
            assert_eq!(booking.payment_status(), PaymentStatus::PartiallyRefunded);
        }
        w.pass(later);
        w.cancel(&id, "cancel").await.expect("a cancellation");
        w.at_rest(&id).await;
        assert_eq!(w.bank.kept(&id), kept, "{later} s later, known: {known}");
        assert_eq!(w.bank.effects().refunded, 2);
    }
}

#[tokio::test]
async fn a_dashboard_refund_beyond_the_policy_leaves_nothing_to_refund() {
    for known in [true, false] {
        let (w, id) = booked().await;
        w.bank.dashboard(&id, Dashboard::Refunds(10_000));
        if known {
            assert_eq!(rings(&w, &id, "evt_1").await, Reaction::Recorded);
        }
        w.pass(TO_CHECK_IN - 3600);
        w.cancel(&id, "cancel").await.expect("a cancellation");
        w.settle(&id).await;
        let booking = w.at_rest(&id).await;
        assert_eq!(booking.refunded().amount(), 10_000, "known: {known}");
        assert_eq!(w.bank.effects().refunded, 1);
    }
}

#[tokio::test]
async fn a_dashboard_refund_after_the_cancellation_is_written_down_too() {
    let (w, id) = booked().await;
    w.pass(TO_CHECK_IN - 3600);
    w.cancel(&id, "cancel").await.expect("a cancellation");
    assert_eq!(w.at_rest(&id).await.refunded().amount(), HALF);
    w.bank.dashboard(&id, Dashboard::Refunds(PRICE - HALF));
    assert_eq!(rings(&w, &id, "evt_1").await, Reaction::Settling);
    w.settle(&id).await;
    let booking = w.at_rest(&id).await;
    assert_eq!(booking.payment_status(), PaymentStatus::Refunded);
    assert_eq!(booking.refunded(), booking.captured(), "all of it and no more");
    assert_eq!(rings(&w, &id, "evt_2").await, Reaction::Nothing);
}
