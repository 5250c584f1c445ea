//! The saga against repetition, death of the hold, and cards that change their mind.

use holdfast_app::bookings::BookingCommit;
use holdfast_app::kernel::{booking_id, confirmation_number};
use holdfast_app::payments::Outcome;
use holdfast_domain::bookings::FailureReason;
use holdfast_domain::money::Percent;
use holdfast_domain::payments::PaymentMethod;
use holdfast_domain::{
    Booking, BookingEvent, BookingPayments, BookingStatus, HoldStatus, InventoryMove, Payment, PaymentStatus,
};
use holdfast_testkit::{at, daily_resource, nightly_resource};
use jiff::SignedDuration;

use crate::bank::{DECLINED, Dashboard, Effects, NEVER_CAPTURES, Op, VISA};
use crate::driver::{Drive, Ending, Step};
use crate::world::{NIGHT, SPAN, World};

/// Longer than any claim lives.
const CLAIM_OVER: i64 = 901;

#[tokio::test]
async fn every_step_taken_twice_has_one_effect() {
    for range in [NIGHT, SPAN] {
        let cases = [
            (VISA, Ending::Confirmed, Effects { authorized: 1, captured: 1, voided: 0, refunded: 0 }),
            (DECLINED, Ending::Failed, Effects::default()),
            (NEVER_CAPTURES, Ending::Failed, Effects { authorized: 1, captured: 0, voided: 1, refunded: 0 }),
        ];
        for (card, ending, effects) in cases {
            let room = nightly_resource("room", 2, 600);
            let w = World::with(&room).await;
            let hold = w.held(&room, "k", range).await;
            let id = w.open(&hold, "pay", card).await;
            assert_eq!(Drive::new(&w, &id).twice().run().await, ending, "{card}");
            assert_eq!(w.bank.effects(), effects, "{card}");
            w.at_rest(&id).await;
            let places = w.taken(&room).await;
            assert!(places.iter().all(|(_, places)| *places == 1), "held or booked, once: {places:?}");
            let trail = w.trail(&id).await;
            let mut once = trail.clone();
            once.sort();
            once.dedup();
            assert_eq!(once.len(), trail.len(), "each event once: {trail:?}");
        }
    }
}

#[tokio::test]
async fn a_saga_run_again_from_its_start_has_no_second_effect() {
    let room = nightly_resource("room", 1, 600);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.open(&hold, "pay", VISA).await;
    for _ in 0..2 {
        assert_eq!(Drive::new(&w, &id).run().await, Ending::Confirmed);
    }
    assert_eq!(w.bank.effects(), Effects { authorized: 1, captured: 1, voided: 0, refunded: 0 });
    assert_eq!(w.taken(&room).await.len(), 1);
}

/// Half an hour after every test begins.
const RIDE: (&str, &str) = ("2030-05-20T12:30:00Z", "2030-05-20T12:35:00Z");

/// A ride for which the amount is reserved that number of seconds before it begins, and that is confirmed so long after that.
async fn paid_around_its_start(opened: i64, confirmed: i64) -> (Outcome, Ending, Effects) {
    const BEGINS: i64 = 1_800;
    let wheel = daily_resource("wheel", 5, &[("12:00", "20:00")], 1, 600);
    let w = World::with(&wheel).await;
    w.pass(BEGINS - opened);
    let hold = w.held(&wheel, "k", RIDE).await;
    let id = w.open(&hold, "pay", VISA).await;
    w.saga.create_payment(&id, &w.by("saga")).await.expect("created");
    w.saga.authorize_payment(&id, &w.by("saga")).await.expect("authorized");
    w.pass(opened + confirmed);
    let outcome = w.saga.confirm_booking(&id, &w.by("saga")).await.expect("an outcome");
    let ending = match &outcome {
        Outcome::Confirmed => {
            w.saga.capture_payment(&id, &w.by("saga")).await.expect("captured");
            Ending::Confirmed
        }
        _ => {
            w.saga.void_payment(&id, &w.by("saga")).await.expect("voided");
            w.saga.fail_booking(&id, &FailureReason::SoldOut, &w.by("saga")).await.expect("failed");
            Ending::Failed
        }
    };
    w.at_rest(&id).await;
    (outcome, ending, w.bank.effects())
}

#[tokio::test]
async fn nobody_is_charged_for_what_began_when_it_was_no_longer_held_or_is_over() {
    let voided = Effects { authorized: 1, captured: 0, voided: 1, refunded: 0 };
    let captured = Effects { authorized: 1, captured: 1, voided: 0, refunded: 0 };
    let late = (Outcome::SoldOut, Ending::Failed, voided);
    let in_time = (Outcome::Confirmed, Ending::Confirmed, captured);
    assert_eq!(paid_around_its_start(60, 60).await, in_time, "its claim lives");
    assert_eq!(
        paid_around_its_start(1_000, -50).await,
        in_time,
        "free places are taken again before it begins"
    );
    assert_eq!(paid_around_its_start(1_000, 0).await, in_time, "as a hold of that instant would be");
    assert_eq!(paid_around_its_start(1_000, 1).await, late, "not once it has begun");
    assert_eq!(paid_around_its_start(60, 300).await, late, "nor when it is over, whoever holds it");
}

/// Tonight can be held until the date is over where the hotel is, hours after check-in time: paid late, it is taken again.
#[tokio::test]
async fn a_night_is_sold_until_its_date_is_over() {
    for (hour, expected) in
        [("2030-05-21T03:00:00Z", Outcome::Confirmed), ("2030-05-21T04:00:00Z", Outcome::SoldOut)]
    {
        let room = nightly_resource("room", 1, 600);
        let w = World::with(&room).await;
        let hold = w.held(&room, "k", ("2030-05-20", "2030-05-21")).await;
        let id = w.open(&hold, "pay", VISA).await;
        w.saga.create_payment(&id, &w.by("saga")).await.expect("created");
        w.saga.authorize_payment(&id, &w.by("saga")).await.expect("authorized");
        w.pass(at(hour).duration_since(w.now()).as_secs());
        let outcome = w.saga.confirm_booking(&id, &w.by("saga")).await.expect("an outcome");
        assert_eq!(outcome, expected, "{hour}: 23:00 or midnight in New York");
    }
}

#[tokio::test]
async fn a_hold_that_died_before_its_claim_was_seen_is_not_paid() {
    let room = nightly_resource("room", 1, 60);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.open(&hold, "pay", VISA).await;
    w.pass(CLAIM_OVER);
    assert_eq!(Drive::new(&w, &id).twice().run().await, Ending::Failed);
    assert_eq!(w.at_rest(&id).await.failure.as_ref().map(FailureReason::as_str), Some("hold_expired"));
    assert_eq!(w.bank.effects(), Effects::default());
    assert_eq!(w.taken(&room).await, []);
}

#[tokio::test]
async fn a_payment_that_comes_after_the_hold_died_takes_free_places() {
    for range in [NIGHT, SPAN] {
        let room = nightly_resource("room", 1, 60);
        let w = World::with(&room).await;
        let hold = w.held(&room, "k", range).await;
        let id = w.open(&hold, "pay", VISA).await;
        let late = w.clone();
        let drive = Drive::new(&w, &id).twice();
        let drive = drive.before(Step::ConfirmBooking, Box::pin(async move { late.pass(CLAIM_OVER) }));
        assert_eq!(drive.run().await, Ending::Confirmed);
        assert_eq!(w.bank.effects(), Effects { authorized: 1, captured: 1, voided: 0, refunded: 0 });
        assert_eq!(w.at_rest(&id).await.status, BookingStatus::Confirmed);
        assert_eq!(w.hold_status(&hold.id).await, HoldStatus::Confirmed);
        assert!(w.taken(&room).await.iter().all(|(_, places)| *places == 1));
    }
}

#[tokio::test]
async fn a_payment_that_comes_after_the_places_went_is_voided_once() {
    for range in [NIGHT, SPAN] {
        let room = nightly_resource("room", 1, 60);
        let w = World::with(&room).await;
        let hold = w.held(&room, "k", range).await;
        let id = w.open(&hold, "pay", VISA).await;
        let (late, there) = (w.clone(), room.clone());
        let drive = Drive::new(&w, &id).twice().before(
            Step::ConfirmBooking,
            Box::pin(async move {
                late.pass(CLAIM_OVER);
                late.held(&there, "thief", (range.0, range.1)).await;
            }),
        );
        assert_eq!(drive.run().await, Ending::Failed);
        assert_eq!(w.bank.effects(), Effects { authorized: 1, captured: 0, voided: 1, refunded: 0 });
        let booking = w.at_rest(&id).await;
        assert_eq!(booking.status, BookingStatus::Failed);
        assert_eq!(booking.payment_status(), PaymentStatus::Voided);
        assert_eq!(booking.failure.as_ref().map(FailureReason::as_str), Some("sold_out"));
        assert!(w.taken(&room).await.iter().all(|(_, places)| *places == 1), "the thief's alone");
        assert_eq!(w.saga.settle(&id, &w.by("saga")).await.expect("settled"), Outcome::Settled);
        assert_eq!(w.bank.effects().voided, 1, "a settlement finds nothing to do");
    }
}

#[tokio::test]
async fn a_payment_captured_elsewhere_whose_places_went_is_refunded_once() {
    let room = nightly_resource("room", 1, 60);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.open(&hold, "pay", VISA).await;
    let (late, there, of) = (w.clone(), room.clone(), id.clone());
    let drive = Drive::new(&w, &id).twice().before(
        Step::ConfirmBooking,
        Box::pin(async move {
            late.bank.dashboard(&of, Dashboard::Captures);
            late.pass(CLAIM_OVER);
            late.held(&there, "thief", NIGHT).await;
        }),
    );
    assert_eq!(drive.run().await, Ending::Failed);
    assert_eq!(w.bank.effects(), Effects { authorized: 1, captured: 1, voided: 0, refunded: 1 });
    assert_eq!(w.at_rest(&id).await.payment_status(), PaymentStatus::Refunded);
}

#[tokio::test]
async fn a_refund_step_that_comes_first_notes_the_capture_and_gives_it_back() {
    let room = nightly_resource("room", 1, 60);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.open(&hold, "pay", VISA).await;
    w.saga.create_payment(&id, &w.by("saga")).await.expect("created");
    w.saga.authorize_payment(&id, &w.by("saga")).await.expect("authorized");
    w.bank.dashboard(&id, Dashboard::Captures);
    for _ in 0..2 {
        assert_eq!(w.saga.refund_payment(&id, &w.by("saga")).await.expect("refunded"), Outcome::Refunded);
    }
    assert_eq!(w.bank.effects().refunded, 1);
    for _ in 0..2 {
        let failed = w.saga.fail_booking(&id, &FailureReason::SoldOut, &w.by("saga")).await;
        assert_eq!(failed.expect("failed"), Outcome::Failed);
    }
    assert_eq!(w.at_rest(&id).await.payment_status(), PaymentStatus::Refunded, "the refund stays known");
}

#[tokio::test]
async fn a_capture_that_the_provider_made_before_us_is_confirmed_as_it_is() {
    let room = nightly_resource("room", 1, 600);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.open(&hold, "pay", VISA).await;
    let (bank, of) = (w.bank.clone(), id.clone());
    w.bank.after(Op::Authorize, Box::pin(async move { bank.dashboard(&of, Dashboard::Captures) }));
    assert_eq!(Drive::new(&w, &id).run().await, Ending::Confirmed);
    assert_eq!(w.bank.effects().captured, 1);
    assert_eq!(w.at_rest(&id).await.payment_status(), PaymentStatus::Captured);

    let hold = nightly_resource("other", 1, 600);
    w.put(&hold).await;
    let hold = w.held(&hold, "l", NIGHT).await;
    let id = w.open(&hold, "pay too", VISA).await;
    w.saga.create_payment(&id, &w.by("saga")).await.expect("created");
    w.saga.authorize_payment(&id, &w.by("saga")).await.expect("authorized");
    w.bank.dashboard(&id, Dashboard::Captures);
    assert_eq!(w.saga.inquire_payment(&id, &w.by("saga")).await.expect("asked"), Outcome::Captured);
    assert_eq!(w.booking(&id).await.status, BookingStatus::Pending);
    assert_eq!(Drive::new(&w, &id).run().await, Ending::Confirmed);
    assert_eq!(w.at_rest(&id).await.payment_status(), PaymentStatus::Captured);
}

#[tokio::test]
async fn a_card_that_refuses_the_capture_leaves_the_hold_if_it_is_in_time() {
    for range in [NIGHT, SPAN] {
        let room = nightly_resource("room", 1, 600);
        let w = World::with(&room).await;
        let hold = w.held(&room, "k", range).await;
        let id = w.open(&hold, "pay", NEVER_CAPTURES).await;
        assert_eq!(Drive::new(&w, &id).twice().run().await, Ending::Failed);
        let booking = w.at_rest(&id).await;
        assert_eq!(booking.payment_status(), PaymentStatus::Failed, "a void does not hide the decline");
        assert_eq!(w.bank.effects().voided, 1);
        assert_eq!(w.hold_status(&hold.id).await, HoldStatus::Active);
        assert!(w.taken(&room).await.iter().all(|(_, places)| *places == 1));
        let again = w.saga.void_payment(&id, &w.by("saga")).await;
        assert_eq!(again.expect("a void of nothing"), Outcome::Voided);
        assert_eq!(w.at_rest(&id).await, booking, "and leaves the booking as it is");
        let other = w.open(&hold, "other card", VISA).await;
        assert_eq!(Drive::new(&w, &other).run().await, Ending::Confirmed);
        assert_eq!(w.bank.effects().captured, 1);
        assert!(w.taken(&room).await.iter().all(|(_, places)| *places == 1));
    }
}

#[tokio::test]
async fn a_card_that_refuses_the_capture_too_late_leaves_free_places() {
    for (range, seconds) in [(NIGHT, 61), (SPAN, 61), (NIGHT, 60)] {
        let room = nightly_resource("room", 1, 60);
        let w = World::with(&room).await;
        let hold = w.held(&room, "k", range).await;
        let id = w.open(&hold, "pay", NEVER_CAPTURES).await;
        let late = w.clone();
        let drive = Drive::new(&w, &id).twice();
        let drive = drive.before(Step::CapturePayment, Box::pin(async move { late.pass(seconds) }));
        assert_eq!(drive.run().await, Ending::Failed);
        w.at_rest(&id).await;
        assert_eq!(w.taken(&room).await, []);
        let pages = w.store.catalogue.stored_pages(&room).await.expect("pages");
        assert!(pages.iter().all(|page| page.holds.is_empty()), "no dead hold came back: {pages:?}");
        assert_eq!(w.hold_status(&hold.id).await, HoldStatus::Expired, "not confirmed: there is no booking");
        let next = w.held(&room, "next", range).await;
        let next = w.open(&next, "pay next", VISA).await;
        assert_eq!(Drive::new(&w, &next).run().await, Ending::Confirmed);
    }
}

#[tokio::test]
async fn an_authorization_that_lapsed_before_the_capture_fails_the_booking() {
    let room = nightly_resource("room", 1, 600);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.open(&hold, "pay", VISA).await;
    let (bank, of) = (w.bank.clone(), id.clone());
    let drive = Drive::new(&w, &id)
        .before(Step::CapturePayment, Box::pin(async move { bank.dashboard(&of, Dashboard::Voids) }));
    assert_eq!(drive.run().await, Ending::Failed);
    let booking = w.at_rest(&id).await;
    assert_eq!(booking.payment_status(), PaymentStatus::Voided);
    assert_eq!(w.hold_status(&hold.id).await, HoldStatus::Active);
    let entry =
        w.store.holds.hold(&hold.id).await.expect("a read").expect("a record").entry.expect("a live hold");
    assert!(entry.prolonged, "no customer's step prolongs it now");
}

/// Nothing makes such bookings yet. Should something, the saga leaves their money alone.
#[tokio::test]
async fn a_booking_that_is_not_paid_by_one_card_is_not_for_the_saga() {
    let room = nightly_resource("room", 4, 600);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let price = hold.order.price.total();
    let by = w.by("saga");
    let part = |percent| price.percent(Percent::new(percent).expect("a percentage"));
    let card = |amount| Payment::by_card(VISA.to_owned(), amount);
    for (name, payments) in [
        ("several", vec![card(part(50)), card(part(50))]),
        ("on-account", vec![Payment::new(PaymentMethod::OnAccount, price)]),
    ] {
        let hold = w.held(&room, name, NIGHT).await;
        let order = hold.order.clone();
        let payments = BookingPayments::new(price.currency(), payments).expect("one currency");
        let id = booking_id(&order.guest, name);
        let (number, print) = (confirmation_number(&id), hold.fingerprint.clone());
        let asked = Booking::requested(id.clone(), number, hold.id.clone(), order, payments, print, w.now());
        let claim = InventoryMove::Claim { deadline: w.now() + SignedDuration::from_secs(CLAIM_OVER) };
        let commit = BookingCommit::new(&asked, BookingEvent::Requested, claim, &by);
        w.store.bookings.commit(&commit).await.expect("a claim");
        for outcome in [
            w.saga.create_payment(&id, &by).await,
            w.saga.authorize_payment(&id, &by).await,
            w.saga.inquire_payment(&id, &by).await,
            w.saga.capture_payment(&id, &by).await,
            w.saga.void_payment(&id, &by).await,
            w.saga.refund_payment(&id, &by).await,
        ] {
            assert!(outcome.is_err(), "{name}: {outcome:?}");
        }
        assert_eq!(w.booking(&id).await, commit.booking, "{name}");
    }
    assert_eq!(w.bank.effects(), Effects::default());
    assert_eq!(w.hold_status(&hold.id).await, HoldStatus::Active);
}
