//! Every answer that this suite gets is one that the document publishes: its status, its media type, and its body by the
//! schema, with no member that the schema does not know.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use holdfast_api::{Request, Response};
use holdfast_schemas::{Validator, validator};
use http::Method;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

pub(crate) static DOCUMENT: LazyLock<Value> = LazyLock::new(holdfast_api::openapi::document);

/// Validators of answers by the names of their schemas.
static ANSWERS: LazyLock<BTreeMap<String, Validator>> = LazyLock::new(|| {
    let mut closed = DOCUMENT.clone();
    for schema in closed["components"]["schemas"].as_object_mut().expect("schemas").values_mut() {
        if schema["properties"].is_object() && schema["additionalProperties"].is_null() {
            schema["additionalProperties"] = json!(false);
        }
    }
    let schemas = closed["components"]["schemas"].as_object().expect("schemas");
    let reference = |name: &String| json!({ "$ref": format!("#/components/schemas/{name}") });
    schemas.keys().map(|name| (name.clone(), validator(&closed, &reference(name)))).collect()
});

/// Fails if a problem, or the answer to a route of the document, is not as published.
pub(crate) fn published(request: &Request, response: &Response) {
    let what = format!("{} {} {}", request.method, request.path, response.status());
    let kind = response.headers().get(CONTENT_TYPE).map(|kind| kind.to_str().expect("text"));
    let method = if request.method == Method::HEAD { &Method::GET } else { &request.method };
    let schema = match operation(method, &request.path) {
        Some(operation) => {
            let answer = followed(&operation["responses"][response.status().as_str()]);
            assert!(answer.is_object(), "{what} is not in the document");
            for name in ["location", "etag", "retry-after", "idempotent-replayed", "preference-applied"] {
                let known = answer["headers"].as_object().into_iter().flatten();
                let known = known.into_iter().any(|(header, _)| header.eq_ignore_ascii_case(name));
                assert!(
                    known || !response.headers().contains_key(name),
                    "{what}: {name} is not in the document"
                );
            }
            kind.map(|kind| answer["content"][kind]["schema"].clone())
        }
        // Only the gateway knows other paths, and it does not pass them on.
        None => kind.map(|_| json!({ "$ref": "#/components/schemas/Problem" })),
    };
    let Some(schema) = schema else { return assert!(response.body().is_empty(), "{what}") };
    if request.method == Method::HEAD {
        return assert!(response.body().is_empty(), "{what}");
    }
    // The webhook's acknowledgement has no schema: nobody reads it.
    if request.path.starts_with("/api/webhooks") && response.status() == 200 {
        return;
    }
    let name = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
    let name = name.unwrap_or_else(|| panic!("{what}: no schema for {kind:?}"));
    let body: Value = serde_json::from_slice(response.body()).expect("JSON");
    assert_eq!(wrong(name, &body), [""; 0], "{what}: {body}");
}

/// What of a body is not as the schema of that name says.
fn wrong(name: &str, body: &Value) -> Vec<String> {
    ANSWERS[name].iter_errors(body).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// The operation of a request, if the document has it.
fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let fits = |template: &str| {
        let (wanted, given): (Vec<&str>, Vec<&str>) =
            (template.split('/').collect(), path.split('/').collect());
        wanted.len() == given.len()
            && wanted.iter().zip(given).all(|(wanted, given)| {
                if wanted.starts_with('{') { !given.is_empty() } else { *wanted == given }
            })
    };
    let paths = DOCUMENT["paths"].as_object().expect("paths");
    let (_, item) = paths.iter().find(|(template, _)| fits(template))?;
    item.get(method.as_str().to_ascii_lowercase())
}

fn followed(part: &'static Value) -> &'static Value {
    match part["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
        Some(pointer) => DOCUMENT.pointer(pointer).expect("there"),
        None => part,
    }
}

#[test]
fn control_a_body_that_is_not_as_published_is_found() {
    let fine = json!({
        "type": "urn:holdfast:problem:sold_out", "title": "t", "status": 409, "detail": "d", "instance": "/api/x",
        "code": "sold_out", "available": 1, "errors": [{ "pointer": "/a", "detail": "d" }],
        "bookingStatus": "failed"
    });
    let check = |pointer: &str, value: Value, at: Option<&str>| {
        let mut problem = fine.clone();
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        problem.pointer_mut(parent).expect("a parent")[name] = value;
        let found = wrong("Problem", &problem);
        assert_eq!(found.len(), usize::from(at.is_some()), "{found:?}");
        assert!(found.iter().all(|found| at.is_some_and(|at| found.starts_with(at))), "{found:?}");
    };
    check("/available", json!(2), None);
    check("/surprise", json!(1), Some(":"));
    check("/available", json!("1"), Some("/available:"));
    check("/bookingStatus", json!("lost"), Some("/bookingStatus:"));
    check("/errors", json!([{ "pointer": "/a" }]), Some("/errors/0:"));
}

/// Every example in the document with the schema that it is an example of.
fn examples(part: &Value, schemas: &mut Vec<(Value, Value)>) {
    match part {
        Value::Object(fields) => {
            if let Some(example) = part.get("example") {
                let schema = if part["schema"].is_object() { &part["schema"] } else { part };
                schemas.push((schema.clone(), example.clone()));
            }
            if let (Some(named), true) = (part["examples"].as_object(), part["schema"].is_object()) {
                let values = named.values().map(|example| &followed_in_document(example)["value"]);
                schemas.extend(values.map(|value| (part["schema"].clone(), value.clone())));
            }
            fields
                .iter()
                .filter(|(name, _)| *name != "example")
                .for_each(|(_, field)| examples(field, schemas));
        }
        Value::Array(items) => items.iter().for_each(|item| examples(item, schemas)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn followed_in_document(part: &Value) -> &Value {
    let pointer = part["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    pointer.map_or(part, |pointer| DOCUMENT.pointer(pointer).expect("there"))
}

#[test]
fn every_example_validates() {
    let mut found = Vec::new();
    examples(&DOCUMENT, &mut found);
    for (schema, example) in &found {
        let errors: Vec<String> =
            validator(&DOCUMENT, schema).iter_errors(example).map(|error| error.to_string()).collect();
        assert_eq!(errors, [""; 0], "{example} of {schema}");
    }
    assert!(found.len() > 60, "{} examples", found.len());
}
