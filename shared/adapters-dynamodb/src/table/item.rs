//! Attributes of an item: reading them with a named error, writing them in one word.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_app::StoreError;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// An item, or a map inside of one.
pub type Item = HashMap<String, AttributeValue>;

pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(crate) fn n(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

pub(crate) fn millis(at: Timestamp) -> AttributeValue {
    n(at.as_millisecond())
}

/// The attribute by which DynamoDB deletes an item that is `kept` from an instant on.
pub(crate) fn kept_until(from: Timestamp, kept: SignedDuration) -> (String, AttributeValue) {
    ("ttl".to_owned(), n(from.checked_add(kept).unwrap_or(Timestamp::MAX).as_second()))
}

pub(crate) fn m(map: Item) -> AttributeValue {
    AttributeValue::M(map)
}

/// A document that DynamoDB does not look into.
pub(crate) fn document(value: &impl Serialize) -> AttributeValue {
    match serde_json::to_string(value) {
        Ok(text) => AttributeValue::S(text),
        Err(_) => unreachable!("stored documents have string keys only"),
    }
}

/// Reads attributes of one item; every error names the item.
pub(crate) struct Reader<'a> {
    item: &'a Item,
    name: String,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(item: &'a Item) -> Self {
        let part = |key: &str| match item.get(key) {
            Some(AttributeValue::S(text)) => text.as_str(),
            _ => "?",
        };
        Self { item, name: format!("{}/{}", part("pk"), part("sk")) }
    }

    /// A map inside of this item, errors still naming the item.
    pub(crate) fn inner(&self, item: &'a Item) -> Self {
        Self { item, name: self.name.clone() }
    }

    pub(crate) fn corrupt(&self, reason: impl Into<String>) -> StoreError {
        StoreError::Corrupt { item: self.name.clone(), reason: reason.into() }
    }

    pub(crate) fn opt_text(&self, key: &str) -> Option<&'a str> {
        match self.item.get(key) {
            Some(AttributeValue::S(text)) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn text(&self, key: &str) -> Result<&'a str, StoreError> {
        self.opt_text(key).ok_or_else(|| self.corrupt(format!("no text {key}")))
    }

    pub(crate) fn parsed<T, E: ToString>(
        &self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<T, StoreError> {
        parse(self.text(key)?).map_err(|error| self.corrupt(format!("{key}: {}", error.to_string())))
    }

    /// A list of texts.
    pub(crate) fn texts<T, E: ToString>(
        &self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Vec<T>, StoreError> {
        let text = |value: &AttributeValue| match value {
            AttributeValue::S(text) => {
                parse(text).map_err(|error| self.corrupt(format!("{key}: {}", error.to_string())))
            }
            _ => Err(self.corrupt(format!("{key}: not a text"))),
        };
        self.list(key)?.iter().map(text).collect()
    }

    pub(crate) fn number<T: std::str::FromStr>(&self, key: &str) -> Result<T, StoreError> {
        match self.item.get(key) {
            Some(AttributeValue::N(text)) => {
                text.parse().map_err(|_| self.corrupt(format!("{key}: {text} is out of range")))
            }
            _ => Err(self.corrupt(format!("no number {key}"))),
        }
    }

    pub(crate) fn instant(&self, key: &str) -> Result<Timestamp, StoreError> {
        Timestamp::from_millisecond(self.number(key)?)
            .map_err(|_| self.corrupt(format!("{key} is no instant")))
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.item.contains_key(key)
    }

    /// An attribute that may be absent. One that is there has to be readable.
    pub(crate) fn optional<T>(
        &self,
        key: &str,
        read: impl Fn(&Self, &str) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        if self.has(key) { read(self, key).map(Some) } else { Ok(None) }
    }

    /// A boolean; false if it is absent.
    pub(crate) fn flag(&self, key: &str) -> Result<bool, StoreError> {
        match self.item.get(key) {
            None => Ok(false),
            Some(AttributeValue::Bool(flag)) => Ok(*flag),
            Some(_) => Err(self.corrupt(format!("{key}: not a boolean"))),
        }
    }

    pub(crate) fn map(&self, key: &str) -> Result<&'a Item, StoreError> {
        match self.item.get(key) {
            Some(AttributeValue::M(map)) => Ok(map),
            _ => Err(self.corrupt(format!("no map {key}"))),
        }
    }

    pub(crate) fn list(&self, key: &str) -> Result<&'a [AttributeValue], StoreError> {
        match self.item.get(key) {
            Some(AttributeValue::L(list)) => Ok(list),
            _ => Err(self.corrupt(format!("no list {key}"))),
        }
    }

    pub(crate) fn document<T: DeserializeOwned>(&self, key: &str) -> Result<T, StoreError> {
        serde_json::from_str(self.text(key)?).map_err(|error| self.corrupt(format!("{key}: {error}")))
    }
}
