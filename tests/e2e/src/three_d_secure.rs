//! API.md, Bookings: the customer's 3-D Secure step, the time it gets, and payments that come too late.

use holdfast_client::stripe::{ACCEPTED, THREE_D_SECURE};
use holdfast_client::{Answer, now, poll, wait_past};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::terms::instant;
use crate::world::{Guest, Offer, PATIENCE, World, check, check_problem, is_too_late, quick_enough};

/// A capacity-1 event, held by a guest whose bank wants them: offer, guest, the hold as placed, and the pending booking.
type Pending = (World, Guest, Offer, Answer, Answer);

/// `None` if the machine was so slow that the hold had expired before it was paid.
async fn try_pending(ttl_seconds: i64) -> Option<Pending> {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({"capacity": 1, "holdTtlSeconds": ttl_seconds})).await;
    let card = w.card(THREE_D_SECURE).await.unwrap();
    let placed = check(w.place(&guest, &offer.hold(1)).await, 201);
    let answer = w.pay_with(&guest, "3ds", placed.str("/holdId"), &card).await;
    if is_too_late(&answer, instant(placed.str("/expiresAt"))) {
        return None;
    }
    let booking = w.customer_is_asked(&guest, answer).await;
    Some((w, guest, offer, placed, booking))
}

async fn pending() -> Pending {
    try_pending(60).await.expect("a minute is long enough")
}

/// With a hold that lives for a few seconds.
async fn briefly_pending() -> Pending {
    quick_enough(try_pending).await
}

fn later(moment: &str, seconds: i64) -> Timestamp {
    instant(moment) + SignedDuration::from_secs(seconds)
}

#[tokio::test]
async fn it_prolongs_the_hold_by_one_ttl() {
    let (w, guest, offer, placed, booking) = pending().await;
    let prolonged = later(placed.str("/expiresAt"), 60);
    assert_eq!(instant(booking.str("/expiresAt")), prolonged, "{booking}");
    let hold = w.hold(&guest, placed.str("/holdId")).await;
    assert_eq!(hold.str("/status"), "active");
    assert_eq!(instant(hold.str("/expiresAt")), prolonged, "{hold}");
    check_problem(w.place(&w.guest().await, &offer.hold(1)).await, 409, "sold_out");
}

#[tokio::test]
async fn whoever_reads_the_pending_booking_sees_what_to_do_until_when() {
    let (w, guest, _, _, booking) = pending().await;
    let read = check(w.booking(&guest, booking.str("/bookingId")).await, 200);
    assert_eq!((read.str("/status"), read.str("/paymentStatus")), ("pending", "pending"));
    assert_eq!(read.json["nextAction"], booking.json["nextAction"], "{read}");
    assert_eq!(read.str("/expiresAt"), booking.str("/expiresAt"), "{read}");
    let operator =
        Guest { sub: "desk".to_owned(), token: w.token("desk", "booking/operator").await.unwrap() };
    let seen = check(w.booking(&operator, booking.str("/bookingId")).await, 200);
    // That there is something to do, and nothing to do it with.
    let mut expected = booking.json["nextAction"].clone();
    let own = expected.as_object_mut().expect("an action");
    assert!(own.remove("clientSecret").is_some(), "{booking}");
    own.remove("redirectUrl");
    assert_eq!(seen.json["nextAction"], expected, "{seen}");
    w.customer_acts(booking.str("/bookingId"), true).await;
    let done = w.until(&guest, booking.str("/bookingId"), "confirmed", "captured").await;
    assert!(done.json["nextAction"].is_null(), "{done}");
}

#[tokio::test]
async fn it_prolongs_the_hold_once() {
    let (w, guest, _, placed, booking) = pending().await;
    w.customer_acts(booking.str("/bookingId"), false).await;
    poll("the failed step ends the booking", PATIENCE, async || {
        let now = w.booking(&guest, booking.str("/bookingId")).await;
        Ok((now.str("/status") == "failed").then_some(()))
    })
    .await
    .unwrap();
    let hold = w.hold(&guest, placed.str("/holdId")).await;
    assert_eq!(hold.str("/status"), "active", "{hold}");
    let second = w.awaiting_customer(&guest, placed.str("/holdId")).await;
    assert_eq!(instant(second.str("/expiresAt")), later(placed.str("/expiresAt"), 60), "{second}");
    let hold = w.hold(&guest, placed.str("/holdId")).await;
    assert_eq!(instant(hold.str("/expiresAt")), later(placed.str("/expiresAt"), 60), "{hold}");
    w.customer_acts(second.str("/bookingId"), true).await;
    w.until(&guest, second.str("/bookingId"), "confirmed", "captured").await;
}

#[tokio::test]
async fn a_hold_with_a_pending_step_outlives_its_first_expiry() {
    let (w, guest, _, placed, booking) = quick_enough(async |ttl| {
        let (w, guest, offer, placed, booking) = try_pending(ttl).await?;
        wait_past(instant(placed.str("/expiresAt"))).await;
        let early = w.place(&w.guest().await, &offer.hold(1)).await;
        if now() >= instant(booking.str("/expiresAt")) {
            return None;
        }
        check_problem(early, 409, "sold_out");
        Some((w, guest, offer, placed, booking))
    })
    .await;
    w.customer_acts(booking.str("/bookingId"), true).await;
    let done = w.until(&guest, booking.str("/bookingId"), "confirmed", "captured").await;
    assert_eq!(done.str("/holdId"), placed.str("/holdId"));
    let intent = w.intent_id(booking.str("/bookingId")).await;
    assert_eq!(w.effects(&intent, "capture").await.unwrap(), 1);
}

#[tokio::test]
async fn when_the_prolonged_time_passes_the_hold_expires_like_any_other() {
    let (w, guest, offer, placed, booking) = briefly_pending().await;
    wait_past(instant(booking.str("/expiresAt"))).await;
    check(w.place(&w.guest().await, &offer.hold(1)).await, 201);
    assert_eq!(w.hold(&guest, placed.str("/holdId")).await.str("/status"), "expired");
    check_problem(w.pay(&guest, placed.str("/holdId"), ACCEPTED).await, 409, "hold_expired");
}

#[tokio::test]
async fn a_late_payment_with_free_places_is_confirmed() {
    let (w, guest, offer, placed, booking) = briefly_pending().await;
    let id = booking.str("/bookingId");
    wait_past(instant(booking.str("/expiresAt"))).await;
    assert_eq!(w.hold(&guest, placed.str("/holdId")).await.str("/status"), "expired");
    w.customer_acts(id, true).await;
    w.until(&guest, id, "confirmed", "captured").await;
    let intent = w.intent_id(id).await;
    assert_eq!(w.effects(&intent, "capture").await.unwrap(), 1);
    assert!(w.refunds(&intent).await.unwrap().is_empty());
    check_problem(w.place(&w.guest().await, &offer.hold(1)).await, 409, "sold_out");
}

#[tokio::test]
async fn a_late_payment_whose_places_are_taken_is_given_back_once() {
    let (w, guest, offer, placed, booking) = briefly_pending().await;
    let id = booking.str("/bookingId");
    wait_past(instant(booking.str("/expiresAt"))).await;
    let faster = w.guest().await;
    let theirs = w.booked(&faster, &offer).await;
    w.customer_acts(id, true).await;
    let ended = poll("the late payment is given back", PATIENCE, async || {
        let now = w.booking(&guest, id).await;
        let settled = ["voided", "refunded"].contains(&now.str("/paymentStatus"));
        Ok((now.str("/status") == "failed" && settled).then_some(now))
    })
    .await
    .unwrap();
    assert_eq!(ended.str("/holdId"), placed.str("/holdId"));
    let intent = w.intent_of(id).await.unwrap();
    let id_of_intent = intent["id"].as_str().unwrap();
    let voids = w.effects(id_of_intent, "cancel").await.unwrap();
    let refunds = w.refunds(id_of_intent).await.unwrap();
    assert_eq!(voids + refunds.len(), 1, "exactly one void or refund: {intent} {refunds:?}");
    if voids == 1 {
        assert_eq!(intent["status"], "canceled");
    } else {
        assert_eq!(refunds[0]["amount"], intent["amount_received"]);
    }
    assert_eq!(w.booking(&faster, theirs.str("/bookingId")).await.str("/status"), "confirmed");
}

#[tokio::test]
async fn a_step_that_fails_is_a_failed_booking_of_a_hold_that_still_stands() {
    let (w, guest, _, placed, booking) = pending().await;
    w.customer_acts(booking.str("/bookingId"), false).await;
    let ended = poll("the booking fails", PATIENCE, async || {
        let now = w.booking(&guest, booking.str("/bookingId")).await;
        Ok((now.str("/status") == "failed").then_some(now))
    })
    .await
    .unwrap();
    assert!(["failed", "voided"].contains(&ended.str("/paymentStatus")), "{ended}");
    assert_eq!(w.hold(&guest, placed.str("/holdId")).await.str("/status"), "active");
    check(w.pay(&guest, placed.str("/holdId"), ACCEPTED).await, 201);
    let intent = w.intent_id(booking.str("/bookingId")).await;
    assert_eq!(w.effects(&intent, "capture").await.unwrap(), 0);
}
