//! API.md, Resources, Holds, Bookings: an amount is the same money at the bank, what nobody can pay is refused, what is free needs no
//! card, and what becomes of money after it was taken is told.

use holdfast_client::stripe::id_of;
use holdfast_client::{poll, unique};
use serde_json::{Value, json};

use crate::terms::{nightly, with};
use crate::world::{PATIENCE, World, check, check_problem};

fn priced(base: i64, currency: &str) -> Value {
    json!({"pricing": {"currency": currency, "base": base}})
}

#[tokio::test]
async fn an_amount_is_the_same_money_at_the_bank() {
    let w = World::new().await;
    let guest = w.guest().await;
    for (amount, currency, at_the_bank) in [
        (5_000, "ISK", 500_000),
        (700, "UGX", 70_000),
        (100_000, "MGA", 1_000),
        (5_130, "KWD", 5_130),
        (12_001, "JPY", 12_001),
    ] {
        let offer = w.event(priced(amount, currency)).await;
        let booking = w.booked(&guest, &offer).await;
        assert_eq!(booking.json["price"], json!({"amount": amount, "currency": currency}), "{booking}");
        let intent = w.intent_of(booking.str("/bookingId")).await.unwrap();
        assert_eq!(intent["amount_received"], at_the_bank, "{currency}: {intent}");
        let cancelled = check(w.cancel(&guest, booking.str("/bookingId")).await, 200);
        assert_eq!(cancelled.int("/refund/amount"), Some(amount), "{cancelled}");
        w.until(&guest, booking.str("/bookingId"), "cancelled", "refunded").await;
    }
}

#[tokio::test]
async fn a_price_that_nobody_can_pay_names_the_field() {
    let w = World::new().await;
    for (base, currency, pointer) in [
        (12_900, "KPW", "/pricing/currency"),
        (5_131, "KWD", "/pricing/base"),
        (150, "MGA", "/pricing/base"),
        (100_000_000, "USD", "/pricing/base"),
    ] {
        let answer = w.put_resource(&unique("e2e"), &with(nightly(), priced(base, currency))).await;
        let answer = check(answer, 422);
        assert_eq!(answer.str("/errors/0/pointer"), pointer, "{answer}");
    }
}

#[tokio::test]
async fn a_total_below_the_minimum_or_above_the_maximum_is_refused_at_the_hold() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(with(priced(20, "EUR"), json!({"capacity": 9}))).await;
    let below = check_problem(w.place(&guest, &offer.hold(2)).await, 422, "below_minimum_charge");
    assert_eq!(below.json["minimum"], json!({"amount": 50, "currency": "EUR"}), "{below}");
    assert_eq!(below.str("/errors/0/pointer"), "/quantity", "{below}");
    check(w.place(&guest, &offer.hold(3)).await, 201);
    let dear = w.event(with(priced(60_000_000, "EUR"), json!({"capacity": 2}))).await;
    let above = check_problem(w.place(&guest, &dear.hold(2)).await, 422, "above_maximum_charge");
    assert_eq!(above.json["maximum"], json!({"amount": 99_999_999, "currency": "EUR"}), "{above}");
}

#[tokio::test]
async fn what_costs_nothing_is_booked_without_a_card() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(priced(0, "EUR")).await;
    let hold = w.held(&guest, &offer).await;
    let booking = check(w.send(&guest, "/api/bookings", &json!({"holdId": hold})).await, 201);
    assert_eq!((booking.str("/status"), booking.str("/paymentStatus")), ("confirmed", "captured"));
    assert_eq!(booking.json["price"], json!({"amount": 0, "currency": "EUR"}), "{booking}");
    let asked = w.stripe_requests(booking.str("/bookingId"), "").await.unwrap();
    assert!(asked.is_empty(), "the bank is not asked: {asked:?}");
    let cancelled = check(w.cancel(&guest, booking.str("/bookingId")).await, 200);
    assert_eq!((cancelled.int("/refund/amount"), cancelled.str("/refund/status")), (Some(0), "succeeded"));
}

/// Waits until no settlement of a booking runs. A webhook of its capture may have begun one beside the cancellation's.
async fn no_settlement_runs(w: &World, booking: &str) {
    let asked =
        json!({"stateMachineArn": w.value("CANCELLATION_MACHINE_ARN").unwrap(), "statusFilter": "RUNNING"});
    poll("the end of its settlements", PATIENCE, async || {
        let running = w.aws("states", "AWSStepFunctions.ListExecutions", &asked).await?;
        Ok((!running.to_string().contains(booking)).then_some(()))
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_refund_that_fails_days_later_is_told_as_failed() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let booking = w.booked(&guest, &offer).await.str("/bookingId").to_owned();
    check(w.cancel(&guest, &booking).await, 200);
    let cancelled = w.until(&guest, &booking, "cancelled", "refunded").await;
    assert_eq!(cancelled.str("/cancellation/refund/status"), "succeeded", "{cancelled}");
    no_settlement_runs(&w, &booking).await;
    let refunds = w.refunds(&w.intent_id(&booking).await).await.unwrap();
    w.refund_ends(&id_of(&refunds[0]).unwrap(), "failed").await.unwrap();
    let failed = w.until(&guest, &booking, "cancelled", "captured").await;
    assert_eq!(failed.str("/cancellation/refund/status"), "failed", "{failed}");
    let trail = w.trail(&guest, &booking).await;
    assert_eq!(trail.last().unwrap()["type"], "payment.refund_failed", "{trail:?}");
}

#[tokio::test]
async fn a_dispute_moves_the_payment_status_and_leaves_the_booking() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let booking = w.booked(&guest, &offer).await.str("/bookingId").to_owned();
    let intent = w.intent_id(&booking).await;
    // The first one begins as an inquiry, which takes no money.
    w.dispute(&intent, "warning_needs_response").await.unwrap();
    for (end, payment_status) in [("won", "captured"), ("lost", "charged_back")] {
        w.dispute(&intent, "needs_response").await.unwrap();
        w.until(&guest, &booking, "confirmed", "disputed").await;
        w.dispute(&intent, end).await.unwrap();
        w.until(&guest, &booking, "confirmed", payment_status).await;
    }
    let trail = w.trail(&guest, &booking).await;
    let kinds: Vec<&str> = trail.iter().filter_map(|entry| entry["type"].as_str()).collect();
    let late = ["payment.disputed", "payment.dispute_won", "payment.disputed", "payment.charged_back"];
    assert_eq!(kinds[kinds.len() - 4..], late, "{kinds:?}");
}
