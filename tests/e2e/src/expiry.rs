//! API.md, Holds: the instant `expiresAt` passes. Nothing here waits for a job; only the last tests look at what the jobs
//! do afterwards.

use std::time::Duration;

use holdfast_client::stripe::ACCEPTED;
use holdfast_client::{now, poll, wait_past};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::terms::instant;
use crate::world::{PATIENCE, World, check, check_problem};

/// How long after the one expiry event a second would have come.
const SECOND_EVENT: Duration = Duration::from_secs(8);

#[tokio::test]
async fn the_places_of_an_expired_hold_are_taken_at_once() {
    let w = World::new().await;
    let (first, second) = (w.guest().await, w.guest().await);
    let offer = w.event(json!({"capacity": 1, "holdTtlSeconds": 2})).await;
    let mut holder = (&first, &second);
    for _ in 0..3 {
        let hold = check(w.place(holder.0, &offer.hold(1)).await, 201);
        let expires_at = instant(hold.str("/expiresAt"));
        let early = w.place(holder.1, &offer.hold(1)).await;
        assert!(now() < expires_at, "the machine is too slow for this test");
        check_problem(early, 409, "sold_out");
        wait_past(expires_at).await;
        holder = (holder.1, holder.0);
    }
}

#[tokio::test]
async fn an_expired_hold_says_so_and_is_not_payable() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({"holdTtlSeconds": 1})).await;
    let hold = check(w.place(&guest, &offer.hold(1)).await, 201);
    let card = w.card(ACCEPTED).await.unwrap();
    assert_eq!(w.hold(&guest, hold.str("/holdId")).await.str("/status"), "active");
    wait_past(instant(hold.str("/expiresAt"))).await;
    assert_eq!(check(w.hold(&guest, hold.str("/holdId")).await, 200).str("/status"), "expired");
    let refused = w.pay_with(&guest, "late", hold.str("/holdId"), &card).await;
    check_problem(refused, 409, "hold_expired");
    assert_eq!(w.confirmations_of(&card).await.unwrap(), 0, "no bank was asked");
    check(w.release(&guest, hold.str("/holdId")).await, 204);
}

#[tokio::test]
async fn an_expired_hold_counts_for_nothing() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({"capacity": 10, "holdTtlSeconds": 1})).await;
    let mut last = String::new();
    for _ in 0..4 {
        let hold = check(w.place(&guest, &offer.hold(2)).await, 201);
        last = hold.str("/expiresAt").to_owned();
    }
    wait_past(instant(&last)).await;
    let day = |days| crate::terms::in_days(days).to_string();
    let slots = w.calendar(&offer.id, &day(59), &day(62)).await;
    assert_eq!(slots[0]["available"], 10, "{slots:?}");
    check(w.place(&w.guest().await, &offer.hold(10)).await, 201);
}

#[tokio::test]
async fn the_expiry_of_a_hold_is_told_exactly_once() {
    let w = World::new().await;
    let bus = w.watch_bus().await.unwrap();
    let guest = w.guest().await;
    let offer = w.event(json!({"capacity": 2, "holdTtlSeconds": 1})).await;
    // One is left alone. The places of the other are asked for in the very moment when the timer rings too.
    let alone = check(w.place(&guest, &offer.hold(1)).await, 201);
    let offer = w.event(json!({"capacity": 1, "holdTtlSeconds": 2})).await;
    let contended = check(w.place(&guest, &offer.hold(1)).await, 201);
    wait_past(instant(contended.str("/expiresAt"))).await;
    check(w.place(&w.guest().await, &offer.hold(1)).await, 201);
    for hold in [alone.str("/holdId"), contended.str("/holdId")] {
        poll("hold.expired", PATIENCE, async || {
            Ok(bus.of_type("hold.expired", hold).await?.into_iter().next())
        })
        .await
        .unwrap();
    }
    sleep(SECOND_EVENT).await;
    for hold in [alone.str("/holdId"), contended.str("/holdId")] {
        let told = bus.of_type("hold.expired", hold).await.unwrap();
        assert_eq!(told.len(), 1, "{told:#?}");
    }
}

/// Lets the table's TTL delete the record of a hold now, instead of days after its expiry, and waits until it is gone.
async fn deleted_by_ttl(w: &World, hold: &str) {
    let table = w.value("HOLDS_TABLE").unwrap();
    let key = json!({"pk": {"S": format!("H#{hold}")}});
    let past = (now().as_second() - 60).to_string();
    let update = json!({"TableName": table, "Key": key, "UpdateExpression": "SET #t = :past",
                        "ConditionExpression": "attribute_exists(#t)",
                        "ExpressionAttributeNames": {"#t": "ttl"},
                        "ExpressionAttributeValues": {":past": {"N": past}}});
    w.aws("dynamodb", "DynamoDB_20120810.UpdateItem", &update).await.unwrap();
    poll("the table's TTL deletes the record", PATIENCE, async || {
        let read = json!({"TableName": table, "Key": key});
        let answer = w.aws("dynamodb", "DynamoDB_20120810.GetItem", &read).await?;
        Ok((answer.get("Item").unwrap_or(&Value::Null) == &Value::Null).then_some(()))
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_ttl_deletion_after_the_expiry_has_no_second_effect() {
    let w = World::new().await;
    let bus = w.watch_bus().await.unwrap();
    let guest = w.guest().await;
    let offer = w.event(json!({"capacity": 1, "holdTtlSeconds": 1})).await;
    let hold = w.held(&guest, &offer).await;
    poll("hold.expired", PATIENCE, async || Ok(bus.of_type("hold.expired", &hold).await?.into_iter().next()))
        .await
        .unwrap();
    let next = w.held(&w.guest().await, &w.event(json!({})).await).await;
    deleted_by_ttl(&w, &hold).await;
    sleep(SECOND_EVENT).await;
    assert_eq!(bus.of_type("hold.expired", &hold).await.unwrap().len(), 1);
    assert!(bus.of_type("hold.expired", &next).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_ttl_deletion_before_the_expiry_frees_nothing() {
    let w = World::new().await;
    let bus = w.watch_bus().await.unwrap();
    let guest = w.guest().await;
    let offer = w.event(json!({"capacity": 1, "holdTtlSeconds": 30})).await;
    let placed = check(w.place(&guest, &offer.hold(1)).await, 201);
    let hold = placed.str("/holdId");
    deleted_by_ttl(&w, hold).await;
    sleep(Duration::from_secs(3)).await;
    assert!(now() < instant(placed.str("/expiresAt")), "the machine is too slow for this test");
    check_problem(w.place(&w.guest().await, &offer.hold(1)).await, 409, "sold_out");
    assert!(bus.of_type("hold.expired", hold).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_hold_that_did_not_expire_is_not_told_to_have() {
    let w = World::new().await;
    let bus = w.watch_bus().await.unwrap();
    let guest = w.guest().await;
    let offer = w.event(json!({"capacity": 3, "holdTtlSeconds": 2})).await;
    let released = check(w.place(&guest, &offer.hold(1)).await, 201);
    check(w.release(&guest, released.str("/holdId")).await, 204);
    let paid = check(w.place(&guest, &offer.hold(1)).await, 201);
    check(w.pay(&guest, paid.str("/holdId"), ACCEPTED).await, 201);
    wait_past(instant(paid.str("/expiresAt"))).await;
    for (hold, kind) in [(released.str("/holdId"), "hold.released"), (paid.str("/holdId"), "hold.confirmed")]
    {
        poll(kind, PATIENCE, async || Ok(bus.of_type(kind, hold).await?.into_iter().next())).await.unwrap();
    }
    sleep(SECOND_EVENT).await;
    for (hold, kind) in [(released.str("/holdId"), "hold.released"), (paid.str("/holdId"), "hold.confirmed")]
    {
        assert_eq!(bus.of_type(kind, hold).await.unwrap().len(), 1, "{kind}");
        assert!(bus.of_type("hold.expired", hold).await.unwrap().is_empty(), "{hold}");
    }
    assert_eq!(w.hold(&guest, paid.str("/holdId")).await.str("/status"), "confirmed");
}
