//! Answers about resources, search and calendars.

use std::sync::Arc;

use holdfast_domain::{Resource, ResourceId};
use http::Method;
use serde_json::{Value, json};

use crate::answers::{check, get, post};
use crate::stub::{Outside, by, hotel, request, with};

#[test]
fn resources_are_created_replaced_and_read() {
    let operator = |request| by(request, "operator-1", "booking/operator");
    let put = |path: &str, body: &Value| operator(request(Method::PUT, path, &body.to_string()));
    let outside = Arc::new(Outside::with_resource());
    let created = check(&outside, put("/api/resources/new", &hotel()), 201, None);
    assert_eq!(created.header("location"), Some("/api/resources/new"));
    let mut expected = hotel();
    expected["resourceId"] = json!("hotel-nyc-deluxe");
    expected["cancellationPolicy"]["tiers"].as_array_mut().expect("tiers").reverse();
    expected["attributes"]["longitude"] = json!(-74);
    expected["holdLimits"] =
        json!({ "perGuest": 8, "perSlot": 10, "placesPerSlot": null, "coolDownSeconds": 60 });
    assert_eq!(check(&outside, put("/api/resources/hotel-nyc-deluxe", &hotel()), 200, None).body, expected);
    assert_eq!(check(&outside, get("/api/resources/hotel-nyc-deluxe"), 200, None).body, expected);
    let refused = check(&outside, put("/api/resources/a%20b", &hotel()), 422, Some("validation_failed"));
    assert_eq!(refused.body["errors"][0]["pointer"], "/resourceId");
    check(&outside, get("/api/resources/a%20b"), 404, Some("not_found"));

    let patch =
        |body: &str| operator(request(Method::PATCH, "/api/resources/hotel-nyc-deluxe/inventory", body));
    let set = check(&outside, patch(r#"{"from":"2027-06-01","to":"2027-07-01","capacity":5}"#), 200, None);
    assert_eq!(
        set.body,
        json!({ "resourceId": "hotel-nyc-deluxe", "from": "2027-06-01", "to": "2027-07-01", "capacity": 5 })
    );
    check(&outside, patch(r#"{"from":"2027-06-01","to":"2031-07-01"}"#), 422, Some("validation_failed"));
}

#[test]
fn a_resource_has_a_version_that_edits_may_ask_for() {
    let outside = Arc::new(Outside::with_resource());
    let path = "/api/resources/hotel-nyc-deluxe";
    let edit =
        |method, path: &str, body: &str| by(request(method, path, body), "operator-1", "booking/operator");
    let dates = r#"{"from":"2027-06-01","to":"2027-07-01","closed":true}"#;
    let put = |path: &str| edit(Method::PUT, path, &hotel().to_string());
    let patch = |query: &str| edit(Method::PATCH, &format!("{path}/inventory{query}"), dates);

    let read = check(&outside, get(path), 200, None);
    let tag = read.header("etag").expect("a tag");
    check(&outside, with(get(path), "if-none-match", tag), 304, None);
    check(&outside, with(get(path), "if-none-match", "\"0-0\""), 200, None);
    for edit in [put(path), patch("")] {
        assert!(check(&outside, with(edit.clone(), "if-match", tag), 200, None).header("etag").is_some());
        let refused = with(edit, "if-match", "\"0-0\"");
        check(&outside, refused, 412, Some("precondition_failed"));
    }
    let only_creates = |path: &str| with(put(path), "if-none-match", "*");
    check(&outside, only_creates(path), 412, Some("precondition_failed"));
    check(&outside, only_creates("/api/resources/new"), 201, None);
    check(&outside, with(put("/api/resources/new"), "if-match", "*"), 412, Some("precondition_failed"));

    for edit in [put("/api/resources/new?dryRun=true"), patch("?dryRun=true")] {
        assert_eq!(check(&outside, edit, 200, None).header("etag"), None, "nothing was written");
    }
    for edit in [put(&format!("{path}?dryRun=maybe")), patch("?dryRun=maybe")] {
        let refused = check(&outside, edit, 422, Some("validation_failed"));
        assert_eq!(
            refused.body["errors"],
            json!([{ "pointer": "/dryRun", "detail": "must be true or false" }])
        );
    }
}

#[test]
fn numbers_of_attributes_are_given_back_as_they_came() {
    let most = 9_007_199_254_740_991_i64;
    for number in [json!(most), json!(-most), json!(4.25), json!(0)] {
        let mut sent = hotel();
        sent["attributes"]["rating"] = number.clone();
        let outside = Arc::new(Outside::with_resource());
        let put = request(Method::PUT, "/api/resources/hotel-nyc-deluxe", &sent.to_string());
        let kept = check(&outside, by(put, "operator-1", "booking/operator"), 200, None);
        assert_eq!(kept.body["attributes"]["rating"], number);
    }
}

#[test]
fn a_long_calendar_goes_on_at_its_cursor() {
    let mut desk = hotel();
    let days = json!(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]);
    desk["schedule"] = json!({
        "kind": "slots", "slotMinutes": 5, "opening": [{ "days": days, "from": "00:00", "to": "00:00" }]
    });
    let terms = holdfast_api::catalogue::TermsBody::read(&desk).expect("valid terms");
    let id = ResourceId::parse("desk").expect("an id");
    let outside = Arc::new(Outside { resource: Some(Resource::create(id, terms)), ..Outside::default() });
    let path = "/api/resources/desk/availability?start=2027-06-01&end=2027-06-05";
    let first = check(&outside, get(path), 200, None);
    assert!(first.body.to_string().len() < 256 * 1024);
    let cursor = first.body["nextCursor"].as_str().expect("there is more");
    let rest = check(&outside, get(&format!("{path}&cursor={cursor}")), 200, None).body;
    let count = |body: &Value| body["slots"].as_array().map(Vec::len);
    assert_eq!(
        (count(&first.body), count(&rest), &rest["nextCursor"]),
        (Some(1000), Some(152), &Value::Null)
    );
    assert_eq!(rest["slots"][0]["start"], first.body["slots"][999]["end"], "nothing between them");
    let other = Arc::new(Outside::with_resource());
    let borrowed = format!("{}&cursor={cursor}", path.replace("desk", "hotel-nyc-deluxe"));
    check(&other, get(&borrowed), 422, Some("validation_failed"));
}

#[test]
fn a_range_beyond_the_bound_is_refused_in_its_words() {
    let outside = Arc::new(Outside::with_resource());
    let sent = json!({
        "resourceId": "hotel-nyc-deluxe", "startTime": "2027-06-01", "endTime": "2028-06-02", "quantity": 1
    });
    let refused = check(&outside, post("/api/holds", &sent.to_string()), 422, Some("range_not_bookable"));
    assert_eq!(refused.body["detail"], "a hold covers at most 366 nights");
}

#[test]
fn search_and_calendar_can_be_cached() {
    let outside = Arc::new(Outside::with_resource());
    let search =
        "/api/availability?resourceType=hotel&location=NYC&start=2027-06-01&end=2027-06-03&quantity=2";
    for path in [search, "/api/resources/hotel-nyc-deluxe/availability?start=2027-06-01&end=2027-06-03"] {
        let found = check(&outside, get(path), 200, None);
        let tag = found.header("etag").expect("an ETag");
        assert_eq!(found.header("cache-control"), Some("public, max-age=2"));
        check(&outside, with(get(path), "if-none-match", tag), 304, None);
        check(&outside, with(get(path), "if-none-match", "\"other\""), 200, None);
    }
    let found = check(&outside, get(search), 200, None);
    assert_eq!(found.body["asOf"], "2027-05-01T10:00:00.123Z");
    assert_eq!(found.body["nextCursor"], Value::Null);
    let offer = &found.body["results"][0];
    assert_eq!(offer["price"], json!({ "amount": 51600, "currency": "USD" }));
    assert_eq!(offer["available"], 3);
    assert_eq!(offer["attributes"]["rating"], 4.6);
    let calendar = get("/api/resources/hotel-nyc-deluxe/availability?start=2027-06-01&end=2027-06-03");
    let slots = check(&outside, calendar, 200, None).body["slots"].clone();
    assert_eq!(slots.as_array().map(Vec::len), Some(2));
    assert_eq!(
        slots[0],
        json!({
            "start": "2027-06-01T19:00:00Z", "end": "2027-06-02T15:00:00Z", "capacity": 3, "available": 3,
            "price": { "amount": 12900, "currency": "USD" }
        })
    );
}

#[test]
fn operators_read_who_changed_what_in_pages() {
    let outside = Arc::new(Outside::with_resource());
    let path = "/api/resources/hotel-nyc-deluxe/events";
    let operator = |path: &str| by(get(path), "operator-1", "booking/operator");
    let all = check(&outside, operator(path), 200, None).body;
    let results = all["results"].as_array().expect("a list");
    assert_eq!((results.len(), &all["nextCursor"]), (2, &Value::Null));
    let mut terms = check(&outside, get("/api/resources/hotel-nyc-deluxe"), 200, None).body;
    terms.as_object_mut().expect("terms").remove("resourceId");
    terms["attributes"]["longitude"] = json!(-74.0);
    let entry = |number: u32, kind: &str, actor: &str, from: Value, to: Value| {
        json!({
            "eventId": format!("hotel-nyc-deluxe-{number:06}"), "type": kind, "at": "2027-05-01T10:00:00.123Z",
            "actor": actor, "actorKind": "operator", "from": from, "to": to, "trace": null,
        })
    };
    let price = |base: i64| json!({ "pricing": { "currency": "USD", "base": base } });
    let expected = [
        entry(1, "resource.created", "desk-1", json!({}), terms),
        entry(2, "resource.replaced", "desk-2", price(12_900), price(13_900)),
    ];
    assert_eq!(results[..], expected, "under the names that an edit has");

    let first = check(&outside, operator(&format!("{path}?limit=1")), 200, None).body;
    assert_eq!(first["results"][0], expected[0]);
    let cursor = first["nextCursor"].as_str().expect("a cursor");
    let second = check(&outside, operator(&format!("{path}?limit=1&cursor={cursor}")), 200, None).body;
    assert_eq!((&second["results"][0], &second["nextCursor"]), (&expected[1], &Value::Null));

    check(&outside, operator("/api/resources/nobody/events"), 404, Some("not_found"));
    for query in ["limit=0", "limit=101", "cursor=nonsense"] {
        check(&outside, operator(&format!("{path}?{query}")), 422, Some("validation_failed"));
    }
    check(&outside, get(path), 403, Some("insufficient_scope"));
}

#[test]
fn operators_stop_new_holds_of_a_resource_or_of_all() {
    let outside = Arc::new(Outside::with_resource());
    let put = |path: &str, body: &str, scope: &str| by(request(Method::PUT, path, body), "desk-1", scope);
    for path in ["/api/stop", "/api/resources/hotel-nyc-deluxe/stop"] {
        for stopped in [true, false] {
            let body = json!({ "stopped": stopped });
            let set = check(&outside, put(path, &body.to_string(), "booking/operator"), 200, None);
            assert_eq!(set.body, body);
        }
        check(&outside, put(path, r#"{"stopped":true}"#, "booking/guest"), 403, Some("insufficient_scope"));
        for body in ["{}", r#"{"stopped":1}"#, r#"{"stopped":true,"reason":"fire"}"#] {
            check(&outside, put(path, body, "booking/operator"), 422, Some("validation_failed"));
        }
    }
    let nobody = put("/api/resources/nobody/stop", r#"{"stopped":true}"#, "booking/operator");
    check(&outside, nobody, 404, Some("not_found"));
    let trail = by(get("/api/stop/events"), "desk-1", "booking/operator");
    assert_eq!(check(&outside, trail, 200, None).body, json!({ "results": [], "nextCursor": null }));
}
