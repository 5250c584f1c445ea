//! What the OpenAPI document says of a route beside its declaration: texts, parameters, bodies, answers, problems.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Value, json};
use utoipa::openapi::path::ParameterIn;
use utoipa::{IntoParams, ToSchema};

/// What the OpenAPI document says of a route beside its declaration. `C` are the API's codes of problems.
#[derive(Debug, Clone)]
pub struct Documentation<C> {
    pub(crate) tag: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) description: Option<&'static str>,
    pub(crate) keyed: bool,
    pub(crate) reads_json: bool,
    pub(crate) problems: Vec<C>,
    pub(crate) parameters: Vec<Value>,
    pub(crate) body: Option<Value>,
    pub(crate) answers: Vec<(StatusCode, Value)>,
    pub(crate) schemas: BTreeMap<String, Value>,
}

impl<C: Copy> Documentation<C> {
    /// The documentation of a route that has a summary in one sentence and belongs to a group of routes, its tag.
    #[must_use]
    pub fn new(tag: &'static str, summary: &'static str) -> Self {
        Self {
            tag,
            summary,
            description: None,
            keyed: false,
            reads_json: false,
            problems: Vec::new(),
            parameters: Vec::new(),
            body: None,
            answers: Vec::new(),
            schemas: BTreeMap::new(),
        }
    }

    /// With what its users must know beyond the summary, in CommonMark.
    #[must_use]
    pub fn described(mut self, description: &'static str) -> Self {
        self.description = Some(description);
        self
    }

    /// With the header `Idempotency-Key`, and the problems that come with it.
    #[must_use]
    pub fn keyed(mut self) -> Self {
        self.keyed = true;
        self
    }

    /// With the codes of the problems it may answer with. Those of every route, of every token, of every body and of every
    /// idempotency key are not named.
    #[must_use]
    pub fn problems(mut self, codes: &[C]) -> Self {
        self.problems.extend(codes);
        self
    }

    /// With the part that its path names, an id.
    #[must_use]
    pub fn path(self, name: &str, description: &str) -> Self {
        self.parameter(ParameterIn::Path, name, description, json!({ "type": "string", "format": "id" }))
    }

    /// With query parameters, as a type describes them.
    #[must_use]
    pub fn queries<P: IntoParams>(mut self) -> Self {
        let parameters = P::into_params(|| Some(ParameterIn::Query));
        self.parameters.extend(parameters.iter().map(written));
        self
    }

    /// With a header that the client may send.
    #[must_use]
    pub fn header(self, name: &str, description: &str) -> Self {
        self.parameter(ParameterIn::Header, name, description, json!({ "type": "string" }))
    }

    /// With the parameter named last being required.
    #[must_use]
    pub fn required(mut self) -> Self {
        if let Some(last) = self.parameters.last_mut() {
            last["required"] = json!(true);
        }
        self
    }

    /// With an example of the parameter named last.
    #[must_use]
    pub fn example(mut self, example: &str) -> Self {
        if let Some(last) = self.parameters.last_mut() {
            last["example"] = json!(example);
        }
        self
    }

    fn parameter(mut self, place: ParameterIn, name: &str, description: &str, schema: Value) -> Self {
        let required = matches!(place, ParameterIn::Path);
        self.parameters.push(json!({
            "name": name, "in": written(&place), "required": required, "description": description,
            "schema": schema
        }));
        self
    }

    /// With a JSON body.
    #[must_use]
    pub fn body<T: ToSchema>(mut self) -> Self {
        let schema = self.schema::<T>();
        self.reads_json = true;
        self.body =
            Some(json!({ "required": true, "content": { "application/json": { "schema": schema } } }));
        self
    }

    /// With a JSON body that may be left out.
    #[must_use]
    pub fn body_if_any<T: ToSchema>(mut self) -> Self {
        let schema = self.schema::<T>();
        self.reads_json = true;
        self.body = Some(json!({
            "required": false, "description": "May be left out",
            "content": { "application/json": { "schema": schema } }
        }));
        self
    }

    /// With a JSON body that somebody else defines.
    #[must_use]
    pub fn foreign_body(mut self, description: &str) -> Self {
        self.body = Some(json!({
            "required": true, "description": description,
            "content": { "application/json": { "schema": { "type": "object" } } }
        }));
        self
    }

    /// With an answer that has a JSON body.
    #[must_use]
    pub fn answer<T: ToSchema>(mut self, status: StatusCode, description: &str) -> Self {
        let schema = self.schema::<T>();
        let content = json!({ "application/json": { "schema": schema } });
        self.answers.push((status, json!({ "description": description, "content": content })));
        self
    }

    /// With an answer that has no body, or none worth a schema.
    #[must_use]
    pub fn empty(mut self, status: StatusCode, description: &str) -> Self {
        self.answers.push((status, json!({ "description": description })));
        self
    }

    /// With headers of the answer named last.
    #[must_use]
    pub fn having(mut self, headers: &[&str]) -> Self {
        if let Some((_, answer)) = self.answers.last_mut() {
            for name in headers {
                answer["headers"][name] = json!({ "schema": { "type": "string" } });
            }
        }
        self
    }

    /// A reference to the schema of a type, which is kept with all that it refers to.
    fn schema<T: ToSchema>(&mut self) -> Value {
        let mut found = vec![(T::name().into_owned(), T::schema())];
        T::schemas(&mut found);
        self.schemas.extend(found.iter().map(|(name, schema)| (name.clone(), written(schema))));
        json!({ "$ref": format!("#/components/schemas/{}", T::name()) })
    }
}

/// A part of the document as JSON.
pub(crate) fn written<T: serde::Serialize>(part: &T) -> Value {
    serde_json::to_value(part).unwrap_or_default()
}
