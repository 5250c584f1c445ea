//! The OpenAPI 3.1 document: operations follow from the routes, schemas from the wire types; what is said of the API as a
//! whole is added here. `docs/openapi.json` is its golden copy; `cargo run -p holdfast-api --example openapi` prints it.

use holdfast_http::document::{Document, Keys, TOKEN};
use holdfast_http::{FieldError, ProblemCode, Refusal, Scope};
use serde_json::{Value, json};

use crate::bookings::cancel::CancelApi;
use crate::bookings::confirm::ConfirmApi;
use crate::bookings::history::BookingsApi;
use crate::catalogue::routes::ResourcesApi;
use crate::holds::routes::HoldApi;
use crate::payments::stripe_webhook::WebhookApi;
use crate::problem::{Code, Facts, Problem};
use crate::search::routes::SearchApi;

const DESCRIPTION: &str = "A booking engine: search, hold, pay, confirm, cancel. Confirmed and live holds never exceed \
    capacity, and money captured always matches confirmed bookings.\n\n\
    Errors are problem documents (RFC 9457). Answers made by API Gateway itself (no valid token, missing scope, \
    throttling, unknown route, oversized body) have the gateway's own body, `GatewayAnswer`.";

const KEYS: Keys<Code> = Keys {
    problems: &[Code::IdempotencyKeyReused, Code::RequestInProgress],
    remembered: &[Code::PaymentDeclined],
};

/// The operations of every function.
fn operations() -> Document<Code> {
    Document::new(KEYS)
        .with::<SearchApi>()
        .with::<HoldApi>()
        .with::<ConfirmApi>()
        .with::<BookingsApi>()
        .with::<CancelApi>()
        .with::<ResourcesApi>()
        .with::<WebhookApi>()
}

/// The document.
#[must_use]
pub fn document() -> Value {
    let mut document = operations().finish(example);
    let scopes: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    document["openapi"] = json!("3.1.0");
    document["info"] = json!({
        "title": "Holdfast", "version": "1", "description": DESCRIPTION,
        "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" }
    });
    document["servers"] = json!([{ "url": "/", "description": "Every path already begins with /api" }]);
    document["tags"] = json!([
        { "name": "search", "description": "What is free, open to anyone" },
        { "name": "holds", "description": "Taking places for a while" },
        { "name": "bookings", "description": "Paying, reading, cancelling" },
        { "name": "resources", "description": "What can be booked" },
        { "name": "webhooks", "description": "Events of the payment provider" },
    ]);
    document["components"]["securitySchemes"] = json!({
        (TOKEN): {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": format!("`sub` is the guest. Scopes: {}", scopes.join(", "))
        }
    });
    close_schedules(&mut document);
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

/// Refuses fields of a schedule beside those of its kind.
fn close_schedules(document: &mut Value) {
    let kinds = document["components"]["schemas"]["Schedule"]["oneOf"].as_array_mut();
    for kind in kinds.into_iter().flatten() {
        kind["additionalProperties"] = json!(false);
    }
}

/// The problem that shows a code.
fn example(code: Code) -> Problem {
    let problem = Problem::new(code, code.title());
    match code {
        Code::ValidationFailed => Refusal::invalid(vec![FieldError {
            pointer: "/quantity".to_owned(),
            detail: "must be between 1 and 100000".to_owned(),
        }])
        .into(),
        Code::SoldOut => problem.with(Facts { available: Some(0), ..Facts::default() }),
        Code::PaymentDeclined => problem.with(Facts {
            decline_code: Some("insufficient_funds".to_owned()),
            booking_id: Some("bkg_q3w5e7r2t4y6u1i9o8p0a2s4".to_owned()),
            hold_id: Some("hld_n2k7u4w5c3r6y1q8z0a9b8c7".to_owned()),
            ..Facts::default()
        }),
        Code::HoldLimitReached => {
            problem.with(Facts { limit: Some("perSlot".to_owned()), ..Facts::default() })
        }
        _ => problem,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// Every operation of the document with its method and path.
    fn documented() -> Vec<(String, String, Value)> {
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
    fn every_route_is_an_operation_of_its_own() {
        let documented = documented();
        assert_eq!(documented.len(), operations().routes(), "two routes have the same method and path");
        let ids: BTreeSet<&str> =
            documented.iter().filter_map(|(_, _, operation)| operation["operationId"].as_str()).collect();
        assert_eq!(ids.len(), documented.len(), "two routes have the same operationId");
    }

    #[test]
    fn every_operation_names_a_function_that_exists_and_who_may_call_it() {
        for (method, path, operation) in documented() {
            let function = operation["x-function"].as_str().expect("a function");
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../functions").join(function);
            assert!(folder.join("src/main.rs").is_file(), "{method} {path}: {}", folder.display());
            let security = operation["security"].as_array().expect("security");
            for requirement in security {
                let scopes = requirement[TOKEN].as_array().expect("scopes");
                assert!(scopes.len() == 1 && scopes[0].is_string(), "{method} {path}: {requirement}");
            }
            let open = ["/availability", "/webhooks/stripe"].iter().any(|end| path.ends_with(end))
                || (method == "GET" && path == "/api/resources/{resourceId}");
            assert_eq!(security.is_empty(), open, "{method} {path}");
        }
    }

    #[test]
    fn the_gateways_own_answers_are_documented() {
        for (method, path, operation) in documented() {
            let scoped = operation["security"].as_array().is_some_and(|security| !security.is_empty());
            for (status, expected) in [("401", scoped), ("403", scoped), ("429", true)] {
                let response = operation["responses"][status]["$ref"].as_str();
                let name = response.and_then(|name| name.rsplit('/').next());
                assert_eq!(name.is_some(), expected, "{method} {path} {status}");
                if let Some(name) = name {
                    let content = &document()["components"]["responses"][name]["content"];
                    let schema = &content["application/json"]["schema"]["$ref"];
                    assert_eq!(schema, "#/components/schemas/GatewayAnswer", "{method} {path} {status}");
                }
            }
        }
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
        for (method, path, operation) in documented() {
            let keyed = operation["parameters"].to_string().contains("IdempotencyKey");
            assert_eq!(keyed, method == "POST" && !path.contains("webhooks"), "{method} {path}");
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn follow(document: &Value, part: &Value) {
            if let Some(reference) = part["$ref"].as_str() {
                let target = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
                assert!(target.is_some(), "{reference}");
            }
            match part {
                Value::Object(fields) => fields.values().for_each(|field| follow(document, field)),
                Value::Array(items) => items.iter().for_each(|item| follow(document, item)),
                _ => {}
            }
        }
        let document = document();
        follow(&document, &document);
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
