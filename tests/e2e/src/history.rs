//! API.md, Bookings: reading one, the caller's history, the audit trail.

use holdfast_client::Answer;
use holdfast_client::stripe::{ACCEPTED, DECLINED};
use serde_json::{Value, json};

use crate::terms::instant;
use crate::world::{World, check, check_problem, results};

const STATUSES: [&str; 5] = ["pending", "confirmed", "cancelled", "completed", "failed"];
const PAYMENT_STATUSES: [&str; 7] =
    ["pending", "authorized", "captured", "voided", "partially_refunded", "refunded", "failed"];

fn ids(answer: &Answer) -> Vec<&str> {
    results(answer).iter().map(|booking| booking["bookingId"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_booking_can_be_read() {
    let w = World::new().await;
    let guest = w.guest().await;
    let made = w.booked(&guest, &w.event(json!({})).await).await;
    let read = check(w.booking(&guest, made.str("/bookingId")).await, 200);
    for field in [
        "bookingId",
        "confirmationNumber",
        "status",
        "paymentStatus",
        "holdId",
        "resourceId",
        "startTime",
        "endTime",
        "quantity",
        "price",
    ] {
        assert_eq!(read.json[field], made.json[field], "{field}: {read}");
    }
}

#[tokio::test]
async fn the_history_is_newest_first_page_by_page() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({"capacity": 10})).await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.insert(0, w.booked(&guest, &offer).await.str("/bookingId").to_owned());
    }
    let whole = check(w.read(&guest, "/api/bookings").await, 200);
    assert_eq!(ids(&whole), made);
    assert_eq!(whole.json["nextCursor"], Value::Null);
    let mut collected: Vec<String> = Vec::new();
    let mut sizes = Vec::new();
    let mut path = "/api/bookings?limit=2".to_owned();
    for _ in 0..3 {
        let page = check(w.read(&guest, &path).await, 200);
        sizes.push(results(&page).len());
        collected.extend(ids(&page).into_iter().map(str::to_owned));
        let Some(cursor) = page.json["nextCursor"].as_str() else { break };
        path = format!("/api/bookings?limit=2&cursor={cursor}");
    }
    assert_eq!(sizes, [2, 2, 1]);
    assert_eq!(collected, made);
}

#[tokio::test]
async fn a_history_page_that_makes_no_sense_is_refused() {
    let w = World::new().await;
    let guest = w.guest().await;
    for query in ["limit=0", "limit=-1", "limit=all", "cursor=%25%25%25", "cursor=x"] {
        let answer = w.read(&guest, &format!("/api/bookings?{query}")).await;
        assert_eq!(answer.status, 422, "{query}: {answer:?}");
        crate::world::check_invalid(answer);
    }
}

#[tokio::test]
async fn somebody_elses_cursor_opens_nothing() {
    let w = World::new().await;
    let (guest, other) = (w.guest().await, w.guest().await);
    let offer = w.event(json!({"capacity": 10})).await;
    for _ in 0..2 {
        w.booked(&guest, &offer).await;
    }
    let page = check(w.read(&guest, "/api/bookings?limit=1").await, 200);
    let cursor = page.str("/nextCursor");
    let answer = w.read(&other, &format!("/api/bookings?limit=1&cursor={cursor}")).await;
    assert!(answer.status == 422 || results(&answer).is_empty(), "{answer:?}");
}

/// A trail's entries, each checked for its shape.
fn check_trail(trail: &[Value]) {
    assert!(!trail.is_empty());
    let mut ids = Vec::new();
    for event in trail {
        for field in ["eventId", "type", "at", "actor", "from", "to"] {
            assert!(event[field].is_string(), "{field}: {event}");
        }
        assert!(event["data"].is_object(), "{event}");
        for field in ["from", "to"] {
            assert!(STATUSES.contains(&event[field].as_str().unwrap()), "{event}");
        }
        if event["type"].as_str().unwrap().starts_with("payment.") {
            assert_eq!(event["from"], event["to"], "{event}");
            let payment = event["data"]["paymentStatus"].as_str().unwrap_or_default();
            assert!(PAYMENT_STATUSES.contains(&payment), "{event}");
        }
        ids.push(event["eventId"].as_str().unwrap());
    }
    for pair in trail.windows(2) {
        let at = |event: &Value| instant(event["at"].as_str().unwrap());
        assert!(at(&pair[0]) <= at(&pair[1]), "oldest first: {trail:#?}");
        assert_eq!(pair[0]["to"], pair[1]["from"], "one follows from the other: {trail:#?}");
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "event ids are distinct");
}

fn kinds(trail: &[Value]) -> Vec<&str> {
    trail.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

#[track_caller]
fn check_order(trail: &[Value], wanted: &[&str]) {
    let kinds = kinds(trail);
    let places: Vec<usize> = wanted
        .iter()
        .map(|kind| kinds.iter().position(|k| k == kind).unwrap_or_else(|| panic!("{kind} not in {kinds:?}")))
        .collect();
    assert!(places.is_sorted(), "{wanted:?} not in order in {kinds:?}");
}

#[tokio::test]
async fn the_trail_of_a_booking_tells_its_life() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let id = w.booked(&guest, &offer).await.str("/bookingId").to_owned();
    check(w.cancel(&guest, &id).await, 200);
    w.until(&guest, &id, "cancelled", "refunded").await;
    let trail = w.trail(&guest, &id).await;
    check_trail(&trail);
    check_order(
        &trail,
        &[
            "booking.requested",
            "payment.authorized",
            "booking.confirmed",
            "payment.captured",
            "booking.cancelled",
            "payment.refunded",
        ],
    );
    let first = check(w.read(&guest, &format!("/api/bookings/{id}/events?limit=4")).await, 200);
    let cursor = first.str("/nextCursor");
    let rest =
        check(w.read(&guest, &format!("/api/bookings/{id}/events?limit=100&cursor={cursor}")).await, 200);
    let of = |answer: &Answer| answer.json["results"].as_array().expect("entries").clone();
    assert_eq!([of(&first), of(&rest)].concat(), trail, "two pages are the trail");
    assert_eq!(rest.json["nextCursor"], Value::Null);
    let step = |kind: &str| trail.iter().find(|event| event["type"] == kind).unwrap();
    assert_eq!(step("booking.requested")["to"], "pending");
    assert_eq!(step("booking.confirmed")["from"], "pending");
    assert_eq!(step("booking.confirmed")["to"], "confirmed");
    assert_eq!(step("payment.authorized")["data"]["paymentStatus"], "authorized");
    assert_eq!(step("payment.captured")["data"]["paymentStatus"], "captured");
    assert_eq!(step("booking.cancelled")["to"], "cancelled");
    assert_eq!(step("payment.refunded")["data"]["paymentStatus"], "refunded");
    assert_eq!(step("booking.requested")["actor"], guest.sub.as_str());
    assert_eq!(step("booking.cancelled")["actor"], guest.sub.as_str());
    assert_ne!(step("payment.captured")["actor"], guest.sub.as_str());
}

#[tokio::test]
async fn the_trail_of_a_failed_booking_ends_with_its_failure() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let hold = w.held(&guest, &offer).await;
    check_problem(w.pay(&guest, &hold, DECLINED).await, 402, "payment_declined");
    let history = check(w.read(&guest, "/api/bookings").await, 200);
    let failed = ids(&history)[0];
    w.until(&guest, failed, "failed", "failed").await;
    let trail = w.trail(&guest, failed).await;
    check_trail(&trail);
    check_order(&trail, &["booking.requested", "booking.failed"]);
    assert!(!kinds(&trail).contains(&"payment.captured"), "{trail:#?}");
}

#[tokio::test]
async fn the_trail_of_a_customers_step_names_it() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let hold = w.held(&guest, &offer).await;
    let pending = w.awaiting_customer(&guest, &hold).await;
    let id = pending.str("/bookingId");
    assert_eq!(w.booking(&guest, id).await.str("/paymentStatus"), "pending");
    w.customer_acts(id, true).await;
    w.until(&guest, id, "confirmed", "captured").await;
    let trail = w.trail(&guest, id).await;
    check_trail(&trail);
    check_order(
        &trail,
        &["booking.requested", "payment.action_required", "payment.authorized", "payment.captured"],
    );
}

#[tokio::test]
async fn no_trail_or_booking_tells_card_or_secret() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let id = w.booked(&guest, &offer).await.str("/bookingId").to_owned();
    let intent = w.intent_of(&id).await.unwrap();
    let secret = intent["client_secret"].as_str().unwrap();
    let trail = Value::Array(w.trail(&guest, &id).await).to_string();
    let booking = w.booking(&guest, &id).await.text;
    for text in [&trail, &booking] {
        assert!(!text.contains(secret) && !text.contains(ACCEPTED), "{text}");
    }
}
