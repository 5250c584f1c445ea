//! API.md, Webhooks in: who rings is checked at the door; what they say has one effect, however often and in what order.

use holdfast_client::stripe::ACCEPTED;
use holdfast_client::{Answer, now, poll, unique};
use serde_json::{Value, json};

use crate::world::{Guest, PATIENCE, World, check, check_problem};

/// The signature's tolerance, as the contract has it.
const TOLERANCE_SECONDS: i64 = 300;

/// The version of Stripe's API that the product is written for.
const API_VERSION: &str =
    include_str!("../../../shared/adapters-stripe/src/api_version.txt").trim_ascii_end();

/// An event about a payment intent, as Stripe would write it.
pub(crate) fn event(kind: &str, intent: &Value) -> String {
    let event = json!({
        "id": unique("evt"), "object": "event", "api_version": API_VERSION, "created": now().as_second(),
        "type": kind, "data": {"object": intent}, "livemode": false, "pending_webhooks": 1,
        "request": {"id": null, "idempotency_key": null}
    });
    event.to_string()
}

pub(crate) async fn deliver(w: &World, payload: &str, signature: &str) -> Answer {
    let call = w.post("/api/webhooks/stripe").header("Stripe-Signature", signature);
    call.raw(payload.to_owned()).send().await.unwrap()
}

async fn deliver_signed(w: &World, payload: &str) -> Answer {
    deliver(w, payload, &signed(w, payload, now().as_second()).await).await
}

/// The signature that Stripe would give a payload at that second, by our secret.
async fn signed(w: &World, payload: &str, at_seconds: i64) -> String {
    let secret = w.value("STRIPE_WEBHOOK_SECRET").unwrap();
    w.signature(payload, secret, at_seconds).await.unwrap()
}

/// A booking that waits for its customer, with its payment intent.
async fn pending(w: &World) -> (Guest, String, Value) {
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let hold = w.held(&guest, &offer).await;
    let booking = w.awaiting_customer(&guest, &hold).await.str("/bookingId").to_owned();
    let intent = w.intent_of(&booking).await.unwrap();
    (guest, booking, intent)
}

/// Everything of a booking that an effect would change.
async fn state(w: &World, guest: &Guest, booking: &str) -> (String, Vec<Value>) {
    (w.booking(guest, booking).await.text, w.trail(guest, booking).await)
}

#[tokio::test]
async fn what_is_not_rightly_signed_is_400_and_changes_nothing() {
    let w = World::new().await;
    let (guest, booking, intent) = pending(&w).await;
    let before = state(&w, &guest, &booking).await;
    let payload = event("payment_intent.amount_capturable_updated", &intent);
    let at = now().as_second();
    let good = signed(&w, &payload, at).await;
    let of_another = w.signature(&payload, "whsec_of_somebody_else", at).await.unwrap();
    let tampered = payload.replace("requires_action", "requires_capture");
    assert_ne!(tampered, payload);
    let no_signature = w.post("/api/webhooks/stripe").raw(payload.clone()).send().await.unwrap();
    for refused in [
        no_signature,
        deliver(&w, &payload, "").await,
        deliver(&w, &payload, "garbage").await,
        deliver(&w, &payload, &format!("t={at}")).await,
        deliver(&w, &payload, &format!("t={at},v1=00")).await,
        deliver(&w, &payload, &good.replace("v1=", "v0=")).await,
        deliver(&w, &payload, &of_another).await,
        deliver(&w, &tampered, &good).await,
        deliver(&w, &payload, &signed(&w, &payload, at - TOLERANCE_SECONDS - 5).await).await,
        deliver(&w, &payload, &signed(&w, &payload, at + TOLERANCE_SECONDS + 30).await).await,
        deliver(&w, &payload, &good.replace(&format!("t={at}"), &format!("t={}", at + 1))).await,
    ] {
        let code = refused.code().to_owned();
        check_problem(refused, 400, &code);
    }
    assert_eq!(state(&w, &guest, &booking).await, before);
}

#[tokio::test]
async fn a_signature_is_good_for_300_seconds() {
    let w = World::new().await;
    let (_, _, intent) = pending(&w).await;
    let payload = event("payment_intent.requires_action", &intent);
    // A minute is left for the way. `adapters-stripe` has the last second.
    for age in [0, TOLERANCE_SECONDS - 60] {
        let header = signed(&w, &payload, now().as_second() - age).await;
        check(deliver(&w, &payload, &header).await, 200);
    }
    let secret_rolled = format!("{},v1={}", signed(&w, &payload, now().as_second()).await, "0".repeat(64));
    check(deliver(&w, &payload, &secret_rolled).await, 200);
}

#[tokio::test]
async fn an_event_is_not_believed_but_looked_into() {
    let w = World::new().await;
    let (guest, booking, mut intent) = pending(&w).await;
    let before = state(&w, &guest, &booking).await;
    intent["status"] = json!("requires_capture");
    for kind in ["payment_intent.amount_capturable_updated", "payment_intent.succeeded"] {
        check(deliver_signed(&w, &event(kind, &intent)).await, 200);
    }
    let answer = w.booking(&guest, &booking).await;
    assert_eq!((answer.str("/status"), answer.str("/paymentStatus")), ("pending", "pending"));
    assert_eq!(state(&w, &guest, &booking).await, before);
    w.customer_acts(&booking, true).await;
    w.until(&guest, &booking, "confirmed", "captured").await;
}

#[tokio::test]
async fn duplicates_and_old_events_have_no_second_effect() {
    let w = World::new().await;
    let (guest, booking, intent) = pending(&w).await;
    let id = intent["id"].as_str().unwrap();
    w.customer_acts(&booking, true).await;
    w.until(&guest, &booking, "confirmed", "captured").await;
    let events = poll("Stripe has delivered its events", PATIENCE, async || {
        let events = w.stripe_events(id).await?;
        let delivered = |event: &&Value| !event["deliveries"].as_array().unwrap().is_empty();
        Ok((events.iter().filter(delivered).count() >= 3).then_some(events))
    })
    .await
    .unwrap();
    let before = state(&w, &guest, &booking).await;
    for event in events.iter().rev() {
        for _ in 0..2 {
            let status = w.send_stripe_event(event["id"].as_str().unwrap()).await.unwrap();
            assert_eq!(status, Some(200), "{event}");
        }
    }
    assert_eq!(state(&w, &guest, &booking).await, before);
    assert_eq!(w.effects(id, "capture").await.unwrap(), 1);
    assert!(w.refunds(id).await.unwrap().is_empty());
    assert_eq!(w.effects(id, "cancel").await.unwrap(), 0);
}

#[tokio::test]
async fn every_event_stripe_sent_was_taken() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let booking = w.booked(&guest, &offer).await.str("/bookingId").to_owned();
    check(w.cancel(&guest, &booking).await, 200);
    let intent = w.intent_id(&booking).await;
    w.until(&guest, &booking, "cancelled", "refunded").await;
    poll("all deliveries are answered 200", PATIENCE, async || {
        let events = w.stripe_events(&intent).await?;
        let deliveries: Vec<&Value> =
            events.iter().flat_map(|e| e["deliveries"].as_array().unwrap()).collect();
        let refunded = events.iter().any(|e| e["type"] == "charge.refunded" && e["deliveries"] != json!([]));
        Ok((refunded && deliveries.iter().all(|one| one["status"] == 200)).then_some(()))
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn events_of_no_concern_are_acknowledged() {
    let w = World::new().await;
    let form = [("amount", "500"), ("currency", "eur"), ("capture_method", "manual")];
    let foreign = w.stripe(reqwest::Method::POST, "/v1/payment_intents", &form).await.unwrap();
    check(deliver_signed(&w, &event("payment_intent.succeeded", &foreign)).await, 200);
    let customer = json!({"id": "cus_1", "object": "customer"});
    check(deliver_signed(&w, &event("customer.created", &customer)).await, 200);
}

#[tokio::test]
async fn what_is_signed_but_no_event_is_400() {
    let w = World::new().await;
    for payload in ["", "{", "[]", "null", "{}"] {
        let answer = deliver_signed(&w, payload).await;
        check_problem(answer, 400, "invalid_event");
    }
}

#[tokio::test]
async fn a_refund_made_in_the_providers_dashboard_is_written_down() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let hold = w.held(&guest, &offer).await;
    let booking = check(w.pay(&guest, &hold, ACCEPTED).await, 201).str("/bookingId").to_owned();
    let intent = w.intent_id(&booking).await;
    let form = [("payment_intent", intent.as_str()), ("amount", "1000")];
    w.stripe(reqwest::Method::POST, "/v1/refunds", &form).await.unwrap();
    w.until(&guest, &booking, "confirmed", "partially_refunded").await;
    let cancelled = check(w.cancel(&guest, &booking).await, 200);
    assert_eq!(cancelled.int("/refund/amount"), Some(4500), "in all: {cancelled}");
    w.until(&guest, &booking, "cancelled", "refunded").await;
    let refunds = w.refunds(&intent).await.unwrap();
    assert_eq!(refunds.iter().map(|one| one["amount"].as_i64().unwrap()).sum::<i64>(), 4500, "{refunds:?}");
}
