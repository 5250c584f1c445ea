//! What the events of resources say.

use std::collections::BTreeMap;

use holdfast_domain::Resource;
use holdfast_domain::catalogue::AttributeValue;
use serde::Serialize;
use utoipa::ToSchema;

use super::scalar::{Price, PropertyName, ResourceName, Text};

/// A value of an attribute.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Attribute {
    /// Yes or no.
    Flag(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

impl From<&AttributeValue> for Attribute {
    fn from(value: &AttributeValue) -> Self {
        match value {
            AttributeValue::Text(text) => Self::Text(text.clone()),
            AttributeValue::Number(number) => Self::Number(*number),
            AttributeValue::Flag(flag) => Self::Flag(*flag),
        }
    }
}

/// The data of `resource.changed`.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceChanged {
    /// The resource.
    pub resource_id: ResourceName,
    /// The property that it belongs to; left out if to none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub property_id: Option<PropertyName>,
    /// Grows by one with every write of its terms, as `sequence`.
    pub revision: u64,
    /// Whether it is new.
    pub created: bool,
    /// Whether its slots are others than before.
    pub schedule_changed: bool,
    /// What kind of thing it is.
    pub resource_type: String,
    /// Its name, for people.
    pub name: String,
    /// Where it is.
    pub location: String,
    /// IANA name of the zone of its local dates and times.
    pub time_zone: String,
    /// Places per slot.
    pub capacity: u32,
    /// Per slot and unit.
    pub price: Price,
    /// Further facts by name, as the operator gave them.
    pub attributes: BTreeMap<String, Attribute>,
}

impl ResourceChanged {
    /// A resource's new revision.
    #[must_use]
    pub fn new(resource: &Resource, previous: Option<&Resource>) -> Self {
        let terms = &resource.terms;
        let attributes = terms.attributes.iter().map(|(name, value)| (name.clone(), value.into()));
        Self {
            resource_id: Text(resource.id.clone()),
            property_id: terms.property.clone().map(Text),
            revision: resource.revision,
            created: previous.is_none(),
            schedule_changed: previous.is_some_and(|was| was.schedule_revision != resource.schedule_revision),
            resource_type: terms.resource_type.as_str().to_owned(),
            name: terms.name.as_str().to_owned(),
            location: terms.location.as_str().to_owned(),
            time_zone: terms.time_zone.iana_name().unwrap_or("Etc/UTC").to_owned(),
            capacity: terms.capacity,
            price: terms.base_price.into(),
            attributes: attributes.collect(),
        }
    }
}
