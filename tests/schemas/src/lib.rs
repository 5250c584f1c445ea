//! Validators of JSON by schemas that are parts of a document, such as those of an OpenAPI document's operations.
//!
//! For tests only. It is a crate of its own so that what it is built from is asked of the same features by every build.

pub use jsonschema::Validator;
use serde_json::{Value, json};

/// The validator of a schema that may refer to the components of `document`. It asserts formats as well.
///
/// # Panics
/// If the schema is none.
#[must_use]
#[expect(clippy::expect_used, reason = "a test that cannot go on has failed")]
pub fn validator(document: &Value, schema: &Value) -> Validator {
    let whole = json!({ "allOf": [schema], "components": document["components"] });
    jsonschema::draft202012::options().should_validate_formats(true).build(&whole).expect("a schema")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_lead_into_the_document_and_formats_are_asserted() {
        let document =
            json!({ "components": { "schemas": { "Date": { "type": "string", "format": "date" } } } });
        let validator = validator(&document, &json!({ "$ref": "#/components/schemas/Date" }));
        for (value, valid) in [("2027-06-01", true), ("2027-02-30", false), ("today", false)] {
            assert_eq!(validator.is_valid(&json!(value)), valid, "{value}");
        }
    }
}
