//! API.md, Bookings: `POST /api/bookings`, from 201 to 409.

use holdfast_client::stripe::{ACCEPTED, DECLINED, INSUFFICIENT_FUNDS, THREE_D_SECURE};
use holdfast_client::{now, unique, wait_past};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::terms::instant;
use crate::world::{World, check, check_problem, is_too_late, quick_enough};

#[tokio::test]
async fn a_paid_hold_is_a_confirmed_booking() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let hold = check(w.place(&guest, &offer.hold(2)).await, 201);
    // Without a preference: the API waits by itself.
    let body = json!({"holdId": hold.str("/holdId"), "paymentMethodId": w.card(ACCEPTED).await.unwrap()});
    let booking = check(w.send(&guest, "/api/bookings", &body).await, 201);
    assert!(!booking.str("/bookingId").is_empty());
    assert!(!booking.str("/confirmationNumber").is_empty());
    assert_eq!(booking.str("/status"), "confirmed");
    assert_eq!(booking.str("/paymentStatus"), "captured");
    for field in ["holdId", "resourceId", "startTime", "endTime", "quantity", "price"] {
        assert_eq!(booking.json[field], hold.json[field], "{field}: {booking}");
    }
    let intent = w.intent_of(booking.str("/bookingId")).await.unwrap();
    assert_eq!(intent["status"], "succeeded");
    assert_eq!(intent["amount_received"], 9000);
    assert_eq!(intent["currency"], "eur");
    assert_eq!(w.hold(&guest, hold.str("/holdId")).await.str("/status"), "confirmed");
}

#[tokio::test]
async fn confirmation_numbers_differ() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let (one, two) = (w.booked(&guest, &offer).await, w.booked(&guest, &offer).await);
    assert_ne!(one.str("/bookingId"), two.str("/bookingId"));
    assert_ne!(one.str("/confirmationNumber"), two.str("/confirmationNumber"));
}

/// Pays a hold under a preference.
async fn pay_preferring(w: &World, prefer: &str) -> (crate::world::Guest, holdfast_client::Answer) {
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let hold = w.held(&guest, &offer).await;
    let body = json!({"holdId": hold, "paymentMethodId": w.card(ACCEPTED).await.unwrap()});
    let call = w.post("/api/bookings").token(&guest.token).key(&unique("key")).header("Prefer", prefer);
    (guest, call.json(&body).send().await.unwrap())
}

#[tokio::test]
async fn a_caller_may_prefer_not_to_wait() {
    let w = World::new().await;
    for prefer in ["respond-async", "wait=0"] {
        let (guest, answer) = pay_preferring(&w, prefer).await;
        let answer = check(answer, 202);
        assert_eq!(answer.str("/status"), "pending", "{answer}");
        let location = answer.header("location");
        let path = &location[location.find("/api/").unwrap_or_else(|| panic!("Location: {location:?}"))..];
        let found = check(w.read(&guest, path).await, 200);
        assert_eq!(found.str("/bookingId"), answer.str("/bookingId"));
        w.until(&guest, answer.str("/bookingId"), "confirmed", "captured").await;
    }
}

#[tokio::test]
async fn a_caller_may_prefer_to_wait() {
    let w = World::new().await;
    let (_, answer) = pay_preferring(&w, "wait=15").await;
    assert_eq!(check(answer, 201).str("/status"), "confirmed");
}

#[tokio::test]
async fn a_slow_bank_is_waited_for_as_long_as_preferred() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({"capacity": 10})).await;
    let answer = quick_enough(async |seconds| {
        let hold = w.held(&guest, &offer).await;
        let card = w.card(ACCEPTED).await.unwrap();
        slow_confirmation(&w, &card, 2 * seconds).await;
        let body = json!({"holdId": hold, "paymentMethodId": card});
        let before = now();
        let call = w.post("/api/bookings").token(&guest.token).key(&unique("key")).header("Prefer", "wait=1");
        let answer = call.json(&body).send().await.unwrap();
        // By then the bank may have answered.
        if now().duration_since(before) >= SignedDuration::from_secs(2 * seconds) {
            return None;
        }
        Some(check(answer, 202))
    })
    .await;
    assert_eq!(answer.str("/status"), "pending");
    assert_eq!(answer.json.get("nextAction").unwrap_or(&Value::Null), &Value::Null, "{answer}");
    w.until(&guest, answer.str("/bookingId"), "confirmed", "captured").await;
}

/// The bank reserves the amount, but its answer takes so many seconds.
async fn slow_confirmation(w: &World, card: &str, seconds: i64) {
    let fault = json!({"match": "POST /v1/payment_intents/*/confirm", "kind": "timeout",
                       "delaySeconds": seconds, "contains": card});
    w.order_fault(&fault).await.unwrap();
}

#[tokio::test]
async fn where_the_bank_wants_the_customer_the_answer_says_so() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let hold = w.held(&guest, &offer).await;
    let answer = w.awaiting_customer(&guest, &hold).await;
    assert!(answer.header("location").ends_with(answer.str("/bookingId")), "{answer:?}");
    assert!(!answer.json["nextAction"].as_object().unwrap().is_empty());
    w.customer_acts(answer.str("/bookingId"), true).await;
    let done = w.until(&guest, answer.str("/bookingId"), "confirmed", "captured").await;
    assert_eq!(done.json.get("nextAction").unwrap_or(&Value::Null), &Value::Null, "{done}");
}

#[tokio::test]
async fn a_declined_card_leaves_the_hold_active_for_another() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({"capacity": 1})).await;
    let placed = check(w.place(&guest, &offer.hold(1)).await, 201);
    let hold = placed.str("/holdId");
    let declined = check_problem(w.pay(&guest, hold, DECLINED).await, 402, "payment_declined");
    assert_eq!(declined.str("/declineCode"), "card_declined", "{declined}");
    let poor = check_problem(w.pay(&guest, hold, INSUFFICIENT_FUNDS).await, 402, "payment_declined");
    assert_eq!(poor.str("/declineCode"), "card_declined", "{poor}");
    let still = w.hold(&guest, hold).await;
    assert_eq!(still.str("/status"), "active");
    assert_eq!(still.str("/expiresAt"), placed.str("/expiresAt"));
    check_problem(w.place(&w.guest().await, &offer.hold(1)).await, 409, "sold_out");
    let paid = check(w.pay(&guest, hold, ACCEPTED).await, 201);
    assert_eq!(paid.str("/status"), "confirmed");
}

#[tokio::test]
async fn a_declined_hold_still_expires() {
    let w = World::new().await;
    let guest = w.guest().await;
    let (offer, placed) = quick_enough(async |ttl| {
        let offer = w.event(json!({"capacity": 1, "holdTtlSeconds": ttl})).await;
        let placed = check(w.place(&guest, &offer.hold(1)).await, 201);
        let declined = w.pay(&guest, placed.str("/holdId"), DECLINED).await;
        if is_too_late(&declined, instant(placed.str("/expiresAt"))) {
            return None;
        }
        check_problem(declined, 402, "payment_declined");
        Some((offer, placed))
    })
    .await;
    let hold = placed.str("/holdId");
    wait_past(instant(placed.str("/expiresAt"))).await;
    assert_eq!(w.hold(&guest, hold).await.str("/status"), "expired");
    check_problem(w.pay(&guest, hold, ACCEPTED).await, 409, "hold_expired");
    check(w.place(&w.guest().await, &offer.hold(1)).await, 201);
}

#[tokio::test]
async fn what_is_not_active_cannot_be_paid() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let released = w.held(&guest, &offer).await;
    check(w.release(&guest, &released).await, 204);
    check_problem(w.pay(&guest, &released, ACCEPTED).await, 409, "hold_released");
    let confirmed = w.held(&guest, &offer).await;
    check(w.pay(&guest, &confirmed, ACCEPTED).await, 201);
    check_problem(w.pay(&guest, &confirmed, ACCEPTED).await, 409, "hold_confirmed");
    let short = w.event(json!({"holdTtlSeconds": 1})).await;
    let expired = check(w.place(&guest, &short.hold(1)).await, 201);
    wait_past(instant(expired.str("/expiresAt"))).await;
    check_problem(w.pay(&guest, expired.str("/holdId"), ACCEPTED).await, 409, "hold_expired");
}

#[tokio::test]
async fn while_the_bank_is_asked_the_hold_cannot_expire() {
    let w = World::new().await;
    let (guest, other) = (w.guest().await, w.guest().await);
    let (offer, paid) = quick_enough(async |ttl| {
        let offer = w.event(json!({"capacity": 1, "holdTtlSeconds": ttl})).await;
        let placed = check(w.place(&guest, &offer.hold(1)).await, 201);
        let expires_at = instant(placed.str("/expiresAt"));
        let card = w.card(ACCEPTED).await.unwrap();
        slow_confirmation(&w, &card, 2 * ttl).await;
        let is_answered = std::cell::Cell::new(false);
        let pays = async {
            let paid = w.pay_with(&guest, &unique("slow"), placed.str("/holdId"), &card).await;
            is_answered.set(true);
            paid
        };
        let tries = async {
            wait_past(expires_at).await;
            let early = w.place(&other, &offer.hold(1)).await;
            let read = w.hold(&guest, placed.str("/holdId")).await;
            (early, read, is_answered.get())
        };
        let (paid, (early, read, was_answered)) = futures::future::join(pays, tries).await;
        if was_answered || is_too_late(&paid, expires_at) {
            return None;
        }
        check_problem(early, 409, "sold_out");
        assert_eq!(read.str("/status"), "active");
        assert!([201, 202].contains(&paid.status), "{paid:?}");
        Some((offer, paid))
    })
    .await;
    w.until(&guest, paid.str("/bookingId"), "confirmed", "captured").await;
    check_problem(w.place(&other, &offer.hold(1)).await, 409, "sold_out");
}

#[tokio::test]
async fn an_unknown_payment_method_changes_nothing() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let hold = w.held(&guest, &offer).await;
    let answer = w.pay_with(&guest, &unique("key"), &hold, "pm_no_such_card").await;
    assert!((400..500).contains(&answer.status), "{answer:?}");
    assert_eq!(w.hold(&guest, &hold).await.str("/status"), "active");
    check(w.pay(&guest, &hold, ACCEPTED).await, 201);
}

#[tokio::test]
async fn no_card_number_is_taken() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let hold = w.held(&guest, &offer).await;
    for number in [ACCEPTED, THREE_D_SECURE] {
        let answer = check(w.pay_with(&guest, &unique("key"), &hold, number).await, 422);
        assert!(!answer.text.contains(number), "{answer}");
    }
}
