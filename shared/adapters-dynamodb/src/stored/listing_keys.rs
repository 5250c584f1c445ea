//! Keys of the read model behind search: where a resource is listed, and where the keys of the ledger are kept.

use holdfast_domain::Resource;

use crate::table::item::Item;

/// Where an item's own key is kept, since the item's is that of the listing.
pub(crate) const KEPT_KEYS: [(&str, &str); 2] = [("pk", "page_pk"), ("sk", "page_sk")];
/// Partition of the resources of a type at a location.
pub(crate) fn listing_pk(resource_type: &str, location: &str) -> String {
    format!("T#{resource_type}#{location}")
}

/// The texts by which a resource is listed, as they came.
pub(crate) fn type_and_location(resource: &Resource) -> (&str, &str) {
    (resource.terms.resource_type.as_str(), resource.terms.location.as_str())
}

/// A listed item under its own keys.
pub(crate) fn with_kept_keys(item: &Item) -> Item {
    let mut item = item.clone();
    for (key, kept) in KEPT_KEYS {
        if let Some(value) = item.remove(kept) {
            item.insert(key.to_owned(), value);
        }
    }
    item
}
