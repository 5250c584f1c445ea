//! `events/samples/http`: every request shape, in the gateway's event format (payload 2.0), is decoded and understood.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use holdfast_api::{Claims, Identity, Request};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;

use crate::stub::{Outside, body, gateway, run};

fn text<'a>(event: &'a Value, pointer: &str) -> &'a str {
    event.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} of {event}"))
}

/// What the token of an event says. Nobody has signed it: `make invoke` has another one signed that says the same.
fn said(event: &Value) -> Option<Value> {
    let token = event["headers"]["authorization"].as_str()?.strip_prefix("Bearer ").expect("a token");
    let said = token.split('.').nth(1).expect("the second of three parts");
    Some(serde_json::from_slice(&BASE64URL_NOPAD.decode(said.as_bytes()).expect("base64url")).expect("JSON"))
}

/// What the runtime makes of an event.
fn decoded(event: &Value) -> Request {
    assert_eq!(text(event, "/version"), "2.0");
    assert_eq!(event["isBase64Encoded"], false);
    let mut headers = HeaderMap::new();
    for (name, value) in event["headers"].as_object().expect("headers") {
        let name: HeaderName = name.parse().expect("a header's name");
        let value = HeaderValue::from_str(value.as_str().expect("text")).expect("a header's value");
        headers.insert(name, value);
    }
    let identity = said(event).map_or(Identity::Unproven, |said| {
        let scopes = text(&said, "/scope").split(' ').map(str::to_owned).collect();
        let groups = said["cognito:groups"].as_array().cloned().unwrap_or_default();
        let groups = groups.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        Identity::Bearer(Claims { sub: text(&said, "/sub").to_owned(), scopes, groups })
    });
    Request {
        method: text(event, "/requestContext/http/method").parse::<Method>().expect("a method"),
        path: text(event, "/rawPath").to_owned(),
        query: text(event, "/rawQueryString").to_owned(),
        headers,
        body: event["body"].as_str().unwrap_or_default().as_bytes().to_vec(),
        identity,
        address: None,
        request_id: text(event, "/requestContext/requestId").to_owned(),
        time_left: Duration::from_secs(29),
    }
}

fn samples() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/samples/http");
    let mut found: Vec<(String, Value)> = std::fs::read_dir(folder)
        .expect("the folder of samples")
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let content = std::fs::read(&path).expect("a file");
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name.clone(), serde_json::from_slice(&content).unwrap_or_else(|error| panic!("{name}: {error}")))
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

#[test]
fn every_sample_is_a_request_we_understand() {
    for (name, event) in samples() {
        let outside = Arc::new(Outside::with_resource());
        let response = run(gateway(&outside, decoded(&event)));
        let answer = body(&response);
        let understood = match answer["code"].as_str() {
            None => true,
            Some("not_found") => answer["detail"] != "there is no such route",
            Some("invalid_signature") => name == "stripe-webhook",
            Some(_) => false,
        };
        assert!(understood, "{name}: {answer}");
    }
}

#[test]
fn every_operation_has_a_sample() {
    let document = holdfast_api::openapi::document();
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in item.as_object().expect("operations").keys() {
            documented.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    let sampled: BTreeSet<String> =
        samples().iter().map(|(_, event)| text(event, "/routeKey").to_owned()).collect();
    assert_eq!(sampled, documented);
}

/// The claims of Cognito's access token, as far as every one has them (Amazon Cognito Developer Guide, "Using the access token"):
/// no address and no name among them. The local issuer's are held against the same list.
const CLAIMS: [&str; 13] = [
    "auth_time",
    "client_id",
    "event_id",
    "exp",
    "iat",
    "iss",
    "jti",
    "origin_jti",
    "scope",
    "sub",
    "token_use",
    "username",
    "version",
];

#[test]
fn tokens_say_what_cognitos_do() {
    let mut tokens = 0;
    for (name, event) in samples() {
        assert!(event.pointer("/requestContext/authorizer").is_none(), "{name}: no route has an authorizer");
        let Some(said) = said(&event) else { continue };
        let named = said.as_object().expect("claims").keys().map(String::as_str);
        // Only whoever is in a group has that.
        let named: BTreeSet<&str> = named.filter(|claim| *claim != "cognito:groups").collect();
        assert_eq!(named, CLAIMS.into(), "{name}");
        tokens += 1;
    }
    assert!(tokens > 8, "{tokens} tokens");
}
