//! Whatever comes in, the answer names what is wrong and is never a 5xx.

use std::sync::Arc;

use http::Method;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::stub::{Outside, body, by, gateway, hotel, request, run, with};

/// Sends `sent` to a route as an operator; `expected` are the pointers of what is wrong.
fn check(method: Method, target: &str, sent: &Value, expected: &[&str]) {
    let outside = Arc::new(Outside::with_resource());
    let sent = if sent.is_null() { String::new() } else { sent.to_string() };
    let request = by(request(method, target, &sent), "operator-1", "booking/operator");
    let response = run(gateway(&outside, request));
    let body = body(&response);
    assert_eq!(response.status(), 422, "{target} {sent}: {body}");
    assert_eq!(body["code"], "validation_failed", "{target} {sent}");
    let errors = body["errors"].as_array().expect("errors");
    let mut pointers: Vec<&str> = errors.iter().filter_map(|error| error["pointer"].as_str()).collect();
    pointers.sort_unstable();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(pointers, expected, "{target} {sent}: {body}");
    assert!(errors.iter().all(|error| error["detail"].as_str().is_some_and(|detail| !detail.is_empty())));
}

/// A valid body with the field at `pointer` replaced.
fn but(mut body: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    match body.pointer_mut(parent).expect("a parent") {
        Value::Object(fields) => {
            fields.insert(name.to_owned(), value);
        }
        other => panic!("{other} has no fields"),
    }
    body
}

fn hold() -> Value {
    json!({ "resourceId": "hotel-nyc-deluxe", "startTime": "2027-06-01", "endTime": "2027-06-03", "quantity": 1 })
}

#[test]
fn holds() {
    let check = |sent: Value, expected: &[&str]| check(Method::POST, "/api/holds", &sent, expected);
    check(json!({}), &["/resourceId", "/startTime", "/endTime", "/quantity"]);
    for wrong in [json!([]), json!("x"), json!(1), json!(true)] {
        check(wrong, &[""]);
    }
    check(but(hold(), "/a~b", json!(1)), &["/a~0b"]);
    check(
        json!({ "resourceId": 1, "startTime": "x", "endTime": [], "quantity": "1", "more": 1 }),
        &["/resourceId", "/startTime", "/endTime", "/quantity", "/more"],
    );
    for quantity in
        [json!(0), json!(-1), json!(1.5), json!(1.0), json!("1"), json!(null), json!(100_001), json!(1e300)]
    {
        check(but(hold(), "/quantity", quantity), &["/quantity"]);
    }
    for id in ["", "a b", "a/b", "a#b", &"x".repeat(65)] {
        check(but(hold(), "/resourceId", json!(id)), &["/resourceId"]);
    }
    for start in ["", "2027-06-31", "2027-06-01T15:00:00", "2027-06-01 15:00:00Z", "now"] {
        check(but(hold(), "/startTime", json!(start)), &["/startTime"]);
    }
    check(but(hold(), "/endTime", json!("2027-06-01")), &["/endTime"]);
    check(but(hold(), "/endTime", json!("2027-05-31")), &["/endTime"]);
    check(
        but(but(hold(), "/startTime", json!("2026-06-01")), "/endTime", json!("2026-06-03")),
        &["/startTime"],
    );
    check(but(hold(), "/userId", json!("")), &["/userId"]);
}

#[test]
fn bookings() {
    let check = |sent: Value, expected: &[&str]| check(Method::POST, "/api/bookings", &sent, expected);
    check(json!({}), &["/holdId"]);
    check(json!({ "holdId": "h h", "paymentMethodId": "" }), &["/holdId", "/paymentMethodId"]);
    for card in ["4242424242424242", "4242-4242-4242-4242", "4242 4242 4242 4242"] {
        check(json!({ "holdId": "h", "paymentMethodId": card }), &["/paymentMethodId"]);
    }
    check(json!({ "holdId": "h", "paymentMethodId": "pm_card_visa", "cvc": "123" }), &["/cvc"]);
}

#[test]
fn bodies_that_may_be_left_out() {
    check(Method::POST, "/api/holds/h/extend", &json!({ "seconds": 60 }), &["/seconds"]);
    check(Method::POST, "/api/holds/h/extend", &json!([]), &[""]);
    let cancel = "/api/bookings/b/cancel";
    check(Method::POST, cancel, &json!({ "reason": 1, "refund": 100 }), &["/reason", "/refund"]);
    check(Method::POST, cancel, &json!({ "reason": "" }), &["/reason"]);
    check(Method::POST, cancel, &json!({ "reason": "x".repeat(501) }), &["/reason"]);
}

#[test]
fn resources() {
    let check = |sent: Value, expected: &[&str]| check(Method::PUT, "/api/resources/r", &sent, expected);
    check(
        json!({}),
        &[
            "/resourceType",
            "/name",
            "/location",
            "/timeZone",
            "/schedule",
            "/capacity",
            "/holdTtlSeconds",
            "/pricing",
            "/cancellationPolicy",
        ],
    );
    for (pointer, wrong) in [
        ("/resourceType", json!("")),
        ("/name", json!("x".repeat(121))),
        ("/location", json!("a#b")),
        ("/timeZone", json!("Mars/Olympus")),
        ("/timeZone", json!("")),
        ("/timeZone", json!("../../etc/passwd")),
        ("/timeZone", json!("+02:00")),
        ("/capacity", json!(0)),
        ("/capacity", json!(-1)),
        ("/capacity", json!(2.5)),
        ("/holdTtlSeconds", json!(0)),
        ("/holdTtlSeconds", json!(3601)),
        ("/holdLimits", json!(5)),
        ("/holdLimits/perGuest", json!(0)),
        ("/holdLimits/perSlot", json!(201)),
        ("/holdLimits/placesPerSlot", json!(0)),
        ("/holdLimits/coolDownSeconds", json!(86_401)),
        ("/holdLimits/perNight", json!(1)),
        ("/pricing", json!([])),
        ("/pricing/currency", json!("usd")),
        ("/pricing/currency", json!("XXX")),
        ("/pricing/base", json!(129.5)),
        ("/pricing/base", json!(-1)),
        ("/pricing/currency", json!("KPW")),
        ("/pricing/base", json!(10_000_001)),
        ("/pricing/base", json!("12900")),
        ("/pricing/tax", json!(1)),
        ("/cancellationPolicy/tiers", json!({})),
        ("/cancellationPolicy/more", json!({})),
        ("/schedule/kind", json!("weekly")),
        ("/schedule/kind", json!(null)),
        ("/schedule/checkIn", json!("24:00")),
        ("/schedule/checkOut", json!("11")),
        ("/schedule/slotMinutes", json!(30)),
        ("/attributes", json!([])),
        ("/attributes/rating", json!({})),
        ("/attributes/rating", json!(null)),
        ("/attributes/text", json!("x".repeat(501))),
        ("/attributes/rating", json!(9_007_199_254_740_992_i64)),
        ("/attributes/rating", json!(9_007_199_254_740_993_i64)),
        ("/attributes/rating", json!(-9_007_199_254_740_993_i64)),
        ("/attributes/rating", json!(u64::MAX)),
        ("/attributes/rating", json!(1e300)),
        ("/surprise", json!(true)),
    ] {
        check(but(hotel(), pointer, wrong), &[pointer]);
    }
    let tiers = |tiers: Value| but(hotel(), "/cancellationPolicy/tiers", tiers);
    check(
        tiers(json!([{ "hoursBefore": 1, "refundPercent": 1 }, { "hoursBefore": 1, "refundPercent": 2 }])),
        &["/cancellationPolicy/tiers"],
    );
    check(
        tiers(json!([{ "hoursBefore": -1, "refundPercent": 101 }, 5])),
        &[
            "/cancellationPolicy/tiers/0/hoursBefore",
            "/cancellationPolicy/tiers/0/refundPercent",
            "/cancellationPolicy/tiers/1",
        ],
    );
    let many: serde_json::Map<String, Value> = (0..33).map(|i| (i.to_string(), json!(i))).collect();
    check(but(hotel(), "/attributes", Value::Object(many)), &["/attributes"]);
}

#[test]
fn schedules() {
    let check = |schedule: Value, expected: &[&str]| {
        check(Method::PUT, "/api/resources/r", &but(hotel(), "/schedule", schedule), expected);
    };
    let slots =
        |minutes: u32, opening: Value| json!({ "kind": "slots", "slotMinutes": minutes, "opening": opening });
    let open = |days: Value, from: &str, to: &str| json!([{ "days": days, "from": from, "to": to }]);
    check(json!({ "kind": "slots" }), &["/schedule/slotMinutes", "/schedule/opening"]);
    check(slots(0, open(json!(["mon"]), "09:00", "17:00")), &["/schedule/slotMinutes"]);
    check(slots(1441, open(json!(["mon"]), "09:00", "17:00")), &["/schedule/slotMinutes"]);
    check(slots(30, json!([])), &["/schedule/opening"]);
    check(slots(30, open(json!([]), "09:00", "17:00")), &["/schedule/opening"]);
    check(slots(30, open(json!(["mon", "monday"]), "09:00", "17:00")), &["/schedule/opening/0/days/1"]);
    check(slots(30, open(json!(["mon", "mon"]), "09:00", "17:00")), &["/schedule/opening/0/days/1"]);
    check(
        slots(30, open(json!(["mon"]), "9:00", "25:00")),
        &["/schedule/opening/0/from", "/schedule/opening/0/to"],
    );
    check(slots(60, open(json!(["mon"]), "09:00", "09:30")), &["/schedule/opening"]);
    check(slots(1, open(json!(["mon"]), "00:00", "23:59")), &["/schedule/opening"]);
    let mut rentals = slots(1440, open(json!(["mon", "tue"]), "00:00", "00:00"));
    rentals["bufferMinutes"] = json!(60);
    check(rentals, &["/schedule/bufferMinutes"]);
    check(
        json!({ "kind": "event", "start": "2027-06-01", "end": "x" }),
        &["/schedule/start", "/schedule/end"],
    );
    let end = json!({ "kind": "event", "start": "2027-06-01T10:00:00Z", "end": "2027-06-01T10:00:00Z" });
    check(end, &["/schedule/end"]);
}

#[test]
fn inventory() {
    let check = |sent: Value, expected: &[&str]| {
        check(Method::PATCH, "/api/resources/hotel-nyc-deluxe/inventory", &sent, expected);
    };
    check(json!({}), &["/from", "/to"]);
    check(json!({ "from": "2027-06-01", "to": "2027-06-01" }), &["/to"]);
    check(
        json!({ "from": "2027-06-01T00:00:00Z", "to": "2027-06-02", "capacity": -1, "closed": "no" }),
        &["/from", "/capacity", "/closed"],
    );
    check(json!({ "from": "2027-06-01", "to": "2029-06-02" }), &["/to"]);
}

#[test]
fn queries() {
    let check = |target: &str, expected: &[&str]| check(Method::GET, target, &Value::Null, expected);
    let search = "/api/availability";
    check(search, &["/resourceType", "/location", "/start", "/end"]);
    let fine = "resourceType=hotel&location=NYC&start=2027-06-01&end=2027-06-03";
    for (more, pointer) in [
        ("quantity=0", "/quantity"),
        ("quantity=1.5", "/quantity"),
        ("quantity=-1", "/quantity"),
        ("limit=0", "/limit"),
        ("limit=101", "/limit"),
        ("limit=", "/limit"),
        ("sort=name", "/sort"),
        ("sort=distance", "/near"),
        ("near=91,0", "/near"),
        ("near=1", "/near"),
        ("near=NaN,0", "/near"),
        ("near=1e1,0", "/near"),
        ("cursor=!!", "/cursor"),
        ("cursor=", "/cursor"),
        ("start=2027-06-01", "/start"),
        ("location=%ff", "/location"),
    ] {
        check(&format!("{search}?{fine}&{more}"), &[pointer]);
    }
    check(&format!("{search}?resourceType=hotel&location=NYC&start=2027-06-03&end=2027-06-03"), &["/end"]);
    check(
        &format!("{search}?resourceType=&location=NYC&start=x&end=2027-06-03"),
        &["/resourceType", "/start"],
    );
    let calendar = "/api/resources/hotel-nyc-deluxe/availability";
    check(calendar, &["/start", "/end"]);
    check(&format!("{calendar}?start=2027-06-01T00:00:00Z&end=2027-06-03"), &["/start"]);
    check(&format!("{calendar}?start=2027-06-03&end=2027-06-01"), &["/end"]);
    check(&format!("{calendar}?start=2027-06-01&end=2029-06-01"), &["/end"]);
    for cursor in ["", "2027-06-01", "eA"] {
        check(&format!("{calendar}?start=2027-06-01&end=2027-06-03&cursor={cursor}"), &["/cursor"]);
    }
}

#[test]
fn bodies_that_are_not_json() {
    let outside = Arc::new(Outside::with_resource());
    let deep = "[".repeat(1000);
    for body_text in
        ["", " ", "{", "{\"a\":}", "nul", "{'a':1}", "{\"a\":1}x", "\u{feff}{}", "1e999", deep.as_str()]
    {
        for (method, path) in
            [(Method::POST, "/api/holds"), (Method::POST, "/api/bookings"), (Method::PUT, "/api/resources/r")]
        {
            let request = by(request(method, path, body_text), "operator-1", "booking/operator");
            let response = run(gateway(&outside, request));
            assert_eq!(body(&response)["code"], "malformed_json", "{path} {body_text}");
            assert_eq!(response.status(), 400);
        }
    }
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(64 * 1024));
    let response = run(gateway(&outside, request(Method::POST, "/api/holds", &large)));
    assert_eq!((response.status().as_u16(), body(&response)["code"].as_str()), (413, Some("body_too_large")));
}

fn arbitrary_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        Just("2027-06-01".to_owned()),
        Just("2027-06-03T00:00:00Z".to_owned()),
        Just("hotel-nyc-deluxe".to_owned()),
        Just("15:00".to_owned()),
        Just("9999-12-31".to_owned()),
        Just("nightly".to_owned()),
        Just("slots".to_owned()),
        Just("event".to_owned()),
        Just("mon".to_owned()),
        Just("EUR".to_owned()),
        Just("Europe/Berlin".to_owned()),
        ".{0,12}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0..2000_i64).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    let name = prop::sample::select(vec![
        "resourceId",
        "startTime",
        "endTime",
        "quantity",
        "userId",
        "holdId",
        "paymentMethodId",
        "contact",
        "email",
        "phone",
        "language",
        "reason",
        "from",
        "to",
        "capacity",
        "closed",
        "resourceType",
        "name",
        "location",
        "timeZone",
        "schedule",
        "kind",
        "checkIn",
        "checkOut",
        "slotMinutes",
        "bufferMinutes",
        "opening",
        "days",
        "start",
        "end",
        "holdTtlSeconds",
        "pricing",
        "currency",
        "base",
        "cancellationPolicy",
        "tiers",
        "hoursBefore",
        "refundPercent",
        "attributes",
        "other",
    ]);
    leaf.prop_recursive(4, 64, 10, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(name.clone().prop_map(str::to_owned), inner, 0..14)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// A valid body with some of its fields replaced by anything.
fn nearly_valid() -> impl Strategy<Value = (usize, Value)> {
    let valid = [
        hold(),
        json!({ "holdId": "h", "paymentMethodId": "pm_card_visa" }),
        json!({ "holdId": "h", "contact": { "name": "n", "email": "a@b.co", "phone": "+4930901820", "language": "en" } }),
        hotel(),
        but(
            hotel(),
            "/schedule",
            json!({
                "kind": "slots", "slotMinutes": 30, "opening": [{ "days": ["mon"], "from": "09:00", "to": "17:00" }],
                "bufferMinutes": 0
            }),
        ),
        json!({ "from": "2027-06-01", "to": "2027-07-01", "capacity": 5, "closed": false }),
        json!({ "reason": "x" }),
        json!({}),
    ];
    (0..valid.len(), prop::collection::vec((any::<prop::sample::Index>(), arbitrary_json()), 0..3)).prop_map(
        move |(which, changes)| {
            let mut body = valid[which].clone();
            for (at, value) in changes {
                let mut spots = Vec::new();
                pointers(&body, String::new(), &mut spots);
                let spot = at.get(&spots).clone();
                if let Some(place) = body.pointer_mut(&spot) {
                    *place = value;
                }
            }
            (which, body)
        },
    )
}

fn pointers(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                pointers(value, format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            for (i, value) in items.iter().enumerate() {
                pointers(value, format!("{at}/{i}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    found.push(at);
}

const TARGETS: [(Method, &str); 8] = [
    (Method::POST, "/api/holds"),
    (Method::POST, "/api/bookings"),
    (Method::PUT, "/api/resources/hotel-nyc-deluxe"),
    (Method::PUT, "/api/resources/new"),
    (Method::PATCH, "/api/resources/hotel-nyc-deluxe/inventory"),
    (Method::POST, "/api/bookings/b/cancel"),
    (Method::POST, "/api/holds/h/extend"),
    (Method::POST, "/api/webhooks/stripe"),
];

fn survives(which: usize, body_bytes: &[u8]) -> Result<(), TestCaseError> {
    let (method, path) = TARGETS[which].clone();
    let outside = Arc::new(Outside::with_resource());
    let mut request = by(request(method, path, ""), "operator-1", "booking/operator");
    request.body = body_bytes.to_vec();
    request = with(with(request, "stripe-signature", "good"), "prefer", "respond-async");
    let response = run(gateway(&outside, request));
    let answer = body(&response);
    let status = response.status().as_u16();
    prop_assert!((200..500).contains(&status), "{path}: {status} {answer}");
    if status == 422 && answer["code"] == "validation_failed" {
        prop_assert!(answer["errors"].as_array().is_some_and(|errors| !errors.is_empty()), "{answer}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(holdfast_properties::config(512, "tests/regressions/bad_input.txt"))]

    #[test]
    fn no_json_is_our_fault(which in 0..TARGETS.len(), sent in arbitrary_json()) {
        survives(which, sent.to_string().as_bytes())?;
    }

    #[test]
    fn nothing_nearly_valid_is_our_fault((which, sent) in nearly_valid()) {
        let which = if which == 2 && sent["capacity"] == 3 { 3 } else { which };
        survives(which.min(TARGETS.len() - 1), sent.to_string().as_bytes())?;
    }

    #[test]
    fn no_bytes_are_our_fault(which in 0..TARGETS.len(), sent in prop::collection::vec(any::<u8>(), 0..64)) {
        survives(which, &sent)?;
    }

    #[test]
    fn no_query_is_our_fault(query in "([a-zA-Z]{1,12}=[ -~]{0,30}&?){0,6}", known in "[ -~]{0,20}", which in 0..9_usize) {
        let name = ["resourceType", "location", "start", "end", "quantity", "sort", "near", "limit", "cursor"][which];
        let outside = Arc::new(Outside::with_resource());
        let fine = "resourceType=hotel&location=NYC&start=2027-06-01&end=2027-06-03&quantity=1&sort=price&near=1,1&limit=5";
        let replaced: Vec<String> =
            fine.split('&').filter(|pair| !pair.starts_with(name)).map(str::to_owned).collect();
        for path in ["/api/availability", "/api/resources/hotel-nyc-deluxe/availability", "/api/bookings"] {
            let target = format!("{path}?{}&{name}={known}&{query}", replaced.join("&"));
            let response = run(gateway(&outside, request(Method::GET, &target, "")));
            prop_assert!(response.status().as_u16() < 500, "{target}: {}", body(&response));
        }
    }

    #[test]
    fn no_path_is_our_fault(path in "/api/(holds|bookings|resources|webhooks|availability)(/[ -~]{0,20}){0,3}") {
        let outside = Arc::new(Outside::with_resource());
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
            let mut sent = request(method, "/", "{}");
            sent.path.clone_from(&path);
            let response = run(gateway(&outside, sent));
            prop_assert!(response.status().as_u16() < 500, "{path}: {}", body(&response));
        }
    }
}
