//! The bounds that the document publishes for the numbers of rate cards and of dated rates are those of the server: each bound is taken
//! and nothing beyond it. The fields are those of the document, so that a new one with a bound is tried as well.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_api::rates::RateCardBody;
use holdfast_domain::ResourceId;
use holdfast_domain::rates::card::{CardVersion, ResourceRates};
use http::Method;
use serde_json::{Value, json};

use crate::published::DOCUMENT;
use crate::stub::{Outside, body, by, gateway, request, run};

/// A card with every number that one can have, each free of the others: none of its rules compares two that are not at their bounds.
fn card() -> Value {
    let plan = |id: &str, price: Value, step: Value| {
        json!({
            "planId": id, "name": id, "price": price, "payment": "now",
            "cancellation": { "freeHoursAfterBooking": 24, "steps": [step] }
        })
    };
    let rule = |id: &str, change: (&str, Value), when: Value| {
        let mut rule = json!({ "ruleId": id, "name": id, "priority": 10, "when": when });
        rule[change.0] = change.1;
        rule
    };
    let charge = |id: &str, more: Value| {
        let mut charge = json!({
            "chargeId": id, "name": id, "kind": "tax", "refundable": true, "due": "now"
        });
        charge.as_object_mut().expect("fields").extend(more.as_object().expect("fields").clone());
        charge
    };
    let limit = |name: &str| {
        let id = format!("r-{}", name.to_ascii_lowercase());
        json!({ "restrictionId": id, "name": name, "limits": { name: 2 } })
    };
    let limits = [
        "stayMinOnArrival",
        "stayMinThrough",
        "stayMaxOnArrival",
        "stayMaxThrough",
        "noticeMinutesMin",
        "windowDaysMax",
        "quantityMin",
        "quantityMax",
    ];
    let least = json!({ "min": 2 });
    let most = json!({ "max": 2 });
    json!({
        "currency": "USD", "defaultPlan": "flexible",
        "plans": [
            plan("flexible", json!({ "base": 12_900 }), json!({ "hoursBefore": 24, "keepPercent": 50 })),
            plan("saver", json!({ "derivedFrom": "flexible", "percent": -15 }), json!({ "daysBefore": 2, "keepSlots": 1 })),
            plan("acme", json!({ "derivedFrom": "flexible", "amount": -500 }), json!({ "daysBefore": 2, "keepAmount": 5000 })),
            {
                "planId": "breakfast", "name": "Breakfast", "price": { "base": 14_900 }, "payment": "now",
                "included": [{ "name": "Breakfast", "category": "breakfast", "value": 1500 }]
            }
        ],
        "unitTypes": [{ "unitTypeId": "adult", "name": "Adult", "percent": 100 }],
        "occupancy": {
            "includedAdults": 1, "guestsMax": 100, "cotsMax": 1, "extraAdult": 3000, "missingAdult": 1500,
            "childBands": [{ "fromAge": 0, "toAge": 17, "price": 1200, "inCot": true }]
        },
        "rules": [
            rule("low", ("percent", json!(12.5)), json!({
                "slots": least, "fromSlot": 2, "leadDays": least, "soldPercent": least, "guests": least, "quantity": least
            })),
            rule("high", ("amount", json!(-100)), json!({
                "slots": most, "leadDays": most, "soldPercent": most, "guests": most, "quantity": most
            })),
            rule("flat", ("set", json!(9900)), json!({ "plans": ["breakfast"] }))
        ],
        "priceMin": 0, "priceMax": 99_999_999_999_i64,
        "charges": [
            charge("vat", json!({ "percent": 7, "on": ["stay"] })),
            charge("city-tax", json!({ "amount": 350, "per": "guest_slot", "exemptToAge": 17, "slotsMax": 5 })),
            charge("luxury", json!({ "bands": [{ "from": 0, "amount": 300 }, { "from": 10_000, "percent": 2.5 }] }))
        ],
        "restrictions": limits.map(limit),
        "extras": [{
            "extraId": "parking", "name": "Parking", "price": 1800, "per": "slot", "quantityMax": 2, "category": "service",
            "refundable": true, "due": "now"
        }],
        "promotions": [
            { "code": "SPRING", "name": "Spring", "percent": 10, "usesMax": 100, "usesPerGuestMax": 1 },
            { "code": "TWENTY", "name": "Twenty", "amount": 2000 }
        ]
    })
}

/// A line for each limit, and one for a price, each of a date of its own.
fn dated() -> Value {
    let mut lines: Vec<Value> = card()["restrictions"]
        .as_array()
        .expect("restrictions")
        .iter()
        .map(|restriction| json!({ "limits": restriction["limits"] }))
        .collect();
    lines.push(json!({ "price": 18_900 }));
    for (day, line) in (1..).zip(&mut lines) {
        line["resourceIds"] = json!(["hotel-nyc-deluxe"]);
        line["planId"] = json!("flexible");
        line["from"] = json!(format!("2027-06-{day:02}"));
        line["to"] = json!(format!("2027-06-{:02}", day + 1));
    }
    json!({ "currency": "USD", "lines": lines })
}

/// What the server does with a body: nothing that is wrong, or what.
fn wrong(method: &Method, path: &str, sent: &Value) -> Option<String> {
    let resource = ResourceId::parse("hotel-nyc-deluxe").expect("an id");
    let card = RateCardBody::read(&card()).expect("a card");
    let valid_from = "2027-01-01T00:00:00Z".parse().expect("an instant");
    let versions = vec![CardVersion { number: 1, valid_from, card }];
    let rates = ResourceRates { resource, revision: 1, versions, draft: None };
    let outside = Arc::new(Outside { rates: Some(rates), ..Outside::with_resource() });
    let request = by(request(method.clone(), path, &sent.to_string()), "operator-1", "booking/operator");
    let response = run(gateway(&outside, request));
    let answer = body(&response);
    let is_done = response.status().is_success() && answer["refused"].as_u64().unwrap_or(0) == 0;
    (!is_done).then(|| answer.to_string())
}

/// The object schema behind a reference, of an array of its items, and beside null.
fn object(schema: &Value) -> (&Value, Option<&str>) {
    let name = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
    if let Some(name) = name {
        return (&DOCUMENT["components"]["schemas"][name], Some(name));
    }
    if schema["items"].is_object() {
        return object(&schema["items"]);
    }
    let variant = schema["oneOf"].as_array().and_then(|all| all.iter().find(|one| one["$ref"].is_string()));
    variant.map_or((schema, None), object)
}

/// The names of schemas behind one, itself included.
fn reachable(name: &str, found: &mut BTreeSet<String>) {
    if !found.insert(name.to_owned()) {
        return;
    }
    let schema = &DOCUMENT["components"]["schemas"][name];
    for property in schema["properties"].as_object().into_iter().flat_map(|fields| fields.values()) {
        if let (_, Some(name)) = object(property) {
            reachable(name, found);
        }
    }
}

/// What is known of a bound: whether it was taken somewhere.
type Known = BTreeMap<(String, String, &'static str), bool>;

/// The bounds of a field's schema.
fn bounds(property: &Value) -> Vec<(&'static str, i64, i64)> {
    let number = match object(property).0 {
        followed if followed["properties"].is_object() => return Vec::new(),
        followed => followed,
    };
    let bound =
        |keyword: &'static str, step: i64| number[keyword].as_i64().map(|at| (keyword, at, at + step));
    [bound("minimum", -1), bound("maximum", 1)].into_iter().flatten().collect()
}

/// Tries the bounds of every field of the values of a schema in a body, at `at`.
fn try_bounds(
    (method, path, whole): (&Method, &str, &Value),
    (schema, name): (&Value, &str),
    at: &str,
    known: &mut Known,
) {
    let value = whole.pointer(at).expect("there");
    if let Some(items) = value.as_array() {
        (0..items.len()).for_each(|index| {
            try_bounds((method, path, whole), (schema, name), &format!("{at}/{index}"), known);
        });
        return;
    }
    for (field, given) in value.as_object().into_iter().flatten() {
        let (property, place) = (&schema["properties"][field], format!("{at}/{field}"));
        for (keyword, bound, beyond) in bounds(property) {
            let sent = |number: i64| {
                let mut sent = whole.clone();
                *sent.pointer_mut(&place).expect("there") = json!(number);
                wrong(method, path, &sent)
            };
            let refusal =
                sent(beyond).unwrap_or_else(|| panic!("{name}.{field}: {beyond} is taken at {place}"));
            assert!(refusal.contains(&format!("\"pointer\":\"{place}\"")), "{place} {beyond}: {refusal}");
            let taken = known.entry((name.to_owned(), field.clone(), keyword)).or_default();
            *taken |= sent(bound).is_none();
        }
        if let (inner, Some(name)) = object(property)
            && (given.is_object() || given.is_array())
        {
            try_bounds((method, path, whole), (inner, name), &place, known);
        }
    }
}

#[test]
fn every_number_is_bounded_as_the_server_bounds_it() {
    let bodies = [
        (Method::PUT, "/api/resources/hotel-nyc-deluxe/rates", "RateCard", card()),
        (Method::PATCH, "/api/rates", "DatedRates", dated()),
    ];
    let (mut known, mut schemas) = (Known::new(), BTreeSet::new());
    for (method, path, name, whole) in &bodies {
        assert_eq!(wrong(method, path, whole), None, "{name}");
        reachable(name, &mut schemas);
        let schema = &DOCUMENT["components"]["schemas"][*name];
        try_bounds((method, path, whole), (schema, name), "", &mut known);
    }
    let mut published = BTreeSet::new();
    for name in &schemas {
        let fields = DOCUMENT["components"]["schemas"][name]["properties"].as_object().into_iter().flatten();
        for (field, property) in fields {
            published.extend(
                bounds(property).into_iter().map(|(keyword, ..)| (name.clone(), field.clone(), keyword)),
            );
        }
    }
    let taken: BTreeSet<_> = known.into_iter().filter_map(|(bound, taken)| taken.then_some(bound)).collect();
    let missed: Vec<_> = published.difference(&taken).collect();
    assert!(missed.is_empty(), "bounds that the server refuses, or that the bodies above lack: {missed:?}");
    assert!(published.len() > 60, "{} bounds", published.len());
}
