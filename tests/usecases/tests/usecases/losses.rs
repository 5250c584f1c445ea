//! Requests and answers that get lost between us and the bank: it is asked, and everything happens once.

use holdfast_domain::bookings::FailureReason;
use holdfast_domain::{BookingStatus, PaymentStatus};
use holdfast_testkit::nightly_resource;

use crate::bank::{DECLINED, Effects, Fault, Op, VISA};
use crate::driver::{Drive, Ending, Step};
use crate::world::{NIGHT, World};

const FAULTS: [Fault; 3] = [Fault::RequestLost, Fault::AnswerLost, Fault::Unavailable];

#[tokio::test]
async fn whatever_is_lost_on_the_way_to_a_booking_it_is_captured_once() {
    for op in [Op::Create, Op::Authorize, Op::Capture] {
        for fault in FAULTS {
            for twice in [false, true] {
                let room = nightly_resource("room", 1, 600);
                let w = World::with(&room).await;
                let hold = w.held(&room, "k", NIGHT).await;
                let id = w.open(&hold, "pay", VISA).await;
                w.bank.fail(op, fault);
                let drive = Drive::new(&w, &id);
                let drive = if twice { drive.twice() } else { drive };
                assert_eq!(drive.run().await, Ending::Confirmed, "{op:?} {fault:?}");
                let once = Effects { authorized: 1, captured: 1, voided: 0, refunded: 0 };
                assert_eq!(w.bank.effects(), once, "{op:?} {fault:?}");
                assert_eq!(w.at_rest(&id).await.payment_status(), PaymentStatus::Captured);
                assert_eq!(w.taken(&room).await.len(), 1);
            }
        }
    }
}

#[tokio::test]
async fn a_decline_whose_answer_is_lost_is_a_decline() {
    let room = nightly_resource("room", 1, 600);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.open(&hold, "pay", DECLINED).await;
    w.bank.fail(Op::Authorize, Fault::AnswerLost);
    w.bank.fail(Op::Inquire, Fault::Unavailable);
    assert_eq!(Drive::new(&w, &id).run().await, Ending::Failed);
    let booking = w.at_rest(&id).await;
    assert_eq!(booking.payment_status(), PaymentStatus::Failed);
    assert_eq!(booking.failure.as_ref().map(FailureReason::as_str), Some("card_declined"));
}

#[tokio::test]
async fn whatever_is_lost_on_the_way_to_a_void_it_happens_once() {
    for op in [Op::Void, Op::Inquire] {
        for fault in FAULTS {
            let room = nightly_resource("room", 1, 60);
            let w = World::with(&room).await;
            let hold = w.held(&room, "k", NIGHT).await;
            let id = w.open(&hold, "pay", VISA).await;
            let (late, there) = (w.clone(), room.clone());
            let drive = Drive::new(&w, &id).twice().before(
                Step::ConfirmBooking,
                Box::pin(async move {
                    late.pass(901);
                    late.held(&there, "thief", NIGHT).await;
                    late.bank.fail(op, fault);
                }),
            );
            assert_eq!(drive.run().await, Ending::Failed, "{op:?} {fault:?}");
            let once = Effects { authorized: 1, captured: 0, voided: 1, refunded: 0 };
            assert_eq!(w.bank.effects(), once, "{op:?} {fault:?}");
            assert_eq!(w.at_rest(&id).await.payment_status(), PaymentStatus::Voided);
        }
    }
}

#[tokio::test]
async fn whatever_is_lost_on_the_way_to_a_refund_it_happens_once() {
    for op in [Op::Refund, Op::Inquire] {
        for fault in FAULTS {
            let room = nightly_resource("room", 1, 600);
            let w = World::with(&room).await;
            let hold = w.held(&room, "k", NIGHT).await;
            let id = w.open(&hold, "pay", VISA).await;
            assert_eq!(Drive::new(&w, &id).run().await, Ending::Confirmed);
            w.bank.fail(op, fault);
            w.cancel(&id, "cancel").await.expect("a cancellation");
            for _ in 0..2 {
                w.settle(&id).await;
            }
            let once = Effects { authorized: 1, captured: 1, voided: 0, refunded: 1 };
            assert_eq!(w.bank.effects(), once, "{op:?} {fault:?}");
            let booking = w.at_rest(&id).await;
            assert_eq!(booking.status, BookingStatus::Cancelled);
            assert_eq!(booking.payment_status(), PaymentStatus::Refunded);
        }
    }
}

#[tokio::test]
async fn a_refund_is_asked_about_not_repeated_when_the_provider_has_forgotten_its_key() {
    let room = nightly_resource("room", 1, 600);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.open(&hold, "pay", VISA).await;
    assert_eq!(Drive::new(&w, &id).run().await, Ending::Confirmed);
    w.cancel(&id, "cancel").await.expect("a cancellation");
    w.bank.fail(Op::Refund, Fault::AnswerLost);
    w.saga.settle(&id, &w.by("saga")).await.expect_err("nobody knows");
    w.pass(25 * 3600);
    w.bank.forget_keys();
    w.settle(&id).await;
    assert_eq!(w.bank.effects().refunded, 1);
    assert_eq!(w.at_rest(&id).await.payment_status(), PaymentStatus::Refunded);
}

#[tokio::test]
async fn a_bank_that_never_gets_the_request_fails_the_booking_with_nothing_reserved() {
    let room = nightly_resource("room", 1, 600);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.open(&hold, "pay", VISA).await;
    for _ in 0..4 {
        w.bank.fail(Op::Authorize, Fault::RequestLost);
    }
    assert_eq!(Drive::new(&w, &id).run().await, Ending::Failed);
    let booking = w.at_rest(&id).await;
    assert_eq!(booking.failure.as_ref().map(FailureReason::as_str), Some("payment_unavailable"));
    assert_eq!(booking.payment_status(), PaymentStatus::Voided);
    assert_eq!(w.bank.effects(), Effects::default());
    let again = w.ask(&hold, "pay", VISA).await;
    assert!(again.is_err() || again.is_ok_and(|again| again.booking.id != id), "an outage is not remembered");
}
