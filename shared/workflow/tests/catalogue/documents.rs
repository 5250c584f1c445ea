//! The documents that follow from the catalogue: a JSON Schema (2020-12) for each event in each version, and the catalogue
//! itself as JSON, which the infrastructure reads.

use std::collections::BTreeMap;

use holdfast_workflow::events::{Declaration, EventType, SOURCE, Subject, Version};
use serde_json::{Map, Value, json};

/// Every document by its name in `docs/events`.
pub(crate) fn documents() -> BTreeMap<String, Value> {
    let versions = EventType::ALL
        .iter()
        .flat_map(|kind| kind.declaration().versions.iter().map(move |version| (*kind, *version)));
    let schemas = versions.filter_map(|(kind, version)| {
        let name = format!("{}.v{}.schema.json", kind.as_str(), version.number());
        Some((name, event_schema(kind, version, data_schema(kind, version)?)))
    });
    let catalogue = json!({ "events": EventType::ALL.iter().map(|kind| entry(*kind)).collect::<Vec<_>>() });
    schemas.chain([("catalogue.json".to_owned(), catalogue)]).collect()
}

fn entry(kind: EventType) -> Value {
    let Declaration { name, versions, consumers, .. } = kind.declaration();
    let version = |version: &Version| {
        let mut entry = json!({ "version": version.number(), "dataschema": kind.data_schema(*version) });
        if let Some(ends) = version.ends() {
            entry["ends"] = json!(ends.to_string());
        }
        entry
    };
    let consumers = consumers
        .iter()
        .map(|(consumer, selects)| json!({ "name": consumer.as_str(), "version": selects.number() }));
    json!({
        "type": name,
        "versions": versions.iter().map(version).collect::<Vec<_>>(),
        "consumers": consumers.collect::<Vec<_>>(),
    })
}

/// The schema of a whole event.
fn event_schema(kind: EventType, version: Version, mut data: Value) -> Value {
    let Declaration { name, description, subject, .. } = kind.declaration();
    let text = |description: &str| json!({ "type": "string", "description": description });
    let time =
        |description: &str| json!({ "type": "string", "format": "date-time", "description": description });
    let (about, counted) = match subject {
        Subject::Hold => ("The hold's id", "the page"),
        Subject::Page => ("The resource's id", "the page"),
        Subject::Resource => ("The resource's id", "the resource"),
        Subject::Month => ("The resource's id", "the month"),
        Subject::Promotion => ("The resource's id", "the promotion's counter"),
        Subject::Rates => ("The resource's id", "the rate cards, or of the month"),
        Subject::Booking => ("The booking's id", "the booking"),
        Subject::Run => ("`reconciliation`", ""),
    };
    let (id, at, number) = match subject {
        Subject::Run => (
            "Names the run: the same when the event is published again",
            "When the run began",
            "When the run began, in milliseconds since 1970".to_owned(),
        ),
        Subject::Hold
        | Subject::Page
        | Subject::Resource
        | Subject::Month
        | Subject::Promotion
        | Subject::Rates
        | Subject::Booking => (
            "The same when the event is published again: drop repetitions by it",
            "When it happened",
            format!("Grows by one with each write of {counted}"),
        ),
    };
    let sequence = match version {
        Version::V1 => json!({ "type": "integer", "minimum": 0, "description": number }),
        Version::V2 => json!({
            "type": "string", "pattern": "^[0-9]{20}$",
            "description": format!("{number}; texts compare as the numbers do")
        }),
    };
    let mut properties = json!({
        "specversion": { "const": "1.0" },
        "id": text(id),
        "source": { "const": SOURCE },
        "type": { "const": name },
        "time": time(at),
        "subject": text(about),
        "datacontenttype": { "const": "application/json" },
        "dataschema": { "const": kind.data_schema(version) },
        "sequence": sequence,
    });
    if subject != Subject::Run {
        properties["traceparent"] = text("W3C trace context of the request that caused it");
    }
    if version == Version::V1 {
        close(&mut data);
    }
    properties["data"] = data;
    let description: Vec<&str> = description.iter().map(|line| line.trim()).collect();
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": kind.data_schema(version),
        "title": name,
        "description": description.join(" "),
        "type": "object",
        "required": [
            "specversion", "id", "source", "type", "time", "subject", "datacontenttype", "dataschema", "sequence", "data"
        ],
        "properties": properties,
    });
    if version == Version::V1 {
        schema["additionalProperties"] = json!(false);
    }
    schema
}

/// Version 1 was published as closed: no field may be added to it.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(rules) => {
            if rules.contains_key("properties") {
                rules.insert("additionalProperties".to_owned(), json!(false));
            }
            rules.values_mut().for_each(close);
        }
        Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The schema of the data of a type in a version.
fn data_schema(kind: EventType, version: Version) -> Option<Value> {
    let known = kind.schema(version)?;
    let named = known.named.iter().map(|(name, schema)| (name.clone(), json!(schema))).collect();
    let mut schema = whole(&json!(known.schema), &named);
    schema.as_object_mut()?.remove("description");
    Some(schema)
}

/// A schema with those that it refers to in place, the fields of flattened types among its own, and without what says nothing
/// of JSON: the sizes of numbers, and that names are texts.
fn whole(schema: &Value, named: &BTreeMap<String, Value>) -> Value {
    let Value::Object(rules) = schema else {
        return match schema {
            Value::Array(all) => all.iter().map(|one| whole(one, named)).collect(),
            other => other.clone(),
        };
    };
    let mut made = Map::new();
    for (keyword, rule) in rules {
        match (keyword.as_str(), rule) {
            ("$ref", Value::String(path)) => {
                let name = path.rsplit('/').next().unwrap_or_default();
                extend(&mut made, whole(named.get(name).unwrap_or(&Value::Null), named));
            }
            ("allOf", Value::Array(parts)) => {
                for part in parts {
                    extend(&mut made, whole(part, named));
                }
            }
            ("propertyNames", _) => {}
            ("format", Value::String(format)) if format.starts_with("int") || format == "double" => {}
            ("description", Value::String(text)) => {
                made.insert(keyword.clone(), json!(text.trim_end_matches('.')));
            }
            (_, rule) => extend(&mut made, json!({ (keyword): whole(rule, named) })),
        }
    }
    Value::Object(made)
}

/// Adds rules: fields and names of required fields to those that are there.
fn extend(made: &mut Map<String, Value>, more: Value) {
    let Value::Object(more) = more else { return };
    for (keyword, rule) in more {
        match (made.get_mut(&keyword), rule) {
            (Some(Value::Object(known)), Value::Object(rule)) => known.extend(rule),
            (Some(Value::Array(known)), Value::Array(rule)) if keyword == "required" => known.extend(rule),
            (_, rule) => {
                made.insert(keyword, rule);
            }
        }
    }
}
