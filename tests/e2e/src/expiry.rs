//! API.md, Holds: the instant `expiresAt` passes. Nothing here waits for a job; only the last tests look at what the jobs
//! do afterwards.

use std::collections::BTreeSet;

use holdfast_client::aws::BusWatch;
use holdfast_client::stripe::ACCEPTED;
use holdfast_client::{now, poll, wait_past};
use serde_json::{Value, json};

use crate::terms::instant;
use crate::world::{PATIENCE, World, check, check_problem, quick_enough};

#[tokio::test]
async fn the_places_of_an_expired_hold_are_taken_at_once() {
    let w = World::new().await;
    let (first, second) = (w.guest().await, w.guest().await);
    quick_enough(async |ttl| {
        let offer = w.event(json!({"capacity": 1, "holdTtlSeconds": ttl})).await;
        let mut holder = (&first, &second);
        for _ in 0..3 {
            let hold = check(w.place(holder.0, &offer.hold(1)).await, 201);
            let expires_at = instant(hold.str("/expiresAt"));
            let early = w.place(holder.1, &offer.hold(1)).await;
            if now() >= expires_at {
                return None;
            }
            check_problem(early, 409, "sold_out");
            wait_past(expires_at).await;
            holder = (holder.1, holder.0);
        }
        Some(())
    })
    .await;
}

#[tokio::test]
async fn an_expired_hold_says_so_and_is_not_payable() {
    let w = World::new().await;
    let guest = w.guest().await;
    let card = w.card(ACCEPTED).await.unwrap();
    let hold = quick_enough(async |ttl| {
        let offer = w.event(json!({"holdTtlSeconds": ttl})).await;
        let hold = check(w.place(&guest, &offer.hold(1)).await, 201);
        let read = w.hold(&guest, hold.str("/holdId")).await;
        if now() >= instant(hold.str("/expiresAt")) {
            return None;
        }
        assert_eq!(read.str("/status"), "active");
        Some(hold)
    })
    .await;
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
    let offer =
        w.event(json!({"capacity": 10, "holdTtlSeconds": 1, "holdLimits": {"coolDownSeconds": 0}})).await;
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

/// The ids of the events of one type about a hold: the same event may be delivered more than once.
async fn told(bus: &BusWatch, kind: &str, hold: &str) -> BTreeSet<String> {
    let events = bus.of_type(kind, hold).await.unwrap();
    events.iter().map(|event| event["detail"]["id"].as_str().unwrap().to_owned()).collect()
}

async fn until_told(bus: &BusWatch, kind: &str, hold: &str) {
    poll(&format!("{kind} of {hold}"), PATIENCE, async || {
        Ok(bus.of_type(kind, hold).await?.into_iter().next())
    })
    .await
    .unwrap();
}

/// What waits for the expiry function about a hold: events, and timers that have not rung yet. A message stays in the queue
/// until the function has done what it says.
async fn waiting(w: &World, hold: &str) -> Vec<Value> {
    let queued = w.queued(w.value("TIMER_QUEUE_URL").unwrap()).await.unwrap();
    queued.into_iter().filter(|message| message["Body"].as_str().unwrap().contains(hold)).collect()
}

/// Waits until the expiry function is done with a hold whose time has passed, and whose placing is on the bus.
async fn timers_have_rung(w: &World, hold: &str) {
    poll(&format!("the timers of {hold} have rung"), PATIENCE, async || {
        Ok(waiting(w, hold).await.is_empty().then_some(()))
    })
    .await
    .unwrap();
}

/// Waits until so many timers of a hold that lives are set, and nothing else of it waits.
async fn timers_are_set(w: &World, hold: &str, count: usize) {
    let is_timer = |message: &Value| message["Body"].as_str().unwrap().contains("holdfast.timer");
    poll(&format!("{count} timers of {hold} are set"), PATIENCE, async || {
        let waiting = waiting(w, hold).await;
        Ok((waiting.len() == count && waiting.iter().all(is_timer)).then_some(()))
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn the_expiry_of_a_hold_is_told_exactly_once() {
    let w = World::new().await;
    let bus = w.watch_bus().await.unwrap();
    let guest = w.guest().await;
    // One is left alone. The places of the other are asked for in the very moment when the timer rings too.
    let left = w.event(json!({"capacity": 2, "holdTtlSeconds": 1})).await;
    let alone = w.held(&guest, &left).await;
    let wanted = w.event(json!({"capacity": 1, "holdTtlSeconds": 2})).await;
    let contended = check(w.place(&guest, &wanted.hold(1)).await, 201);
    wait_past(instant(contended.str("/expiresAt"))).await;
    check(w.place(&w.guest().await, &wanted.hold(1)).await, 201);
    for (offer, hold) in [(&left, alone.as_str()), (&wanted, contended.str("/holdId"))] {
        until_told(&bus, "hold.expired", hold).await;
        timers_have_rung(&w, hold).await;
        w.bus_has_caught_up(&bus, offer).await;
        let events = told(&bus, "hold.expired", hold).await;
        assert_eq!(events.len(), 1, "{events:#?}");
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
    until_told(&bus, "hold.expired", &hold).await;
    timers_have_rung(&w, &hold).await;
    let elsewhere = w.event(json!({"holdTtlSeconds": 600})).await;
    let next = w.held(&w.guest().await, &elsewhere).await;
    timers_are_set(&w, &next, 1).await;
    deleted_by_ttl(&w, &hold).await;
    deleted_by_ttl(&w, &next).await;
    // The deletion of a hold that lives sets its timer again. Deletions come in their order: by then the first is done with.
    timers_are_set(&w, &next, 2).await;
    w.bus_has_caught_up(&bus, &offer).await;
    w.bus_has_caught_up(&bus, &elsewhere).await;
    assert_eq!(told(&bus, "hold.expired", &hold).await.len(), 1);
    assert!(told(&bus, "hold.expired", &next).await.is_empty());
}

#[tokio::test]
async fn a_ttl_deletion_before_the_expiry_frees_nothing() {
    let w = World::new().await;
    let bus = w.watch_bus().await.unwrap();
    let guest = w.guest().await;
    let offer = w.event(json!({"capacity": 1, "holdTtlSeconds": 600})).await;
    let hold = w.held(&guest, &offer).await;
    timers_are_set(&w, &hold, 1).await;
    deleted_by_ttl(&w, &hold).await;
    timers_are_set(&w, &hold, 2).await;
    check_problem(w.place(&w.guest().await, &offer.hold(1)).await, 409, "sold_out");
    w.bus_has_caught_up(&bus, &offer).await;
    assert!(told(&bus, "hold.expired", &hold).await.is_empty());
}

#[tokio::test]
async fn a_hold_that_did_not_expire_is_not_told_to_have() {
    let w = World::new().await;
    let bus = w.watch_bus().await.unwrap();
    let guest = w.guest().await;
    let (offer, released, paid) = quick_enough(async |ttl| {
        let offer = w.event(json!({"capacity": 3, "holdTtlSeconds": ttl})).await;
        let released = check(w.place(&guest, &offer.hold(1)).await, 201);
        check(w.release(&guest, released.str("/holdId")).await, 204);
        if now() >= instant(released.str("/expiresAt")) {
            return None;
        }
        let paid = check(w.place(&guest, &offer.hold(1)).await, 201);
        let booking = w.pay(&guest, paid.str("/holdId"), ACCEPTED).await;
        // A timer that rings while the bank is asked is set again, for later than this test waits.
        if now() >= instant(paid.str("/expiresAt")) {
            return None;
        }
        check(booking, 201);
        Some((offer, released, paid))
    })
    .await;
    wait_past(instant(paid.str("/expiresAt"))).await;
    for (hold, kind) in [(released.str("/holdId"), "hold.released"), (paid.str("/holdId"), "hold.confirmed")]
    {
        until_told(&bus, kind, hold).await;
        timers_have_rung(&w, hold).await;
        w.bus_has_caught_up(&bus, &offer).await;
        assert_eq!(told(&bus, kind, hold).await.len(), 1, "{kind}");
        assert!(told(&bus, "hold.expired", hold).await.is_empty(), "{hold}");
    }
    assert_eq!(w.hold(&guest, paid.str("/holdId")).await.str("/status"), "confirmed");
}
