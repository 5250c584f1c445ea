//! `docs/api.md`, Receipts: what was taken and given back has numbered papers.

use holdfast_client::stripe::ACCEPTED;
use holdfast_client::{poll, unique};
use serde_json::{Value, json};

use crate::terms::{hold_of, in_days, nightly, with};
use crate::world::{Guest, PATIENCE, World, check, check_problem, results};

/// A price of which 7 % are a tax, and of which half is given back at any time.
fn card() -> Value {
    json!({
        "currency": "USD",
        "plans": [{ "planId": "half", "name": "Half back", "price": { "base": 12_900 }, "payment": "now",
            "cancellation": { "steps": [{ "hoursBefore": 0, "keepPercent": 50 }] } }],
        "defaultPlan": "half",
        "charges": [{ "chargeId": "vat", "name": "VAT 7 %", "kind": "tax", "included": true, "percent": 7, "on": ["stay"],
            "refundable": true, "due": "now" }]
    })
}

/// The receipts of a booking once there are so many.
async fn receipts(w: &World, guest: &Guest, booking: &str, count: usize) -> Vec<Value> {
    let path = format!("/api/bookings/{booking}/receipts");
    poll("the receipts", PATIENCE, async || {
        let all = results(&check(w.read(guest, &path).await, 200)).to_vec();
        Ok((all.len() >= count).then_some(all))
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn a_payment_and_a_partial_refund_have_consecutive_receipts_of_their_property() {
    let w = World::new().await;
    let property = w.property().await;
    let own = w.staff(&format!("property.{property}")).await;
    let id = unique("e2e");
    let room =
        with(nightly(), json!({"propertyId": property, "pricing": {"currency": "USD", "base": 12_900}}));
    check(w.put(&format!("/api/resources/{id}")).token(&own.token).json(&room).send().await.unwrap(), 201);
    let rates = w.put(&format!("/api/resources/{id}/rates")).token(&own.token).json(&card());
    check(rates.send().await.unwrap(), 200);
    let guest = w.guest().await;
    let (from, to) = (in_days(40).to_string(), in_days(41).to_string());
    let hold = check(w.place(&guest, &hold_of(&id, &from, &to, 1)).await, 201);
    let booking = check(w.pay(&guest, hold.str("/holdId"), ACCEPTED).await, 201);
    let booking = booking.str("/bookingId");
    receipts(&w, &guest, booking, 1).await;
    check(w.cancel(&guest, booking).await, 200);
    w.until(&guest, booking, "cancelled", "partially_refunded").await;

    let all = receipts(&w, &guest, booking, 2).await;
    let said: Vec<Value> = (all.iter())
        .map(|receipt| {
            json!([receipt["series"], receipt["number"], receipt["kind"], receipt["amount"]["amount"]])
        })
        .collect();
    let series = format!("property/{property}");
    assert_eq!(said, [json!([series, 1, "payment", 12_900]), json!([series, 2, "refund", 6_450])]);
    for (receipt, tax) in all.iter().zip([844, 422]) {
        assert_eq!(receipt["property"]["name"], "The Grand", "{receipt}");
        let vat = json!({"code": "vat", "name": "VAT 7 %", "amount": {"amount": tax, "currency": "USD"}});
        assert_eq!(receipt["taxes"], json!([vat]), "{receipt}");
    }
    let path = format!("/api/bookings/{booking}/receipts");
    assert_eq!(results(&check(w.read(&own, &path).await, 200)), all);
    for stranger in [w.guest().await, w.staff("property.another").await] {
        check_problem(w.read(&stranger, &path).await, 404, "not_found");
    }
}
