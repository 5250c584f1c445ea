//! API.md, Conventions: what goes wrong on our side, how it is told, and that nothing of it is remembered.

use holdfast_client::stripe::ACCEPTED;
use holdfast_client::{now, unique};
use serde_json::{Value, json};

use crate::terms::hold_of;
use crate::world::{World, check, check_problem};

/// The most live holds of one page that any sensible bound would allow.
const HOLDS_MAX: usize = 1000;

#[tokio::test]
async fn an_answer_of_5xx_is_clean_and_not_remembered() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let table = w.value("LEDGER_TABLE").unwrap();
    let key = json!({"pk": {"S": format!("R#{}", offer.id)}, "sk": {"S": "P#event"}});
    let mut broken = key.clone();
    broken["scribble"] = json!({"S": "SECRET-INTERNALS"});
    // Neither relay nor projector can read this page: it must be gone before they have given up on it.
    w.aws("dynamodb", "DynamoDB_20120810.PutItem", &json!({"TableName": table, "Item": broken}))
        .await
        .unwrap();
    let idempotency_key = unique("key");
    let answer = w.send_keyed(&guest, &idempotency_key, "/api/holds", &offer.hold(1)).await;
    w.aws("dynamodb", "DynamoDB_20120810.DeleteItem", &json!({"TableName": table, "Key": key}))
        .await
        .unwrap();
    assert!([500, 503].contains(&answer.status), "{answer:?}");
    let code = answer.code().to_owned();
    let answer = check_problem(answer.clone(), answer.status, &code);
    assert!(!answer.text.contains("SECRET") && !answer.text.contains(table), "{answer}");
    let again = check(w.send_keyed(&guest, &idempotency_key, "/api/holds", &offer.hold(1)).await, 201);
    assert!(!again.is_replay());
}

#[tokio::test]
async fn a_503_says_when_to_come_again() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let hold = w.held(&guest, &offer).await;
    let booking = check(w.pay(&guest, &hold, ACCEPTED).await, 201);
    let intent = w.intent_of(booking.str("/bookingId")).await.unwrap();
    let id = intent["id"].as_str().unwrap();
    let fault =
        json!({"match": "GET /v1/payment_intents/*", "kind": "before_500", "times": 20, "contains": id});
    w.order_fault(&fault).await.unwrap();
    let event = json!({"id": unique("evt"), "object": "event", "created": now().as_second(),
                       "type": "payment_intent.succeeded", "data": {"object": intent}})
    .to_string();
    let secret = w.value("STRIPE_WEBHOOK_SECRET").unwrap();
    let header = w.signature(&event, secret, now().as_second()).await.unwrap();
    let call = w.post("/api/webhooks/stripe").header("Stripe-Signature", &header).raw(event);
    let answer = check_problem(call.send().await.unwrap(), 503, "service_unavailable");
    assert!(answer.header("retry-after").parse::<u32>().is_ok(), "{answer:?}");
}

#[tokio::test]
async fn a_429_says_when_to_come_again_and_is_not_remembered() {
    let w = World::alone().await;
    let guest = w.guest().await;
    let offer = w.event(json!({"capacity": HOLDS_MAX + 1, "holdLimits": {"coolDownSeconds": 0}})).await;
    let (world, who, body) = (&w, &guest, offer.hold(1));
    let body = &body;
    let mut held: Vec<String> = Vec::new();
    let (key, refused) = 'placing: loop {
        assert!(held.len() < HOLDS_MAX, "nothing bounds the holds of a page");
        let batch = (0..8).map(|_| async move {
            let key = unique("key");
            let answer = world.send_keyed(who, &key, "/api/holds", body).await;
            (key, answer)
        });
        for (key, answer) in futures::future::join_all(batch).await {
            match answer.status {
                201 => held.push(answer.str("/holdId").to_owned()),
                _ => break 'placing (key, answer),
            }
        }
    };
    assert_eq!(refused.status, 429, "{refused:?}");
    let code = refused.code().to_owned();
    let refused = check_problem(refused, 429, &code);
    assert!(refused.header("retry-after").parse::<u32>().is_ok(), "{refused:?}");
    for hold in held.iter().take(9) {
        check(w.release(&guest, hold).await, 204);
    }
    check(w.send_keyed(&guest, &key, "/api/holds", body).await, 201);
}

#[tokio::test]
async fn a_provider_that_is_away_for_a_moment_costs_no_booking() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    for (call, kind) in [
        ("POST /v1/payment_intents/*/confirm", "before_500"),
        ("POST /v1/payment_intents/*/confirm", "lose_answer"),
        ("POST /v1/payment_intents/*/confirm", "lose_request"),
        ("POST /v1/payment_intents/*/confirm", "rate_limit"),
    ] {
        let hold = w.held(&guest, &offer).await;
        let card = w.card(ACCEPTED).await.unwrap();
        w.order_fault(&json!({"match": call, "kind": kind, "contains": card})).await.unwrap();
        let answer = w.pay_with(&guest, &unique("key"), &hold, &card).await;
        assert!([201, 202].contains(&answer.status), "{kind}: {answer:?}");
        w.until(&guest, answer.str("/bookingId"), "confirmed", "captured").await;
        let intent = w.intent_id(answer.str("/bookingId")).await;
        assert_eq!(w.effects(&intent, "capture").await.unwrap(), 1, "{kind}");
        check(w.cancel(&guest, answer.str("/bookingId")).await, 200);
    }
}

#[tokio::test]
async fn hostile_input_is_never_a_server_error() {
    let w = World::new().await;
    let guest = w.guest().await;
    let room = w.room(json!({})).await;
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let bodies = [
        deep,
        "\u{0}".to_owned(),
        "\"".repeat(100),
        json!({"resourceId": "x".repeat(50_000)}).to_string(),
        hold_of(&room.id, "9999-12-30", "9999-12-31", 1).to_string(),
        hold_of(&room.id, "-009999-01-01", "2030-01-01", 1).to_string(),
        hold_of(&room.id, "2030-01-01", "2090-01-01", 1).to_string(),
        hold_of(&room.id, "2030-01-01T00:00:00+25:00", "2030-01-02", 1).to_string(),
        hold_of("../../etc/passwd", "2030-01-01", "2030-01-02", 1).to_string(),
        hold_of("R#x", "2030-01-01", "2030-01-02", u32::MAX).to_string(),
        Value::Null.to_string(),
    ];
    for body in bodies {
        let shown: String = body.chars().take(60).collect();
        for path in ["/api/holds", "/api/bookings"] {
            let call = w.post(path).token(&guest.token).key(&unique("key")).raw(body.clone());
            let answer = call.send().await.unwrap();
            assert!((400..500).contains(&answer.status), "{path} {shown}: {answer:?}");
        }
    }
    for path in [
        "/api/holds/..%2F..",
        "/api/holds/%00",
        "/api/bookings/%23%23",
        "/api/bookings?limit=99999999999999999999",
        "/api/bookings/x/events?cursor=%FF",
    ] {
        let answer = w.read(&guest, path).await;
        assert!((400..500).contains(&answer.status), "{path}: {answer:?}");
    }
    for query in ["start=2030-01-01&end=2090-01-01", "start=9999-12-30&end=9999-12-31", "start=%00&end=%FF"] {
        let path = format!("/api/resources/{}/availability?{query}", room.id);
        assert!(w.get(&path).send().await.unwrap().status < 500, "{path}");
    }
}
