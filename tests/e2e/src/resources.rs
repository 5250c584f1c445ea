//! API.md, Resources: creating, replacing, reading.

use holdfast_client::{now, unique, wait_past};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::terms::{self, in_days, instant, nightly, slots, with};
use crate::world::{World, check, check_invalid, check_problem};

/// Equal as JSON, where `-74` and `-74.0` are one number.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| same(a, b))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, a)| other.get(name).is_some_and(|b| same(a, b)))
        }
        _ => one == other,
    }
}

/// Every field of the terms as the resource shows it.
#[track_caller]
fn check_terms(resource: &Value, terms: &Value) {
    for (field, wanted) in terms.as_object().unwrap() {
        assert!(same(&resource[field], wanted), "{field} of {resource}");
    }
}

#[tokio::test]
async fn put_creates_and_get_reads() {
    let w = World::new().await;
    for terms in [nightly(), slots(), terms::event(terms::in_hours(500))] {
        let id = unique("e2e");
        check(w.get(&format!("/api/resources/{id}")).send().await.unwrap(), 404);
        let made = w.put_resource(&id, &terms).await;
        assert!([200, 201].contains(&made.status), "{made:?}");
        check_terms(&made.json, &terms);
        let read = check(w.get(&format!("/api/resources/{id}")).send().await.unwrap(), 200);
        assert_eq!(read.str("/resourceId"), id, "{read}");
        check_terms(&read.json, &terms);
    }
}

#[tokio::test]
async fn put_again_replaces() {
    let w = World::new().await;
    let guest = w.guest().await;
    let room = w.room(json!({})).await;
    let dearer = with(nightly(), json!({"name": "Renovated", "pricing": {"currency": "USD", "base": 15000}}));
    check(w.put_resource(&room.id, &dearer).await, 200);
    check(w.put_resource(&room.id, &dearer).await, 200);
    let read = check(w.get(&format!("/api/resources/{}", room.id)).send().await.unwrap(), 200);
    check_terms(&read.json, &dearer);
    let price = w.calendar(&room.id, &room.start, &room.end).await[0]["price"]["amount"].clone();
    assert_eq!(price, 15000);
    let held = check(w.place(&guest, &room.hold(1)).await, 201);
    assert_eq!(held.int("/price/amount"), Some(15000), "{held}");
}

#[tokio::test]
async fn a_price_is_fixed_when_it_is_held() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let held = check(w.place(&guest, &offer.hold(2)).await, 201);
    assert_eq!(held.int("/price/amount"), Some(9000));
    let dearer =
        with(terms::event(instant(&offer.start)), json!({"pricing": {"currency": "EUR", "base": 99900}}));
    check(w.put_resource(&offer.id, &dearer).await, 200);
    let paid = check(w.pay(&guest, held.str("/holdId"), holdfast_client::stripe::ACCEPTED).await, 201);
    assert_eq!(paid.int("/price/amount"), Some(9000));
}

#[tokio::test]
async fn replacing_brings_the_capacity_of_all_dates() {
    let w = World::new().await;
    let guest = w.guest().await;
    let room = w.room(json!({"capacity": 2})).await;
    check(w.place(&guest, &room.hold(2)).await, 201);
    check_problem(
        w.put_resource(&room.id, &with(nightly(), json!({"capacity": 1}))).await,
        409,
        "capacity_in_use",
    );
    check_problem(w.place(&guest, &room.hold(1)).await, 409, "sold_out");
    check(w.put_resource(&room.id, &with(nightly(), json!({"capacity": 3}))).await, 200);
    check(w.place(&guest, &room.hold(1)).await, 201);
    check_problem(w.place(&guest, &room.hold(1)).await, 409, "sold_out");
}

#[tokio::test]
async fn only_operators_write() {
    let w = World::new().await;
    let guest = w.guest().await;
    let room = w.room(json!({})).await;
    let path = format!("/api/resources/{}", room.id);
    let put = w.put(&path).token(&guest.token).json(&with(nightly(), json!({"name": "Mine"})));
    assert_eq!(put.send().await.unwrap().status, 403);
    let body = json!({"from": room.start, "to": room.end, "capacity": 0});
    let patch = w.patch(&format!("{path}/inventory")).token(&guest.token).json(&body);
    assert_eq!(patch.send().await.unwrap().status, 403);
    let read = check(w.get(&path).send().await.unwrap(), 200);
    assert_eq!(read.str("/name"), "Deluxe double");
    check(w.place(&guest, &room.hold(3)).await, 201);
}

#[tokio::test]
async fn the_contracts_example_is_taken_as_it_stands() {
    let w = World::new().await;
    let example = r#"{"resourceType":"hotel","name":"Deluxe double","location":"NYC","timeZone":"America/New_York",
        "schedule":{"kind":"nightly","checkIn":"15:00","checkOut":"11:00"},
        "capacity":3,"holdTtlSeconds":600,
        "pricing":{"currency":"USD","base":12900},
        "cancellationPolicy":{"tiers":[{"hoursBefore":24,"refundPercent":100},{"hoursBefore":0,"refundPercent":50}]},
        "attributes":{"rating":4.6,"latitude":40.7,"longitude":-74.0}}"#;
    let path = format!("/api/resources/{}", unique("e2e"));
    let call = w.put(&path).token(&w.operator.token).raw(example);
    assert!(call.send().await.unwrap().status < 300);
    check_terms(&w.get(&path).send().await.unwrap().json, &serde_json::from_str(example).unwrap());
}

#[tokio::test]
async fn hold_ttl_may_be_1_to_3600_seconds() {
    let w = World::new().await;
    let guest = w.guest().await;
    for seconds in [1, 3600] {
        let offer = w.event(json!({"holdTtlSeconds": seconds})).await;
        let before = now();
        let hold = check(w.place(&guest, &offer.hold(1)).await, 201);
        let life = instant(hold.str("/expiresAt")).duration_since(instant(hold.str("/serverTime")));
        assert_eq!(life.as_secs(), seconds, "{hold}");
        // The stack has the clock of this machine; the wire has milliseconds.
        let millisecond = SignedDuration::from_millis(1);
        let while_asked = before - millisecond..=now() + millisecond;
        assert!(while_asked.contains(&instant(hold.str("/serverTime"))), "{hold}");
    }
    for seconds in [0, -1, 3601] {
        let answer =
            w.put_resource(&unique("e2e"), &with(nightly(), json!({"holdTtlSeconds": seconds}))).await;
        assert_eq!(check_invalid(answer).str("/errors/0/pointer"), "/holdTtlSeconds");
    }
}

#[tokio::test]
async fn the_price_is_per_slot_and_per_unit() {
    let w = World::new().await;
    let guest = w.guest().await;
    let room = w.room(json!({"pricing": {"currency": "USD", "base": 12345}})).await;
    let nights = terms::hold_of(&room.id, &in_days(10).to_string(), &in_days(13).to_string(), 2);
    let hold = check(w.place(&guest, &nights).await, 201);
    assert_eq!(hold.json["price"], json!({"amount": 12345 * 3 * 2, "currency": "USD"}), "{hold}");

    let chair = w.resource(&slots()).await;
    let at = |hour, minute| terms::local("Europe/Berlin", in_days(10), hour, minute).to_string();
    let hold = check(w.place(&guest, &terms::hold_of(&chair, &at(9, 0), &at(11, 0), 1)).await, 201);
    assert_eq!(hold.int("/price/amount"), Some(3500 * 4), "{hold}");

    let offer = w.event(json!({})).await;
    assert_eq!(check(w.place(&guest, &offer.hold(3)).await, 201).int("/price/amount"), Some(4500 * 3));
}

#[tokio::test]
async fn an_event_that_has_begun_cannot_be_held() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event_at(terms::in_time(SignedDuration::from_secs(2)), json!({})).await;
    wait_past(instant(&offer.start)).await;
    check_invalid(w.place(&guest, &offer.hold(1)).await);
}
