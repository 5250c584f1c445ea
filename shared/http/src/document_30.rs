//! An OpenAPI 3.1 document in OpenAPI 3.0, for generators that do not read 3.1.
//!
//! What 3.0 can say otherwise is said otherwise: a type that may be null is `nullable`, a reference with words of its own is
//! wrapped. What it cannot say, the rules for names of properties, is left out.

use serde_json::{Map, Value, json};

/// The document in OpenAPI 3.0.
#[must_use]
pub fn in_3_0(document: &Value) -> Value {
    let mut older = document.clone();
    rewrite(&mut older, document);
    older["openapi"] = json!("3.0.3");
    if let Some(license) = older.pointer_mut("/info/license").and_then(Value::as_object_mut)
        && license.remove("identifier").is_some()
    {
        license.insert("url".to_owned(), json!(LICENSES));
    }
    older
}

/// Where the licences are that SPDX has names for.
const LICENSES: &str = "https://spdx.org/licenses/";

fn rewrite(part: &mut Value, document: &Value) {
    match part {
        Value::Object(fields) => {
            // An example is data, whatever its fields are called.
            let is_data = |name: &str| matches!(name, "example" | "examples");
            fields
                .iter_mut()
                .filter(|(name, _)| !is_data(name))
                .for_each(|(_, field)| rewrite(field, document));
            fields.remove("propertyNames");
            rewrite_type(fields);
            rewrite_alternatives(fields, document);
            if fields.len() > 1
                && let Some(reference) = fields.remove("$ref")
            {
                fields.insert("allOf".to_owned(), json!([{ "$ref": reference }]));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite(item, document)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `["string", "null"]` is a nullable string.
fn rewrite_type(fields: &mut Map<String, Value>) {
    let Some(Value::Array(kinds)) = fields.get("type") else { return };
    if let Some(kind) = kinds.iter().find(|kind| *kind != "null").cloned() {
        fields.insert("type".to_owned(), kind);
        fields.insert("nullable".to_owned(), json!(true));
    }
}

/// Either null or one other schema is that schema, nullable; to be nullable it needs a type.
fn rewrite_alternatives(fields: &mut Map<String, Value>, document: &Value) {
    let Some(Value::Array(alternatives)) = fields.get("oneOf") else { return };
    if let [one, another] = &alternatives[..]
        && let Some(other) = beside_null(one, another)
    {
        // A reference with words of its own is a part of `allOf` by now.
        let reference = other["$ref"].as_str().or_else(|| other["allOf"][0]["$ref"].as_str());
        let pointer = reference.and_then(|reference| reference.strip_prefix('#'));
        let kind =
            pointer.and_then(|pointer| document.pointer(pointer)).unwrap_or(other).get("type").cloned();
        let other = json!([other]);
        fields.remove("oneOf");
        fields.extend(kind.map(|kind| ("type".to_owned(), kind)));
        fields.insert("allOf".to_owned(), other);
        fields.insert("nullable".to_owned(), json!(true));
    }
}

/// The one of two alternatives beside null.
fn beside_null<'a>(one: &'a Value, another: &'a Value) -> Option<&'a Value> {
    let is_null = |alternative: &Value| alternative["type"] == "null";
    match (is_null(one), is_null(another)) {
        (true, false) => Some(another),
        (false, true) => Some(one),
        (true, true) | (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_3_0_cannot_say_is_said_otherwise_or_left_out() {
        let check = |given: Value, expected: Value| assert_eq!(in_3_0(&given)["x"], expected, "{given}");
        let schema = |schema: Value| json!({ "openapi": "3.1.0", "x": schema, "a": { "type": "object" } });
        check(schema(json!({ "type": ["string", "null"] })), json!({ "type": "string", "nullable": true }));
        check(schema(json!({ "type": "string" })), json!({ "type": "string" }));
        check(
            schema(json!({ "oneOf": [{ "type": "null" }, { "$ref": "#/a" }], "description": "d" })),
            json!({ "type": "object", "allOf": [{ "$ref": "#/a" }], "nullable": true, "description": "d" }),
        );
        check(
            schema(json!({ "oneOf": [{ "$ref": "#/a", "description": "d" }, { "type": "null" }] })),
            json!({
                "type": "object", "nullable": true,
                "allOf": [{ "allOf": [{ "$ref": "#/a" }], "description": "d" }]
            }),
        );
        check(
            schema(json!({ "oneOf": [{ "$ref": "#/a" }, { "$ref": "#/b" }] })),
            json!({ "oneOf": [{ "$ref": "#/a" }, { "$ref": "#/b" }] }),
        );
        check(
            schema(json!({ "$ref": "#/a", "description": "d" })),
            json!({ "allOf": [{ "$ref": "#/a" }], "description": "d" }),
        );
        check(schema(json!([{ "$ref": "#/a" }])), json!([{ "$ref": "#/a" }]));
        check(
            schema(json!({ "propertyNames": { "type": "string" }, "type": "object" })),
            json!({ "type": "object" }),
        );
        let example = json!({ "example": { "type": ["a", "null"], "$ref": "b" } });
        check(schema(example.clone()), example);
    }

    #[test]
    fn the_document_says_its_version() {
        let given =
            json!({ "openapi": "3.1.0", "info": { "license": { "name": "MIT", "identifier": "MIT" } } });
        assert_eq!(
            in_3_0(&given),
            json!({ "openapi": "3.0.3", "info": { "license": { "name": "MIT", "url": LICENSES } } })
        );
    }
}
