//! Giving a booking up at every point of its saga.

use std::sync::Arc;

use futures::future::BoxFuture;
use holdfast_app::Failure;
use holdfast_domain::{BookingId, BookingStatus, HoldStatus};
use holdfast_testkit::nightly_resource;

use crate::bank::{DECLINED, Op, VISA};
use crate::driver::{Drive, Ending, Step};
use crate::world::{NIGHT, SPAN, World};

#[derive(Debug, Clone, Copy)]
enum Point {
    /// Between two steps.
    Before(Step),
    /// While the request is on its way to the bank.
    Asking(Op),
    /// While the answer is on its way back.
    Answered(Op),
}

const POINTS: [Point; 11] = [
    Point::Before(Step::ClaimHold),
    Point::Before(Step::CreatePayment),
    Point::Asking(Op::Create),
    Point::Answered(Op::Create),
    Point::Before(Step::AuthorizePayment),
    Point::Asking(Op::Authorize),
    Point::Answered(Op::Authorize),
    Point::Before(Step::ConfirmBooking),
    Point::Before(Step::CapturePayment),
    Point::Asking(Op::Capture),
    Point::Answered(Op::Capture),
];

fn cancels(w: &Arc<World>, id: &BookingId, settles: bool) -> BoxFuture<'static, ()> {
    let (w, id) = (w.clone(), id.clone());
    Box::pin(async move {
        let cancelled = w.cancel(&id, "cancel").await.expect("a cancellation");
        assert_eq!(cancelled.refund.amount(), 0, "nothing was taken yet");
        if settles {
            w.settle(&id).await;
        }
    })
}

#[tokio::test]
async fn a_booking_given_up_anywhere_in_its_saga_gives_back_money_and_places() {
    for point in POINTS {
        for (settles, twice) in [(false, false), (false, true), (true, false), (true, true)] {
            let why = format!("{point:?}, settled at once: {settles}, steps twice: {twice}");
            let room = nightly_resource("room", 1, 600);
            let w = World::with(&room).await;
            let hold = w.held(&room, "k", if twice { SPAN } else { NIGHT }).await;
            let id = w.open(&hold, "pay", VISA).await;
            let mut drive = Drive::new(&w, &id);
            let cancel = cancels(&w, &id, settles);
            match point {
                Point::Before(step) => drive = drive.before(step, cancel),
                Point::Asking(op) => w.bank.before(op, cancel),
                Point::Answered(op) => w.bank.after(op, cancel),
            }
            drive = if twice { drive.twice() } else { drive };
            assert_eq!(drive.run().await, Ending::Cancelled, "{why}");
            w.settle(&id).await;
            let booking = w.at_rest(&id).await;
            assert_eq!(booking.status, BookingStatus::Cancelled, "{why}");
            assert_eq!(w.bank.kept(&id), 0, "{why}");
            let effects = w.bank.effects();
            assert!(effects.authorized <= 1 && effects.captured <= 1, "{why}: {effects:?}");
            assert_eq!(effects.voided + effects.captured, effects.authorized, "{why}: {effects:?}");
            assert_eq!(effects.refunded, effects.captured, "{why}: {effects:?}");
            if let Point::Before(step) = point {
                let reserved = matches!(step, Step::ConfirmBooking | Step::CapturePayment);
                assert_eq!(effects.authorized, u32::from(reserved), "{why}: nothing more is asked");
                assert_eq!(effects.captured, 0, "{why}: nothing more is asked");
            }
            assert_eq!(w.taken(&room).await, [], "{why}");
            assert_ne!(w.hold_status(&hold.id).await, HoldStatus::Active, "{why}");
            let trail = w.trail(&id).await;
            assert_eq!(trail.iter().filter(|kind| *kind == "booking.cancelled").count(), 1, "{why}");
            let next = w.held(&room, "next", NIGHT).await;
            let next = w.open(&next, "pay next", VISA).await;
            assert_eq!(Drive::new(&w, &next).run().await, Ending::Confirmed, "{why}");
        }
    }
}

#[tokio::test]
async fn a_saga_that_begins_after_the_cancellation_asks_nothing_of_the_bank() {
    let room = nightly_resource("room", 1, 600);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.open(&hold, "pay", VISA).await;
    w.cancel(&id, "cancel").await.expect("a cancellation");
    assert_eq!(Drive::new(&w, &id).run().await, Ending::Cancelled);
    w.at_rest(&id).await;
    assert_eq!(w.bank.state(&id), None);
    assert_eq!(w.hold_status(&hold.id).await, HoldStatus::Released);
}

#[tokio::test]
async fn a_failed_booking_cannot_be_given_up() {
    let room = nightly_resource("room", 1, 600);
    let w = World::running(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.ask(&hold, "pay", DECLINED).await.expect("an answer").booking.id;
    let refused = w.cancel(&id, "cancel").await;
    assert!(matches!(refused, Err(Failure::NotCancellable(BookingStatus::Failed))), "{refused:?}");
    assert_eq!(w.hold_status(&hold.id).await, HoldStatus::Active, "the hold is not touched");
}

#[tokio::test]
async fn a_booking_whose_time_has_passed_cannot_be_given_up() {
    let room = nightly_resource("room", 1, 600);
    let w = World::running(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.ask(&hold, "pay", VISA).await.expect("an answer").booking.id;
    w.pass(30 * 24 * 3600);
    let refused = w.cancel(&id, "cancel").await;
    assert!(matches!(refused, Err(Failure::NotCancellable(BookingStatus::Completed))), "{refused:?}");
    assert_eq!(w.bank.effects().refunded, 0);
}
