//! API.md, Resources: what a cancellation gives back, by the policy's tiers, what is said of it before, and what the bank sees of it.

use holdfast_client::stripe::ACCEPTED;
use holdfast_client::{now, wait_past};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::terms::{in_time, instant};
use crate::world::{Guest, Offer, World, check, has_begun, quick_enough};

/// Books an event that starts some time from now, unless it has started before the machine came to hold it.
async fn booked(
    w: &World,
    guest: &Guest,
    start_in: SignedDuration,
    tiers: &Value,
    price: (i64, &str),
) -> Option<(Offer, String)> {
    let pricing = json!({"currency": price.1, "base": price.0});
    let changes = json!({"pricing": pricing, "cancellationPolicy": {"tiers": tiers}});
    let start = in_time(start_in);
    let offer = w.event_at(start, changes).await;
    let hold = w.place(guest, &offer.hold(1)).await;
    if hold.status != 201 && now() >= start {
        return None;
    }
    let hold = check(hold, 201);
    let booking = w.pay(guest, hold.str("/holdId"), ACCEPTED).await;
    if has_begun(&booking, start) {
        return None;
    }
    Some((offer, check(booking, 201).str("/bookingId").to_owned()))
}

/// Books an event that starts some time from now, cancels, and looks at the answer, at the booking and at the bank.
async fn check_refund(
    start_in: SignedDuration,
    tiers: Value,
    price: (i64, &str),
    refund: i64,
    payment_status: &str,
) {
    let w = World::new().await;
    let guest = w.guest().await;
    let (_, booking) = booked(&w, &guest, start_in, &tiers, price).await.expect("hours are long enough");
    check_cancellation(&w, &guest, &booking, price, refund, payment_status).await;
}

/// Cancels, and looks at the answer, at the booking and at the bank.
async fn check_cancellation(
    w: &World,
    guest: &Guest,
    booking: &str,
    price: (i64, &str),
    refund: i64,
    payment_status: &str,
) {
    let cancelled = check(w.cancel(guest, booking).await, 200);
    assert_eq!(cancelled.str("/status"), "cancelled");
    assert_eq!(cancelled.int("/refund/amount"), Some(refund), "{cancelled}");
    assert_eq!(cancelled.str("/refund/currency"), price.1, "{cancelled}");
    w.until(guest, booking, "cancelled", payment_status).await;
    let refunds = w.refunds(&w.intent_id(booking).await).await.unwrap();
    let given: Vec<i64> = refunds.iter().map(|one| one["amount"].as_i64().unwrap()).collect();
    let wanted = if refund == 0 { vec![] } else { vec![refund] };
    assert_eq!(given, wanted, "at the bank");
}

/// In no order of hours.
fn three_tiers() -> Value {
    json!([
        {"hoursBefore": 0, "refundPercent": 50},
        {"hoursBefore": 48, "refundPercent": 100},
        {"hoursBefore": 24, "refundPercent": 75}])
}

const EUR_10001: (i64, &str) = (10_001, "EUR");

#[tokio::test]
async fn the_tier_with_the_most_remaining_hours_applies() {
    check_refund(SignedDuration::from_hours(72), three_tiers(), EUR_10001, 10_001, "refunded").await;
}

#[tokio::test]
async fn a_tier_needs_its_hours_in_full() {
    let just_below = SignedDuration::from_hours(48) - SignedDuration::from_secs(60);
    check_refund(just_below, three_tiers(), EUR_10001, 7_501, "partially_refunded").await;
}

#[tokio::test]
async fn a_tier_applies_while_its_hours_still_remain() {
    let just_above = SignedDuration::from_hours(48) + SignedDuration::from_secs(60);
    check_refund(just_above, three_tiers(), EUR_10001, 10_001, "refunded").await;
}

#[tokio::test]
async fn half_a_minor_unit_is_rounded_up() {
    check_refund(SignedDuration::from_hours(3), three_tiers(), EUR_10001, 5_001, "partially_refunded").await;
}

#[tokio::test]
async fn less_than_half_a_minor_unit_is_rounded_down() {
    let tiers = json!([{"hoursBefore": 0, "refundPercent": 33}]);
    check_refund(SignedDuration::from_hours(3), tiers, (1_001, "JPY"), 330, "partially_refunded").await;
}

#[tokio::test]
async fn past_the_last_tier_nothing_is_refunded() {
    let tiers = json!([{"hoursBefore": 24, "refundPercent": 100}]);
    check_refund(SignedDuration::from_hours(3), tiers, EUR_10001, 0, "captured").await;
}

#[tokio::test]
async fn without_tiers_nothing_is_refunded() {
    check_refund(SignedDuration::from_hours(900), json!([]), EUR_10001, 0, "captured").await;
}

#[tokio::test]
async fn once_it_has_started_nothing_is_refunded() {
    let w = World::new().await;
    let guest = w.guest().await;
    let tiers = json!([{"hoursBefore": 0, "refundPercent": 100}]);
    let (offer, booking) = quick_enough(async |seconds| {
        booked(&w, &guest, SignedDuration::from_secs(2 + seconds), &tiers, EUR_10001).await
    })
    .await;
    wait_past(instant(&offer.start)).await;
    check_cancellation(&w, &guest, &booking, EUR_10001, 0, "captured").await;
}

#[tokio::test]
async fn what_is_quoted_is_what_the_cancellation_gives_back() {
    let w = World::new().await;
    let guest = w.guest().await;
    let start_in = SignedDuration::from_hours(30);
    let (offer, booking) =
        booked(&w, &guest, start_in, &three_tiers(), EUR_10001).await.expect("hours are long enough");
    let path = format!("/api/bookings/{booking}/cancellation");
    let quote = check(w.read(&guest, &path).await, 200);
    let eur = |amount: i64| json!({"amount": amount, "currency": "EUR"});
    assert_eq!(quote.header("cache-control"), "no-store");
    assert_eq!((quote.str("/bookingId"), quote.str("/status")), (booking.as_str(), "confirmed"));
    assert_eq!((&quote.json["cancellable"], quote.str("/paymentStatus")), (&json!(true), "captured"));
    let money = ["paid", "refund", "kept"].map(|name| quote.json[name].clone());
    assert_eq!(money, [eur(10_001), eur(7_501), eur(2_500)]);
    let start = instant(&offer.start);
    let day_before = start - SignedDuration::from_hours(24);
    assert_eq!(instant(quote.str("/validUntil")), day_before);
    let steps = quote.json["schedule"].as_array().unwrap();
    let refunds: Vec<&Value> = steps.iter().map(|step| &step["refund"]).collect();
    assert_eq!(refunds, [&eur(7_501), &eur(5_001), &eur(0)]);
    assert_eq!(instant(quote.str("/schedule/0/until")), day_before);
    assert_eq!(instant(quote.str("/schedule/1/until")), start - SignedDuration::from_millis(1));
    assert_eq!(quote.json["schedule"][2]["until"], Value::Null);
    assert_eq!(w.booking(&guest, &booking).await.str("/status"), "confirmed", "nothing is cancelled");

    check_cancellation(&w, &guest, &booking, EUR_10001, 7_501, "partially_refunded").await;
    let after = check(w.read(&guest, &path).await, 200);
    assert_eq!((&after.json["cancellable"], &after.json["schedule"]), (&json!(false), &json!([])));
    assert_eq!((&after.json["refund"], &after.json["kept"]), (&eur(7_501), &eur(2_500)));
}
