//! Items as DynamoDB's JSON has them: in exports, and in the records of a stream.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Value, json};

fn value_json(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(flag) => json!({ "BOOL": flag }),
        AttributeValue::L(list) => json!({ "L": list.iter().map(value_json).collect::<Vec<_>>() }),
        AttributeValue::M(map) => json!({ "M": image_json(map) }),
        AttributeValue::Ss(texts) => json!({ "SS": texts }),
        other => panic!("no item has {other:?}"),
    }
}

/// An item in DynamoDB's JSON, its attributes in order.
///
/// # Panics
/// On an attribute of a type that no item of Holdfast has.
#[must_use]
pub fn image_json<S: std::hash::BuildHasher>(item: &HashMap<String, AttributeValue, S>) -> Value {
    let sorted: BTreeMap<&String, &AttributeValue> = item.iter().collect();
    let fields: Map<String, Value> =
        sorted.into_iter().map(|(name, value)| (name.clone(), value_json(value))).collect();
    Value::Object(fields)
}
