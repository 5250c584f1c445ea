//! The readers of requests do what the published schemas say.

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};

use crate::stub::{Outside, body, by, gateway, request, run};

pub(crate) const REQUESTS: [(Method, &str, &str); 7] = [
    (Method::POST, "/api/holds", "NewHold"),
    (Method::POST, "/api/bookings", "NewBooking"),
    (Method::PUT, "/api/resources/new", "ResourceTerms"),
    (Method::PUT, "/api/properties/new", "PropertyTerms"),
    (Method::PATCH, "/api/resources/hotel-nyc-deluxe/inventory", "InventoryChange"),
    (Method::POST, "/api/bookings/b/cancel", "NewCancellation"),
    (Method::POST, "/api/holds/h/extend", "Nothing"),
];

/// The pointers of what does not validate in `sent`.
pub(crate) fn invalid(method: &Method, path: &str, sent: &Value) -> Vec<String> {
    let outside = Arc::new(Outside::with_resource());
    let request = by(request(method.clone(), path, &sent.to_string()), "operator-1", "booking/operator");
    let answer = body(&run(gateway(&outside, request)));
    if answer["code"] != "validation_failed" {
        return Vec::new();
    }
    let errors = answer["errors"].as_array().expect("errors");
    errors.iter().filter_map(|error| error["pointer"].as_str().map(str::to_owned)).collect()
}

pub(crate) fn walk(
    schemas: &Value,
    schema: &Value,
    example: &Value,
    at: &str,
    check: &mut impl FnMut(&Value, &str),
) {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        // Which fields a charge may have depends on its others: the tests of rate cards and of properties name those.
        if name == "Charge" {
            return;
        }
        return walk(schemas, &schemas[name], example, at, check);
    }
    if let Some(variants) = schema["oneOf"].as_array() {
        // A variant by its kind, or the one beside null.
        let fits = |variant: &&Value| {
            let name = variant["$ref"].as_str().and_then(|path| path.rsplit('/').next());
            name.is_some_and(|name| match schemas[name]["properties"]["kind"]["enum"].get(0) {
                Some(kind) => *kind == example["kind"],
                None => true,
            })
        };
        if let Some(variant) = variants.iter().find(fits) {
            walk(schemas, variant, example, at, check);
        }
        return;
    }
    if let (Some(properties), Some(_)) = (schema["properties"].as_object(), example.as_object()) {
        check(schema, at);
        for (name, property) in properties {
            walk(schemas, property, &example[name], &format!("{at}/{name}"), check);
        }
    }
    if let Some(first) = example.as_array().and_then(|items| items.first()) {
        walk(schemas, &schema["items"], first, &format!("{at}/0"), check);
    }
}

/// The published example of a request; of a resource one for each kind of schedule.
pub(crate) fn examples(schema: &Value, name: &str) -> Vec<Value> {
    let text = schema["example"].to_string().replace("2026-", "2027-");
    let published: Value = serde_json::from_str(&text).expect("JSON");
    let mut examples = vec![published];
    if name == "ResourceTerms" {
        for schedule in [
            json!({ "kind": "nightly", "checkIn": "15:00", "checkOut": "11:00" }),
            json!({
                "kind": "slots", "slotMinutes": 30, "bufferMinutes": 5,
                "opening": [{ "days": ["mon", "tue"], "from": "09:00", "to": "17:00" }]
            }),
            json!({ "kind": "event", "start": "2027-06-01T10:00:00Z", "end": "2027-06-01T12:00:00Z" }),
        ] {
            let mut example = examples[0].clone();
            example["schedule"] = schedule;
            examples.push(example);
        }
    }
    examples
}

#[test]
fn fields_are_required_optional_and_unknown_as_published() {
    let document = holdfast_api::openapi::document();
    let schemas = &document["components"]["schemas"];
    let mut checked = 0;
    for (method, path, name) in REQUESTS {
        let schema = &schemas[name];
        for example in examples(schema, name) {
            assert_eq!(
                invalid(&method, path, &example),
                Vec::<String>::new(),
                "{name}: its example is valid"
            );
            walk(schemas, schema, &example, "", &mut |schema, at| {
                assert_eq!(schema["additionalProperties"], json!(false), "{name}{at} is closed");
                let mut with_more = example.clone();
                with_more.pointer_mut(at).expect("there")["surprise"] = json!(1);
                let surprise = format!("{at}/surprise");
                assert_eq!(invalid(&method, path, &with_more), [surprise], "{name}{at}");
                let required: Vec<&str> = schema["required"]
                    .as_array()
                    .map(|names| names.iter().filter_map(Value::as_str).collect())
                    .unwrap_or_default();
                for field in schema["properties"].as_object().expect("properties").keys() {
                    let mut without = example.clone();
                    let parent = without.pointer_mut(at).and_then(Value::as_object_mut).expect("there");
                    parent.remove(field);
                    let wrong = invalid(&method, path, &without);
                    let expected: Vec<String> = required
                        .contains(&field.as_str())
                        .then(|| format!("{at}/{field}"))
                        .into_iter()
                        .collect();
                    assert_eq!(wrong, expected, "{name}{at} without {field}");
                    checked += 1;
                }
            });
        }
    }
    assert!(checked > 40, "{checked} fields");
}
