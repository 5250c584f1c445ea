//! Every problem that this suite is answered with is what the document publishes.

use std::sync::LazyLock;

use holdfast_api::Response;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

static SCHEMAS: LazyLock<Value> =
    LazyLock::new(|| holdfast_api::openapi::document()["components"]["schemas"].clone());

/// Fails if `response` is a problem that has members the schema does not know, lacks one that it requires, or has one of
/// another type.
pub(crate) fn published(response: &Response) {
    if response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "application/problem+json") {
        let body: Value = serde_json::from_slice(response.body()).expect("a problem is JSON");
        assert_eq!(
            unpublished(&json!({ "$ref": "#/components/schemas/Problem" }), &body, ""),
            [""; 0],
            "{body}"
        );
    }
}

/// What of `value` is not as `schema` says. An object has no members beside those that its schema names.
fn unpublished(schema: &Value, value: &Value, at: &str) -> Vec<String> {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        assert!(SCHEMAS[name].is_object(), "no schema {name}");
        return unpublished(&SCHEMAS[name], value, at);
    }
    if schema["enum"].as_array().is_some_and(|values| !values.contains(value)) {
        return vec![format!("{at} has a value of its own")];
    }
    match (schema["type"].as_str(), value) {
        (Some("object"), Value::Object(members)) => {
            let required = schema["required"].as_array().expect("names").iter();
            let missing = required
                .filter_map(Value::as_str)
                .filter(|name| !members.contains_key(*name))
                .map(|name| format!("{at}/{name} is missing"));
            let wrong = members.iter().flat_map(|(name, member)| match &schema["properties"][name] {
                Value::Null => vec![format!("{at}/{name} is not in the schema")],
                known => unpublished(known, member, &format!("{at}/{name}")),
            });
            missing.chain(wrong).collect()
        }
        (Some("array"), Value::Array(items)) => {
            items.iter().flat_map(|item| unpublished(&schema["items"], item, &format!("{at}/0"))).collect()
        }
        (Some("string"), Value::String(_)) => Vec::new(),
        (Some("integer"), Value::Number(number)) if number.is_u64() => Vec::new(),
        (kind, _) => vec![format!("{at} is not a {}", kind.unwrap_or("kind this test knows"))],
    }
}

#[test]
fn control_a_problem_that_is_not_as_published_is_found() {
    let fine = json!({
        "type": "urn:holdfast:problem:sold_out", "title": "t", "status": 409, "detail": "d", "instance": "/api/x",
        "code": "sold_out", "available": 1, "errors": [{ "pointer": "/a", "detail": "d" }],
        "bookingStatus": "failed"
    });
    let check = |pointer: &str, value: Value, expected: &[&str]| {
        let mut problem = fine.clone();
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        problem.pointer_mut(parent).expect("a parent")[name] = value;
        let schema = json!({ "$ref": "#/components/schemas/Problem" });
        assert_eq!(unpublished(&schema, &problem, ""), expected);
    };
    check("/available", json!(2), &[]);
    check("/surprise", json!(1), &["/surprise is not in the schema"]);
    check("/available", json!("1"), &["/available is not a integer"]);
    check("/bookingStatus", json!("lost"), &["/bookingStatus has a value of its own"]);
    check("/errors", json!([{ "pointer": "/a" }]), &["/errors/0/detail is missing"]);
}
