//! Placing, reading and releasing holds.

use holdfast_app::holds::HoldRequest;
use holdfast_app::{Failure, Field, FieldPath};
use holdfast_domain::inventory::HoldLimit;
use holdfast_domain::{BookingStatus, GuestId, HoldLimits, HoldStatus, Resource, Schedule};
use holdfast_testkit::{Fault, nightly_resource};
use jiff::civil::time;

use crate::bank::VISA;
use crate::driver::{Drive, Ending};
use crate::world::{NIGHT, SPAN, World, guest, hold_request, key, operator, when};

#[tokio::test]
async fn the_same_request_again_gets_the_first_answer_and_takes_no_more_places() {
    for range in [NIGHT, SPAN] {
        let room = nightly_resource("room", 3, 600);
        let w = World::with(&room).await;
        let first = w.place(&room, "k", range, 2).await.expect("free places");
        w.pass(5);
        let again = w.place(&room, "k", range, 2).await.expect("a replay");
        assert!(!first.replayed && again.replayed);
        assert_eq!(again.hold, first.hold);
        assert!(w.taken(&room).await.iter().all(|(_, places)| *places == 2));
        let other = w.place(&room, "l", range, 1).await.expect("another request");
        assert_ne!(other.hold.id, first.hold.id);
    }
}

#[tokio::test]
async fn a_key_with_another_body_is_refused_while_the_hold_lives_and_after() {
    let (room, other) = (nightly_resource("room", 3, 60), nightly_resource("other", 3, 60));
    let w = World::with(&room).await;
    w.put(&other).await;
    w.held(&room, "k", NIGHT).await;
    for seconds in [0, 120] {
        w.pass(seconds);
        assert!(matches!(w.place(&room, "k", NIGHT, 2).await, Err(Failure::KeyReused)));
        assert!(matches!(w.place(&room, "k", SPAN, 1).await, Err(Failure::KeyReused)));
        let elsewhere = hold_request(&other, NIGHT, 1);
        let refused = w.holds.create(&guest("guest"), &key("k", "other"), &elsewhere, &w.by("guest")).await;
        assert!(matches!(refused, Err(Failure::KeyReused)), "{refused:?}");
    }
    assert_eq!(w.taken(&room).await, []);
    assert_eq!(w.taken(&other).await, []);
}

/// docs/api.md: "remembered for at least a week after the hold was made".
#[tokio::test]
async fn a_key_is_remembered_for_a_week_after_the_hold_was_made() {
    const WEEK_SECONDS: i64 = 7 * 24 * 3600;
    let room = nightly_resource("room", 1, 60);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", SPAN).await;
    w.pass(WEEK_SECONDS);
    assert_eq!(w.database.sweep_ttl(), 0);
    let again = w.place(&room, "k", SPAN, 1).await.expect("a replay");
    assert_eq!((again.replayed, again.hold.id), (true, hold.id));
    // Control: some day it goes.
    w.pass(WEEK_SECONDS);
    assert_eq!(w.database.sweep_ttl(), 1);
    assert!(!w.place(&room, "k", SPAN, 1).await.expect("free places").replayed);
}

#[tokio::test]
async fn a_refusal_is_not_remembered() {
    let room = nightly_resource("room", 1, 60);
    let w = World::with(&room).await;
    w.held(&room, "first", NIGHT).await;
    assert!(matches!(w.place(&room, "k", NIGHT, 1).await, Err(Failure::SoldOut { available: 0 })));
    w.pass(60);
    assert!(!w.place(&room, "k", NIGHT, 1).await.expect("free places").replayed);
    let unknown = nightly_resource("unknown", 1, 60);
    assert!(matches!(w.place(&unknown, "u", NIGHT, 1).await, Err(Failure::NotFound("resource"))));
    w.put(&unknown).await;
    assert!(!w.place(&unknown, "u", NIGHT, 1).await.expect("it exists now").replayed);
}

#[tokio::test]
async fn an_outage_is_no_refusal_and_says_nothing_of_the_key() {
    let room = nightly_resource("room", 2, 600);
    let w = World::with(&room).await;
    w.held(&room, "k", NIGHT).await;
    w.database.faults.strike(Fault::Conflict, 0, usize::MAX);
    let failed = w.place(&room, "k", SPAN, 1).await;
    assert!(failed.as_ref().is_err_and(Failure::is_outage), "{failed:?}");
    assert!(w.database.faults.end() > 0);
    assert!(matches!(w.place(&room, "k", SPAN, 1).await, Err(Failure::KeyReused)));
}

#[tokio::test]
async fn a_schedule_that_was_replaced_a_moment_ago_is_read_anew() {
    let room = nightly_resource("room", 1, 600);
    let w = World::with(&room).await;
    let backwards = w.place(&room, "k", (NIGHT.1, NIGHT.0), 1).await;
    assert!(backwards.is_err(), "and from now on its terms are remembered: {backwards:?}");
    let mut later = room.clone();
    later.terms.schedule = Schedule::Nightly { check_in: time(18, 0, 0, 0), check_out: time(11, 0, 0, 0) };
    w.put(&later).await;
    let stay = later.stay(when(NIGHT.0), when(NIGHT.1), w.now()).expect("a night");
    assert_eq!(w.held(&room, "l", NIGHT).await.order.start, stay.start);
}

#[tokio::test]
async fn a_late_retry_gets_the_first_answer_whatever_became_of_hold_and_resource() {
    let room = nightly_resource("room", 1, 60);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let replay = async |why: &str| {
        let again = w.place(&room, "k", NIGHT, 1).await.unwrap_or_else(|error| panic!("{why}: {error}"));
        assert!(again.replayed, "{why}");
        assert_eq!(again.hold.expires_at, hold.expires_at, "{why}");
    };
    w.pass(61);
    replay("expired, places free").await;
    assert_eq!(w.taken(&room).await, [], "a replay takes nothing");
    w.held(&room, "thief", NIGHT).await;
    replay("expired, places taken").await;
    w.pass(61);
    let mut changed = room.clone();
    changed.terms.capacity = 0;
    w.put(&changed).await;
    w.pass(2);
    replay("the resource changed").await;
    w.pass(30 * 24 * 3600);
    replay("its start has passed").await;
}

#[tokio::test]
async fn a_released_hold_is_not_placed_again_by_its_retry() {
    let room = nightly_resource("room", 1, 600);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    w.holds.release(&guest("guest"), &hold.id, &w.by("guest")).await.expect("a release");
    assert!(w.place(&room, "k", NIGHT, 1).await.expect("a replay").replayed);
    assert_eq!(w.taken(&room).await, []);
    assert_eq!(w.hold_status(&hold.id).await, HoldStatus::Released);
}

#[tokio::test]
async fn nobody_but_an_operator_holds_for_somebody_else() {
    let room = nightly_resource("room", 3, 600);
    let w = World::with(&room).await;
    let request = |user: &str| HoldRequest {
        user: Some(GuestId::parse(user).expect("a guest")),
        ..hold_request(&room, NIGHT, 1)
    };
    let other = w.holds.create(&guest("guest"), &key("a", ""), &request("other"), &w.by("guest")).await;
    assert!(matches!(other, Err(Failure::Forbidden(_))), "{other:?}");
    assert_eq!(w.taken(&room).await, []);
    let own = w.holds.create(&guest("guest"), &key("a", ""), &request("guest"), &w.by("guest")).await;
    assert_eq!(own.expect("their own").hold.order.guest.as_str(), "guest");
    let made = w.holds.create(&operator(), &key("a", ""), &request("other"), &w.by("operator")).await;
    let made = made.expect("an operator may").hold;
    assert_eq!(made.order.guest.as_str(), "other");
    assert!(w.holds.get(&guest("other"), &made.id).await.is_ok(), "it is the guest's");
}

#[tokio::test]
async fn somebody_elses_hold_does_not_exist() {
    let room = nightly_resource("room", 3, 600);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let thief = guest("thief");
    assert!(matches!(w.holds.get(&thief, &hold.id).await, Err(Failure::NotFound("hold"))));
    let released = w.holds.release(&thief, &hold.id, &w.by("thief")).await;
    assert!(matches!(released, Err(Failure::NotFound("hold"))));
    let extended = w.holds.extend(&thief, &hold.id, &key("x", ""), &w.by("thief")).await;
    assert!(matches!(extended, Err(Failure::NotFound("hold"))));
    let request = holdfast_app::bookings::BookingRequest {
        hold: hold.id.clone(),
        payment_method: Some(VISA.to_owned()),
        contact: None,
        wait: std::time::Duration::ZERO,
    };
    let paid = w.requests.request(&thief, &key("p", ""), &request, &w.by("thief")).await;
    assert!(matches!(paid, Err(Failure::NotFound("hold"))));
    assert!(w.holds.get(&operator(), &hold.id).await.is_ok(), "an operator sees it");
    assert_eq!(w.hold_status(&hold.id).await, HoldStatus::Active);
}

#[tokio::test]
async fn two_guests_with_the_same_key_have_two_holds() {
    let room = nightly_resource("room", 3, 600);
    let w = World::with(&room).await;
    let request = hold_request(&room, NIGHT, 1);
    let a = w.holds.create(&guest("a"), &key("k", ""), &request, &w.by("a")).await.expect("a hold");
    let b = w.holds.create(&guest("b"), &key("k", ""), &request, &w.by("b")).await.expect("a hold");
    assert_ne!(a.hold.id, b.hold.id);
    assert!(!b.replayed);
}

#[tokio::test]
async fn a_hold_is_released_once_and_not_while_its_payment_runs() {
    for range in [NIGHT, SPAN] {
        let room = nightly_resource("room", 1, 600);
        let w = World::with(&room).await;
        let hold = w.held(&room, "k", range).await;
        let id = w.open(&hold, "pay", VISA).await;
        let refused = w.holds.release(&guest("guest"), &hold.id, &w.by("guest")).await;
        assert!(matches!(refused, Err(Failure::RequestInProgress)), "{refused:?}");
        assert_eq!(Drive::new(&w, &id).run().await, Ending::Confirmed);
        let refused = w.holds.release(&guest("guest"), &hold.id, &w.by("guest")).await;
        assert!(matches!(refused, Err(Failure::HoldConfirmed)), "{refused:?}");
        let free = nightly_resource("free", 1, 600);
        w.put(&free).await;
        let hold = w.held(&free, "l", range).await;
        for _ in 0..2 {
            w.holds.release(&guest("guest"), &hold.id, &w.by("guest")).await.expect("a release");
            assert_eq!(w.hold_status(&hold.id).await, HoldStatus::Released);
            assert_eq!(w.taken(&free).await, []);
        }
    }
}

#[tokio::test]
async fn an_expired_hold_needs_no_release() {
    let room = nightly_resource("room", 1, 60);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    w.pass(60);
    w.held(&room, "next", NIGHT).await;
    w.holds.release(&guest("guest"), &hold.id, &w.by("guest")).await.expect("no effect");
    assert_eq!(w.hold_status(&hold.id).await, HoldStatus::Expired);
    assert_eq!(w.taken(&room).await.len(), 1, "the next guest's");
}

fn limited(limits: HoldLimits) -> Resource {
    let mut room = nightly_resource("room", 9, 60);
    room.terms.hold_limits = limits;
    room
}

#[tokio::test]
async fn a_guest_who_holds_as_much_as_one_may_is_told_when_to_come_again() {
    let room = limited(HoldLimits { per_slot: 2, ..HoldLimits::default() });
    let w = World::with(&room).await;
    w.held(&room, "a", NIGHT).await;
    w.pass(20);
    w.held(&room, "b", NIGHT).await;
    match w.place(&room, "c", NIGHT, 1).await {
        Err(Failure::HoldLimitReached { limit: HoldLimit::PerSlot, wait_seconds: 40 }) => {}
        other => panic!("{other:?}"),
    }
    let mine = w.place(&room, "a", NIGHT, 1).await.expect("a retry is no further hold");
    assert!(mine.replayed);
    let request = hold_request(&room, NIGHT, 1);
    let by = w.by("another");
    w.holds.create(&guest("another"), &key("k", "content"), &request, &by).await.expect("others still book");
    w.pass(40);
    assert!(!w.place(&room, "c", NIGHT, 1).await.expect("the refusal was not remembered").replayed);
}

#[tokio::test]
async fn a_booking_does_not_count_against_its_guest() {
    let room = limited(HoldLimits { per_guest: Some(1), ..HoldLimits::default() });
    let w = World::running(&room).await;
    for name in ["a", "b", "c"] {
        let hold = w.held(&room, name, NIGHT).await;
        assert!(w.place(&room, "more", NIGHT, 1).await.is_err());
        let booking = w.ask(&hold, name, VISA).await.expect("an answer").booking;
        assert_eq!(w.at_rest(&booking.id).await.status, BookingStatus::Confirmed);
    }
}

#[tokio::test]
async fn what_an_operator_holds_for_a_guest_is_not_limited() {
    let room = limited(HoldLimits { per_guest: Some(1), places_per_slot: Some(1), ..HoldLimits::default() });
    let w = World::with(&room).await;
    let for_guest = HoldRequest {
        user: Some(GuestId::parse("guest").expect("a guest")),
        ..hold_request(&room, NIGHT, 3)
    };
    for name in ["a", "b"] {
        w.holds
            .create(&operator(), &key(name, "content"), &for_guest, &w.by("operator"))
            .await
            .expect("a hold");
    }
    let own = w.place(&room, "own", NIGHT, 1).await;
    assert!(matches!(own, Err(Failure::HoldLimitReached { limit: HoldLimit::PerGuest, .. })), "{own:?}");
}

#[tokio::test]
async fn more_places_than_one_guest_may_hold_are_no_valid_wish() {
    let room = limited(HoldLimits { places_per_slot: Some(4), ..HoldLimits::default() });
    let w = World::with(&room).await;
    match w.place(&room, "k", NIGHT, 5).await {
        Err(Failure::Invalid { field: FieldPath { item: None, field: Field::Quantity }, detail }) => {
            assert!(detail.contains('4'), "{detail}")
        }
        other => panic!("{other:?}"),
    }
    w.place(&room, "k", NIGHT, 4).await.expect("as many as one may");
}

#[tokio::test]
async fn who_gave_a_hold_back_lets_others_have_their_turn() {
    let room = limited(HoldLimits { cool_down_seconds: Some(300), ..HoldLimits::default() });
    let w = World::with(&room).await;
    let hold = w.held(&room, "a", NIGHT).await;
    w.holds.release(&guest("guest"), &hold.id, &w.by("guest")).await.expect("a release");
    match w.place(&room, "b", NIGHT, 1).await {
        Err(Failure::HoldLimitReached { limit: HoldLimit::CoolDown, wait_seconds: 300 }) => {}
        other => panic!("{other:?}"),
    }
    assert!(w.place(&room, "a", NIGHT, 1).await.expect("a late retry").replayed);
    w.pass(300);
    let late = w.held(&room, "b", NIGHT).await;
    w.pass(60);
    w.expiry.on_timer(&late.id, &w.by("timer")).await.expect("an expiry");
    assert!(matches!(
        w.place(&room, "c", NIGHT, 1).await,
        Err(Failure::HoldLimitReached { limit: HoldLimit::CoolDown, .. })
    ));
}
