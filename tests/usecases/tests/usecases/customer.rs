//! 3-D Secure: the bank wants the customer, the saga waits, the hold lives one TTL longer.

use std::sync::Arc;

use holdfast_app::Failure;
use holdfast_app::payments::{Outcome, Reaction};
use holdfast_domain::bookings::FailureReason;
use holdfast_domain::{BookingId, BookingStatus, HoldStatus, PaymentStatus};
use holdfast_testkit::nightly_resource;
use jiff::SignedDuration;
use tokio::task::JoinHandle;

use crate::bank::{Effects, Fault, Op, THREE_D_SECURE, VISA};
use crate::driver::{Drive, Ending};
use crate::world::{NIGHT, SPAN, World, soon};

const TTL: i64 = 600;

async fn world() -> Arc<World> {
    World::with(&nightly_resource("room", 1, 600)).await
}

/// A saga that runs beside, until it waits for its customer.
async fn waits(w: &Arc<World>, id: &BookingId) -> JoinHandle<Ending> {
    let run = runs(w, id);
    w.flow.idle().await;
    run
}

fn runs(w: &Arc<World>, id: &BookingId) -> JoinHandle<Ending> {
    let (w, id) = (w.clone(), id.clone());
    tokio::spawn(async move { Drive::new(&w, &id).run().await })
}

async fn ends(run: JoinHandle<Ending>) -> Ending {
    soon("the end of the saga", run).await.expect("no panic")
}

async fn rings(w: &World, id: &BookingId, event: &str) -> Reaction {
    w.webhook.on_payment(event, &w.bank.intent_of(id), &w.by("stripe")).await.expect("a reaction")
}

#[tokio::test]
async fn the_customers_step_prolongs_the_hold_once_and_the_webhook_resumes_the_saga() {
    for range in [NIGHT, SPAN] {
        let room = nightly_resource("room", 1, 600);
        let w = World::with(&room).await;
        let hold = w.held(&room, "k", range).await;
        let id = w.open(&hold, "pay", THREE_D_SECURE).await;
        let run = waits(&w, &id).await;
        let booking = w.booking(&id).await;
        let deadline = hold.expires_at + SignedDuration::from_secs(TTL);
        assert_eq!(booking.action().expect("an action").expires_at, deadline);
        assert_eq!(rings(&w, &id, "evt_0").await, Reaction::Resumed, "it may ring for anything");
        w.flow.idle().await;
        assert_eq!(w.booking(&id).await.version, booking.version, "nothing was prolonged again");
        w.pass(2 * TTL - 1);
        assert_eq!(w.hold_status(&hold.id).await, HoldStatus::Active, "until the last second");
        w.bank.customer(&id, true);
        assert_eq!(rings(&w, &id, "evt_1").await, Reaction::Resumed);
        assert_eq!(rings(&w, &id, "evt_1").await, Reaction::Nothing, "a duplicate");
        assert_eq!(ends(run).await, Ending::Confirmed);
        assert_eq!(rings(&w, &id, "evt_1").await, Reaction::Nothing, "days later");
        assert_eq!(w.bank.effects(), Effects { authorized: 1, captured: 1, voided: 0, refunded: 0 });
        w.at_rest(&id).await;
    }
}

#[tokio::test]
async fn the_saga_waits_for_its_customer_in_whole_seconds_rounded_up() {
    let room = nightly_resource("room", 1, 600);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.open(&hold, "pay", THREE_D_SECURE).await;
    w.saga.create_payment(&id, &w.by("saga")).await.expect("created");
    w.saga.authorize_payment(&id, &w.by("saga")).await.expect("the customer is wanted");
    for (millis, timeout_seconds) in [(0, 2 * TTL), (1, 2 * TTL), (999, 2 * TTL - 1), (500, 2 * TTL - 1)] {
        w.clock.advance(SignedDuration::from_millis(millis));
        let asked = w.saga.inquire_payment(&id, &w.by("saga")).await.expect("asked");
        assert_eq!(asked, Outcome::ActionRequired { timeout_seconds }, "{millis} ms later");
    }
    w.pass(2 * TTL - 2);
    let last = w.saga.inquire_payment(&id, &w.by("saga")).await.expect("asked");
    assert_eq!(last, Outcome::ActionRequired { timeout_seconds: 1 });
}

#[tokio::test]
async fn the_request_is_answered_with_what_the_customer_has_to_do() {
    let room = nightly_resource("room", 1, 600);
    let w = World::running(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let booking = w.ask(&hold, "pay", THREE_D_SECURE).await.expect("an answer").booking;
    assert_eq!(booking.status, BookingStatus::Pending);
    assert!(booking.action().is_some());
}

#[tokio::test]
async fn a_customer_who_was_faster_than_the_callback_is_not_waited_for() {
    let room = nightly_resource("room", 1, 600);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.open(&hold, "pay", THREE_D_SECURE).await;
    let (bank, of) = (w.bank.clone(), id.clone());
    w.bank.after(Op::Authorize, Box::pin(async move { bank.customer(&of, true) }));
    assert_eq!(ends(runs(&w, &id)).await, Ending::Confirmed);
    assert_eq!(w.flow.resumed().len(), 1);
    w.at_rest(&id).await;
}

/// The customer is done a second before the hold expires, and the webhook does not come: the saga asks in time, and the places are
/// theirs although the hold's time passes before the confirmation.
#[tokio::test]
async fn a_customer_who_was_in_time_keeps_the_places_though_the_webhook_is_late() {
    for range in [NIGHT, SPAN] {
        let room = nightly_resource("room", 1, 600);
        let w = World::with(&room).await;
        let hold = w.held(&room, "k", range).await;
        let id = w.open(&hold, "pay", THREE_D_SECURE).await;
        w.saga.create_payment(&id, &w.by("saga")).await.expect("created");
        w.saga.authorize_payment(&id, &w.by("saga")).await.expect("the customer is wanted");
        w.pass(2 * TTL - 1);
        w.bank.customer(&id, true);
        assert_eq!(w.saga.inquire_payment(&id, &w.by("saga")).await.expect("asked"), Outcome::Authorized);
        w.pass(3);
        let thief = w.place(&room, "thief", range, 1).await;
        assert!(matches!(thief, Err(Failure::SoldOut { .. })), "the hold is claimed anew: {thief:?}");
        assert_eq!(Drive::new(&w, &id).run().await, Ending::Confirmed);
        assert_eq!(w.bank.effects(), Effects { authorized: 1, captured: 1, voided: 0, refunded: 0 });
        w.at_rest(&id).await;
    }
}

#[tokio::test]
async fn a_customer_who_fails_at_the_bank_may_try_another_card_but_is_prolonged_no_more() {
    let room = nightly_resource("room", 1, 600);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.open(&hold, "pay", THREE_D_SECURE).await;
    let run = waits(&w, &id).await;
    w.bank.customer(&id, false);
    assert_eq!(rings(&w, &id, "evt_1").await, Reaction::Resumed);
    assert_eq!(ends(run).await, Ending::Failed);
    let booking = w.at_rest(&id).await;
    assert_eq!(booking.failure.as_ref().map(FailureReason::as_str), Some("authentication_failed"));
    assert_eq!(booking.payment_status(), PaymentStatus::Failed);
    w.pass(TTL + 1);
    assert_eq!(w.hold_status(&hold.id).await, HoldStatus::Active, "prolonged all the same");
    let second = w.open(&hold, "again", THREE_D_SECURE).await;
    let run = waits(&w, &second).await;
    let asked = w.booking(&second).await;
    let action = asked.action().expect("an action");
    assert_eq!(action.expires_at, hold.expires_at + SignedDuration::from_secs(TTL), "not once more");
    w.bank.customer(&second, true);
    rings(&w, &second, "evt_2").await;
    assert_eq!(ends(run).await, Ending::Confirmed);
    assert_eq!(w.bank.effects().captured, 1);
}

#[tokio::test]
async fn a_customer_who_never_comes_loses_the_hold_and_in_the_end_the_booking() {
    let room = nightly_resource("room", 1, 600);
    let w = world().await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.open(&hold, "pay", THREE_D_SECURE).await;
    let run = waits(&w, &id).await;
    w.pass(2 * TTL);
    assert_eq!(w.hold_status(&hold.id).await, HoldStatus::Expired, "at the instant");
    assert!(matches!(w.ask(&hold, "other", VISA).await, Err(Failure::HoldExpired)));
    let timed_out = w.saga.inquire_payment(&id, &w.by("saga")).await.expect("asked");
    assert_eq!(timed_out, Outcome::ActionRequired { timeout_seconds: 0 }, "from now on it is late");
    w.flow.time_out();
    w.flow.idle().await;
    w.held(&room, "next", NIGHT).await;
    w.pass(400);
    assert_eq!(w.taken(&room).await.len(), 1, "the next guest's");
    w.pass(500);
    w.flow.time_out();
    assert_eq!(ends(run).await, Ending::Failed);
    let booking = w.at_rest(&id).await;
    assert_eq!(booking.failure.as_ref().map(FailureReason::as_str), Some("payment_timed_out"));
    assert_eq!(w.bank.effects(), Effects::default());
    assert_eq!(w.taken(&room).await, []);
}

#[tokio::test]
async fn a_customer_who_comes_late_gets_free_places_or_the_money_back() {
    for taken in [false, true] {
        let room = nightly_resource("room", 1, 600);
        let w = world().await;
        let hold = w.held(&room, "k", NIGHT).await;
        let id = w.open(&hold, "pay", THREE_D_SECURE).await;
        let run = waits(&w, &id).await;
        w.pass(2 * TTL);
        w.flow.time_out();
        w.flow.idle().await;
        if taken {
            w.held(&room, "thief", NIGHT).await;
        }
        w.bank.customer(&id, true);
        assert_eq!(rings(&w, &id, "evt_1").await, Reaction::Resumed);
        let ending = if taken { Ending::Failed } else { Ending::Confirmed };
        assert_eq!(ends(run).await, ending);
        let effects = w.bank.effects();
        assert_eq!((effects.captured, effects.voided), if taken { (0, 1) } else { (1, 0) });
        w.at_rest(&id).await;
        assert_eq!(w.taken(&room).await, [("2030-06 01".to_owned(), 1)]);
    }
}

#[tokio::test]
async fn a_bank_that_wants_the_customer_when_the_hold_is_dead_already_has_no_hold_to_prolong() {
    let room = nightly_resource("room", 1, 60);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.open(&hold, "pay", THREE_D_SECURE).await;
    let late = w.clone();
    w.bank.fail(Op::Authorize, Fault::AnswerLost);
    w.bank.before(Op::Inquire, Box::pin(async move { late.pass(901) }));
    let run = waits(&w, &id).await;
    assert_eq!(w.hold_status(&hold.id).await, HoldStatus::Expired);
    assert!(w.booking(&id).await.action().is_some(), "a late payment may still come");
    w.bank.customer(&id, true);
    rings(&w, &id, "evt_1").await;
    // The world's clock has moved between the question and the answer, so that the saga asks once more.
    assert_eq!(ends(run).await, Ending::Confirmed);
    w.at_rest(&id).await;
}

#[tokio::test]
async fn a_hold_that_died_before_the_bank_answered_is_not_prolonged() {
    let room = nightly_resource("room", 1, 60);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.open(&hold, "pay", THREE_D_SECURE).await;
    w.saga.create_payment(&id, &w.by("saga")).await.expect("created");
    w.bank.fail(Op::Authorize, Fault::AnswerLost);
    w.saga.authorize_payment(&id, &w.by("saga")).await.expect_err("nobody knows");
    w.pass(901);
    let asked = w.saga.inquire_payment(&id, &w.by("saga")).await.expect("asked");
    assert_eq!(asked, Outcome::ActionRequired { timeout_seconds: 0 });
    assert_eq!(w.booking(&id).await.action().expect("an action").expires_at, hold.expires_at);
    assert_eq!(w.hold_status(&hold.id).await, HoldStatus::Expired);
}

#[tokio::test]
async fn a_booking_given_up_while_it_waits_for_the_customer_ends_at_once() {
    let room = nightly_resource("room", 1, 600);
    let w = world().await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.open(&hold, "pay", THREE_D_SECURE).await;
    let run = waits(&w, &id).await;
    w.cancel(&id, "cancel").await.expect("a cancellation");
    assert_eq!(ends(run).await, Ending::Cancelled);
    assert_eq!(w.flow.resumed().len(), 1);
    let booking = w.at_rest(&id).await;
    assert_eq!((booking.status, booking.payment_status()), (BookingStatus::Cancelled, PaymentStatus::Voided));
    assert_eq!(w.taken(&room).await, []);
    assert_eq!(rings(&w, &id, "evt_1").await, Reaction::Nothing);
}
