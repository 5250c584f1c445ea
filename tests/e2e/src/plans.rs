//! Prices, plans and quotes: what is quoted is what is held, charged and given back.

use std::collections::BTreeMap;

use holdfast_client::aws::BusWatch;
use holdfast_client::stripe::ACCEPTED;
use holdfast_client::{Answer, poll};
use serde_json::{Value, json};

use crate::terms::rates;
use crate::world::{Guest, Offer, PATIENCE, World, check, check_done, check_problem};

const NIGHT: i64 = 12_900;
/// 15 % less.
const SAVER: i64 = 10_965;

/// A room with a rate card, and one night of it.
async fn rated(w: &World) -> Offer {
    let room = w.room(json!({})).await;
    put(w, &room, &rates()).await;
    room
}

async fn put(w: &World, room: &Offer, card: &Value) {
    let path = format!("/api/resources/{}/rates", room.id);
    check_done(w.put(&path).token(&w.operator.token).json(card).send().await.unwrap());
}

/// What a night costs under each plan, asked without a token.
async fn quoted(w: &World, room: &Offer) -> Vec<Value> {
    let mut body = room.hold(1);
    body.as_object_mut().unwrap().remove("userId");
    let answer = check(w.post("/api/quotes").json(&body).send().await.unwrap(), 200);
    answer.json["offers"].as_array().unwrap_or_else(|| panic!("no offers: {answer}")).clone()
}

fn of_plan(room: &Offer, more: &Value) -> Value {
    let mut body = room.hold(1);
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn anyone_may_ask_what_a_stay_costs_and_a_hold_has_that_price_after_it_has_changed() {
    let w = World::new().await;
    let (room, guest) = (rated(&w).await, w.guest().await);
    let offers = quoted(&w, &room).await;
    let prices: Vec<_> = offers.iter().map(|offer| (&offer["planId"], &offer["price"]["amount"])).collect();
    assert_eq!(prices, [(&json!("flexible"), &json!(NIGHT)), (&json!("saver"), &json!(SAVER))]);
    let mut dearer = rates();
    dearer["plans"][0]["price"]["base"] = json!(2 * NIGHT);
    put(&w, &room, &dearer).await;
    let by_quote = of_plan(&room, &json!({"quoteId": offers[1]["quoteId"]}));
    let hold = check(w.place(&guest, &by_quote).await, 201);
    assert_eq!((hold.int("/price/amount"), hold.str("/ratePlan/planId")), (Some(SAVER), "saver"), "{hold}");
    assert_eq!(hold.json["lines"], offers[1]["lines"], "{hold}");
    let altered = of_plan(&room, &json!({"quoteId": format!("eyJ.{}", "x".repeat(43))}));
    check_problem(w.place(&guest, &altered).await, 422, "quote_not_valid");
}

/// Books a night under a plan, and cancels: what was charged, what was said of it before, and what was given back.
async fn cancelled(w: &World, guest: &Guest, room: &Offer, plan: &str) -> (i64, i64, i64) {
    let hold = check(w.place(guest, &of_plan(room, &json!({"ratePlanId": plan}))).await, 201);
    let booking = check(w.pay(guest, hold.str("/holdId"), ACCEPTED).await, 201);
    let id = booking.str("/bookingId");
    let preview = check(w.read(guest, &format!("/api/bookings/{id}/cancellation")).await, 200);
    let given = check(w.cancel(guest, id).await, 200);
    let amount = |answer: &holdfast_client::Answer, at: &str| answer.int(at).unwrap();
    (amount(&booking, "/price/amount"), amount(&preview, "/refund/amount"), amount(&given, "/refund/amount"))
}

#[tokio::test]
async fn what_a_plan_keeps_is_said_beforehand_and_kept() {
    let w = World::new().await;
    let (room, guest) = (rated(&w).await, w.guest().await);
    assert_eq!(cancelled(&w, &guest, &room, "flexible").await, (NIGHT, NIGHT, NIGHT));
    assert_eq!(cancelled(&w, &guest, &room, "saver").await, (SAVER, 0, 0));
}

#[tokio::test]
async fn a_plan_that_does_not_allow_the_stay_is_refused_with_the_reason() {
    let w = World::new().await;
    let (room, guest) = (w.room(json!({})).await, w.guest().await);
    let mut card = rates();
    card["restrictions"] = json!([
        {"restrictionId": "two-nights", "name": "Two nights", "limits": {"stayMinOnArrival": 2}}
    ]);
    put(&w, &room, &card).await;
    let refused = check_problem(w.place(&guest, &room.hold(1)).await, 409, "rate_not_available");
    assert_eq!(refused.str("/reasons/0/reason"), "stay_min", "{refused}");
    assert_eq!(
        (refused.str("/reasons/0/restrictionId"), refused.int("/reasons/0/limit")),
        ("two-nights", Some(2))
    );
    let unknown = of_plan(&room, &json!({"ratePlanId": "weekend"}));
    let unknown = check_problem(w.place(&guest, &unknown).await, 422, "validation_failed");
    assert_eq!(unknown.str("/errors/0/pointer"), "/ratePlanId", "{unknown}");
}

/// The names of the plans that a caller, or nobody in particular, is offered for the room.
async fn offered(w: &World, room: &Offer, caller: Option<&Guest>) -> Vec<String> {
    let mut body = room.hold(1);
    body.as_object_mut().unwrap().remove("userId");
    let call = w.post("/api/quotes").json(&body);
    let call = if let Some(caller) = caller { call.token(&caller.token) } else { call };
    let answer = check(call.send().await.unwrap(), 200);
    let offers = answer.json["offers"].as_array().unwrap_or_else(|| panic!("no offers: {answer}"));
    offers.iter().map(|offer| offer["planId"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_plan_for_a_group_is_for_its_members_and_does_not_exist_for_others() {
    let w = World::new().await;
    let room = w.room(json!({})).await;
    let mut card = rates();
    card["plans"].as_array_mut().unwrap().push(json!({
        "planId": "company", "name": "Company", "price": {"base": 9_900}, "payment": "now",
        "group": "company-acme"
    }));
    put(&w, &room, &card).await;
    let (member, stranger) = (w.guest_of("rate.company-acme").await, w.guest_of("rate.company").await);
    let (public, all) = (vec!["flexible", "saver"], vec!["flexible", "saver", "company"]);
    assert_eq!(offered(&w, &room, None).await, public);
    assert_eq!(offered(&w, &room, Some(&stranger)).await, public);
    assert_eq!(offered(&w, &room, Some(&member)).await, all);
    assert_eq!(offered(&w, &room, Some(&w.operator)).await, all, "the desk sells it");
    let by = |plan: &str| of_plan(&room, &json!({"ratePlanId": plan}));
    let hold = check(w.place(&member, &by("company")).await, 201);
    assert_eq!((hold.int("/price/amount"), hold.str("/ratePlan/planId")), (Some(9_900), "company"), "{hold}");
    let private = check_problem(w.place(&stranger, &by("company")).await, 422, "validation_failed");
    let unknown = check_problem(w.place(&stranger, &by("weekend")).await, 422, "validation_failed");
    assert_eq!(private.json, unknown.json);
}

#[tokio::test]
async fn staff_set_a_price_with_a_reason_that_the_guest_does_not_see() {
    let w = World::new().await;
    let (room, guest) = (rated(&w).await, w.guest().await);
    let set = json!({"amount": 9_000, "currency": "USD", "reason": "Regular guest"});
    let more = json!({"userId": guest.sub, "priceOverride": set});
    let placed = check(w.place(&w.operator, &of_plan(&room, &more)).await, 201);
    assert_eq!(placed.int("/price/amount"), Some(9_000), "{placed}");
    assert_eq!(placed.str("/priceOverride/reason"), "Regular guest", "{placed}");
    assert_eq!(placed.str("/priceOverride/by"), format!("staff/{}", w.operator.sub), "{placed}");
    let hold = placed.str("/holdId");
    let own = check(w.read(&guest, &format!("/api/holds/{hold}")).await, 200);
    assert_eq!((own.int("/price/amount"), &own.json["priceOverride"]), (Some(9_000), &Value::Null), "{own}");
    let booking = check(w.pay(&guest, hold, ACCEPTED).await, 201);
    let trail = format!("/api/bookings/{}/events", booking.str("/bookingId"));
    let requested =
        |answer: &holdfast_client::Answer| answer.json["results"][0]["data"]["priceOverride"].clone();
    assert_eq!(requested(&check(w.read(&w.operator, &trail).await, 200))["amount"], 9_000);
    assert_eq!(requested(&check(w.read(&guest, &trail).await, 200)), Value::Null);
    let by_guest = of_plan(&room, &json!({"priceOverride": set}));
    check_problem(w.place(&guest, &by_guest).await, 403, "forbidden");
    let with_code = of_plan(&room, &json!({"priceOverride": set, "promotionCode": "TEN"}));
    let refused = check_problem(w.place(&w.operator, &with_code).await, 422, "validation_failed");
    assert_eq!(refused.str("/errors/0/pointer"), "/promotionCode", "{refused}");
}

#[tokio::test]
async fn each_place_costs_what_the_step_of_demand_it_falls_on_says() {
    let w = World::new().await;
    let (room, guest) = (w.room(json!({"capacity": 2})).await, w.guest().await);
    let mut card = rates();
    card["rules"] = json!([{
        "ruleId": "busy", "name": "Half sold", "priority": 1, "when": {"soldPercent": {"min": 50}}, "percent": 20
    }]);
    put(&w, &room, &card).await;
    let both = check(w.place(&guest, &room.hold(2)).await, 201);
    assert_eq!(both.int("/price/amount"), Some(NIGHT + NIGHT * 12 / 10), "{both}");
    let amounts: Vec<_> = (0..2).map(|line| both.int(&format!("/lines/{line}/amount/amount"))).collect();
    assert_eq!(amounts, [Some(NIGHT), Some(NIGHT * 12 / 10)], "{both}");
}

/// Asks for a hold of one night with a code.
async fn redeem(w: &World, room: &Offer, guest: &Guest, code: &str) -> Answer {
    w.place(guest, &of_plan(room, &json!({"promotionCode": code}))).await
}

/// What a night costs under each plan with a code, asked without a token; without the moment of the answer.
async fn quoted_with(w: &World, room: &Offer, code: &str) -> Value {
    let mut body = of_plan(room, &json!({"promotionCode": code}));
    body.as_object_mut().unwrap().remove("userId");
    let mut quoted = check(w.post("/api/quotes").json(&body).send().await.unwrap(), 200).json;
    quoted.as_object_mut().unwrap().remove("asOf");
    quoted
}

#[tokio::test]
async fn a_code_is_used_as_often_as_it_may_be_and_what_is_not_booked_comes_back() {
    let w = World::new().await;
    let mut card = rates();
    card["promotions"] = json!([{"code": "ONCE", "name": "Once", "percent": 10, "usesMax": 1}]);
    let room = w.room(json!({"capacity": 5})).await;
    put(&w, &room, &card).await;
    let (first, second) = (w.guest().await, w.guest().await);
    let quoted = quoted_with(&w, &room, "once").await;
    assert_eq!(quoted["offers"][0]["price"]["amount"], json!(NIGHT - NIGHT / 10), "{quoted}");
    let hold = check(redeem(&w, &room, &first, "once").await, 201);
    assert_eq!(hold.int("/price/amount"), Some(NIGHT - NIGHT / 10), "{hold}");
    let quoted_used_up = quoted_with(&w, &room, "ONCE").await;
    assert_eq!(quoted_used_up, quoted_with(&w, &room, "NEVER").await, "nobody learns it from a quote either");
    assert_eq!(quoted_used_up["offers"], json!([]), "{quoted_used_up}");
    let by_quote = of_plan(&room, &json!({"quoteId": quoted["offers"][0]["quoteId"]}));
    let late = check_problem(w.place(&second, &by_quote).await, 422, "validation_failed");
    assert_eq!(late.str("/errors/0/pointer"), "/quoteId", "{late}");
    let used_up = check_problem(redeem(&w, &room, &second, "ONCE").await, 422, "validation_failed");
    let unknown = check_problem(redeem(&w, &room, &second, "NEVER").await, 422, "validation_failed");
    assert_eq!(used_up.str("/errors/0/pointer"), "/promotionCode", "{used_up}");
    for field in ["title", "detail", "errors"] {
        assert_eq!(used_up.json[field], unknown.json[field], "nobody learns which codes there are");
    }
    check(w.release(&first, hold.str("/holdId")).await, 204);
    let back = quoted_with(&w, &room, "ONCE").await;
    assert_eq!(back["offers"][0]["price"]["amount"], json!(NIGHT - NIGHT / 10), "{back}");
    let hold = check(redeem(&w, &room, &second, "ONCE").await, 201);
    let booking = check(w.pay(&second, hold.str("/holdId"), ACCEPTED).await, 201);
    check_problem(redeem(&w, &room, &first, "ONCE").await, 422, "validation_failed");
    check(w.cancel(&second, booking.str("/bookingId")).await, 200);
    check(redeem(&w, &room, &first, "ONCE").await, 201);

    // Nobody pays or releases: the use comes back once the hold's time has passed.
    let room = w.room(json!({"capacity": 5, "holdTtlSeconds": 2})).await;
    put(&w, &room, &card).await;
    check(redeem(&w, &room, &first, "ONCE").await, 201);
    let again = poll("the use of a hold that expired", PATIENCE, async || {
        let answer = redeem(&w, &room, &second, "ONCE").await;
        Ok((answer.status != 422).then_some(answer))
    });
    check(again.await.unwrap(), 201);
}

#[tokio::test]
async fn who_tries_code_after_code_learns_of_none_any_more() {
    let w = World::new().await;
    let room = w.room(json!({"capacity": 5})).await;
    let mut card = rates();
    card["promotions"] = json!([{"code": "REAL", "name": "Real", "percent": 10}]);
    put(&w, &room, &card).await;
    let guest = w.guest().await;
    let quote = async |who: &Guest, code: Option<&str>| {
        let mut body = of_plan(&room, &json!({"promotionCode": code}));
        body.as_object_mut().unwrap().retain(|name, value| name != "userId" && !value.is_null());
        w.post("/api/quotes").token(&who.token).json(&body).send().await.unwrap()
    };
    // Ten count in an hour of the clock, which may turn once meanwhile.
    let mut tried = 0;
    let refused = loop {
        let answer = quote(&guest, Some(&format!("GUESS-{tried}"))).await;
        if answer.status != 200 || tried == 20 {
            break answer;
        }
        assert_eq!(answer.json["offers"], json!([]), "{answer}");
        tried += 1;
    };
    assert!(tried >= 10, "after {tried}");
    let refused = check_problem(refused, 429, "too_many_codes");
    assert_eq!(refused.str("/errors/0/pointer"), "/promotionCode", "{refused}");
    let wait: u32 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=3_600).contains(&wait), "{refused}");
    let good = check_problem(quote(&guest, Some("REAL")).await, 429, "too_many_codes");
    assert_eq!(good.json["errors"], refused.json["errors"], "good or not");
    check_problem(redeem(&w, &room, &guest, "REAL").await, 429, "too_many_codes");
    check(quote(&guest, None).await, 200);
    let other = check(quote(&w.guest().await, Some("REAL")).await, 200);
    assert_eq!(other.json["offers"][0]["price"]["amount"], json!(NIGHT - NIGHT / 10), "{other}");
}

/// What the bus has told of one type about a room, each event once, by its id.
async fn told(bus: &BusWatch, kind: &str, room: &Offer, count: usize) -> Vec<Value> {
    let what = format!("{count} {kind} of {}", room.id);
    let events = poll(&what, PATIENCE, async || {
        let events = bus.of_type(kind, &room.id).await?;
        let by_id = |event: Value| (event["detail"]["id"].to_string(), event["detail"]["data"].clone());
        let events: BTreeMap<String, Value> = events.into_iter().map(by_id).collect();
        Ok((events.len() >= count).then_some(events))
    });
    events.await.unwrap().into_values().collect()
}

#[tokio::test]
async fn rates_and_the_uses_of_codes_are_told_on_the_bus() {
    let w = World::new().await;
    let bus = w.watch_bus().await.unwrap();
    let mut card = rates();
    card["promotions"] = json!([{"code": "TOLD", "name": "Told", "percent": 10, "usesMax": 5}]);
    let room = w.room(json!({"capacity": 5})).await;
    put(&w, &room, &card).await;
    let night = room.start.split('T').next().unwrap().to_owned();
    let after = room.end.split('T').next().unwrap();
    let line = json!({"currency": "USD", "lines": [
        {"resourceIds": [room.id], "planId": "flexible", "from": night, "to": after, "price": 2 * NIGHT}
    ]});
    check(w.patch("/api/rates").token(&w.operator.token).json(&line).send().await.unwrap(), 200);
    let guest = w.guest().await;
    let hold = check(redeem(&w, &room, &guest, "TOLD").await, 201);
    let booking = check(w.pay(&guest, hold.str("/holdId"), ACCEPTED).await, 201);
    check(w.cancel(&guest, booking.str("/bookingId")).await, 200);

    let returned = told(&bus, "promotion.returned", &room, 1).await;
    let redeemed = told(&bus, "promotion.redeemed", &room, 1).await;
    let use_of = |events: &[Value]| {
        events.iter().map(|data| (data["code"].clone(), data["uses"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(
        (use_of(&redeemed), use_of(&returned)),
        (vec![(json!("TOLD"), json!(1))], vec![(json!("TOLD"), json!(0))])
    );
    assert_eq!(
        (&redeemed[0]["holdId"], &returned[0]["bookingId"]),
        (&hold.json["holdId"], &booking.json["bookingId"])
    );
    let applied = told(&bus, "rate.applied", &room, 1).await;
    assert_eq!(applied.len(), 1, "{applied:?}");
    assert_eq!(
        (&applied[0]["bookingId"], &applied[0]["cardVersion"]),
        (&booking.json["bookingId"], &json!(1))
    );
    let lines = applied[0]["lines"].as_array().unwrap().iter().map(|line| line["amount"].as_i64().unwrap());
    assert_eq!(Some(lines.sum::<i64>()), booking.int("/price/amount"), "{applied:?}");
    let updated = told(&bus, "rate.updated", &room, 2).await;
    assert_eq!(updated.iter().filter(|data| data["card"]["version"] == 1).count(), 1, "{updated:?}");
    assert_eq!(updated.iter().filter(|data| data["dates"] == json!([night])).count(), 1, "{updated:?}");
    assert_eq!(updated.len(), 2, "{updated:?}");
}
