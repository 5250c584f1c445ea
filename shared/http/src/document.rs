//! The part of an OpenAPI 3.1 document that follows from the routes of APIs: paths, and the components they refer to.
//!
//! Of every operation it says method, path, `operationId`, `x-function` (the folder below `functions/` that serves it) and
//! `security`: one requirement per scope, any one of which suffices, and none at all for a route that anyone may call. The
//! gateway's routes can be made from these four.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

use crate::answer::ErrorAnswer;
use crate::api::{Api, Route};
use crate::code::{HttpCode, ProblemCode};
use crate::documentation::{Documentation, written};
use crate::problem::{PROBLEM_JSON, Problem, ProblemDocument};

/// The name of the security scheme that operations refer to.
pub const TOKEN: &str = "token";

/// The schema of the gateway's own answers.
const GATEWAY_ANSWER: &str = "GatewayAnswer";
/// The schema of problems.
const PROBLEM: &str = "Problem";

/// What an idempotency key brings with it.
#[derive(Debug, Clone, Copy)]
pub struct Keys<C: 'static> {
    /// Problems that only a key can cause, beside its being missing.
    pub problems: &'static [C],
    /// Problems that are remembered for a key and answered again, marked as a replay.
    pub remembered: &'static [C],
}

/// A document being written, for APIs whose problems have the codes `C`.
#[derive(Debug)]
pub struct Document<C: ProblemCode> {
    keys: Keys<C>,
    routes: usize,
    answered: BTreeSet<C>,
    paths: BTreeMap<String, BTreeMap<String, Value>>,
    responses: BTreeMap<String, Value>,
    schemas: BTreeMap<String, Value>,
}

impl<C: ProblemCode> Document<C> {
    /// A document without operations.
    #[must_use]
    pub fn new(keys: Keys<C>) -> Self {
        let mut problem = vec![
            (PROBLEM.to_owned(), ProblemDocument::<C::Facts>::schema()),
            (C::Facts::name().into_owned(), C::Facts::schema()),
        ];
        C::Facts::schemas(&mut problem);
        ProblemDocument::<C::Facts>::schemas(&mut problem);
        let mut schemas: BTreeMap<String, Value> =
            problem.iter().map(|(name, schema)| (name.clone(), written(schema))).collect();
        schemas.insert(
            GATEWAY_ANSWER.to_owned(),
            json!({
                "type": "object", "description": "API Gateway's own answer: Holdfast did not answer the request",
                "required": ["message"], "properties": { "message": { "type": "string" } },
                "example": { "message": "Not Found" }
            }),
        );
        Self {
            keys,
            routes: 0,
            answered: BTreeSet::new(),
            paths: BTreeMap::new(),
            responses: BTreeMap::new(),
            schemas,
        }
    }

    /// With the operations of an API.
    #[must_use]
    pub fn with<A: Api>(mut self) -> Self
    where
        A::Error: ErrorAnswer<Code = C>,
    {
        for (route, documentation) in A::ROUTES.iter().zip(A::documentation()) {
            self.operation(A::FUNCTION, route, documentation);
        }
        self.routes += A::ROUTES.len();
        self
    }

    /// How many routes it has been given.
    #[must_use]
    pub fn routes(&self) -> usize {
        self.routes
    }

    /// The fields `paths` and `components`; `example` is the problem that shows a code.
    #[must_use]
    pub fn finish(mut self, example: impl Fn(C) -> Problem<C>) -> Value {
        unflatten(&mut self.schemas);
        name_variants(&mut self.schemas);
        let names: Vec<&str> = C::ALL.iter().map(|code| code.as_str()).collect();
        if let Some(problem) = self.schemas.get_mut(PROBLEM) {
            problem["properties"]["code"]["x-extensible-enum"] = json!(names);
        }
        let examples: Map<String, Value> = C::ALL
            .iter()
            .filter(|code| self.answered.contains(code))
            .map(|code| {
                let value = written(&example(*code).document("/api/..."));
                (code.as_str().to_owned(), json!({ "summary": code.title(), "value": value }))
            })
            .collect();
        let mut document = json!({
            "paths": self.paths,
            "components": {
                "headers": headers(), "parameters": parameters(), "examples": examples, "responses": self.responses,
                "schemas": self.schemas,
            }
        });
        drop_unused_schemas(&mut document);
        take_null_for_left_out(&mut document);
        document
    }

    fn operation<A: Api>(&mut self, function: &str, route: &Route<A>, documentation: Documentation<C>) {
        let codes = self.codes(route, &documentation);
        let Documentation {
            tag, summary, description, keyed, mut parameters, body, answers, schemas, ..
        } = documentation;
        self.schemas.extend(schemas);
        self.answered.extend(&codes);
        if keyed {
            parameters.push(json!({ "$ref": "#/components/parameters/IdempotencyKey" }));
        }
        parameters.push(json!({ "$ref": "#/components/parameters/Traceparent" }));
        let security: Vec<Value> =
            route.scopes().iter().map(|scope| json!({ (TOKEN): [scope.as_str()] })).collect();
        let mut responses = Map::new();
        for (status, mut answer) in answers {
            stamp(&mut answer, keyed && status.is_success(), false);
            responses.insert(status.as_str().to_owned(), answer);
        }
        let mut refused: BTreeMap<u16, Vec<C>> = BTreeMap::from([(429, Vec::new())]);
        for code in codes {
            refused.entry(code.status().as_u16()).or_default().push(code);
        }
        for (status, group) in refused {
            let by_gateway = matches!(status, 404 | 413 | 429 | 500 | 503);
            let names: Vec<&str> = group.iter().map(|code| code.as_str()).collect();
            let name = if names.is_empty() { "gateway".to_owned() } else { names.join(".") };
            responses.insert(status.to_string(), json!({ "$ref": format!("#/components/responses/{name}") }));
            let remembered = group.iter().any(|code| self.keys.remembered.contains(code));
            self.responses.entry(name).or_insert_with(|| refusal(&group, by_gateway, remembered));
        }
        let mut operation = json!({
            "operationId": route.operation_id, "x-function": function, "tags": [tag], "summary": summary,
            "security": security, "parameters": parameters, "responses": responses,
        });
        if let Some(description) = description {
            operation["description"] = json!(description);
        }
        if let Some(body) = body {
            operation["requestBody"] = body;
        }
        let method = route.method.as_str().to_ascii_lowercase();
        self.paths.entry(route.path.to_owned()).or_default().insert(method, operation);
    }

    /// The codes of the problems that a route may answer with, in order.
    fn codes<A: Api>(&self, route: &Route<A>, documentation: &Documentation<C>) -> BTreeSet<C> {
        let mut codes: BTreeSet<C> = documentation.problems.iter().copied().collect();
        let mut add = |more: &[HttpCode]| codes.extend(more.iter().copied().map(C::from));
        add(&[HttpCode::InternalError, HttpCode::ServiceUnavailable]);
        if !route.scopes().is_empty() {
            add(&[HttpCode::Unauthorized, HttpCode::InsufficientScope]);
        }
        // An id that is empty, has a slash or is no text makes the path another route, to the gateway or to dispatch.
        if route.path.contains('{') {
            add(&[HttpCode::NotFound]);
        }
        if documentation.reads_json {
            add(&[HttpCode::MalformedJson, HttpCode::BodyTooLarge, HttpCode::ValidationFailed]);
        }
        if documentation.keyed {
            add(&[HttpCode::IdempotencyKeyRequired]);
            codes.extend(self.keys.problems);
        }
        codes
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

/// The response that problems of one status share.
fn refusal<C: ProblemCode>(group: &[C], by_gateway: bool, remembered: bool) -> Value {
    let names: Vec<&str> = group.iter().map(|code| code.as_str()).collect();
    let mut content = Map::new();
    let mut description = names.join(", ");
    if by_gateway {
        let schema = json!({ "$ref": format!("#/components/schemas/{GATEWAY_ANSWER}") });
        content.insert("application/json".to_owned(), json!({ "schema": schema }));
        let more = "API Gateway answers in place of Holdfast, with a body of its own";
        description = if names.is_empty() { more.to_owned() } else { format!("{description}; or {more}") };
    }
    if !group.is_empty() {
        let examples: Map<String, Value> = names
            .iter()
            .map(|name| ((*name).to_owned(), json!({ "$ref": format!("#/components/examples/{name}") })))
            .collect();
        content.insert(
            PROBLEM_JSON.to_owned(),
            json!({ "schema": { "$ref": format!("#/components/schemas/{PROBLEM}") }, "examples": examples }),
        );
    }
    let mut response = json!({ "description": description, "content": content, "x-codes": names });
    let waits = group.iter().any(|code| code.retry_after_seconds().is_some());
    stamp(&mut response, remembered, waits);
    response
}

/// Adds the headers of an answer.
fn stamp(answer: &mut Value, replayable: bool, waits: bool) {
    let mut add = |name: &str, component: &str| {
        answer["headers"][name] = json!({ "$ref": format!("#/components/headers/{component}") });
    };
    add("X-Request-Id", "XRequestId");
    add("traceparent", "Traceparent");
    if replayable {
        add("Idempotent-Replayed", "IdempotentReplayed");
    }
    if waits {
        add("Retry-After", "RetryAfter");
    }
}

/// Merges the parts of a schema whose type has a flattened field: they come as `allOf`, which nothing satisfies if one of
/// them is closed.
fn unflatten(schemas: &mut BTreeMap<String, Value>) {
    let all = schemas.clone();
    for schema in schemas.values_mut() {
        *schema = unflattened(schema, &all);
    }
}

/// The schema with the fields of its parts, and theirs, in one object.
fn unflattened(schema: &Value, all: &BTreeMap<String, Value>) -> Value {
    let Some(parts) = schema["allOf"].as_array() else { return schema.clone() };
    let mut fields = Map::new();
    let mut required = Vec::new();
    for part in parts {
        let part = unflattened(referred(part).and_then(|name| all.get(name)).unwrap_or(part), all);
        fields.extend(part["properties"].as_object().cloned().unwrap_or_default());
        required.extend(part["required"].as_array().cloned().unwrap_or_default());
    }
    let mut whole = json!({ "type": "object", "properties": fields, "required": required });
    if let Some(description) = schema.get("description") {
        whole["description"] = description.clone();
    }
    whole
}

/// Gives each variant of a tagged enum, an object with a title, a schema of its own by that title, closed, and says by
/// which field they differ.
fn name_variants(schemas: &mut BTreeMap<String, Value>) {
    let mut named = BTreeMap::new();
    for schema in schemas.values_mut() {
        let Some(variants) = schema.get_mut("oneOf").and_then(Value::as_array_mut) else { continue };
        let mut mapping = Map::new();
        let mut tag = None;
        for variant in variants {
            let Some(title) = variant["title"].as_str().map(str::to_owned) else { continue };
            let Some((field, value)) = tag_of(variant) else { continue };
            let reference = format!("#/components/schemas/{title}");
            mapping.insert(value, json!(reference));
            tag = Some(field);
            variant["additionalProperties"] = json!(false);
            named.insert(title, std::mem::replace(variant, json!({ "$ref": reference })));
        }
        if let Some(tag) = tag {
            schema["discriminator"] = json!({ "propertyName": tag, "mapping": mapping });
        }
    }
    schemas.extend(named);
}

/// The field of a variant that has one value only, and that value.
fn tag_of(variant: &Value) -> Option<(String, String)> {
    variant["properties"].as_object()?.iter().find_map(|(name, property)| {
        match property["enum"].as_array()?[..] {
            [ref only] => Some((name.clone(), only.as_str()?.to_owned())),
            _ => None,
        }
    })
}

/// Lets every field of a request that may be left out be null as well, as the readers of requests do
/// ([`Object::value`](crate::read::body::Object::value)).
fn take_null_for_left_out(document: &mut Value) {
    let mut sent = Vec::new();
    for operation in document["paths"].as_object().into_iter().flat_map(|paths| paths.values()) {
        let bodies = operation.as_object().into_iter().flat_map(|methods| methods.values());
        bodies.for_each(|operation| references(&operation["requestBody"], &mut sent));
    }
    for name in reached(&document["components"]["schemas"], sent) {
        let schema = &mut document["components"]["schemas"][name];
        let required = schema["required"].clone();
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (name, property) in properties.into_iter().flatten() {
            if !required.as_array().is_some_and(|names| names.iter().any(|required| required == name)) {
                or_null(property);
            }
        }
    }
}

/// Lets a schema take null.
fn or_null(schema: &mut Value) {
    let Some(fields) = schema.as_object_mut() else { return };
    if let Some(reference) = fields.remove("$ref") {
        fields.insert("oneOf".to_owned(), json!([{ "type": "null" }, { "$ref": reference }]));
    } else if let Some(Value::String(kind)) = fields.get("type") {
        let either = json!([kind, "null"]);
        fields.insert("type".to_owned(), either);
    }
}

/// Drops the schemas that nothing refers to, such as those that were merged into others.
fn drop_unused_schemas(document: &mut Value) {
    let mut names: Vec<String> = Vec::new();
    references(&document["paths"], &mut names);
    references(&document["components"]["responses"], &mut names);
    let used = reached(&document["components"]["schemas"], names);
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        schemas.retain(|name, _| used.contains(name));
    }
}

/// The schemas of these names, and those that they refer to.
fn reached(schemas: &Value, mut names: Vec<String>) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    // Ends: each name is reached once.
    while let Some(name) = names.pop() {
        references(&schemas[&name], &mut names);
        names.retain(|name| !reached.contains(name));
        reached.insert(name);
    }
    reached
}

/// The name of the schema that a part of the document refers to.
fn referred(part: &Value) -> Option<&str> {
    part["$ref"].as_str()?.strip_prefix("#/components/schemas/")
}

fn references(part: &Value, names: &mut Vec<String>) {
    names.extend(referred(part).map(str::to_owned));
    match part {
        Value::Object(fields) => fields.values().for_each(|field| references(field, names)),
        Value::Array(items) => items.iter().for_each(|item| references(item, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
