//! Prices that staff set: who may, what is refused, and who sees what of them.

use holdfast_app::bookings::BookingRequest;
use holdfast_app::kernel::fingerprint;
use holdfast_domain::{BookingStatus, HoldId};
use holdfast_testkit::{money, nightly_resource};
use http::Method;
use serde_json::{Value, json};

use crate::bank::VISA;
use crate::entitlement::{GUEST, OPERATOR, Who, ask, who, world};
use crate::world::{NIGHT, PATIENCE, PRICE, World, guest, key};

const SET: i64 = 7_000;
const DESK: Who = who("desk", OPERATOR, &["property.house"], [true, true], true);
const ADA: Who = who("guest", GUEST, &[], [false, false], false);

fn set(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "EUR", "reason": "Regular guest" })
}

async fn hold(w: &World, who: &Who, resource: &str, more: &Value) -> (u16, Value) {
    let mut body = json!({
        "resourceId": resource, "startTime": NIGHT.0, "endTime": NIGHT.1, "quantity": 1, "priceOverride": set(SET)
    });
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let key = fingerprint(&[who.name, &body.to_string()]).to_string();
    ask(w, Some(who), Method::POST, "/api/holds", &body, &key).await
}

#[tokio::test]
async fn operators_of_the_resource_set_a_price_and_nobody_else() {
    let w = world().await;
    for (who, status) in [
        (who("platform", OPERATOR, &["platform"], [true, true], true), 201),
        (DESK, 201),
        (who("other", OPERATOR, &["property.other"], [false, false], false), 404),
        (who("machine", OPERATOR, &[], [false, false], false), 404),
        (who("company", GUEST, &["rate.acme"], [true, false], false), 403),
        (who("as-staff", GUEST, &["platform", "property.house"], [false, false], false), 403),
    ] {
        let (found, answer) = hold(&w, &who, "room", &json!({})).await;
        assert_eq!(found, status, "{}: {answer}", who.name);
        if status == 201 {
            assert_eq!(answer["price"]["amount"], json!(SET), "{}", who.name);
            let shown = json!({ "amount": SET, "currency": "EUR", "reason": "Regular guest", "by": format!("staff/{}", who.name) });
            assert_eq!(answer["priceOverride"], shown);
        }
    }
    // The same hold without it costs what it does.
    let usual = hold(&w, &DESK, "room", &json!({ "priceOverride": null })).await;
    assert_eq!((usual.0, &usual.1["price"]["amount"]), (201, &json!(PRICE)), "{usual:?}");
    assert_eq!(usual.1["priceOverride"], Value::Null);
}

#[tokio::test]
async fn what_cannot_be_a_price_of_the_stay_is_refused_with_its_pointer() {
    let w = world().await;
    let bare = w.put(&nightly_resource("bare", 5, 600)).await;
    let desk = who("platform", OPERATOR, &["platform"], [true, true], true);
    let quote = format!("eyJ.{}", "x".repeat(43));
    let with = |field: &str, value: Value| {
        let mut set = set(SET);
        set[field] = value;
        json!({ "priceOverride": set })
    };
    for (resource, more, pointer) in [
        (bare.id.as_str(), json!({}), "/priceOverride"),
        ("room", with("currency", json!("USD")), "/priceOverride/currency"),
        ("room", with("currency", json!("XYZ")), "/priceOverride/currency"),
        ("room", with("amount", json!(100_000_000_000_i64)), "/priceOverride/amount"),
        ("room", with("amount", json!(-1)), "/priceOverride/amount"),
        ("room", with("reason", json!("no")), "/priceOverride/reason"),
        ("room", with("reason", json!("x".repeat(201))), "/priceOverride/reason"),
        ("room", with("by", json!("staff/somebody")), "/priceOverride/by"),
        ("room", json!({ "promotionCode": "TEN" }), "/promotionCode"),
        ("room", json!({ "quoteId": quote }), "/quoteId"),
    ] {
        let (status, answer) = hold(&w, &desk, resource, &more).await;
        let pointers = (&answer["errors"][0]["pointer"], &answer["errors"][1]);
        assert_eq!((status, pointers), (422, (&json!(pointer), &Value::Null)), "{more}: {answer}");
    }
    // Less than can be paid is refused as ever; nothing at all is free.
    assert_eq!(hold(&w, &desk, "room", &with("amount", json!(1))).await.1["code"], "below_minimum_charge");
    let free = hold(&w, &desk, "room", &with("amount", json!(0))).await;
    assert_eq!((free.0, &free.1["price"]["amount"]), (201, &json!(0)), "{free:?}");
}

#[tokio::test]
async fn the_price_that_was_set_is_charged_and_given_back_and_the_guest_sees_no_reason() {
    let w = world().await;
    let (status, placed) = hold(&w, &DESK, "room", &json!({ "userId": "guest" })).await;
    assert_eq!(status, 201, "{placed}");
    let id = placed["holdId"].as_str().expect("an id");
    let path = format!("/api/holds/{id}");
    let shown = async |who: &Who, path: &str| ask(&w, Some(who), Method::GET, path, &Value::Null, "").await.1;
    assert_eq!(shown(&DESK, &path).await["priceOverride"]["by"], "staff/desk");
    let own = shown(&ADA, &path).await;
    assert_eq!((&own["price"]["amount"], &own["priceOverride"]), (&json!(SET), &Value::Null), "{own}");

    let request = BookingRequest {
        hold: HoldId::parse(id).expect("an id"),
        payment_method: Some(VISA.to_owned()),
        contact: None,
        wait: PATIENCE,
    };
    let asked = w.requests.request(&guest("guest"), &key("pay", ""), &request, &w.by("guest")).await;
    let booking = asked.expect("an answer").booking;
    assert_eq!((booking.status, booking.captured()), (BookingStatus::Confirmed, money(SET)));
    let set = booking.order.rate.as_ref().and_then(|rate| rate.price_override.clone()).expect("what was set");
    assert_eq!(
        (set.amount, set.reason.as_str(), set.by.as_str()),
        (money(SET), "Regular guest", "staff/desk")
    );

    let path = format!("/api/bookings/{}", booking.id);
    assert_eq!(shown(&DESK, &path).await["priceOverride"]["reason"], "Regular guest");
    assert_eq!(shown(&ADA, &path).await["priceOverride"], Value::Null);
    let trail = format!("{path}/events");
    let told = shown(&DESK, &trail).await["results"][0]["data"]["priceOverride"].clone();
    assert_eq!(
        told,
        json!({ "amount": SET, "currency": "EUR", "reason": "Regular guest", "by": "staff/desk" })
    );
    let own = shown(&ADA, &trail).await;
    assert_eq!(own["results"][0]["type"], "booking.requested");
    assert!(!own.to_string().contains("Regular guest") && !own.to_string().contains("staff/desk"), "{own}");

    // The flexible plan gives everything back until the day before.
    assert_eq!(w.cancel(&booking.id, "cancel").await.expect("a cancellation").refund, money(SET));
}

#[tokio::test]
async fn the_plans_restrictions_hold_for_a_price_that_was_set_too() {
    let w = world().await;
    let unknown = hold(&w, &DESK, "room", &json!({ "ratePlanId": "weekend" })).await;
    assert_eq!((unknown.0, &unknown.1["errors"][0]["pointer"]), (422, &json!("/ratePlanId")), "{unknown:?}");
    let two = hold(&w, &DESK, "room", &json!({ "units": [{ "unitType": "double" }] })).await;
    assert_eq!((two.0, &two.1["errors"][0]["pointer"]), (422, &json!("/units")), "{two:?}");
}
