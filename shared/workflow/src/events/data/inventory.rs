//! What the events of inventory say.

use std::collections::BTreeMap;

use holdfast_domain::Page;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::scalar::{ResourceName, Text};

/// The inventory of a slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SlotInventory {
    /// Places that can be held now; 0 if closed.
    pub available: u32,
    /// Places.
    pub capacity: u32,
    /// Whether sale is stopped.
    pub closed: bool,
}

/// The data of `inventory.changed`, in both versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InventoryChanged {
    /// The resource.
    pub resource_id: ResourceName,
    /// The page: a local month (2026-06), a local day (2026-06-01) or `event`; of several that count the same slots, each but the first has its number (2026-06~1).
    pub page: String,
    /// Number of the page's write, as `sequence`.
    pub seq: u64,
    /// Every slot of the page, by its name.
    pub slots: BTreeMap<String, SlotInventory>,
}

impl InventoryChanged {
    /// A page at `at`.
    #[must_use]
    pub fn new(page: &Page, at: Timestamp) -> Self {
        let slot = |slot| SlotInventory {
            available: page.offered(slot, at),
            capacity: page.capacity_of(slot),
            closed: page.closed.contains(slot),
        };
        Self {
            resource_id: Text(page.key.resource.clone()),
            page: page.key.name(),
            seq: page.write_number(),
            slots: page.available.keys().map(|key| (key.as_str().to_owned(), slot(key))).collect(),
        }
    }
}
