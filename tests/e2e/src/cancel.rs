//! API.md, Bookings: cancelling.

use futures::future::join_all;
use holdfast_client::stripe::DECLINED;
use holdfast_client::{Answer, poll, unique};
use serde_json::json;

use crate::world::{PATIENCE, World, check, check_problem, results};

#[tokio::test]
async fn a_cancellation_names_the_refund_and_frees_the_places_at_once() {
    let w = World::new().await;
    let (guest, other) = (w.guest().await, w.guest().await);
    let offer = w.event(json!({"capacity": 1})).await;
    let id = w.booked(&guest, &offer).await.str("/bookingId").to_owned();
    check_problem(w.place(&other, &offer.hold(1)).await, 409, "sold_out");
    let path = format!("/api/bookings/{id}/cancel");
    let cancelled = check(w.send(&guest, &path, &json!({"reason": "plans changed"})).await, 200);
    check(w.once_free(async || w.place(&other, &offer.hold(1)).await).await, 201);
    assert_eq!(cancelled.str("/bookingId"), id);
    assert_eq!(cancelled.str("/status"), "cancelled");
    assert_eq!(cancelled.int("/refund/amount"), Some(4500));
    assert_eq!(cancelled.str("/refund/currency"), "EUR");
    assert!(!cancelled.str("/refund/status").is_empty());
    w.until(&guest, &id, "cancelled", "refunded").await;
    let refunds = w.refunds(&w.intent_id(&id).await).await.unwrap();
    assert_eq!(refunds.len(), 1);
    assert_eq!(refunds[0]["amount"], 4500);
}

#[tokio::test]
async fn a_reason_is_not_needed() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let id = w.booked(&guest, &offer).await.str("/bookingId").to_owned();
    let call = w.post(&format!("/api/bookings/{id}/cancel")).token(&guest.token).key(&unique("key"));
    assert_eq!(check(call.send().await.unwrap(), 200).str("/status"), "cancelled");
}

#[tokio::test]
async fn again_with_any_key_the_answer_is_the_same_and_no_second_refund_follows() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({"capacity": 1})).await;
    let id = w.booked(&guest, &offer).await.str("/bookingId").to_owned();
    let first = check(w.cancel(&guest, &id).await, 200);
    let theirs = w.booked(&w.guest().await, &offer).await;
    for _ in 0..3 {
        assert_eq!(check(w.cancel(&guest, &id).await, 200).text, first.text);
    }
    assert_eq!(w.refunds(&w.intent_id(&id).await).await.unwrap().len(), 1);
    check_problem(w.place(&guest, &offer.hold(1)).await, 409, "sold_out");
    assert_eq!(theirs.str("/status"), "confirmed");
}

#[tokio::test]
async fn concurrent_cancellations_refund_once() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({"capacity": 2})).await;
    let id = w.booked(&guest, &offer).await.str("/bookingId").to_owned();
    let answers: Vec<Answer> = join_all((0..6).map(|_| w.cancel(&guest, &id))).await;
    for answer in &answers {
        let answer = check(answer.clone(), 200);
        assert_eq!(answer.int("/refund/amount"), Some(4500), "{answer}");
        assert_eq!(answer.str("/status"), "cancelled");
    }
    w.until(&guest, &id, "cancelled", "refunded").await;
    let refunds = w.refunds(&w.intent_id(&id).await).await.unwrap();
    assert_eq!(refunds.iter().map(|one| one["amount"].as_i64().unwrap()).sum::<i64>(), 4500, "{refunds:?}");
    let cancelled = w.trail(&guest, &id).await.iter().filter(|e| e["type"] == "booking.cancelled").count();
    assert_eq!(cancelled, 1);
    let left = w.place(&w.guest().await, &offer.hold(3)).await;
    assert_eq!(check_problem(left, 409, "sold_out").int("/available"), Some(2), "freed once");
}

#[tokio::test]
async fn a_pending_booking_is_cancelled_without_refund_and_its_payment_voided() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({"capacity": 1})).await;
    let hold = w.held(&guest, &offer).await;
    let pending = w.awaiting_customer(&guest, &hold).await;
    let id = pending.str("/bookingId");
    let cancelled = check(w.cancel(&guest, id).await, 200);
    assert_eq!(cancelled.str("/status"), "cancelled");
    assert_eq!(cancelled.int("/refund/amount"), Some(0));
    check(w.place(&w.guest().await, &offer.hold(1)).await, 201);
    w.until(&guest, id, "cancelled", "voided").await;
    let intent = w.intent_of(id).await.unwrap();
    assert_eq!(intent["status"], "canceled", "{intent}");
    assert_eq!(w.hold(&guest, &hold).await.str("/status"), "released");
    let late = w.authenticate(&intent, true).await.unwrap();
    assert_ne!(late["status"], "requires_capture", "nothing can be paid any more: {late}");
}

#[tokio::test]
async fn a_booking_cancelled_while_the_bank_is_asked_takes_no_money() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({"capacity": 1})).await;
    let hold = w.held(&guest, &offer).await;
    let card = w.card(holdfast_client::stripe::ACCEPTED).await.unwrap();
    let fault = json!({"match": "POST /v1/payment_intents/*/confirm", "kind": "timeout",
                       "delaySeconds": 2, "contains": card});
    w.order_fault(&fault).await.unwrap();
    let body = json!({"holdId": hold, "paymentMethodId": card});
    let call = w.post("/api/bookings").token(&guest.token).key("slow").header("Prefer", "wait=0");
    let pending = check(call.json(&body).send().await.unwrap(), 202);
    let id = pending.str("/bookingId");
    poll("the bank is being asked", PATIENCE, async || {
        Ok((!w.stripe_requests(&card, "/confirm").await?.is_empty()).then_some(()))
    })
    .await
    .unwrap();
    let cancelled = check(w.cancel(&guest, id).await, 200);
    assert_eq!(cancelled.int("/refund/amount"), Some(0));
    w.until(&guest, id, "cancelled", "voided").await;
    let intent = w.intent_of(id).await.unwrap();
    assert_eq!(intent["amount_received"], 0, "{intent}");
    assert_eq!(intent["status"], "canceled", "{intent}");
}

#[tokio::test]
async fn a_failed_booking_cannot_be_cancelled() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let hold = w.held(&guest, &offer).await;
    check_problem(w.pay(&guest, &hold, DECLINED).await, 402, "payment_declined");
    let history = w.read(&guest, "/api/bookings").await;
    let failed = results(&history)[0]["bookingId"].as_str().unwrap();
    check_problem(w.cancel(&guest, failed).await, 409, "booking_not_cancellable");
    assert_eq!(w.hold(&guest, &hold).await.str("/status"), "active");
}

#[tokio::test]
async fn an_unknown_booking_cannot_be_cancelled() {
    let w = World::new().await;
    let answer = w.cancel(&w.guest().await, "bkg_unknown").await;
    let code = answer.code().to_owned();
    check_problem(answer, 404, &code);
}
