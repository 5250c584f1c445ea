//! Holds: placing, extending, releasing, and the end of their time.

use holdfast_domain::{Hold, HoldStatus, PageRejection};
use jiff::SignedDuration;

use crate::Implementation;
use crate::fixture::{TTL, World, refusal, request};

/// A hold takes a place; where none is left, the refusal says how many are.
pub async fn places_are_held_until_they_are_sold_out<I: Implementation>() {
    let w = World::<I>::with_places(2).await;
    w.held(0).await;
    assert_eq!(w.offered().await, 1);
    w.held(1).await;
    assert_eq!(refusal(w.place(2).await), PageRejection::SoldOut { available: 0 });
    assert_eq!(w.offered().await, 0);
}

/// The same request again, also later, gets the hold as first written.
pub async fn the_same_request_gets_the_first_hold<I: Implementation>() {
    let mut w = World::<I>::with_places(2).await;
    let first = w.held(0).await;
    w.pass(60);
    let again = w.place(0).await.expect("the first answer");
    assert!(again.replayed);
    assert_eq!(again.hold, first);
    assert_eq!(w.offered().await, 1, "it takes one place");
}

/// A key that was used for other content is refused.
pub async fn a_key_used_for_something_else_is_refused<I: Implementation>() {
    let w = World::<I>::with_places(2).await;
    w.held(0).await;
    let other = Hold { fingerprint: request("another"), ..w.i.hold(0, w.now) };
    assert_eq!(refusal(w.put(&other).await), PageRejection::Reused);
    assert_eq!(w.offered().await, 1);
}

/// A hold counts until its time has passed, and not a moment longer, though nobody dropped it.
pub async fn a_hold_counts_until_its_time_has_passed<I: Implementation>() {
    let mut w = World::<I>::with_places(1).await;
    let hold = w.held(0).await;
    w.pass(TTL - 1);
    assert_eq!((w.status(&hold).await, w.offered().await), (HoldStatus::Active, 0));
    w.pass(1);
    assert_eq!((w.status(&hold).await, w.offered().await), (HoldStatus::Expired, 1));
}

/// The places of a lapsed hold are another guest's for the asking.
pub async fn a_lapsed_hold_gives_way_to_another_guest<I: Implementation>() {
    let mut w = World::<I>::with_places(1).await;
    let lapsed = w.held(0).await;
    w.pass(TTL);
    let next = w.held(1).await;
    assert_eq!(w.status(&lapsed).await, HoldStatus::Expired);
    assert_eq!(w.status(&next).await, HoldStatus::Active);
    assert_eq!(w.offered().await, 0);
}

/// An extension adds one TTL to the expiry, whenever it is asked for.
pub async fn an_extension_adds_one_ttl<I: Implementation>() {
    let mut w = World::<I>::with_places(1).await;
    let hold = w.held(0).await;
    w.pass(100);
    let by = w.by("guest");
    let (extension, replayed) =
        w.i.ports().holds.extend(&hold, &request("first"), &by).await.expect("an extension");
    assert!(!replayed);
    assert_eq!(extension.expires_at, hold.expires_at.checked_add(hold.ttl()).expect("in range"));
    assert_eq!(w.snapshot(&hold).await.expires_at(), extension.expires_at);
    w.pass(TTL);
    assert_eq!(w.status(&hold).await, HoldStatus::Active);
}

/// The same request for an extension gets the first answer.
pub async fn an_extension_is_granted_once_per_request<I: Implementation>() {
    let mut w = World::<I>::with_places(1).await;
    let hold = w.held(0).await;
    let by = w.by("guest");
    let first = w.i.ports().holds.extend(&hold, &request("first"), &by).await.expect("an extension");
    w.pass(10);
    let by = w.by("guest");
    let again = w.i.ports().holds.extend(&hold, &request("first"), &by).await.expect("the first answer");
    assert_eq!(again, (first.0, true));
    assert_eq!(w.snapshot(&hold).await.expires_at(), first.0.expires_at);
}

/// A hold is extended a bounded number of times.
pub async fn extensions_are_bounded<I: Implementation>() {
    let w = World::<I>::with_places(1).await;
    let hold = w.held(0).await;
    let by = w.by("guest");
    for n in 0.. {
        assert!(n < 100, "there is no bound");
        match w.i.ports().holds.extend(&hold, &request(&format!("extension-{n}")), &by).await {
            Ok(_) => {}
            refused => {
                assert_eq!(refusal(refused), PageRejection::NotExtendable);
                assert!(n > 0, "one is granted at least");
                return;
            }
        }
    }
}

/// A hold whose time has passed is not extended.
pub async fn a_lapsed_hold_is_not_extended<I: Implementation>() {
    let mut w = World::<I>::with_places(1).await;
    let hold = w.held(0).await;
    w.pass(TTL);
    let late = w.i.ports().holds.extend(&hold, &request("late"), &w.by("guest")).await;
    let refused = refusal(late);
    assert!(matches!(refused, PageRejection::HoldMissing | PageRejection::HoldExpired), "{refused:?}");
    assert_eq!(w.status(&hold).await, HoldStatus::Expired);
}

/// A released hold's places are free at once, and its record says how it ended.
pub async fn a_released_hold_is_free_at_once<I: Implementation>() {
    let w = World::<I>::with_places(1).await;
    let hold = w.held(0).await;
    w.release(&hold).await.expect("a release");
    assert_eq!((w.status(&hold).await, w.offered().await), (HoldStatus::Released, 1));
    w.held(1).await;
}

/// Releasing again changes nothing, whoever holds the place by then.
pub async fn a_release_again_has_no_effect<I: Implementation>() {
    let mut w = World::<I>::with_places(1).await;
    let hold = w.held(0).await;
    w.release(&hold).await.expect("a release");
    w.held(1).await;
    w.release(&hold).await.expect("no effect");
    w.pass(TTL);
    w.release(&hold).await.expect("no effect");
    assert_eq!(w.status(&hold).await, HoldStatus::Released);
}

/// A hold that is released after its time has passed has expired.
pub async fn a_release_after_the_end_leaves_the_hold_expired<I: Implementation>() {
    let mut w = World::<I>::with_places(1).await;
    let hold = w.held(0).await;
    w.pass(TTL);
    w.release(&hold).await.expect("nothing to release");
    assert_eq!((w.status(&hold).await, w.offered().await), (HoldStatus::Expired, 1));
}

/// A hold whose time has not passed is not dropped; the refusal says until when it lives.
pub async fn a_live_hold_is_not_dropped<I: Implementation>() {
    let mut w = World::<I>::with_places(1).await;
    let hold = w.held(0).await;
    w.pass(TTL - 1);
    let early = refusal(w.i.ports().holds.expire(&hold, &w.by("expiry")).await);
    assert_eq!(early, PageRejection::HoldLive { until: hold.expires_at });
    assert_eq!(w.status(&hold).await, HoldStatus::Active);
}

/// A lapsed hold is dropped; again there is no effect.
pub async fn a_lapsed_hold_is_dropped_once<I: Implementation>() {
    let mut w = World::<I>::with_places(1).await;
    let hold = w.held(0).await;
    w.pass(TTL);
    for _ in 0..2 {
        w.i.ports().holds.expire(&hold, &w.by("expiry")).await.expect("an end");
        let snapshot = w.snapshot(&hold).await;
        assert_eq!((snapshot.status(w.now), snapshot.entry), (HoldStatus::Expired, None));
    }
}

/// A hold that was never placed has no record.
pub async fn nobody_knows_a_hold_that_was_never_placed<I: Implementation>() {
    let w = World::<I>::with_places(1).await;
    let hold = w.i.hold(0, w.now);
    assert_eq!(w.i.ports().holds.hold(&hold.id).await.expect("a read"), None);
}

/// A hold over two pages takes places on both, or on neither.
pub async fn all_pages_are_held_or_none<I: Implementation>() {
    let w = World::<I>::with_places(1).await;
    let long = w.i.long_hold(0, w.now);
    assert_eq!(long.order.placements.len(), 2);
    assert!(!w.put(&long).await.expect("free places").replayed);
    assert_eq!(w.offered().await, 0, "it takes the place of the first page too");
    assert_eq!(refusal(w.put(&w.i.long_hold(1, w.now)).await), PageRejection::SoldOut { available: 0 });
    w.release(&long).await.expect("a release");
    assert_eq!(w.offered().await, 1);
    w.held(1).await;
    assert_eq!(refusal(w.put(&w.i.long_hold(2, w.now)).await), PageRejection::SoldOut { available: 0 });
    let none = w.i.ports().holds.hold(&w.i.long_hold(2, w.now).id).await.expect("a read");
    assert_eq!(none, None, "a refused hold has no record");
}

/// A guest holds as much as the resource's limits allow.
pub async fn a_guest_does_not_pass_the_limit<I: Implementation>() {
    let i = I::with_places(3, true).await;
    let w = World { now: i.start(), i };
    let first = w.held(0).await;
    let second = Hold {
        id: w.i.hold(1, w.now).id,
        expires_at: first.expires_at.checked_add(SignedDuration::ZERO).expect("in range"),
        ..w.i.hold(0, w.now)
    };
    let refused = refusal(w.put(&second).await);
    assert!(matches!(refused, PageRejection::LimitReached { .. }), "{refused:?}");
    w.held(1).await;
}
