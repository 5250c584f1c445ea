//! Where nothing is offered the answer says why, and what would do, over HTTP.

use std::sync::Arc;

use holdfast_api::Request;
use holdfast_api::catalogue::TermsBody;
use holdfast_api::rates::RateCardBody;
use holdfast_domain::rates::card::{CardVersion, ResourceRates};
use holdfast_domain::{Resource, ResourceId};
use http::Method;
use serde_json::{Value, json};

use crate::answers::check;
use crate::stub::{Outside, hotel, request};

fn plan(name: &str) -> Value {
    json!({
        "planId": name, "name": name, "price": { "base": 12_900 }, "payment": "now",
        "cancellation": { "freeHoursAfterBooking": 0, "steps": [] }
    })
}

fn restriction(name: &str, plans: &[&str], limits: &Value) -> Value {
    json!({ "restrictionId": name, "name": name, "plans": plans, "limits": limits })
}

/// A resource with plans of those names, the first the default one, under restrictions.
fn outside(terms: &Value, plans: &[&str], restrictions: &[Value]) -> Arc<Outside> {
    let id = ResourceId::parse("hotel-nyc-deluxe").expect("an id");
    let card = json!({
        "currency": "USD", "defaultPlan": plans[0],
        "plans": plans.iter().map(|name| plan(name)).collect::<Vec<Value>>(), "restrictions": restrictions
    });
    let card = RateCardBody::read(&card).expect("a card");
    let valid_from = "2027-01-01T00:00:00Z".parse().expect("an instant");
    let versions = vec![CardVersion { number: 1, valid_from, card }];
    let rates = ResourceRates { resource: id.clone(), revision: 1, versions, draft: None };
    let resource = Resource::create(id, TermsBody::read(terms).expect("valid terms"));
    Arc::new(Outside { resource: Some(resource), rates: Some(rates), ..Outside::with_resource() })
}

fn asking(path: &str, range: (&str, &str), more: &Value) -> Request {
    let mut body = json!({
        "resourceId": "hotel-nyc-deluxe", "startTime": range.0, "endTime": range.1, "quantity": 1
    });
    body.as_object_mut().expect("fields").extend(more.as_object().expect("fields").clone());
    request(Method::POST, path, &body.to_string())
}

/// What a quote and a hold of the same name.
#[track_caller]
fn named(outside: &Arc<Outside>, range: (&str, &str), more: &Value) -> Value {
    let quoted = check(outside, asking("/api/quotes", range, more), 200, None).body;
    assert_eq!(quoted["offers"], json!([]), "{quoted}");
    let held = check(outside, asking("/api/holds", range, more), 409, Some("rate_not_available")).body;
    assert_eq!(quoted["nearest"], held["nearest"], "{held}");
    quoted["nearest"].clone()
}

const NIGHT: (&str, &str) = ("2027-06-01", "2027-06-02");

#[test]
fn of_all_plans_that_were_asked_the_nearest_is_named() {
    let week = restriction("week", &["long"], &json!({ "stayMinOnArrival": 7 }));
    let three = restriction("three", &["short"], &json!({ "stayMinOnArrival": 3 }));
    let outside = outside(&hotel(), &["long", "short"], &[week, three]);
    assert_eq!(named(&outside, NIGHT, &json!({})), json!({ "planId": "short", "slots": 3 }));
    assert_eq!(
        named(&outside, NIGHT, &json!({ "ratePlanId": "long" })),
        json!({ "planId": "long", "slots": 7 }),
        "one that is named alone"
    );
}

#[test]
fn a_private_plan_is_nobodys_nearest() {
    let week = restriction("week", &["long"], &json!({ "stayMinOnArrival": 7 }));
    let three = restriction("three", &["company"], &json!({ "stayMinOnArrival": 3 }));
    let outside = outside(&hotel(), &["long", "company"], &[week, three]);
    let mut hidden = Arc::try_unwrap(outside).unwrap_or_else(|_| panic!("it is held once"));
    let card = &mut hidden.rates.as_mut().expect("rates").versions[0].card;
    let group = holdfast_domain::rates::ids::RateGroup::parse("company-acme").expect("a name");
    card.plans[1].audience = holdfast_domain::rates::plan::Audience::Group(group);
    assert_eq!(named(&Arc::new(hidden), NIGHT, &json!({})), json!({ "planId": "long", "slots": 7 }));
}

/// Tables for an hour each, from 18:00 to 22:00.
fn table() -> Value {
    let mut terms = hotel();
    let hours = json!([{ "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "18:00", "to": "22:00" }]);
    terms["schedule"] = json!({ "kind": "slots", "slotMinutes": 60, "opening": hours });
    terms
}

#[test]
fn of_slots_another_time_and_another_number_are_named() {
    let hour = ("2027-06-01T19:00:00-04:00", "2027-06-01T20:00:00-04:00");
    let closed = json!({
        "restrictionId": "closed", "name": "Closed", "dates": [{ "from": "2027-06-01", "to": "2027-06-03" }],
        "limits": { "stopSell": true }
    });
    let outside = self::outside(&table(), &["flexible"], &[closed]);
    // The date before is as near as none after: the third is two dates away.
    let before = json!({
        "planId": "flexible", "startTime": "2027-06-01T01:00:00Z", "endTime": "2027-06-01T02:00:00Z"
    });
    assert_eq!(named(&outside, hour, &json!({})), before);
    let two = restriction("two", &[], &json!({ "stayMinOnArrival": 2 }));
    let outside = self::outside(&table(), &["flexible"], &[two]);
    assert_eq!(named(&outside, hour, &json!({})), json!({ "planId": "flexible", "slots": 2 }));
}

#[test]
fn an_empty_search_says_why_and_one_that_is_not_says_nothing() {
    let search = |outside: &Arc<Outside>, range: (&str, &str), quantity: u32| {
        let (start, end) = range;
        let path = format!(
            "/api/availability?resourceType=hotel&location=NYC&start={start}&end={end}&quantity={quantity}"
        );
        check(outside, request(Method::GET, &path, ""), 200, None).body
    };
    let one = |reason: &str| json!([{ "reason": reason, "resources": 1 }]);
    let plain = Arc::new(Outside::with_resource());
    let found = search(&plain, NIGHT, 3);
    assert_eq!((found["results"].as_array().map(Vec::len), found.get("reasons")), (Some(1), None), "{found}");
    assert_eq!(search(&plain, NIGHT, 4)["reasons"], one("full"));
    assert_eq!(search(&plain, ("2027-03-01", "2027-03-02"), 1)["reasons"], one("past"));
    assert_eq!(search(&plain, ("2027-06-01", "2029-06-02"), 1)["reasons"], one("range"));
    assert_eq!(search(&Arc::new(Outside::default()), NIGHT, 1)["reasons"], json!([]));
    let seven =
        restriction("seven", &["flexible"], &json!({ "stayMinOnArrival": 7, "closedToDeparture": true }));
    let rated = outside(&hotel(), &["flexible", "free"], &[seven]);
    let both = json!([
        { "reason": "stay_min", "resources": 1 }, { "reason": "closed_to_departure", "resources": 1 }
    ]);
    assert_eq!(search(&rated, NIGHT, 1)["reasons"], both);
}
