//! As much of JSON Schema 2020-12 as the schemas of events use. A keyword that is not known fails the test.

use holdfast_domain::Lifecycle;
use holdfast_workflow::events::EventType;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::golden::{files, name_of, read, repository, samples};

fn type_matches(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("the type {other} is not known"),
    }
}

/// What is wrong with `value`, each with where.
pub(crate) fn faults(schema: &Value, value: &Value, at: &str) -> Vec<String> {
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
                assert_eq!(rule, "^[A-Z]{3}$");
                value
                    .as_str()
                    .is_some_and(|text| text.len() == 3 && text.chars().all(|c| c.is_ascii_uppercase()))
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

/// The schema of an event type.
pub(crate) fn of(kind: &str) -> Value {
    read(&repository().join(format!("docs/events/{kind}.schema.json")))
}

#[test]
fn every_event_type_has_a_schema_and_every_schema_a_type() {
    let found: Vec<String> = files(&repository().join("docs/events"))
        .iter()
        .map(|path| name_of(path).trim_end_matches(".schema").to_owned())
        .collect();
    let mut expected: Vec<String> = EventType::ALL.iter().map(|kind| kind.as_str().to_owned()).collect();
    expected.sort();
    assert_eq!(found, expected);
    for kind in EventType::ALL {
        let schema = of(kind.as_str());
        assert_eq!(schema["$id"], kind.data_schema());
        assert_eq!(schema["properties"]["type"]["const"], kind.as_str());
        assert_eq!(schema["properties"]["dataschema"]["const"], kind.data_schema());
    }
}

#[test]
fn a_lifecycle_in_a_schema_has_every_state_of_the_vocabulary() {
    let states: Vec<Value> = Lifecycle::ALL.iter().map(|state| json!(state.as_str())).collect();
    let mut schemas = 0;
    for kind in EventType::ALL {
        let schema = of(kind.as_str());
        let Some(lifecycle) = schema.pointer("/properties/data/properties/lifecycle") else { continue };
        assert_eq!(lifecycle["enum"], json!(states), "{}", kind.as_str());
        schemas += 1;
    }
    assert!(schemas > 5, "{schemas}");
}

#[test]
fn every_sample_is_as_its_schema_says() {
    let samples = files(&samples("events"));
    assert_eq!(samples.len(), EventType::ALL.len());
    for path in samples {
        let event = &read(&path)["detail"];
        let found = faults(&of(&name_of(&path)), event, "");
        assert!(found.is_empty(), "{}: {found:?}", path.display());
    }
}

#[test]
fn a_wrong_event_is_found_out() {
    let schema = of("payment.captured");
    let right = read(&samples("events").join("payment.captured.json"))["detail"].clone();
    for (pointer, wrong) in [
        ("/data/amount", json!(-1)),
        ("/data/amount", json!("1")),
        ("/data/currency", json!("eur")),
        ("/data/to", json!("gone")),
        ("/time", json!("yesterday")),
        ("/specversion", json!("0.3")),
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
}
