//! JSON bodies, walked field by field so that every error has its exact pointer (RFC 6901).

use serde_json::{Map, Value};

use crate::code::HttpCode;
use crate::read::distinct::Distinct;
use crate::read::errors::Errors;
use crate::refusal::Refusal;

/// The body as JSON.
///
/// # Errors
/// 400 if it is not, or if an object in it has two fields of one name.
pub(crate) fn parse(body: &[u8]) -> Result<Value, Refusal> {
    serde_json::from_slice(body)
        .map(|Distinct(value)| value)
        .map_err(|error| Refusal::new(HttpCode::MalformedJson, format!("the body is not JSON: {error}")))
}

/// The body of a request that has none: an object without fields.
pub(crate) fn empty() -> Value {
    Value::Object(Map::new())
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
    use holdfast_app::kernel::canonical;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn pointers_escape_what_they_must() {
        assert_eq!(pointer("/attributes", "a/b~c"), "/attributes/a~1b~0c");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::String),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                prop::collection::btree_map(".{0,4}", inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(holdfast_properties::config(1000, "tests/regressions/body.txt"))]

        #[test]
        fn one_value_has_one_canonical_form_however_it_is_written(value in any_json()) {
            let form = canonical(&value);
            let pretty = serde_json::to_vec_pretty(&value).expect("JSON");
            for written in [&pretty[..], form.as_bytes()] {
                let read = parse(written);
                prop_assert_eq!(read.as_ref().ok(), Some(&value));
                prop_assert_eq!(&read.map(|read| canonical(&read)).unwrap_or_default(), &form);
            }
        }

        #[test]
        fn half_of_an_object_is_a_400(value in any_json(), cut in any::<prop::sample::Index>()) {
            let whole = json!({ "field": value }).to_string();
            let half = &whole.as_bytes()[..cut.index(whole.len())];
            prop_assert_eq!(parse(half).err().map(|refusal| refusal.code), Some(HttpCode::MalformedJson));
        }
    }
}
