//! Attributes of a resource, which all versions store alike.

use holdfast_domain::catalogue::AttributeValue;
use serde::{Deserialize, Serialize};

/// A value of a resource's attribute. JSON itself tells the three apart.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum StoredAttribute {
    Flag(bool),
    Number(f64),
    Text(String),
}

impl From<&AttributeValue> for StoredAttribute {
    fn from(value: &AttributeValue) -> Self {
        match value {
            AttributeValue::Text(text) => Self::Text(text.clone()),
            AttributeValue::Number(number) => Self::Number(*number),
            AttributeValue::Flag(flag) => Self::Flag(*flag),
        }
    }
}

impl From<StoredAttribute> for AttributeValue {
    fn from(stored: StoredAttribute) -> Self {
        match stored {
            StoredAttribute::Text(text) => Self::Text(text),
            StoredAttribute::Number(number) => Self::Number(number),
            StoredAttribute::Flag(flag) => Self::Flag(flag),
        }
    }
}
