//! What is counted of promotions whose uses are limited.

use holdfast_app::LedgerError;
use holdfast_app::holds::Placed;
use holdfast_domain::bookings::FailureReason;
use holdfast_domain::rates::promotion::UseLimits;
use holdfast_domain::{BookingEvent, Hold, HoldStatus, InventoryMove};

use crate::Implementation;
use crate::fixture::{CLAIM, TTL, World};

const ONE: UseLimits = UseLimits { in_all: Some(1), per_guest: None };
const TWO: UseLimits = UseLimits { in_all: Some(2), per_guest: None };
const ONE_EACH: UseLimits = UseLimits { in_all: None, per_guest: Some(1) };

impl<I: Implementation> World<I> {
    async fn place_limited(&self, guest: usize, limits: UseLimits) -> Result<Placed, LedgerError> {
        self.put(&self.i.limited_hold(guest, self.now, limits)).await
    }

    async fn used(&self, guest: usize, limits: UseLimits) -> Hold {
        let placed = self.place_limited(guest, limits).await.expect("a use that is left");
        assert!(!placed.replayed, "placed before");
        placed.hold
    }

    async fn is_used_up(&self, guest: usize, limits: UseLimits) -> bool {
        matches!(self.place_limited(guest, limits).await, Err(LedgerError::PromotionUsedUp { .. }))
    }

    async fn expired(&self, hold: &Hold) {
        self.i.ports().holds.expire(hold, &self.by("expiry")).await.expect("its time has passed");
    }
}

/// A promotion is used as often as it may be, and a request that was answered gets its answer.
pub async fn uses_are_counted_up_to_the_limit<I: Implementation>() {
    let w = World::<I>::with_places(9).await;
    let first = w.used(0, ONE).await;
    assert!(w.is_used_up(1, ONE).await);
    assert_eq!((w.i.uses().await, w.offered().await), (1, 8));
    let again = w.put(&first).await.expect("the first answer");
    assert!(again.replayed && again.hold == first);
    w.used(1, TWO).await;
    assert!(w.is_used_up(2, TWO).await, "the limit that counts is the one the hold was priced by");
    assert_eq!(w.i.uses().await, 2);
}

/// A limit for each guest leaves others theirs.
pub async fn uses_of_a_guest_are_counted_for_the_guest<I: Implementation>() {
    let w = World::<I>::with_places(9).await;
    let hold = w.used(0, ONE_EACH).await;
    w.used(1, ONE_EACH).await;
    assert_eq!(w.i.uses().await, 2);
    w.release(&hold).await.expect("a release");
    assert_eq!(w.i.uses().await, 1);
}

/// How often a promotion is used is told in all and of one guest, each where that is limited.
pub async fn uses_are_told_as_far_as_they_are_limited<I: Implementation>() {
    let w = World::<I>::with_places(9).await;
    let both = UseLimits { in_all: Some(9), per_guest: Some(9) };
    let told = async |guest: Option<usize>, limits: UseLimits| {
        // Of the promotion, the resource and the guest of such a hold.
        let hold = w.i.limited_hold(guest.unwrap_or(0), w.now, limits);
        let code = hold.order.rate.as_ref().and_then(|rate| rate.promotion.clone()).expect("a code");
        let guest = guest.map(|_| &hold.order.guest);
        let made = w.i.ports().uses.made(&hold.order.resource, &code, limits, guest).await.expect("a read");
        (made.in_all, made.of_guest)
    };
    assert_eq!(told(Some(0), both).await, (0, 0), "nothing is counted yet");
    let hold = w.used(0, both).await;
    w.used(1, both).await;
    assert_eq!(told(Some(0), both).await, (2, 1));
    assert_eq!(told(Some(2), both).await, (2, 0));
    assert_eq!(told(None, both).await, (2, 0), "nobody knows whose");
    assert_eq!(told(Some(0), TWO).await, (2, 0), "it is not limited for each guest");
    assert_eq!(told(Some(0), ONE_EACH).await, (0, 1), "it is not limited in all");
    w.release(&hold).await.expect("a release");
    assert_eq!(told(Some(0), both).await, (1, 0));
    assert_eq!(told(Some(1), both).await, (1, 1));
}

/// Whoever gets no places uses nothing.
pub async fn what_is_sold_out_uses_nothing<I: Implementation>() {
    let w = World::<I>::with_places(1).await;
    w.held(0).await;
    assert!(matches!(w.place_limited(1, ONE).await, Err(LedgerError::Rejected(_))));
    assert_eq!(w.i.uses().await, 0);
}

/// A release gives the use back, once.
pub async fn a_release_gives_the_use_back<I: Implementation>() {
    let w = World::<I>::with_places(9).await;
    let hold = w.used(0, TWO).await;
    w.used(1, TWO).await;
    for _ in 0..2 {
        w.release(&hold).await.expect("a release");
        assert_eq!(w.i.uses().await, 1);
    }
}

/// So does the end of its time, and not before.
pub async fn an_expiry_gives_the_use_back<I: Implementation>() {
    let mut w = World::<I>::with_places(9).await;
    let hold = w.used(0, ONE).await;
    let live = w.i.ports().holds.expire(&hold, &w.by("expiry")).await;
    assert!(live.is_err(), "it lives: {live:?}");
    assert_eq!(w.i.uses().await, 1);
    w.pass(TTL);
    for _ in 0..2 {
        w.expired(&hold).await;
        assert_eq!(w.i.uses().await, 0);
    }
    w.used(1, ONE).await;
    w.expired(&hold).await;
    assert_eq!(w.i.uses().await, 1, "that is the other's");
}

/// A hold whose places another has taken gives its use back when its end is seen to.
pub async fn a_reclaimed_hold_gives_its_use_back_once<I: Implementation>() {
    let mut w = World::<I>::with_places(1).await;
    let dead = w.used(0, TWO).await;
    w.pass(TTL);
    let next = w.used(1, TWO).await;
    for _ in 0..2 {
        w.expired(&dead).await;
        assert_eq!(w.i.uses().await, 1);
    }
    assert_eq!(w.status(&next).await, HoldStatus::Active);
}

/// A payment that fails leaves the use with the hold.
pub async fn a_declined_card_keeps_the_use<I: Implementation>() {
    let mut w = World::<I>::with_places(9).await;
    let hold = w.used(0, ONE).await;
    let asked = w.asked(&hold, 0).await;
    let failed =
        || BookingEvent::Failed { reason: FailureReason::Declined { code: "card_declined".to_owned() } };
    w.write(&asked, failed(), InventoryMove::Unclaim).await.expect("a decline");
    assert_eq!(w.i.uses().await, 1);
    let second = w.ask(&hold, 0, 1).await.expect("another card");
    w.confirm(&second).await.expect("a confirmation");
    w.pass(CLAIM);
    w.expired(&hold).await;
    assert_eq!(w.i.uses().await, 1, "the booking has it");
}

/// What a booking frees, it gives back.
pub async fn a_booking_that_ends_gives_the_use_back<I: Implementation>() {
    let w = World::<I>::with_places(9).await;
    let hold = w.used(0, ONE).await;
    let booking = w.confirmed(&hold, 0).await;
    assert_eq!(w.i.uses().await, 1);
    let failed = BookingEvent::Failed { reason: FailureReason::PaymentVoided };
    w.write(&booking, failed, InventoryMove::Free).await.expect("an end");
    assert_eq!(w.i.uses().await, 0);
}

/// A booking that is a hold again gives the use to its hold.
pub async fn a_booking_that_is_a_hold_again_keeps_the_use<I: Implementation>() {
    let mut w = World::<I>::with_places(9).await;
    let hold = w.used(0, ONE).await;
    let booking = w.confirmed(&hold, 0).await;
    let failed = BookingEvent::Failed { reason: FailureReason::PaymentVoided };
    let back = InventoryMove::Return { hold: Box::new(hold.clone()) };
    w.write(&booking, failed, back).await.expect("a hold again");
    assert_eq!(w.i.uses().await, 1);
    w.pass(TTL);
    w.expired(&hold).await;
    assert_eq!(w.i.uses().await, 0);
}

/// A booking that is cancelled before it is confirmed ends its hold.
pub async fn an_abandoned_hold_gives_the_use_back<I: Implementation>() {
    let w = World::<I>::with_places(9).await;
    let hold = w.used(0, ONE).await;
    let asked = w.asked(&hold, 0).await;
    let failed = BookingEvent::Failed { reason: FailureReason::HoldExpired };
    w.write(&asked, failed, InventoryMove::Abandon).await.expect("an end");
    assert_eq!(w.i.uses().await, 0);
    w.used(1, ONE).await;
}

/// What is paid after the hold's end is counted again, also beyond the limit.
pub async fn a_late_payment_is_counted_beyond_the_limit<I: Implementation>() {
    let mut w = World::<I>::with_places(9).await;
    let late = w.used(0, ONE).await;
    let asked = w.asked(&late, 0).await;
    w.pass(CLAIM);
    w.expired(&late).await;
    w.used(1, ONE).await;
    w.confirm(&asked).await.expect("free places");
    assert_eq!(w.i.uses().await, 2);
    w.expired(&late).await;
    assert_eq!(w.i.uses().await, 2);
    assert!(w.is_used_up(2, TWO).await);
}
