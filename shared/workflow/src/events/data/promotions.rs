//! What the events of promotions say.

use holdfast_domain::rates::uses::UseCount;
use serde::Serialize;
use utoipa::ToSchema;

use super::scalar::{BookingName, HoldName, PropertyName, ResourceName, Text};

/// The data of `promotion.redeemed` and `promotion.returned`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PromotionUses {
    /// The promotion's code, in capitals.
    pub code: String,
    /// The resource whose promotion it is.
    pub resource_id: ResourceName,
    /// The property that the resource belonged to when the hold was placed; left out if to none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub property_id: Option<PropertyName>,
    /// The hold whose use it is.
    pub hold_id: HoldName,
    /// The booking that the use was counted for or given back with; left out if it was a hold without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub booking_id: Option<BookingName>,
    /// Uses that are counted of the promotion after this one was counted or given back.
    pub uses: u64,
}

impl PromotionUses {
    /// A promotion after a write of its counter.
    #[must_use]
    pub fn new(count: &UseCount) -> Self {
        Self {
            code: count.code.to_string(),
            resource_id: Text(count.resource.clone()),
            property_id: count.property.clone().map(Text),
            hold_id: Text(count.hold.clone()),
            booking_id: count.booking.clone().map(Text),
            uses: count.uses,
        }
    }
}
