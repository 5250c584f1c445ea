//! Answers about properties, and to operators of others.

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};

use crate::answers::{check, get};
use crate::stub::{Outside, by, by_staff, grand, hotel, request, with};

const PATH: &str = "/api/properties/hotel-nyc";

/// The body of a `PUT` with nothing that may be left out.
pub(crate) fn venue() -> Value {
    json!({
        "propertyType": "venue", "name": "Arena", "timeZone": "Europe/Berlin", "currency": "EUR",
        "address": { "lines": ["Platz 1"], "city": "Berlin", "country": "DE" }
    })
}

fn put(path: &str, body: &Value, groups: &[&str]) -> holdfast_api::Request {
    by_staff(request(Method::PUT, path, &body.to_string()), groups)
}

#[test]
fn a_property_is_created_replaced_and_read() {
    let outside = Arc::new(Outside::with_resource());
    let created = check(&outside, put("/api/properties/new", &grand(), &["platform"]), 201, None);
    assert_eq!(created.header("location"), Some("/api/properties/new"));
    let mut expected = grand();
    expected["propertyId"] = json!("new");
    assert_eq!(created.body, expected);
    expected["propertyId"] = json!("hotel-nyc");
    for groups in [["platform"], ["property.hotel-nyc"]] {
        assert_eq!(check(&outside, put(PATH, &grand(), &groups), 200, None).body, expected);
    }
    let read = check(&outside, get(PATH), 200, None);
    assert_eq!(read.body, expected);
    let tag = read.header("etag").expect("a tag");
    check(&outside, with(get(PATH), "if-none-match", tag), 304, None);
    check(&outside, get("/api/properties/a%20b"), 404, Some("not_found"));
    let refused = check(
        &outside,
        put("/api/properties/a%20b", &grand(), &["platform"]),
        422,
        Some("validation_failed"),
    );
    assert_eq!(refused.body["errors"][0]["pointer"], "/propertyId");

    let mut plain = grand();
    for field in ["position", "contact", "houseRules", "taxes"] {
        plain.as_object_mut().expect("terms").remove(field);
    }
    let replaced = check(&outside, with(put(PATH, &plain, &["platform"]), "if-match", tag), 200, None);
    assert_ne!(replaced.header("etag"), Some(tag));
    plain["propertyId"] = json!("hotel-nyc");
    assert_eq!(replaced.body, plain, "what is left out is gone");
    let stale = with(put(PATH, &grand(), &["platform"]), "if-match", "\"0-0\"");
    check(&outside, stale, 412, Some("precondition_failed"));
    let only_creates = with(put(PATH, &grand(), &["platform"]), "if-none-match", "*");
    check(&outside, only_creates, 412, Some("precondition_failed"));
    let dry = put("/api/properties/new?dryRun=true", &grand(), &["platform"]);
    assert_eq!(check(&outside, dry, 200, None).header("etag"), None, "nothing was written");
}

#[test]
fn every_wrong_part_of_a_property_is_named() {
    let outside = Arc::new(Outside::with_resource());
    let pointers = |body: &Value| {
        let refused = check(&outside, put(PATH, body, &["platform"]), 422, Some("validation_failed")).body;
        let errors = refused["errors"].as_array().expect("errors").clone();
        errors
            .iter()
            .map(|error| error["pointer"].as_str().expect("a pointer").to_owned())
            .collect::<Vec<_>>()
    };
    for (pointer, value) in [
        ("/propertyType", json!("a#b")),
        ("/address/lines", json!([])),
        ("/address/lines", json!(["1", "2", "3", "4", "5"])),
        ("/address/lines/0", json!("a\nb")),
        ("/address/postalCode", json!("1_2")),
        ("/address/country", json!("ZZ")),
        ("/address/country", json!("us")),
        ("/position/latitude", json!(90.01)),
        ("/position/longitude", json!(-181)),
        ("/position/longitude", json!("0")),
        ("/timeZone", json!("Mars/Olympus")),
        ("/currency", json!("ABC")),
        ("/contact/email", json!("desk")),
        ("/contact/phone", json!("555")),
        ("/contact/website", json!("http://grand.example")),
        ("/contact/website", json!("https://grand")),
        ("/houseRules", json!("x".repeat(4001))),
        ("/houseRules", json!("a\u{0}b")),
        ("/taxes/0/chargeId", json!("City")),
        ("/taxes/0/kind", json!("charge")),
        ("/taxes/0/per", json!("night")),
        ("/taxes/0/amount", json!(-1)),
        ("/taxes/1/percent", json!(-200)),
        ("/taxes/3/bands/1/from", json!(0.5)),
        // What taxes say of each other is the use case's to check.
        ("/taxes/1/chargeId", json!("city-tax")),
        ("/taxes/1/percent", json!(101)),
        ("/taxes/1/on", json!([])),
        ("/taxes/1/refundable", json!(false)),
        ("/taxes/3/bands/1/percent", json!(101)),
        ("/taxes/3/bands/0/from", json!(1)),
    ] {
        let mut body = grand();
        let (parent, name) = pointer.rsplit_once('/').expect("a field");
        match body.pointer_mut(parent).expect("a part") {
            Value::Array(items) => items[name.parse::<usize>().expect("a position")] = value.clone(),
            part => part[name] = value.clone(),
        }
        assert_eq!(pointers(&body), [pointer], "{value}");
    }
    let many = |count: usize| {
        let tax = |number: usize| json!({ "chargeId": format!("tax-{number}"), "name": "Tax", "kind": "tax", "amount": 1, "per": "stay", "refundable": true, "due": "now" });
        let mut body = grand();
        body["taxes"] = (0..count).map(tax).collect();
        body
    };
    check(&outside, put(PATH, &many(20), &["platform"]), 200, None);
    assert_eq!(pointers(&many(21)), ["/taxes"]);
    let mut body = grand();
    body["position"] = json!({ "latitude": 1000, "longitude": 1000 });
    body["taxRules"] = json!([]);
    assert_eq!(pointers(&body), ["/position/latitude", "/position/longitude", "/taxRules"]);
}

/// A request of somebody else's is answered as one about what does not exist, to the byte.
#[test]
fn somebody_elses_property_is_none() {
    let outside = Arc::new(Outside::with_resource());
    let none = "/api/properties/none-00-0";
    assert_eq!(none.len(), PATH.len());
    let not_theirs: [&[&str]; 3] = [&[], &["property.other"], &["property.hotel-nyc-2", "property.none"]];
    for groups in not_theirs {
        let told = |path: &str, answer: Value| {
            let text = answer.to_string().replace(path, "PATH");
            serde_json::from_str::<Value>(&text).expect("JSON")
        };
        let theirs = check(&outside, put(PATH, &grand(), groups), 404, Some("not_found")).body;
        let nobodys = check(&outside, put(none, &grand(), groups), 404, Some("not_found")).body;
        assert_eq!(told(PATH, theirs), told(none, nobodys), "{groups:?}");
        let events = |path: &str| by_staff(get(&format!("{path}/events")), groups);
        let theirs = check(&outside, events(PATH), 404, Some("not_found")).body;
        let nobodys = check(&outside, events(none), 404, Some("not_found")).body;
        assert_eq!(told(PATH, theirs), told(none, nobodys), "{groups:?}");
    }
    check(
        &outside,
        by(get(&format!("{PATH}/events")), "guest-1", "booking/guest"),
        403,
        Some("insufficient_scope"),
    );
    let own = check(&outside, by_staff(get(&format!("{PATH}/events")), &["property.hotel-nyc"]), 200, None);
    let entry = &own.body["results"][0];
    assert_eq!(
        (&entry["type"], &entry["eventId"]),
        (&json!("property.created"), &json!("property/hotel-nyc-000001"))
    );
    assert_eq!((&entry["from"], &entry["to"]), (&json!({}), &grand()), "under the names that an edit has");
}

#[test]
fn a_resource_is_of_a_property_that_exists_and_is_the_callers() {
    let outside = Arc::new(Outside::with_resource());
    let mut body = hotel();
    let room = "/api/resources/new";
    body["propertyId"] = json!("hotel-nyc");
    for groups in [["platform"], ["property.hotel-nyc"]] {
        let created = check(&outside, put(room, &body, &groups), 201, None).body;
        assert_eq!(created["propertyId"], "hotel-nyc");
    }
    let refused = |body: &Value, groups: &[&str]| {
        let refused = check(&outside, put(room, body, groups), 422, Some("validation_failed")).body;
        refused["errors"].clone()
    };
    let none = json!([{ "pointer": "/propertyId", "detail": "there is no such property" }]);
    assert_eq!(refused(&body, &[]), none);
    assert_eq!(refused(&body, &["property.other"]), none);
    body["propertyId"] = json!("other");
    assert_eq!(refused(&body, &["platform"]), none);
    assert_eq!(refused(&body, &["property.other"]), none);
    body["propertyId"] = json!("a b");
    assert_eq!(refused(&body, &["platform"])[0]["pointer"], "/propertyId");
    let alone = check(&outside, put(room, &hotel(), &[]), 201, None).body;
    assert_eq!(alone.get("propertyId"), None, "of none, and every operator's");
}

#[test]
fn the_platform_alone_stops_every_propertys_holds() {
    let outside = Arc::new(Outside::with_resource());
    let stop = |groups: &[&str]| put("/api/stop", &json!({ "stopped": true }), groups);
    check(&outside, stop(&["platform"]), 200, None);
    for groups in [&[][..], &["property.hotel-nyc"]] {
        check(&outside, stop(groups), 403, Some("forbidden"));
    }
}
