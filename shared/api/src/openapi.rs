//! The OpenAPI 3.1 document: paths and schemas are generated from the handlers and the wire types, what all routes have in
//! common is added here. `docs/openapi.json` is its golden copy; `cargo run -p holdfast-api --example openapi` prints it.

mod facts;

use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use crate::problem::{Code, PROBLEM_JSON};
use facts::{Access, FACTS, Facts};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Holdfast",
        description = "A booking engine: search, hold, pay, confirm, cancel. Confirmed and live holds never exceed \
                       capacity, and money captured always matches bookings that stand.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "search", description = "What is free, open to anyone"),
        (name = "holds", description = "Taking places for a while"),
        (name = "bookings", description = "Paying, reading, giving up"),
        (name = "resources", description = "What can be booked"),
        (name = "webhooks", description = "What others tell us"),
    ),
    paths(
        crate::search::search,
        crate::search::calendar,
        crate::holds::create,
        crate::holds::read,
        crate::holds::release,
        crate::holds::extend,
        crate::confirm::create,
        crate::bookings::list,
        crate::bookings::read,
        crate::bookings::trail,
        crate::cancel::cancel,
        crate::resources::read,
        crate::resources::put,
        crate::resources::set_inventory,
        crate::stripe_webhook::receive,
    ),
    components(schemas(crate::wire::problem::ProblemBody))
)]
struct Generated;

/// How handlers describe a body that may be left out.
const BODY_OPTIONAL: &str = "May be left out";

/// The document.
#[must_use]
pub fn document() -> Value {
    let mut document = serde_json::to_value(Generated::openapi()).unwrap_or_default();
    document["info"]["version"] = json!("1");
    document["servers"] = json!([{ "url": "/", "description": "Every path already begins with /api" }]);
    document["components"]["securitySchemes"] = json!({
        "token": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "`sub` is the guest. Scopes: booking/guest, booking/operator, booking/partner"
        }
    });
    document["components"]["headers"] = headers();
    document["components"]["parameters"] = parameters();
    document["components"]["examples"] = Code::ALL
        .iter()
        .map(|code| (code.as_str().to_owned(), json!({ "summary": code.title(), "value": example(*code) })))
        .collect();
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        unflatten(schemas);
        close(schemas);
    }
    let mut refusals = Map::new();
    if let Some(paths) = document["paths"].as_object_mut() {
        let operations = paths.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut);
        for operation in operations.filter(|value| value["operationId"].is_string()) {
            let facts = FACTS.iter().find(|facts| operation["operationId"] == facts.operation);
            if let Some(facts) = facts {
                complete(operation, facts, &mut refusals);
            }
        }
    }
    document["components"]["responses"] = Value::Object(refusals);
    document
}

/// The document as kept in `docs/openapi.json`: fields in order of their names, one line break at the end.
#[must_use]
pub fn golden() -> String {
    let mut text = serde_json::to_string_pretty(&sorted(&document())).unwrap_or_default();
    text.push('\n');
    text
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut pairs: Vec<(String, Value)> =
                fields.iter().map(|(name, value)| (name.clone(), sorted(value))).collect();
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(pairs.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

fn headers() -> Value {
    let header = |description: &str, schema: Value| json!({ "description": description, "schema": schema });
    json!({
        "XRequestId": header("Names this request in the logs", json!({ "type": "string" })),
        "Traceparent": header("W3C Trace Context: the caller's trace, if one was sent", json!({ "type": "string" })),
        "IdempotentReplayed": header(
            "`true` if the same request was answered before",
            json!({ "type": "string", "enum": ["true"] })
        ),
        "RetryAfter": header("Seconds to wait", json!({ "type": "integer", "minimum": 1 })),
    })
}

fn parameters() -> Value {
    json!({
        "IdempotencyKey": {
            "name": "Idempotency-Key", "in": "header", "required": true,
            "description": "The same key with the same request gives the first answer again",
            "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" },
            "example": "b0f7c1b2-6a0e-4b8f-9d0a-2f6f1c1f3a55"
        },
        "Traceparent": {
            "name": "traceparent", "in": "header", "required": false,
            "description": "W3C Trace Context", "schema": { "type": "string" },
            "example": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        }
    })
}

/// A schema written by flattening one struct into another is `allOf` with a closed one, which nothing satisfies: the parts
/// become one.
fn unflatten(schemas: &mut Map<String, Value>) {
    let all = schemas.clone();
    for schema in schemas.values_mut() {
        let Some(parts) = schema["allOf"].as_array().cloned() else { continue };
        let mut merged = json!({ "type": "object", "properties": {}, "required": [] });
        if let Some(description) = schema.get("description") {
            merged["description"] = description.clone();
        }
        for part in parts {
            let name = part["$ref"].as_str().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
            let part = all.get(name).unwrap_or(&part);
            if let (Some(fields), Some(more)) =
                (merged["properties"].as_object_mut(), part["properties"].as_object())
            {
                fields.extend(more.clone());
            }
            if let (Some(names), Some(more)) =
                (merged["required"].as_array_mut(), part["required"].as_array())
            {
                names.extend(more.clone());
            }
        }
        *schema = merged;
    }
}

/// A schedule in a request has no fields beside those of its kind.
fn close(schemas: &mut Map<String, Value>) {
    let kinds = schemas.get_mut("Schedule").and_then(|schedule| schedule["oneOf"].as_array_mut());
    for kind in kinds.into_iter().flatten() {
        kind["additionalProperties"] = json!(false);
    }
}

/// Adds to an operation what its handler does not say; its refusals go to `refusals`, where operations share them.
fn complete(operation: &mut Value, facts: &Facts, refusals: &mut Map<String, Value>) {
    let mut parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    if facts.keyed {
        parameters.push(json!({ "$ref": "#/components/parameters/IdempotencyKey" }));
    }
    parameters.push(json!({ "$ref": "#/components/parameters/Traceparent" }));
    operation["parameters"] = Value::Array(parameters);
    operation["x-function"] = json!(facts.function);
    operation["security"] = match facts.access {
        Access::Public => json!([]),
        Access::Scopes(scopes) => scopes.iter().map(|scope| json!({ "token": [scope.as_str()] })).collect(),
    };
    if operation["requestBody"]["description"] == BODY_OPTIONAL {
        operation["requestBody"]["required"] = json!(false);
    }
    let mut codes = facts.codes.to_vec();
    codes.extend([Code::InternalError, Code::ServiceUnavailable]);
    if facts.access != Access::Public {
        codes.extend([Code::Unauthorized, Code::InsufficientScope]);
    }
    if facts.keyed {
        codes.extend([Code::IdempotencyKeyRequired, Code::IdempotencyKeyReused, Code::RequestInProgress]);
    }
    codes.sort_unstable();
    codes.dedup();
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for (status, response) in responses.iter_mut() {
        stamp(response, facts.keyed && status.starts_with('2'), false);
    }
    for group in codes.chunk_by(|a, b| a.status() == b.status()) {
        let Some(first) = group.first() else { continue };
        let name = refusal_name(group);
        let reference = json!({ "$ref": format!("#/components/responses/{name}") });
        responses.insert(first.status().as_str().to_owned(), reference);
        refusals.entry(name).or_insert_with(|| refusal(group));
    }
}

/// Codes that share a status share a response.
fn refusal_name(group: &[Code]) -> String {
    group.iter().map(|code| code.as_str()).collect::<Vec<_>>().join(".")
}

fn refusal(group: &[Code]) -> Value {
    let names: Vec<&str> = group.iter().map(|code| code.as_str()).collect();
    let examples: Map<String, Value> = group
        .iter()
        .map(|code| {
            let reference = format!("#/components/examples/{}", code.as_str());
            (code.as_str().to_owned(), json!({ "$ref": reference }))
        })
        .collect();
    let mut response = json!({
        "description": names.join(", "),
        "content": { PROBLEM_JSON: {
            "schema": { "allOf": [
                { "$ref": "#/components/schemas/Problem" },
                { "type": "object", "properties": { "code": { "enum": names } } }
            ] },
            "examples": examples,
        } }
    });
    let retry = group.iter().any(|code| {
        matches!(
            code,
            Code::RequestInProgress | Code::TooManyHolds | Code::HoldLimitReached | Code::ServiceUnavailable
        )
    });
    stamp(&mut response, group.contains(&Code::PaymentDeclined), retry);
    response
}

/// The headers of a response.
fn stamp(response: &mut Value, replayable: bool, retry: bool) {
    let mut headers = response["headers"].as_object().cloned().unwrap_or_default();
    let mut add = |name: &str, component: &str| {
        headers.insert(name.to_owned(), json!({ "$ref": format!("#/components/headers/{component}") }));
    };
    add("X-Request-Id", "XRequestId");
    add("traceparent", "Traceparent");
    if replayable {
        add("Idempotent-Replayed", "IdempotentReplayed");
    }
    if retry {
        add("Retry-After", "RetryAfter");
    }
    response["headers"] = Value::Object(headers);
}

fn example(code: Code) -> Value {
    let mut body = json!({
        "type": format!("urn:holdfast:problem:{}", code.as_str()),
        "title": code.title(),
        "status": code.status().as_u16(),
        "detail": code.title(),
        "instance": "/api/...",
        "code": code.as_str(),
    });
    match code {
        Code::ValidationFailed => {
            body["detail"] = json!("/quantity must be between 1 and 100000");
            body["errors"] = json!([{ "pointer": "/quantity", "detail": "must be between 1 and 100000" }]);
        }
        Code::SoldOut => body["available"] = json!(0),
        Code::PaymentDeclined => body["declineCode"] = json!("insufficient_funds"),
        _ => {}
    }
    body
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every operation of the document with its id.
    fn operations() -> Vec<(String, String, Value)> {
        let document = document();
        let paths = document["paths"].as_object().expect("paths").clone();
        let mut found = Vec::new();
        for (path, item) in paths {
            for (method, operation) in item.as_object().expect("a path item") {
                found.push((method.to_uppercase(), path.clone(), operation.clone()));
            }
        }
        found
    }

    #[test]
    fn facts_and_handlers_name_the_same_operations() {
        let operations = operations();
        let documented: BTreeSet<&str> =
            operations.iter().filter_map(|(_, _, operation)| operation["operationId"].as_str()).collect();
        let known: BTreeSet<&str> = FACTS.iter().map(|facts| facts.operation).collect();
        assert_eq!(documented, known);
        assert_eq!(operations.len(), FACTS.len());
    }

    #[test]
    fn every_route_that_is_served_is_documented_and_the_other_way_round() {
        let served: BTreeSet<(String, String)> = [
            crate::search::routes(),
            crate::holds::routes(),
            crate::confirm::routes(),
            crate::bookings::routes(),
            crate::cancel::routes(),
            crate::resources::routes(),
            crate::stripe_webhook::routes(),
        ]
        .concat()
        .into_iter()
        .collect();
        let documented: BTreeSet<(String, String)> =
            operations().into_iter().map(|(method, path, _)| (method, path)).collect();
        assert_eq!(served, documented);
    }

    #[test]
    fn every_code_is_documented_somewhere() {
        let text = document().to_string();
        let undocumented: Vec<&str> = Code::ALL
            .iter()
            .filter(|code| !matches!(code, Code::MethodNotAllowed))
            .map(|code| code.as_str())
            .filter(|code| !text.contains(&format!("#/components/examples/{code}\"")))
            .collect();
        assert!(undocumented.is_empty(), "{undocumented:?}");
    }

    #[test]
    fn every_post_but_the_webhook_takes_a_key() {
        for (method, path, operation) in operations() {
            let keyed = operation["parameters"].to_string().contains("IdempotencyKey");
            assert_eq!(keyed, method == "POST" && !path.contains("webhooks"), "{method} {path}");
        }
    }

    #[test]
    fn the_golden_copy_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            kept == golden(),
            "docs/openapi.json is out of date: cargo run -p holdfast-api --example openapi > docs/openapi.json"
        );
    }
}
