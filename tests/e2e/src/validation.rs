//! API.md, Conventions: unknown fields, malformed JSON, and what does not validate, on every route that takes a body.

use holdfast_client::{Answer, unique};
use reqwest::Method;
use serde_json::{Value, json};

use crate::terms::{nightly, slots, with, without};
use crate::world::{Guest, World, check, check_invalid, check_problem};

/// A request that is well, to be spoilt.
struct Sample {
    method: Method,
    path: String,
    body: Value,
}

/// One for every route with a body, in this world. What they name need not exist: a body is read first.
async fn samples(w: &World) -> Vec<Sample> {
    let room = w.room(json!({})).await;
    let sample = |method, path: String, body| Sample { method, path, body };
    vec![
        sample(Method::PUT, format!("/api/resources/{}", unique("e2e")), nightly()),
        sample(
            Method::PATCH,
            format!("/api/resources/{}/inventory", room.id),
            json!({"from": "2030-06-01", "to": "2030-07-01", "capacity": 5, "closed": false}),
        ),
        sample(Method::POST, "/api/holds".to_owned(), room.hold(1)),
        sample(
            Method::POST,
            "/api/bookings".to_owned(),
            json!({"holdId": "hld_x", "paymentMethodId": "pm_card_visa"}),
        ),
        sample(Method::POST, "/api/bookings/bkg_x/cancel".to_owned(), json!({"reason": "ill"})),
    ]
}

async fn make(w: &World, caller: &Guest, sample: &Sample, body: &str) -> Answer {
    let call = w.call(sample.method.clone(), &sample.path).unwrap();
    call.token(&caller.token).key(&unique("key")).raw(body).send().await.unwrap()
}

#[tokio::test]
async fn unknown_fields_are_refused() {
    let w = World::new().await;
    for sample in samples(&w).await {
        let body = with(sample.body.clone(), json!({"colour": "red"}));
        let answer = check_invalid(make(&w, &w.operator, &sample, &body.to_string()).await);
        assert!(answer.json["errors"][0].to_string().contains("colour"), "{}: {answer}", sample.path);
    }
}

#[tokio::test]
async fn unknown_fields_inside_of_others_are_refused() {
    let w = World::new().await;
    for changes in [
        json!({"pricing": {"currency": "EUR", "base": 1, "tax": 2}}),
        json!({"schedule": {"kind": "nightly", "checkIn": "15:00", "checkOut": "11:00", "nights": 2}}),
        json!({"cancellationPolicy": {"tiers": [], "fee": 5}}),
        json!({"cancellationPolicy": {"tiers": [{"hoursBefore": 1, "refundPercent": 1, "fee": 5}]}}),
    ] {
        let answer = w.put_resource(&unique("e2e"), &with(nightly(), changes.clone())).await;
        check(answer, 422);
    }
    let opening = json!([{"days": ["mon"], "from": "09:00", "to": "10:00", "lunch": true}]);
    let schedule = json!({"kind": "slots", "slotMinutes": 30, "bufferMinutes": 0, "opening": opening});
    check(w.put_resource(&unique("e2e"), &with(slots(), json!({"schedule": schedule}))).await, 422);
}

#[tokio::test]
async fn malformed_json_is_400() {
    let w = World::new().await;
    for sample in samples(&w).await {
        let whole = sample.body.to_string();
        for broken in [&whole[..whole.len() - 1], "{", "not json", "{\"quantity\": 1,}", "{} {}"] {
            let answer = make(&w, &w.operator, &sample, broken).await;
            assert_eq!(answer.status, 400, "{} {broken}: {answer:?}", sample.path);
            check_problem(answer, 400, "malformed_json");
        }
        let answer = make(&w, &w.operator, &sample, "[]").await;
        assert_eq!(answer.status, 422, "{} is well-formed but no object: {answer:?}", sample.path);
    }
}

#[tokio::test]
async fn a_hold_that_does_not_validate_names_the_field() {
    let w = World::new().await;
    let guest = w.guest().await;
    let room = w.room(json!({})).await;
    let body = room.hold(1);
    for (changes, pointer) in [
        (json!({"quantity": 0}), "/quantity"),
        (json!({"quantity": -1}), "/quantity"),
        (json!({"quantity": 1.5}), "/quantity"),
        (json!({"quantity": "1"}), "/quantity"),
        (json!({"quantity": null}), "/quantity"),
        (json!({"quantity": 4_294_967_296_i64}), "/quantity"),
        (json!({"resourceId": 7}), "/resourceId"),
        (json!({"resourceId": ""}), "/resourceId"),
        (json!({"resourceId": "a b"}), "/resourceId"),
        (json!({"startTime": "soon"}), "/startTime"),
        (json!({"startTime": 1_780_000_000}), "/startTime"),
        (json!({"endTime": "2030-02-31"}), "/endTime"),
        (json!({"endTime": room.start}), "/endTime"),
        (json!({"userId": ""}), "/userId"),
    ] {
        let answer = w.place(&guest, &with(body.clone(), changes.clone())).await;
        let answer = check_invalid(answer);
        assert_eq!(answer.str("/errors/0/pointer"), pointer, "{changes}: {answer}");
        assert!(!answer.str("/errors/0/detail").is_empty(), "{answer}");
    }
    for missing in ["resourceId", "startTime", "endTime", "quantity"] {
        let answer = check_invalid(w.place(&guest, &without(body.clone(), missing)).await);
        assert!(answer.json["errors"].to_string().contains(missing), "{answer}");
    }
}

#[tokio::test]
async fn a_booking_that_does_not_validate_names_the_field() {
    let w = World::new().await;
    let guest = w.guest().await;
    let body = json!({"holdId": "hld_x", "paymentMethodId": "pm_card_visa"});
    for (changes, pointer) in [
        (json!({"holdId": 1}), "/holdId"),
        (json!({"holdId": ""}), "/holdId"),
        (json!({"paymentMethodId": ""}), "/paymentMethodId"),
        (json!({"paymentMethodId": false}), "/paymentMethodId"),
        (json!({"paymentMethodId": "4242424242424242"}), "/paymentMethodId"),
    ] {
        let answer = w.send(&guest, "/api/bookings", &with(body.clone(), changes.clone())).await;
        let answer = check_invalid(answer);
        assert_eq!(answer.str("/errors/0/pointer"), pointer, "{changes}: {answer}");
    }
    let answer = w.send(&guest, "/api/bookings", &without(body.clone(), "holdId")).await;
    assert!(check(answer, 422).json["errors"].to_string().contains("holdId"));
    let offer = w.event(json!({})).await;
    let hold = w.held(&guest, &offer).await;
    let answer = check_invalid(w.send(&guest, "/api/bookings", &json!({"holdId": hold})).await);
    assert_eq!(answer.str("/errors/0/pointer"), "/paymentMethodId", "what costs something is paid: {answer}");
    let answer = w.send(&guest, "/api/bookings/bkg_x/cancel", &json!({"reason": 5})).await;
    assert_eq!(check(answer, 422).str("/errors/0/pointer"), "/reason");
}

#[tokio::test]
async fn a_resource_that_does_not_validate_names_the_field() {
    let w = World::new().await;
    for (changes, pointer) in [
        (json!({"resourceType": ""}), "/resourceType"),
        (json!({"name": "x".repeat(500)}), "/name"),
        (json!({"location": 5}), "/location"),
        (json!({"timeZone": "Mars/Olympus"}), "/timeZone"),
        (json!({"capacity": -1}), "/capacity"),
        (json!({"capacity": 1.5}), "/capacity"),
        (json!({"holdTtlSeconds": "600"}), "/holdTtlSeconds"),
        (json!({"pricing": {"currency": "EUR", "base": -5}}), "/pricing/base"),
        (
            json!({"cancellationPolicy": {"tiers": [{"hoursBefore": 24, "refundPercent": 101}]}}),
            "/cancellationPolicy/tiers/0/refundPercent",
        ),
        (
            json!({"cancellationPolicy": {"tiers": [{"hoursBefore": -1, "refundPercent": 50}]}}),
            "/cancellationPolicy/tiers/0/hoursBefore",
        ),
        (
            json!({"schedule": {"kind": "nightly", "checkIn": "25:00", "checkOut": "11:00"}}),
            "/schedule/checkIn",
        ),
    ] {
        let answer = w.put_resource(&unique("e2e"), &with(nightly(), changes.clone())).await;
        let answer = check_invalid(answer);
        assert_eq!(answer.str("/errors/0/pointer"), pointer, "{changes}: {answer}");
    }
    for missing in ["name", "timeZone", "schedule", "capacity", "pricing"] {
        let answer = w.put_resource(&unique("e2e"), &without(nightly(), missing)).await;
        assert!(check(answer, 422).json["errors"].to_string().contains(missing));
    }
}

#[tokio::test]
async fn a_schedule_that_makes_no_sense_is_refused() {
    let w = World::new().await;
    let slots_of = |slot_minutes: i64, opening: Value| json!({"kind": "slots", "slotMinutes": slot_minutes, "bufferMinutes": 0, "opening": opening});
    let nine_to_five = json!([{"days": ["mon"], "from": "09:00", "to": "17:00"}]);
    for schedule in [
        json!({"kind": "hourly"}),
        slots_of(0, nine_to_five.clone()),
        slots_of(-30, nine_to_five),
        slots_of(30, json!([])),
        slots_of(30, json!([{"days": [], "from": "09:00", "to": "17:00"}])),
        slots_of(30, json!([{"days": ["funday"], "from": "09:00", "to": "17:00"}])),
        slots_of(30, json!([{"days": ["mon"], "from": "9 o'clock", "to": "17:00"}])),
        json!({"kind": "event", "start": "2030-06-01T20:00:00Z", "end": "2030-06-01T20:00:00Z"}),
        json!({"kind": "event", "start": "2030-06-01T20:00:00Z", "end": "2030-06-01T19:00:00Z"}),
        json!({"kind": "event", "start": "2030-06-01T20:00:00Z"}),
    ] {
        let answer = w.put_resource(&unique("e2e"), &with(nightly(), json!({"schedule": schedule}))).await;
        let answer = check_invalid(answer);
        assert!(answer.str("/errors/0/pointer").starts_with("/schedule"), "{schedule}: {answer}");
    }
}

#[tokio::test]
async fn an_inventory_change_that_does_not_validate_names_the_field() {
    let w = World::new().await;
    let room = w.room(json!({})).await;
    for (body, pointer) in [
        (json!({"from": "2030-06-01", "to": "2030-06-01", "capacity": 1}), "/to"),
        (json!({"from": "2030-06-02", "to": "2030-06-01", "capacity": 1}), "/to"),
        (json!({"from": "2030-06-01", "to": "2030-06-02", "capacity": -1}), "/capacity"),
        (json!({"from": "2030-06-01", "to": "2030-06-02", "closed": "yes"}), "/closed"),
        (json!({"from": "2030-06-01", "to": "2030-06-02", "overbooking": 100_001}), "/overbooking"),
        (json!({"from": "2030-06-01", "to": "2030-06-02", "overbooking": -1}), "/overbooking"),
        (json!({"from": 20_300_601, "to": "2030-06-02", "closed": true}), "/from"),
    ] {
        let answer = check_invalid(w.set_inventory(&room.id, &body).await);
        assert_eq!(answer.str("/errors/0/pointer"), pointer, "{body}: {answer}");
    }
}
