//! What the events of holds say.

use std::collections::BTreeMap;

use holdfast_domain::{HoldId, Page, PageHold};
use serde::Serialize;
use utoipa::ToSchema;

use super::scalar::{BookingName, HoldName, Instant, PropertyName, Pseudonym, ResourceName, SlotName, Text};

/// What each event of a hold says of it: as its page stores it after the change, or stored it before the hold ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HoldState {
    /// The hold.
    pub hold_id: HoldName,
    /// The resource.
    pub resource_id: ResourceName,
    /// The property that the resource belonged to when the page was last brought under its terms; left out if to none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub property_id: Option<PropertyName>,
    /// The page: a local month (2026-06), a local day (2026-06-01) or `event`; of several that count the same slots, each but the first has its number (2026-06~1).
    pub page: String,
    /// Places taken, by slot of this page: a day of the month, minutes since local midnight, or `event`.
    pub places: BTreeMap<SlotName, u32>,
    /// The guest's pseudonym, as their bookings have it.
    pub guest_id: Pseudonym,
    /// When the hold expires, as its guest was notified; of one that ended, when it would have.
    pub expires_at: Instant,
}

impl HoldState {
    /// A hold on a page.
    #[must_use]
    pub fn new(hold: &HoldId, page: &Page, entry: &PageHold) -> Self {
        Self {
            hold_id: Text(hold.clone()),
            resource_id: Text(page.key.resource.clone()),
            property_id: page.property.clone().map(Text),
            page: page.key.name(),
            places: entry.places.iter().map(|(slot, places)| (Text(slot.clone()), places)).collect(),
            guest_id: Text(entry.guest.clone()),
            expires_at: Text(entry.expires_at),
        }
    }
}

/// The data of `hold.placed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct HoldPlaced {
    /// The hold.
    #[serde(flatten)]
    pub hold: HoldState,
    /// Whether a booking is a hold again.
    pub returned: bool,
}

/// For whom a hold is extended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Extender {
    /// The guest asked for it.
    Guest,
    /// The bank asks the customer.
    CustomerAction,
}

/// The data of `hold.extended`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct HoldExtended {
    /// The hold.
    #[serde(flatten)]
    pub hold: HoldState,
    /// The guest asked for it, or their bank step did.
    pub r#for: Extender,
}

/// The data of `hold.claimed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HoldClaimed {
    /// The hold.
    #[serde(flatten)]
    pub hold: HoldState,
    /// Who pays.
    pub booking_id: BookingName,
    /// When the claim expires.
    pub deadline: Instant,
}

/// The data of `hold.confirmed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HoldConfirmed {
    /// The hold.
    #[serde(flatten)]
    pub hold: HoldState,
    /// The booking that it is now.
    pub booking_id: BookingName,
}
