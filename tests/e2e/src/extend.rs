//! API.md, Holds: extending.

use holdfast_client::stripe::ACCEPTED;
use holdfast_client::{now, unique, wait_past};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::terms::instant;
use crate::world::{World, check, check_problem, is_too_late, quick_enough};

/// More than any sensible bound.
const MANY: usize = 50;

#[tokio::test]
async fn an_extension_adds_one_ttl_to_the_previous_expiry() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({"holdTtlSeconds": 300})).await;
    let placed = check(w.place(&guest, &offer.hold(1)).await, 201);
    let hold = placed.str("/holdId");
    let first: Timestamp = instant(placed.str("/expiresAt"));
    let extended = check(w.extend(&guest, &unique("key"), hold).await, 200);
    assert_eq!(instant(extended.str("/expiresAt")), first + SignedDuration::from_secs(300), "{extended}");
    assert_eq!(extended.str("/holdId"), hold);
    assert_eq!(extended.str("/status"), "active");
    assert_eq!(w.hold(&guest, hold).await.str("/expiresAt"), extended.str("/expiresAt"));
}

#[tokio::test]
async fn a_hold_can_be_extended_a_bounded_number_of_times() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({"holdTtlSeconds": 60})).await;
    let placed = check(w.place(&guest, &offer.hold(1)).await, 201);
    let hold = placed.str("/holdId");
    let mut times = 0;
    let refused = loop {
        let answer = w.extend(&guest, &unique("key"), hold).await;
        if answer.status != 200 {
            break answer;
        }
        times += 1;
        assert!(times < MANY, "no bound after {times} extensions");
    };
    check_problem(refused, 409, "hold_not_extendable");
    assert!(times >= 1);
    let lives = SignedDuration::from_secs(60 * i64::try_from(times).unwrap());
    let now = w.hold(&guest, hold).await;
    assert_eq!(instant(now.str("/expiresAt")), instant(placed.str("/expiresAt")) + lives);
    assert_eq!(now.str("/status"), "active", "a refused extension ends nothing");
}

#[tokio::test]
async fn an_extended_hold_outlives_its_first_expiry() {
    let w = World::new().await;
    let guest = w.guest().await;
    let (offer, extended) = quick_enough(async |ttl| {
        let offer = w.event(json!({"capacity": 1, "holdTtlSeconds": ttl})).await;
        let placed = check(w.place(&guest, &offer.hold(1)).await, 201);
        let hold = placed.str("/holdId");
        let extended = w.extend(&guest, &unique("key"), hold).await;
        if is_too_late(&extended, instant(placed.str("/expiresAt"))) {
            return None;
        }
        let extended = check(extended, 200);
        wait_past(instant(placed.str("/expiresAt"))).await;
        let early = w.place(&w.guest().await, &offer.hold(1)).await;
        let read = w.hold(&guest, hold).await;
        if now() >= instant(extended.str("/expiresAt")) {
            return None;
        }
        check_problem(early, 409, "sold_out");
        assert_eq!(read.str("/status"), "active");
        Some((offer, extended))
    })
    .await;
    wait_past(instant(extended.str("/expiresAt"))).await;
    check(w.place(&w.guest().await, &offer.hold(1)).await, 201);
}

#[tokio::test]
async fn a_dead_hold_cannot_be_extended() {
    let w = World::new().await;
    let guest = w.guest().await;
    let short = w.event(json!({"holdTtlSeconds": 1})).await;
    let expired = check(w.place(&guest, &short.hold(1)).await, 201);
    wait_past(instant(expired.str("/expiresAt"))).await;
    let answer = w.extend(&guest, &unique("key"), expired.str("/holdId")).await;
    check_problem(answer, 409, "hold_expired");

    let offer = w.event(json!({})).await;
    let released = w.held(&guest, &offer).await;
    check(w.release(&guest, &released).await, 204);
    check_problem(w.extend(&guest, &unique("key"), &released).await, 409, "hold_released");

    let confirmed = w.held(&guest, &offer).await;
    check(w.pay(&guest, &confirmed, ACCEPTED).await, 201);
    let answer = w.extend(&guest, &unique("key"), &confirmed).await;
    assert_eq!(answer.status, 409, "{answer:?}");
}
