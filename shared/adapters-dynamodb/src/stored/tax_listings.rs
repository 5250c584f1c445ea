//! The taxes of properties in the read model behind search: an item each, under the key that the property has in the ledger.

use holdfast_app::StoreError;
use holdfast_domain::PropertyId;
use holdfast_domain::rates::property_taxes::PropertyTaxes;

use crate::stored::property::{property_id, property_key};
use crate::stored::v1::property::StoredTaxes;
use crate::stored::version::Version;
use crate::table::item::{Item, Reader, document, n};

/// What the keys of listed taxes begin with.
pub(crate) const TAXES: &str = "PR";

/// Key of a property's taxes.
pub(crate) fn listed_taxes_key(property: &PropertyId) -> Item {
    property_key(property)
}

/// The taxes of a property as search lists them.
#[must_use]
pub fn encode_listed_taxes(taxes: &PropertyTaxes) -> Item {
    let mut item = listed_taxes_key(&taxes.property);
    item.extend([("rev".into(), n(taxes.revision)), ("doc".into(), document(&StoredTaxes::from(taxes)))]);
    Version::V1.mark(&mut item);
    item
}

/// The taxes of a property.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn decode_listed_taxes(item: &Item) -> Result<PropertyTaxes, StoreError> {
    let reader = Reader::new(item);
    let (currency, charges) = match Version::of(&reader)? {
        Version::V0 => return Err(reader.corrupt("there are no taxes of version 0")),
        Version::V1 => reader.document::<StoredTaxes>("doc")?.read(),
    }
    .map_err(|reason| reader.corrupt(reason))?;
    Ok(PropertyTaxes { property: property_id(&reader)?, revision: reader.number("rev")?, currency, charges })
}
