//! JSON bodies, walked field by field so that every error has its exact pointer (RFC 6901).

use serde_json::{Map, Value};

use crate::code::HttpCode;
use crate::read::errors::Errors;
use crate::refusal::Refusal;

/// The body as JSON.
///
/// # Errors
/// 400 if it is not.
pub(crate) fn parse(body: &[u8]) -> Result<Value, Refusal> {
    serde_json::from_slice(body)
        .map_err(|error| Refusal::new(HttpCode::MalformedJson, format!("the body is not JSON: {error}")))
}

/// The body of a request that has none: an object without fields.
pub(crate) fn empty() -> Value {
    Value::Object(Map::new())
}

/// The text of a value that is the same whatever the order of its fields.
pub(crate) fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort_unstable();
            let fields: Vec<String> = names
                .into_iter()
                .filter_map(|name| {
                    let value = canonical(fields.get(name)?);
                    Some(format!("{}:{value}", Value::String(name.clone())))
                })
                .collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(canonical).collect();
            format!("[{}]", items.join(","))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

/// The pointer of a field within another.
#[must_use]
pub fn pointer(parent: &str, name: &str) -> String {
    format!("{parent}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// A reader of an object's fields.
pub struct Object<'a> {
    fields: &'a Map<String, Value>,
    pointer: String,
    known: Vec<&'static str>,
    errors: &'a Errors,
}

impl<'a> Object<'a> {
    /// A reader of `value`, found at `pointer`; `None` if it is no object, which is an error by then.
    pub fn new(value: &'a Value, pointer: impl Into<String>, errors: &'a Errors) -> Option<Self> {
        let pointer = pointer.into();
        match value {
            Value::Object(fields) => Some(Self { fields, pointer, known: Vec::new(), errors }),
            other => {
                errors.push(pointer, format!("must be an object, not {}", kind(other)));
                None
            }
        }
    }

    /// The pointer of a field of it.
    #[must_use]
    pub fn at(&self, name: &str) -> String {
        pointer(&self.pointer, name)
    }

    /// A field as it came; `None` if it is missing or null.
    pub fn value(&mut self, name: &'static str) -> Option<&'a Value> {
        self.known.push(name);
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// A field that must be there, as it came.
    pub fn required_value(&mut self, name: &'static str) -> Option<&'a Value> {
        let value = self.value(name);
        if value.is_none() {
            self.errors.push(self.at(name), "is required");
        }
        value
    }

    /// A field that must be there.
    pub fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&'a Value) -> Result<T, String>,
    ) -> Option<T> {
        let value = self.required_value(name)?;
        self.read(name, value, read)
    }

    /// A field that may be missing or null; also `None` if it is wrong, which is an error by then.
    pub fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&'a Value) -> Result<T, String>,
    ) -> Option<T> {
        let value = self.value(name)?;
        self.read(name, value, read)
    }

    /// An object that must be there.
    pub fn object(&mut self, name: &'static str) -> Option<Object<'a>> {
        let value = self.required_value(name)?;
        Object::new(value, self.at(name), self.errors)
    }

    /// The items of an array that must be there, each with its pointer.
    pub fn items(&mut self, name: &'static str, most: usize) -> Option<Vec<(String, &'a Value)>> {
        match self.required_value(name)? {
            Value::Array(items) if items.len() <= most => {
                let at = self.at(name);
                Some(items.iter().enumerate().map(|(i, item)| (format!("{at}/{i}"), item)).collect())
            }
            Value::Array(_) => {
                self.errors.push(self.at(name), format!("must have at most {most} items"));
                None
            }
            other => {
                self.errors.push(self.at(name), format!("must be an array, not {}", kind(other)));
                None
            }
        }
    }

    /// Every field that was not asked for is an error.
    pub fn close(self) {
        for name in self.fields.keys() {
            if !self.known.contains(&name.as_str()) {
                self.errors.push(self.at(name), "is not a field of this request");
            }
        }
    }

    fn read<T>(
        &self,
        name: &str,
        value: &'a Value,
        read: impl FnOnce(&'a Value) -> Result<T, String>,
    ) -> Option<T> {
        read(value).map_err(|detail| self.errors.push(self.at(name), detail)).ok()
    }
}

/// The kind of a value, in words.
#[must_use]
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_canonical_form_knows_no_order_and_no_spaces() {
        let one = parse(br#"{"b": [1, {"d": null, "c": "x\"y"}], "a": true}"#).expect("JSON");
        let two = parse(br#"{"a":true,"b":[1,{"c":"x\"y","d":null}]}"#).expect("JSON");
        assert_eq!(canonical(&one), canonical(&two));
        assert_eq!(canonical(&two), r#"{"a":true,"b":[1,{"c":"x\"y","d":null}]}"#);
        assert_ne!(canonical(&json!({ "a": 1 })), canonical(&json!({ "a": 1.0 })));
        assert_ne!(canonical(&json!(["a", "b"])), canonical(&json!(["b", "a"])));
    }

    #[test]
    fn pointers_escape_what_they_must() {
        assert_eq!(pointer("/attributes", "a/b~c"), "/attributes/a~1b~0c");
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_was_written(text in ".{0,40}", number in any::<i64>(), flag in any::<bool>()) {
            let value = json!({ "b": [text, null, { "z": number, "a": flag }], "a": {} });
            let written = canonical(&value);
            prop_assert_eq!(parse(written.as_bytes()).map_err(|refusal| refusal.code), Ok(value));
            let torn = parse(&written.as_bytes()[..written.len() - 1]).map_err(|refusal| refusal.code);
            prop_assert_eq!(torn, Err(HttpCode::MalformedJson));
        }
    }
}
