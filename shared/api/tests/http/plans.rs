//! Holds under rate plans, and quotes, over HTTP.

use std::sync::Arc;

use holdfast_api::rates::RateCardBody;
use holdfast_api::{Identity, Request};
use holdfast_domain::ResourceId;
use holdfast_domain::rates::card::{CardVersion, ResourceRates};
use http::Method;
use serde_json::{Value, json};

use crate::answers::check;
use crate::stub::{Outside, by, request};

/// Two plans, of which the second is for weeks only; a city tax that is paid at the place.
fn card() -> Value {
    json!({
        "currency": "USD", "defaultPlan": "flexible",
        "plans": [
            {
                "planId": "flexible", "name": "Flexible", "price": { "base": 12_900 }, "payment": "now",
                "cancellation": { "freeHoursAfterBooking": 0, "steps": [{ "hoursBefore": 24, "keepPercent": 0 }] }
            },
            {
                "planId": "weekly", "name": "Weekly", "price": { "derivedFrom": "flexible", "percent": -20 }, "payment": "now",
                "cancellation": { "freeHoursAfterBooking": 0, "steps": [] }
            }
        ],
        "charges": [{
            "chargeId": "city-tax", "name": "City tax", "kind": "tax", "included": false, "amount": 200, "per": "unit_slot",
            "refundable": true, "due": "at_property"
        }],
        "restrictions": [
            { "restrictionId": "seven-nights", "name": "Seven nights", "plans": ["weekly"], "limits": { "stayMinOnArrival": 7 } }
        ]
    })
}

fn outside() -> Arc<Outside> {
    let resource = ResourceId::parse("hotel-nyc-deluxe").expect("an id");
    let card = RateCardBody::read(&card()).expect("a card");
    let valid_from = "2027-01-01T00:00:00Z".parse().expect("an instant");
    let versions = vec![CardVersion { number: 1, valid_from, card: card.clone() }];
    let rates = ResourceRates { resource, revision: 1, versions, draft: Some(card) };
    Arc::new(Outside { rates: Some(rates), ..Outside::with_resource() })
}

fn stay(more: &Value) -> Value {
    let mut body = json!({
        "resourceId": "hotel-nyc-deluxe", "startTime": "2027-06-01", "endTime": "2027-06-03", "quantity": 1
    });
    body.as_object_mut().expect("fields").extend(more.as_object().expect("fields").clone());
    body
}

fn hold(more: &Value) -> Request {
    request(Method::POST, "/api/holds", &stay(more).to_string())
}

fn quote(more: &Value) -> Request {
    request(Method::POST, "/api/quotes", &stay(more).to_string())
}

fn anonymous(request: Request) -> Request {
    let mut request = Request { identity: Identity::Unproven, ..request };
    request.headers.clear();
    request
}

fn usd(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "USD" })
}

#[test]
fn a_hold_says_its_rate_and_one_of_a_resource_without_a_card_its_own_price() {
    let answer =
        check(&outside(), hold(&json!({ "units": [{ "adults": 2, "childAges": [4] }] })), 201, None).body;
    assert_eq!(answer["ratePlan"], json!({ "planId": "flexible", "name": "Flexible" }));
    assert_eq!((&answer["price"], &answer["payAtProperty"]), (&usd(25_800), &usd(400)));
    let lines = answer["lines"].as_array().expect("lines");
    let sums: i64 = lines.iter().map(|line| line["amount"]["amount"].as_i64().expect("an amount")).sum();
    assert_eq!(sums, 26_200, "{answer}");
    let city = lines.iter().find(|line| line["kind"] == "tax").expect("a tax");
    assert_eq!((&city["code"], &city["due"]), (&json!("city-tax"), &json!("at_property")));
    assert_eq!(answer["units"], json!([{ "adults": 2, "childAges": [4] }]));
    let terms = &answer["cancellationTerms"];
    assert_eq!(terms["steps"], json!([{ "until": "2027-05-31T19:00:00.000Z", "kept": usd(0) }]));
    assert_eq!(answer["cardVersion"], 1);
    let plain = check(&Arc::new(Outside::with_resource()), hold(&json!({})), 201, None).body;
    for field in ["units", "extras", "promotionCode", "priceOverride"] {
        assert!(plain.get(field).is_none(), "{field}: {plain}");
    }
    assert_eq!(plain["ratePlan"], json!({ "planId": "standard", "name": "Standard" }));
    assert_eq!((&plain["cardVersion"], &plain["payAtProperty"]), (&json!(0), &usd(0)));
    assert_eq!((&plain["price"], &plain["lines"]), (&usd(25_800), &json!([standard_line()])));
    let steps = &plain["cancellationTerms"]["steps"];
    assert_eq!(*steps, standard_steps());
}

/// The line of two nights at the resource's own price.
fn standard_line() -> Value {
    json!({
        "kind": "stay", "code": "standard", "name": "Standard", "amount": usd(25_800), "count": 2, "due": "now", "refundable": true
    })
}

/// What the resource's own policy keeps of them.
fn standard_steps() -> Value {
    json!([
        { "until": "2027-05-31T19:00:00.000Z", "kept": usd(0) },
        { "until": "2027-06-01T18:59:59.999Z", "kept": usd(12_900) }
    ])
}

#[test]
fn anyone_may_ask_what_a_stay_costs_and_a_hold_may_have_it() {
    let outside = outside();
    let quoted = check(&outside, anonymous(quote(&json!({}))), 200, None);
    assert_eq!(quoted.header("cache-control"), Some("no-store"));
    let [offer] = &quoted.body["offers"].as_array().expect("offers")[..] else { panic!("{}", quoted.body) };
    assert_eq!((&offer["planId"], &offer["price"]), (&json!("flexible"), &usd(25_800)));
    assert_eq!(offer["expiresAt"], "2027-05-01T10:15:00.123Z");
    assert_eq!(offer["cardVersion"], 1);
    let words = "Until 31 May 2027, 15:00, everything is given back. After that, nothing is given back. \
                 Times are local (America/New_York).";
    assert_eq!(offer["cancellationText"], words);
    let reason = json!({
        "reason": "stay_min", "restrictionId": "seven-nights", "date": "2027-06-01", "limit": 7
    });
    assert_eq!(
        quoted.body["unavailable"],
        json!([{ "planId": "weekly", "name": "Weekly", "reasons": [reason] }])
    );
    let held = check(&outside, hold(&json!({ "quoteId": offer["quoteId"] })), 201, None).body;
    assert_eq!((&held["price"], &held["lines"]), (&offer["price"], &offer["lines"]));
    let other = format!("eyJ.{}", "x".repeat(43));
    let outside = self::outside();
    let refused = check(&outside, hold(&json!({ "quoteId": other })), 422, Some("quote_not_valid")).body;
    assert_eq!(refused["errors"][0]["pointer"], "/quoteId");
    let both = json!({ "quoteId": other, "ratePlanId": "flexible" });
    check(&outside, hold(&both), 422, Some("validation_failed"));
}

/// What a hold is refused for, by the pointers it blames.
#[track_caller]
fn refused(more: &Value, pointers: &[&str]) {
    let answer = check(&outside(), hold(more), 422, Some("validation_failed")).body;
    let errors = answer["errors"].as_array().expect("errors").iter();
    let blamed: Vec<&str> = errors.map(|error| error["pointer"].as_str().expect("a pointer")).collect();
    assert_eq!(blamed, pointers, "{answer}");
}

/// Whether the code is good or not: nothing is looked at.
#[test]
fn who_has_tried_too_many_codes_is_told_when_to_come_again_and_asks_on_without_one() {
    let outside = Arc::try_unwrap(outside()).ok().expect("nobody else has it");
    let outside = Arc::new(Outside { codes_are_guessed: true, ..outside });
    let coded = json!({ "promotionCode": "SUMMER" });
    for asked in [anonymous(quote(&coded)), quote(&coded), hold(&coded)] {
        let refused = check(&outside, asked, 429, Some("too_many_codes"));
        assert_eq!(refused.header("retry-after"), Some("3600"));
        assert_eq!(refused.body["errors"][0]["pointer"], "/promotionCode");
    }
    check(&outside, anonymous(quote(&json!({}))), 200, None);
}

#[test]
fn what_the_card_does_not_have_is_refused_by_name() {
    refused(&json!({ "ratePlanId": "weekend" }), &["/ratePlanId"]);
    refused(&json!({ "units": [{}, {}] }), &["/units"]);
    refused(&json!({ "units": [{ "unitType": "suite" }] }), &["/units"]);
    refused(&json!({ "extras": [{ "extraId": "parking", "quantity": 1 }] }), &["/extras"]);
    refused(&json!({ "promotionCode": "SUMMER" }), &["/promotionCode"]);
    refused(
        &json!({ "units": [{ "adults": -1 }], "extras": [{ "quantity": 0 }] }),
        &["/units/0/adults", "/extras/0/extraId", "/extras/0/quantity"],
    );
    let weekly =
        check(&outside(), hold(&json!({ "ratePlanId": "weekly" })), 409, Some("rate_not_available")).body;
    assert_eq!((&weekly["ratePlanId"], &weekly["reasons"][0]["limit"]), (&json!("weekly"), &json!(7)));
    let plain = Arc::new(Outside::with_resource());
    let named =
        check(&plain, hold(&json!({ "ratePlanId": "flexible" })), 422, Some("validation_failed")).body;
    assert_eq!(named["errors"][0]["pointer"], "/ratePlanId");
}

#[test]
fn a_resource_without_a_card_has_one_plan_and_a_hold_may_have_it_by_name_and_by_quote() {
    let plain = Arc::new(Outside::with_resource());
    let quoted = check(&plain, quote(&json!({})), 200, None).body;
    let [offer] = &quoted["offers"].as_array().expect("offers")[..] else { panic!("{quoted}") };
    assert_eq!((&offer["price"], &offer["planId"]), (&usd(25_800), &json!("standard")));
    assert_eq!((&offer["cardVersion"], &offer["lines"]), (&json!(0), &json!([standard_line()])));
    assert_eq!(offer["cancellationTerms"]["steps"], standard_steps());
    let words = "Until 31 May 2027, 15:00, everything is given back. Until 1 June 2027, 14:59, 129.00 USD of 258.00 USD is kept. \
                 After that, nothing is given back. Times are local (America/New_York).";
    assert_eq!(offer["cancellationText"], words);
    for more in [json!({ "quoteId": offer["quoteId"] }), json!({ "ratePlanId": "standard" })] {
        *plain.hold.lock().expect("no panic") = None;
        let held = check(&plain, hold(&more), 201, None).body;
        for field in ["price", "lines", "cancellationTerms", "cardVersion", "payAtProperty"] {
            assert_eq!(held[field], offer[field], "{field} of {more}");
        }
    }
    for (more, pointer) in [
        (json!({ "units": [{ "adults": 2 }] }), "/units"),
        (json!({ "ratePlanId": "flexible" }), "/ratePlanId"),
        (json!({ "promotionCode": "SUMMER" }), "/promotionCode"),
    ] {
        *plain.hold.lock().expect("no panic") = None;
        for request in [hold(&more), quote(&more)] {
            let refused = check(&plain, request, 422, Some("validation_failed")).body;
            assert_eq!(refused["errors"][0]["pointer"], pointer, "{refused}");
        }
    }
}

#[test]
fn what_is_wrong_with_a_quote_names_the_field_and_the_rule() {
    let outside = outside();
    let quoted = check(&outside, quote(&json!({})), 200, None).body;
    let by_quote = json!({ "quoteId": quoted["offers"][0]["quoteId"] });
    let past = "2027-05-01T10:00:00Z".parse().expect("an instant");
    outside.quote.lock().expect("no panic").as_mut().expect("a quote").expires_at = past;
    let expired = check(&outside, hold(&by_quote), 409, Some("quote_expired")).body;
    assert_eq!(expired["errors"][0]["pointer"], "/quoteId");
    let detail = expired["errors"][0]["detail"].as_str().expect("a detail");
    assert_eq!(detail, "has expired: its price was honoured until 2027-05-01T10:00:00Z; ask for a new one");
}

#[test]
fn only_operators_try_rates_and_are_told_why() {
    let outside = outside();
    for trial in [json!({ "rules": "draft" }), json!({ "asOf": "2027-05-20T00:00:00Z" })] {
        check(&outside, anonymous(quote(&trial)), 403, Some("forbidden"));
        check(&outside, quote(&trial), 403, Some("forbidden"));
        let tried = check(&outside, by(quote(&trial), "desk-7", "booking/operator"), 200, None).body;
        assert_eq!(tried["offers"][0].get("quoteId"), None, "{tried}");
    }
    let path = "/api/resources/hotel-nyc-deluxe/rates/explain?start=2027-06-01&end=2027-06-03";
    let explain = |path: &str| request(Method::GET, path, "");
    check(&outside, explain(path), 403, Some("insufficient_scope"));
    let said = check(&outside, by(explain(path), "desk-7", "booking/operator"), 200, None).body;
    assert_eq!(
        (&said["planId"], said["slots"].as_array().map(Vec::len)),
        (&json!("flexible"), Some(2)),
        "{said}"
    );
    assert_eq!(said["slots"][0]["steps"][0], json!({ "cause": "base", "id": "flexible", "amount": 12_900 }));
    let weekly = format!("{path}&ratePlanId=weekly");
    let none = check(&outside, by(explain(&weekly), "desk-7", "booking/operator"), 200, None).body;
    assert_eq!((&none["reasons"][0]["reason"], none.get("price")), (&json!("stay_min"), None), "{none}");
}
