//! A booking whose time has passed: shown at once, recorded by the schedule's function.

use holdfast_client::stripe::ACCEPTED;
use holdfast_client::{now, poll};
use jiff::{SignedDuration, ToSpan};
use serde_json::{Value, json};

use crate::terms::{self, instant};
use crate::world::{Guest, Offer, PATIENCE, World, check, check_problem, has_begun, quick_enough};

/// A booking of an event that begins in a few seconds and ends two seconds later.
async fn short_booking(w: &World, guest: &Guest) -> (Offer, String) {
    quick_enough(async |seconds| {
        let start = terms::in_time(SignedDuration::from_secs(2 + seconds));
        let end = (start + 2.seconds()).to_string();
        let schedule = json!({"kind": "event", "start": start.to_string(), "end": end});
        let offer = w.event_at(start, json!({"schedule": schedule})).await;
        let hold = w.place(guest, &offer.hold(1)).await;
        if hold.status != 201 && now() >= start {
            return None;
        }
        let hold = check(hold, 201);
        let booking = w.pay(guest, hold.str("/holdId"), ACCEPTED).await;
        if has_begun(&booking, start) {
            return None;
        }
        let booking = check(booking, 201);
        Some((offer, booking.str("/bookingId").to_owned()))
    })
    .await
}

async fn until_over(offer: &Offer) {
    let end = instant(&offer.end);
    poll("the event is over", PATIENCE, async || Ok((now() > end).then_some(()))).await.unwrap();
}

async fn completions(w: &World, guest: &Guest, id: &str) -> Vec<Value> {
    let trail = w.trail(guest, id).await;
    trail.into_iter().filter(|event| event["type"] == "booking.completed").collect()
}

#[tokio::test]
async fn a_booking_whose_time_has_passed_is_completed_and_cannot_be_cancelled() {
    let w = World::new().await;
    let guest = w.guest().await;
    let (offer, id) = short_booking(&w, &guest).await;
    until_over(&offer).await;
    let read = check(w.booking(&guest, &id).await, 200);
    assert_eq!((read.str("/status"), read.str("/paymentStatus")), ("completed", "captured"));
    check_problem(w.cancel(&guest, &id).await, 409, "booking_not_cancellable");
    assert_eq!(w.refunds(&w.intent_id(&id).await).await.unwrap(), [] as [Value; 0]);
}

#[tokio::test]
async fn the_end_of_a_booking_is_recorded_and_told_once() {
    let w = World::new().await;
    let bus = w.watch_bus().await.unwrap();
    let guest = w.guest().await;
    let (offer, id) = short_booking(&w, &guest).await;
    until_over(&offer).await;
    // The index of what has ended may lag behind; the schedule's own run may come first.
    poll("the end is recorded", PATIENCE, async || {
        w.invoke("completion", include_str!("../../../events/samples/schedule/completion.json")).await?;
        Ok((!completions(&w, &guest, &id).await.is_empty()).then_some(()))
    })
    .await
    .unwrap();
    w.invoke("completion", "{}").await.unwrap();
    let recorded = completions(&w, &guest, &id).await;
    assert_eq!(recorded.len(), 1, "{recorded:#?}");
    assert_eq!((&recorded[0]["from"], &recorded[0]["to"]), (&json!("confirmed"), &json!("completed")));
    assert_eq!(recorded[0]["data"]["paymentStatus"], "captured");
    let told = poll("the bus tells of it", PATIENCE, async || {
        let told = bus.of_type("booking.completed", &id).await?;
        Ok((!told.is_empty()).then_some(told))
    })
    .await
    .unwrap();
    let first = &told[0]["detail"]["id"];
    assert!(told.iter().all(|event| &event["detail"]["id"] == first), "{told:#?}");
    w.until(&guest, &id, "completed", "captured").await;
    check_problem(w.cancel(&guest, &id).await, 409, "booking_not_cancellable");
}
