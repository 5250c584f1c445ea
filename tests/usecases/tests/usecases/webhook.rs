//! What the provider tells unasked: a doorbell, and what is found behind the door.

use std::sync::Arc;

use holdfast_app::payments::{Outcome, Reaction};
use holdfast_domain::bookings::FailureReason;
use holdfast_domain::{BookingId, BookingStatus, PaymentStatus};
use holdfast_testkit::nightly_resource;

use crate::bank::{Dashboard, Effects, Fault, Op, THREE_D_SECURE, VISA};
use crate::driver::{Drive, Ending};
use crate::world::{NIGHT, World};

async fn rings(w: &World, id: &BookingId, event: &str) -> Reaction {
    w.webhook.on_payment(event, &w.bank.intent_of(id), &w.by("stripe")).await.expect("a reaction")
}

/// A booking whose saga has asked the bank and died.
async fn abandoned(card: &str) -> (Arc<World>, BookingId) {
    let room = nightly_resource("room", 1, 600);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.open(&hold, "pay", card).await;
    w.saga.create_payment(&id, &w.by("saga")).await.expect("created");
    w.saga.authorize_payment(&id, &w.by("saga")).await.expect("asked");
    (w, id)
}

#[tokio::test]
async fn a_payment_that_is_not_ours_is_acknowledged_and_nothing_is_written() {
    let (w, id) = abandoned(VISA).await;
    let before = w.booking(&id).await;
    let unknown = w.webhook.on_payment("evt_1", "pi_unknown", &w.by("stripe")).await;
    assert_eq!(unknown.expect("acknowledged"), Reaction::Nothing);
    assert_eq!(w.booking(&id).await, before);
}

#[tokio::test]
async fn an_event_that_comes_before_the_saga_waits_has_no_effect() {
    let (w, id) = abandoned(THREE_D_SECURE).await;
    assert_eq!(rings(&w, &id, "evt_1").await, Reaction::Nothing);
    assert_eq!(w.booking(&id).await.status, BookingStatus::Pending);
}

#[tokio::test]
async fn an_outage_of_the_provider_is_no_acknowledgement() {
    let (w, id) = abandoned(VISA).await;
    w.bank.fail(Op::Inquire, Fault::Unavailable);
    let failed = w.webhook.on_payment("evt_1", &w.bank.intent_of(&id), &w.by("stripe")).await;
    assert!(failed.is_err_and(|failure| failure.is_outage()));
}

#[tokio::test]
async fn a_late_authorization_of_a_failed_booking_is_voided_once() {
    let declined = FailureReason::Declined { code: "authentication_failed".to_owned() };
    for reason in [declined, FailureReason::PaymentTimedOut] {
        let (w, id) = abandoned(THREE_D_SECURE).await;
        let failed = w.saga.fail_booking(&id, &reason, &w.by("saga")).await;
        assert_eq!(failed.expect("failed"), Outcome::Failed);
        w.bank.customer(&id, true);
        for _ in 0..2 {
            assert_eq!(rings(&w, &id, "evt_1").await, Reaction::Settling);
        }
        assert_eq!(w.flow.settlements(), [(id.clone(), "evt_1".to_owned())], "one settlement per event");
        for _ in 0..2 {
            w.settle(&id).await;
        }
        assert_eq!(w.bank.effects(), Effects { authorized: 1, captured: 0, voided: 1, refunded: 0 });
        let status = if reason.is_decline() { PaymentStatus::Failed } else { PaymentStatus::Voided };
        assert_eq!(w.at_rest(&id).await.payment_status(), status);
        assert_eq!(rings(&w, &id, "evt_2").await, Reaction::Nothing);
    }
}

#[tokio::test]
async fn a_late_capture_of_a_failed_booking_is_refunded_once() {
    let (w, id) = abandoned(VISA).await;
    let failed = w.saga.fail_booking(&id, &FailureReason::SoldOut, &w.by("saga")).await;
    assert_eq!(failed.expect("failed"), Outcome::Failed);
    w.bank.dashboard(&id, Dashboard::Captures);
    assert_eq!(rings(&w, &id, "evt_1").await, Reaction::Settling);
    for _ in 0..2 {
        w.settle(&id).await;
    }
    assert_eq!(w.bank.effects(), Effects { authorized: 1, captured: 1, voided: 0, refunded: 1 });
    assert_eq!(w.at_rest(&id).await.payment_status(), PaymentStatus::Refunded);
    assert_eq!(rings(&w, &id, "evt_2").await, Reaction::Nothing);
}

#[tokio::test]
async fn a_late_payment_of_a_cancelled_booking_goes_back() {
    for captured in [false, true] {
        let (w, id) = abandoned(THREE_D_SECURE).await;
        w.cancel(&id, "cancel").await.expect("a cancellation");
        w.bank.customer(&id, true);
        if captured {
            w.bank.dashboard(&id, Dashboard::Captures);
        }
        assert_eq!(rings(&w, &id, "evt_1").await, Reaction::Settling);
        for _ in 0..2 {
            w.settle(&id).await;
        }
        let booking = w.at_rest(&id).await;
        assert_eq!(booking.status, BookingStatus::Cancelled);
        assert_eq!(w.bank.kept(&id), 0);
        assert_eq!(w.bank.effects().refunded, u32::from(captured));
        assert_eq!(w.bank.effects().voided, u32::from(!captured));
        assert_eq!(rings(&w, &id, "evt_2").await, Reaction::Nothing);
    }
}

#[tokio::test]
async fn a_cancellation_whose_settlement_was_lost_is_settled_by_the_next_event() {
    let (w, id) = abandoned(VISA).await;
    assert_eq!(Drive::new(&w, &id).run().await, Ending::Confirmed);
    w.flow.lose_next_settlement();
    w.cancel(&id, "cancel").await.expect_err("it dies before the settlement");
    assert_eq!(rings(&w, &id, "evt_1").await, Reaction::Settling);
    w.settle(&id).await;
    assert_eq!(w.bank.kept(&id), 0);
    assert_eq!(w.at_rest(&id).await.payment_status(), PaymentStatus::Refunded);
    assert_eq!(rings(&w, &id, "evt_2").await, Reaction::Nothing);
}

#[tokio::test]
async fn events_about_a_booking_that_stands_change_nothing() {
    let room = nightly_resource("room", 1, 600);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.open(&hold, "pay", VISA).await;
    assert_eq!(Drive::new(&w, &id).run().await, Ending::Confirmed);
    let before = w.booking(&id).await;
    for event in ["evt_1", "evt_1", "evt_2"] {
        assert_eq!(rings(&w, &id, event).await, Reaction::Nothing);
    }
    assert_eq!(w.booking(&id).await, before);
    assert_eq!(w.flow.settlements(), []);
}
