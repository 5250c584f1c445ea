//! JSON in which no object has two fields of one name. Of such a pair one reader takes the first and another the last
//! (RFC 8259, 4), so that nobody can say what was asked for.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// A value without such pairs; one that has any is an error.
pub(crate) struct Distinct(pub(crate) Value);

impl<'de> Deserialize<'de> for Distinct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(flag.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        // Ends: with the body.
        while let Some(Distinct(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        // Ends: with the body.
        while let Some(name) = fields.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format_args!("the field {name:?} is given twice")));
            }
            let Distinct(value) = fields.next_value()?;
            object.insert(name, value);
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_is_given_twice_is_an_error_at_any_depth() {
        let check = |text: &str, twice: Option<&str>| {
            let read = serde_json::from_str::<Distinct>(text);
            let expected = twice.map(|name| format!("the field {name:?} is given twice"));
            let found = read
                .as_ref()
                .err()
                .map(|error| error.to_string().split(" at line").next().map(str::to_owned));
            assert_eq!(found.flatten(), expected, "{text}");
        };
        check(r#"{"quantity":1,"quantity":2}"#, Some("quantity"));
        check(r#"{"quantity":1,"quantity":1}"#, Some("quantity"));
        check(r#"{"a":{"b":[{"c":null,"c":null}]}}"#, Some("c"));
        check(r#"{"é":1,"\u00e9":2}"#, Some("é"));
        check(r#"{"a":{"b":1},"b":[{"a":1},{"a":2}],"A":1}"#, None);
    }
}
