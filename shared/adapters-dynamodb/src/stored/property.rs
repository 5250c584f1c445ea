//! Properties as items. `docs/storage.md` has a table of the attributes.

use holdfast_app::StoreError;
use holdfast_app::events::Write;
use holdfast_domain::{Property, PropertyId};

use crate::stored::trail::{decode_head, encode_head};
use crate::stored::v1::property::StoredPropertyTerms;
use crate::stored::version::Version;
use crate::table::item::{Item, Reader, document, millis, n, s};

/// Sort key of a property.
pub(crate) const PROPERTY_SK: &str = "PR";
/// Partition keys of properties begin with it.
const PROPERTY_PK_PREFIX: &str = "PR#";

pub(crate) fn property_pk(id: &PropertyId) -> String {
    format!("{PROPERTY_PK_PREFIX}{id}")
}

/// Primary key of a property.
pub(crate) fn property_key(id: &PropertyId) -> Item {
    Item::from([("pk".into(), s(property_pk(id))), ("sk".into(), s(PROPERTY_SK))])
}

/// The property that a key names.
pub(crate) fn property_id(reader: &Reader<'_>) -> Result<PropertyId, StoreError> {
    reader.parsed("pk", |pk| PropertyId::parse(pk.strip_prefix(PROPERTY_PK_PREFIX).unwrap_or_default()))
}

/// A property, and the write that set it.
#[must_use]
pub fn encode_property(property: &Property, write: &Write) -> Item {
    let mut item = property_key(&property.id);
    item.extend([
        ("rev".into(), n(property.revision)),
        ("doc".into(), document(&StoredPropertyTerms::from(&property.terms))),
        ("at".into(), millis(write.at)),
    ]);
    item.extend(encode_head(&property.trail));
    item.extend(write.trace.as_deref().map(|trace| ("tr".into(), s(trace))));
    Version::V1.mark(&mut item);
    item
}

/// A property.
///
/// # Errors
/// [`StoreError::Corrupt`] when the item cannot be read as one, or its terms are out of their bounds.
pub fn decode_property(item: &Item) -> Result<Property, StoreError> {
    let reader = Reader::new(item);
    let terms = match Version::of(&reader)? {
        Version::V0 => return Err(reader.corrupt("there is no property of version 0")),
        Version::V1 => reader.document::<StoredPropertyTerms>("doc")?.read(),
    };
    Ok(Property {
        id: property_id(&reader)?,
        terms: terms.map_err(|reason| reader.corrupt(reason))?,
        revision: reader.number("rev")?,
        trail: decode_head(&reader)?,
    })
}
