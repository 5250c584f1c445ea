//! What the events of inventory say.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::catalogue::{DateFacts, Month, MonthFacts};
use holdfast_domain::{Page, PropertyId, ResourceId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::scalar::{PropertyName, ResourceName, Text};

/// The inventory of a slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SlotInventory {
    /// Places that can be held now; 0 if closed.
    pub available: u32,
    /// Places.
    pub capacity: u32,
    /// Places that may be sold beyond the capacity; left out if none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1)]
    pub overbooking: Option<u32>,
    /// Whether sale is stopped.
    pub closed: bool,
}

/// The data of `inventory.changed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InventoryChanged {
    /// The resource.
    pub resource_id: ResourceName,
    /// The property that the resource belonged to when the page was last brought under its terms; left out if to none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub property_id: Option<PropertyName>,
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
            overbooking: page.allowance.get(slot).copied(),
            closed: page.closed.contains(slot),
        };
        Self {
            resource_id: Text(page.key.resource.clone()),
            property_id: page.property.clone().map(Text),
            page: page.key.name(),
            seq: page.write_number(),
            slots: page.available.keys().map(|key| (key.as_str().to_owned(), slot(key))).collect(),
        }
    }
}

/// What is set for a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DateInventory {
    /// Places of each slot that starts on the date; left out if they are the resource's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub capacity: Option<u32>,
    /// Places of each such slot that may be sold beyond its capacity; left out if none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1)]
    pub overbooking: Option<u32>,
    /// Whether sale is stopped.
    pub closed: bool,
}

/// The data of `inventory.dates_set`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InventoryDatesSet {
    /// The resource.
    pub resource_id: ResourceName,
    /// The property that the resource belonged to when the dates were set; left out if to none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub property_id: Option<PropertyName>,
    /// The local month, such as 2026-06.
    pub month: String,
    /// The dates for which something else is set now than before, with what is set: at most 31.
    pub dates: BTreeMap<String, DateInventory>,
}

impl InventoryDatesSet {
    /// The facts of a month after those of `previous`.
    #[must_use]
    pub fn new(
        (resource, property): (&ResourceId, Option<&PropertyId>),
        month: Month,
        facts: &MonthFacts,
        previous: &MonthFacts,
    ) -> Self {
        let of = |facts: &MonthFacts, date: &Date| facts.dates.get(date).copied().unwrap_or_default();
        let dates: BTreeSet<&Date> = facts.dates.keys().chain(previous.dates.keys()).collect();
        let changed = dates.into_iter().filter(|date| of(facts, date) != of(previous, date));
        let set = |date: &Date| {
            let DateFacts { capacity, closed, overbooking } = of(facts, date);
            let overbooking = (overbooking > 0).then_some(overbooking);
            (date.to_string(), DateInventory { capacity, overbooking, closed })
        };
        Self {
            resource_id: Text(resource.clone()),
            property_id: property.cloned().map(Text),
            month: month.to_string(),
            dates: changed.map(set).collect(),
        }
    }
}
