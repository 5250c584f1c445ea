//! What follows from a change: events on the bus, the guest's mail, the partner's notification.

use holdfast_client::poll;
use holdfast_client::stripe::ACCEPTED;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::world::{Guest, PATIENCE, World, check};

#[tokio::test]
async fn what_happens_is_told_on_the_bus() {
    let w = World::new().await;
    let bus = w.watch_bus().await.unwrap();
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let hold = w.held(&guest, &offer).await;
    let booking = check(w.pay(&guest, &hold, ACCEPTED).await, 201).str("/bookingId").to_owned();
    check(w.cancel(&guest, &booking).await, 200);
    let other = w.held(&guest, &offer).await;
    check(w.release(&guest, &other).await, 204);
    for (kind, about) in [
        ("resource.changed", &offer.id),
        ("inventory.changed", &offer.id),
        ("hold.placed", &hold),
        ("hold.claimed", &hold),
        ("hold.confirmed", &hold),
        ("hold.released", &other),
        ("booking.requested", &booking),
        ("booking.confirmed", &booking),
        ("booking.cancelled", &booking),
        ("payment.authorized", &booking),
        ("payment.captured", &booking),
        ("payment.refunded", &booking),
    ] {
        for version in [1, 2] {
            let schema = format!("urn:holdfast:event:{kind}:v{version}");
            let event = poll(&format!("{schema} of {about}"), PATIENCE, async || {
                let events = bus.of_type(kind, about).await?;
                Ok(events.into_iter().find(|event| event["detail"]["dataschema"] == schema))
            })
            .await
            .unwrap();
            assert_eq!(event["source"], "holdfast");
            let detail = &event["detail"];
            for field in ["specversion", "id", "source", "type", "time", "traceparent"] {
                assert!(detail[field].is_string(), "CloudEvents has {field}: {event}");
            }
            assert_eq!(
                (detail["sequence"].is_string(), detail["sequence"].is_u64()),
                (version == 2, version == 1)
            );
            assert!(detail["time"].as_str() > Some("2020"), "a true time: {event}");
            assert_eq!(detail["type"], kind, "{event}");
            assert!(detail["data"].is_object(), "{event}");
            assert!(version == 1 || !event.to_string().contains(&guest.sub), "nobody is named: {event}");
        }
    }
}

/// The ids and versions of all events about a booked event, once the bus has shown them, sorted.
async fn ids_of_a_booking(w: &World) -> Vec<String> {
    let bus = w.watch_bus().await.unwrap();
    let offer = w.event(json!({})).await;
    let booking = w.booked(&w.guest().await, &offer).await.str("/bookingId").to_owned();
    poll("payment.captured", PATIENCE, async || {
        Ok(bus.of_type("payment.captured", &booking).await?.into_iter().next())
    })
    .await
    .unwrap();
    w.bus_has_caught_up(&bus, &offer).await;
    let events = bus.events_about(&offer.id).await.unwrap();
    let id = |event: &Value| format!("{} {}", event["detail"]["id"], event["detail"]["dataschema"]);
    let mut ids: Vec<String> = events.iter().map(id).collect();
    assert!(ids.len() >= 4, "of the resource, its page, its hold and its booking: {ids:?}");
    ids.sort();
    ids
}

/// A batch that is delivered again repeats its events under their ids, which is rare: of a few bookings one is without.
#[tokio::test]
async fn every_event_is_told_once() {
    const BOOKINGS: usize = 5;
    let w = World::new().await;
    let mut repeated = Vec::new();
    for _ in 0..BOOKINGS {
        let ids = ids_of_a_booking(&w).await;
        let twice: Vec<String> =
            ids.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0].clone()).collect();
        if twice.is_empty() {
            return;
        }
        repeated.push(twice);
    }
    panic!("twice for each booking: {repeated:?}");
}

/// The mails to a guest once there are so many.
async fn mails(w: &World, guest: &Guest, count: usize) -> Vec<Value> {
    let address = guest.address();
    poll(&format!("{count} mails to {address}"), PATIENCE, async || {
        let mails = w.mails_to(&address).await?;
        Ok((mails.len() >= count).then_some(mails))
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn a_guest_gets_one_mail_for_a_booking_and_one_for_its_cancellation() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({"name": "Evening of strings"})).await;
    let booking = w.booked(&guest, &offer).await;
    let confirmed = mails(&w, &guest, 1).await;
    assert_eq!(confirmed.len(), 1, "{confirmed:#?}");
    let text = confirmed[0].to_string();
    assert!(text.contains(booking.str("/confirmationNumber")), "{text}");
    assert!(text.contains("Evening of strings"), "{text}");
    check(w.cancel(&guest, booking.str("/bookingId")).await, 200);
    let both = mails(&w, &guest, 2).await;
    assert_eq!(both.len(), 2, "{both:#?}");
}

/// Whether a delivery to the partner has a signature by this key, as the library of Standard Webhooks verifies it.
pub(crate) fn is_signed_with(key: &str, delivery: &Value) -> bool {
    let mut headers = http::HeaderMap::new();
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let value = delivery["headers"][name].as_str().unwrap_or_else(|| panic!("no {name}: {delivery}"));
        headers.insert(name, value.parse().unwrap());
    }
    let body = delivery["body"].as_str().unwrap();
    Webhook::new(key).unwrap().verify(body.as_bytes(), &headers).is_ok()
}

#[tokio::test]
async fn a_partner_gets_signed_inventory_changes() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({"capacity": 7})).await;
    w.held(&guest, &offer).await;
    let deliveries = poll("a delivery to the partner", PATIENCE, async || {
        let found = w.deliveries_about(&offer.id).await?;
        Ok((!found.is_empty()).then_some(found))
    })
    .await
    .unwrap();
    let key = w.value("PARTNER_SIGNING_SECRET").unwrap();
    for delivery in deliveries {
        let body = delivery["body"].as_str().unwrap();
        assert!(is_signed_with(key, &delivery), "{delivery}");
        let mut forged = delivery.clone();
        forged["body"] = json!(format!("{body} "));
        assert!(!is_signed_with(key, &forged), "{forged}");
        let told: Value = serde_json::from_str(body).unwrap();
        assert!(!told.to_string().contains(&guest.sub), "partners learn nothing of guests: {told}");
    }
}

#[tokio::test]
async fn nothing_is_set_aside_for_people() {
    let w = World::new().await;
    let booking = w.booked(&w.guest().await, &w.event(json!({})).await).await;
    assert_eq!(booking.str("/status"), "confirmed");
    for queue in ["MANUAL_REVIEW", "UNDELIVERED", "TIMER_DEAD_LETTERS", "NOTIFY_DEAD_LETTERS"] {
        let url = w.value(&format!("{queue}_QUEUE_URL")).unwrap();
        let of_this_run = |one: &Value| one["SentTimestamp"].as_i64().is_some_and(|at| at >= w.begun_at());
        let messages: Vec<Value> = w.queued(url).await.unwrap().into_iter().filter(of_this_run).collect();
        assert!(messages.is_empty(), "{queue}: {messages:#?}");
    }
}
