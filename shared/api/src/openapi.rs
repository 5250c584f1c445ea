//! The OpenAPI 3.1 document: operations follow from the routes, schemas from the wire types; what is said of the API as a
//! whole is added here. `docs/openapi.json` is its golden copy; `cargo run -p holdfast-api --example openapi` prints it.

use holdfast_domain::catalogue::{ATTRIBUTE_TEXT_LENGTH_MAX, ATTRIBUTES_MAX};
use holdfast_domain::rates::card::{CALENDAR_DATES_MAX, CALENDARS_MAX};
use holdfast_http::document::{Document, Keys, TOKEN};
use holdfast_http::document_30::in_3_0;
use holdfast_http::{FieldError, ProblemCode, Refusal, Scope};
use serde_json::{Value, json};

use crate::bookings::cancel::CancelApi;
use crate::bookings::confirm::ConfirmApi;
use crate::bookings::history::BookingsApi;
use crate::catalogue::routes::ResourcesApi;
use crate::catalogue::wire::NUMBER_MAX;
use crate::formats;
use crate::holds::routes::HoldApi;
use crate::payments::stripe_webhook::WebhookApi;
use crate::problem::{ATTEMPTS_LIMIT, Code, Facts, Problem};
use crate::search::routes::SearchApi;

const DESCRIPTION: &str = "A booking engine: search, hold, pay, confirm, cancel. Confirmed and live holds never exceed \
    capacity and the overbooking that an operator allows beside it, and money captured always matches confirmed bookings. The user's guide is `docs/api.md`.\n\n\
    Errors are problem documents (RFC 9457), all of one schema, `Problem`: programs go by `code`, which is stable. Answers \
    made by API Gateway itself have the gateway's own body, `GatewayAnswer`: an oversized body (413), throttling (429), a function \
    that failed or took too long (500, 503), and any route that is not in this document (404).\n\n\
    Every `GET` also answers `HEAD`. Bodies are read as JSON whatever their `Content-Type` says; an object that has two fields \
    of one name is no JSON here.";

/// Where tokens come from. The document cannot know the host.
const TOKENS: &str = "`sub` is the guest. Guests and staff get their token by the authorization code flow with PKCE, machines \
    of the operator and of partners by client credentials. There are two user pools, each with a host of its own: guests and \
    partners have theirs at the output `UserPoolDomain` of the stack, with the clients `GuestClientId` and `PartnerClientId`, staff \
    and the operator's machines at `StaffPoolDomain`, with `StaffClientId` and `OperatorClientId`. Only the latter vouches for \
    `booking/operator`. Groups of the staff's pool say of which properties somebody is staff: `platform` of all, `property.` and a property's \
    id of that one; whoever is in none, and every machine, is an operator of resources without a property. Groups of either pool that begin with `rate.` entitle \
    to rate plans of the group whose name follows. On the local stack `make token` issues tokens.";

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
    document["openapi"] = json!("3.1.0");
    document["info"] = json!({
        "title": "Holdfast", "version": "1", "description": DESCRIPTION,
        "contact": { "name": "The maintainers of Holdfast" },
        "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" }
    });
    document["servers"] = json!([{ "url": "/", "description": "Every path already begins with /api" }]);
    document["tags"] = json!([
        { "name": "search", "description": "What is free, open to anyone" },
        { "name": "holds", "description": "Taking places for a while" },
        { "name": "bookings", "description": "Paying, reading, cancelling" },
        { "name": "resources", "description": "What can be booked" },
        { "name": "rates", "description": "What it costs, and under which conditions" },
        { "name": "properties", "description": "What resources belong to" },
        { "name": "webhooks", "description": "Events of the payment provider" },
    ]);
    document["components"]["securitySchemes"] = json!({
        (TOKEN): {
            "type": "oauth2", "description": TOKENS,
            "flows": {
                "authorizationCode": {
                    "authorizationUrl": "/oauth2/authorize", "tokenUrl": "/oauth2/token",
                    "scopes": described(&[Scope::Guest, Scope::Operator])
                },
                "clientCredentials": { "tokenUrl": "/oauth2/token", "scopes": described(&[Scope::Operator, Scope::Partner]) }
            }
        }
    });
    always(&mut document, "Resource", &["attributes", "holdLimits"]);
    bound_attributes(&mut document);
    bound_calendars(&mut document);
    formats::expand(&mut document);
    document
}

/// Scopes with what they are for.
fn described(scopes: &[Scope]) -> Value {
    let meaning = |scope: &Scope| match scope {
        Scope::Guest => "One's own holds and bookings",
        Scope::Operator => {
            "Resources and the holds and bookings of them, of the properties whose staff one is"
        }
        Scope::Partner => "A partner's machine; no operation takes it yet",
    };
    scopes.iter().map(|scope| (scope.as_str().to_owned(), json!(meaning(scope)))).collect()
}

/// The document as kept in `docs/openapi.json`: fields in order of their names, one line break at the end.
#[must_use]
pub fn golden() -> String {
    printed(&document())
}

/// The same in OpenAPI 3.0, as kept in `docs/openapi-3.0.json`.
#[must_use]
pub fn golden_3_0() -> String {
    printed(&in_3_0(&document()))
}

fn printed(document: &Value) -> String {
    let mut text = serde_json::to_string_pretty(&sorted(document)).unwrap_or_default();
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

/// Requires members of an answer that a request with the same fields may leave out.
fn always(document: &mut Value, answer: &str, members: &[&str]) {
    let required = document["components"]["schemas"][answer]["required"].as_array_mut();
    required.into_iter().for_each(|required| required.extend(members.iter().map(|member| json!(member))));
}

/// Says what attributes may be, which the types of Rust do not.
fn bound_attributes(document: &mut Value) {
    let schemas = &mut document["components"]["schemas"];
    for variant in schemas["AttributeValue"]["oneOf"].as_array_mut().into_iter().flatten() {
        if variant["type"] == "string" {
            variant["maxLength"] = json!(ATTRIBUTE_TEXT_LENGTH_MAX);
        }
        if variant["type"] == "number" {
            variant["minimum"] = json!(-NUMBER_MAX);
            variant["maximum"] = json!(NUMBER_MAX);
        }
    }
    let attributes = &mut schemas["ResourceTerms"]["properties"]["attributes"];
    attributes["maxProperties"] = json!(ATTRIBUTES_MAX);
    attributes["propertyNames"] = json!({ "type": "string", "format": "attribute-name" });
}

/// Says what calendars of a rate card may be, which the types of Rust do not.
fn bound_calendars(document: &mut Value) {
    let calendars = &mut document["components"]["schemas"]["RateCard"]["properties"]["calendars"];
    calendars["maxProperties"] = json!(CALENDARS_MAX);
    calendars["propertyNames"] = json!({ "type": "string", "format": "rate-name" });
    calendars["additionalProperties"] = json!({
        "type": "array", "maxItems": CALENDAR_DATES_MAX, "items": { "type": "string", "format": "date" }
    });
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
            decline_code: Some("card_declined".to_owned()),
            booking_id: Some("bkg_q3w5e7r2t4y6u1i9o8p0a2s4".to_owned()),
            hold_id: Some("hld_n2k7u4w5c3r6y1q8z0a9b8c7".to_owned()),
            ..Facts::default()
        }),
        Code::HoldLimitReached => {
            problem.with(Facts { limit: Some("perSlot".to_owned()), ..Facts::default() })
        }
        Code::TooManyAttempts => {
            problem.with(Facts { limit: Some(ATTEMPTS_LIMIT.to_owned()), ..Facts::default() })
        }
        _ => problem,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use holdfast_http::problem::PROBLEM_JSON;

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
            let open = ["/availability", "/quotes", "/webhooks/stripe"].iter().any(|end| path.ends_with(end))
                || (method == "GET"
                    && ["/api/resources/{resourceId}", "/api/properties/{propertyId}"].contains(&&*path));
            assert_eq!(security.is_empty(), open, "{method} {path}");
        }
    }

    #[test]
    fn the_gateways_own_answers_are_documented() {
        for (method, path, operation) in documented() {
            // The gateway lets every token through: the function says whom it does not believe.
            let scoped = operation["security"].as_array().is_some_and(|security| !security.is_empty());
            // Anyone may ask for prices, and operators for those of a draft.
            let refuses = scoped || path == "/api/quotes";
            for (status, expected) in [("401", scoped), ("403", refuses)] {
                assert_eq!(operation["responses"][status].is_object(), expected, "{method} {path} {status}");
                assert!(!operation["responses"][status].to_string().contains("gateway"), "{method} {path}");
            }
            let read = operation["requestBody"].is_object();
            let missing = path.contains('{') || operation["responses"]["404"].is_object();
            for (status, expected) in
                [("404", missing), ("413", read), ("429", true), ("500", true), ("503", true)]
            {
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
    fn every_post_that_changes_something_but_the_webhook_takes_a_key() {
        for (method, path, operation) in documented() {
            let keyed = operation["parameters"].to_string().contains("IdempotencyKey");
            // Asking for a price changes nothing.
            let changes = !path.contains("webhooks") && path != "/api/quotes";
            assert_eq!(keyed, method == "POST" && changes, "{method} {path}");
        }
    }

    /// No answer grows with what is stored: a list is cut, and says where it goes on.
    #[test]
    fn every_list_is_read_page_by_page() {
        let document = document();
        let mut lists = 0;
        for (method, path, operation) in documented() {
            let answer = &operation["responses"]["200"]["content"]["application/json"]["schema"];
            let schema = answer["$ref"].as_str().and_then(|at| document.pointer(at.strip_prefix('#')?));
            let fields = schema.map_or(&Value::Null, |schema| &schema["properties"]);
            let named = |name: &str| {
                operation["parameters"]
                    .as_array()
                    .is_some_and(|all| all.iter().any(|one| one["name"] == name))
            };
            if fields.get("results").is_some() || fields.get("nextCursor").is_some() {
                lists += 1;
                assert!(named("cursor") && fields.get("nextCursor").is_some(), "{method} {path}");
            }
        }
        assert!(lists >= 3, "{lists} lists");
    }

    /// Days of the week say what they are.
    #[test]
    fn every_word_of_a_list_is_published_with_its_meaning() {
        let document = document();
        let mut lists = 0;
        for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
            let words = schema["enum"].as_array().map_or(&[][..], Vec::as_slice);
            if words.len() < 2 || name == "Weekday" {
                continue;
            }
            let description = schema["description"].as_str().unwrap_or_default();
            for word in words {
                let word = word.as_str().expect("a text");
                assert!(description.contains(&format!("\n- `{word}`: ")), "{name}: {word} in {description}");
            }
            lists += 1;
        }
        assert!(lists > 10, "{lists} lists");
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
    fn every_operation_is_described() {
        for (method, path, operation) in documented() {
            for member in ["summary", "description"] {
                let text = operation[member].as_str().unwrap_or_default();
                assert!(text.ends_with('.') && text.len() > 10, "{member} of {method} {path}: {text:?}");
            }
        }
    }

    #[test]
    fn scopes_are_those_that_tokens_may_have() {
        let document = document();
        let flows = &document["components"]["securitySchemes"][TOKEN]["flows"];
        let mut issued: BTreeSet<String> = BTreeSet::new();
        for flow in flows.as_object().expect("flows").values() {
            issued.extend(flow["scopes"].as_object().expect("scopes").keys().cloned());
        }
        assert_eq!(issued.len(), Scope::ALL.len());
        for (method, path, operation) in documented() {
            for requirement in operation["security"].as_array().expect("security") {
                let scope = requirement[TOKEN][0].as_str().expect("a scope");
                assert!(issued.contains(scope), "{method} {path}: nobody issues {scope}");
            }
        }
    }

    #[test]
    fn there_is_one_type_of_problems() {
        let document = document();
        let problem = "#/components/schemas/Problem";
        let mut found = 0;
        for (name, response) in document["components"]["responses"].as_object().expect("responses") {
            if let Some(content) = response["content"].get(PROBLEM_JSON) {
                assert_eq!(content["schema"], json!({ "$ref": problem }), "{name}");
                assert!(response["x-codes"].as_array().is_some_and(|codes| !codes.is_empty()), "{name}");
                found += 1;
            }
        }
        assert!(found > 10, "{found} responses are problems");
        let code = &document["components"]["schemas"]["Problem"]["properties"]["code"];
        assert_eq!((&code["type"], code.get("enum")), (&json!("string"), None));
        assert_eq!(code["x-extensible-enum"].as_array().map(Vec::len), Some(Code::ALL.len()));
    }

    #[test]
    fn the_older_copy_has_nothing_of_the_newer_version() {
        fn newer(part: &Value, found: &mut Vec<String>) {
            match part {
                Value::Object(fields) => {
                    let alone = fields.len() == 1 || !fields.contains_key("$ref");
                    let typed = fields.get("type").is_none_or(|kind| !kind.is_array() && *kind != "null");
                    if !alone || !typed || fields.contains_key("propertyNames") {
                        found.push(part.to_string());
                    }
                    fields
                        .iter()
                        .filter(|(name, _)| *name != "examples")
                        .for_each(|(_, field)| newer(field, found));
                }
                Value::Array(items) => items.iter().for_each(|item| newer(item, found)),
                _ => {}
            }
        }
        let mut found = Vec::new();
        newer(&document(), &mut found);
        assert!(found.len() > 10, "the document has little that is new: {found:?}");
        found.clear();
        newer(&in_3_0(&document()), &mut found);
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn the_golden_copies_are_up_to_date() {
        for (file, current, argument) in
            [("openapi.json", golden(), ""), ("openapi-3.0.json", golden_3_0(), " 3.0")]
        {
            let path = format!("{}/../../docs/{file}", env!("CARGO_MANIFEST_DIR"));
            let kept = std::fs::read_to_string(path).unwrap_or_default();
            assert!(
                kept == current,
                "docs/{file} is out of date: cargo run -p holdfast-api --example openapi{argument} > docs/{file}"
            );
        }
    }
}
