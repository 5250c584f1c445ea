//! As much of JSON Schema 2020-12 as the schemas of events use. A keyword that is not known fails the test.

use holdfast_domain::Lifecycle;
use holdfast_workflow::events::{EventType, Version};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::documents::documents;
use crate::samples::samples;

fn type_matches(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("the type {other} is not known"),
    }
}

/// What is wrong with `value`, each with where.
fn faults(schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let rules = schema.as_object().expect("a schema is an object");
    let mut found = Vec::new();
    for (keyword, rule) in rules {
        let fine = match keyword.as_str() {
            "$schema" | "$id" | "title" | "description" | "properties" | "additionalProperties" => true,
            "type" => match rule {
                Value::Array(names) => {
                    names.iter().any(|name| type_matches(name.as_str().expect("a type"), value))
                }
                name => type_matches(name.as_str().expect("a type"), value),
            },
            "const" => rule == value,
            "enum" => rule.as_array().expect("values").contains(value),
            "minimum" => value.as_i64() >= rule.as_i64(),
            "format" => {
                assert_eq!(rule, "date-time");
                value.as_str().is_some_and(|text| text.parse::<Timestamp>().is_ok())
            }
            "pattern" => {
                let (length, among): (usize, fn(char) -> bool) = match rule.as_str() {
                    Some("^[A-Z]{3}$") => (3, |c| c.is_ascii_uppercase()),
                    Some("^[0-9]{20}$") => (20, |c| c.is_ascii_digit()),
                    other => panic!("the pattern {other:?} is not known"),
                };
                value.as_str().is_some_and(|text| text.len() == length && text.chars().all(among))
            }
            "oneOf" => {
                let all = rule.as_array().expect("schemas");
                all.iter().filter(|one| faults(one, value, at).is_empty()).count() == 1
            }
            "required" => rule
                .as_array()
                .expect("names")
                .iter()
                .all(|name| value.get(name.as_str().expect("a name")).is_some()),
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    found.extend(faults(rule, item, &format!("{at}/{index}")));
                }
                true
            }
            other => panic!("the keyword {other} is not known"),
        };
        if !fine {
            found.push(format!("{at}: {keyword} {rule} is not met by {value}"));
        }
    }
    let none = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    for (name, member) in value.as_object().into_iter().flatten() {
        let at = format!("{at}/{name}");
        match (properties.get(name), schema.get("additionalProperties")) {
            (Some(rule), _) => found.extend(faults(rule, member, &at)),
            (None, Some(Value::Bool(false))) => found.push(format!("{at} is not known")),
            (None, Some(rule @ Value::Object(_))) => found.extend(faults(rule, member, &at)),
            (None, _) => {}
        }
    }
    found
}

/// The schema of a type in a version, such as `hold.placed.v2`.
fn of(name: &str) -> Value {
    let file = format!("{name}.schema.json");
    documents().remove(&file).unwrap_or_else(|| panic!("no {file}"))
}

/// A schema that allows nothing that it does not name: what is published is what is described.
fn strict(mut schema: Value) -> Value {
    match &mut schema {
        Value::Object(rules) => {
            if rules.contains_key("properties") && !rules.contains_key("additionalProperties") {
                rules.insert("additionalProperties".to_owned(), json!(false));
            }
            for rule in rules.values_mut() {
                *rule = strict(rule.take());
            }
        }
        Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    schema
}

#[test]
fn every_sample_is_as_its_schema_says_and_has_nothing_else() {
    for (name, sample) in samples() {
        let found = faults(&strict(of(name.trim_end_matches(".json"))), &sample["detail"], "");
        assert!(found.is_empty(), "{name}: {found:?}");
    }
}

/// Whoever listens for a property's events selects by it.
#[test]
fn what_names_a_resource_can_name_its_property() {
    let newest = |kind: &EventType| of(&format!("{}.v{}", kind.as_str(), Version::V2.number()));
    let names = |schema: &Value, name: &str| schema["properties"]["data"]["properties"].get(name).is_some();
    let of_resources = EventType::ALL.iter().filter(|kind| names(&newest(kind), "resourceId"));
    let without = of_resources.clone().filter(|kind| !names(&newest(kind), "propertyId"));
    assert_eq!(without.map(|kind| kind.as_str()).collect::<Vec<_>>(), Vec::<&str>::new());
    assert!(of_resources.count() >= 20);
}

/// Version 1 was published closed and cannot grow; version 2 may be given fields, which receivers have to ignore.
#[test]
fn version_1_is_closed_and_version_2_open() {
    for kind in EventType::ALL {
        for version in kind.declaration().versions {
            let schema = of(&format!("{}.v{}", kind.as_str(), version.number()));
            let closed = schema.pointer("/properties/data/additionalProperties") == Some(&json!(false));
            assert_eq!(closed, *version == Version::V1, "{}", kind.data_schema(*version));
            assert_eq!(schema["$id"], kind.data_schema(*version));
        }
    }
}

#[test]
fn a_lifecycle_in_a_schema_has_every_state_of_the_vocabulary() {
    let states: Vec<Value> = Lifecycle::ALL.iter().map(|state| json!(state.as_str())).collect();
    for name in ["booking.failed.v1", "booking.failed.v2", "payment.voided.v2"] {
        let schema = of(name);
        let lifecycle = &schema["properties"]["data"]["properties"]["lifecycle"];
        assert_eq!(lifecycle["enum"], json!(states), "{name}");
    }
}

#[test]
fn a_wrong_event_is_found_out() {
    let sample = |name: &str| {
        let (_, sample) = samples().into_iter().find(|(known, _)| known == name).expect("a sample");
        sample["detail"].clone()
    };
    let (schema, right) = (of("payment.captured.v1"), sample("payment.captured.v1.json"));
    for (pointer, wrong) in [
        ("/data/amount", json!(-1)),
        ("/data/amount", json!("1")),
        ("/data/currency", json!("eur")),
        ("/data/to", json!("gone")),
        ("/time", json!("yesterday")),
        ("/specversion", json!("0.3")),
        ("/sequence", json!("1")),
    ] {
        let mut event = right.clone();
        *event.pointer_mut(pointer).expect("a member") = wrong;
        assert!(!faults(&schema, &event, "").is_empty(), "{pointer}");
    }
    let mut event = right.clone();
    event["data"]["more"] = json!(1);
    assert!(!faults(&schema, &event, "").is_empty());
    event = right;
    event.as_object_mut().expect("an object").remove("id");
    assert!(!faults(&schema, &event, "").is_empty());
    let (schema, right) = (of("booking.cancelled.v2"), sample("booking.cancelled.v2.json"));
    for (pointer, wrong) in [
        ("/sequence", json!(7)),
        ("/sequence", json!("7")),
        ("/data/price", json!(25_800)),
        ("/data/refund/amount", Value::Null),
        ("/data/reason", json!(1)),
        ("/data/start", json!("tomorrow")),
        ("/data/paymentStatus", json!("contested")),
    ] {
        let mut event = right.clone();
        *event.pointer_mut(pointer).expect("a member") = wrong;
        assert!(!faults(&schema, &event, "").is_empty(), "{pointer}");
    }
    let mut event = right;
    event["data"]["more"] = json!(1);
    assert_eq!(faults(&schema, &event, ""), [""; 0], "a field that a receiver does not know is no fault");
}
