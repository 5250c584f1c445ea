//! JSON in one form, for digests: of requests, which are compared with their repetitions, and of audit entries, which are sealed.
//!
//! Fields are sorted by their names' bytes, nothing stands between tokens, and numbers stay as they are. This is not RFC 8785,
//! which writes every number as a double: `1` and `1.0` would be one request, and two large integers could share a seal.

use serde_json::Value;

/// Returns the text of a value, which does not depend on the order of its fields.
#[must_use]
pub fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            let fields: Vec<String> = fields
                .into_iter()
                .map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), canonical(value)))
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_canonical_form_knows_no_order_and_no_spaces() {
        let parse = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
        let one = parse(r#"{"b": [1, {"d": null, "c": "x\"y"}], "a": true}"#);
        let two = parse(r#"{"a":true,"b":[1,{"c":"x\"y","d":null}]}"#);
        assert_eq!(canonical(&one), canonical(&two));
        assert_eq!(canonical(&two), r#"{"a":true,"b":[1,{"c":"x\"y","d":null}]}"#);
        assert_ne!(canonical(&json!({ "a": 1 })), canonical(&json!({ "a": 1.0 })));
        assert_ne!(
            canonical(&json!(9_007_199_254_740_993_u64)),
            canonical(&json!(9_007_199_254_740_992_u64))
        );
        assert_ne!(canonical(&json!(["a", "b"])), canonical(&json!(["b", "a"])));
    }
}
