//! The JSON Schema (2020-12) of a type, from what it says for OpenAPI.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// The schema of a type, without references.
pub(super) fn schema_of<T: ToSchema>() -> Value {
    let mut named = Vec::new();
    T::schemas(&mut named);
    let written = |schema| serde_json::to_value(schema).unwrap_or_default();
    let named = named.iter().map(|(name, schema)| (name.clone(), written(schema))).collect();
    let mut schema = whole(&written(&T::schema()), &named);
    if let Value::Object(rules) = &mut schema {
        rules.remove("description");
    }
    schema
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
