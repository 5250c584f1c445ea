//! What a guest asks a price for.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::catalogue::Slot;
use crate::rates::extra::ExtraChoice;
use crate::rates::ids::{Channel, RateGroup};
use crate::rates::occupancy::Unit;
use crate::rates::price_override::PriceOverride;
use crate::rates::promotion::PromotionCode;

/// A slot of a stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaySlot {
    /// The slot.
    pub slot: Slot,
    /// Its local date.
    pub date: Date,
    /// Places that are taken, as far as known.
    pub taken: u32,
    /// Places that there are; `None` if not known, when it counts as not sold.
    pub places: Option<u32>,
}

/// A question for prices.
#[derive(Debug, Clone)]
pub struct RateRequest {
    /// The slots of the stay, in time order; at least one.
    pub slots: Vec<StaySlot>,
    /// The zone of the resource.
    pub zone: TimeZone,
    /// The units; at least one.
    pub units: Vec<Unit>,
    /// When it is asked.
    pub at: Timestamp,
    /// Where it comes from.
    pub channel: Channel,
    /// The groups that the caller is in.
    pub groups: BTreeSet<RateGroup>,
    /// What is chosen beside the places.
    pub extras: Vec<ExtraChoice>,
    /// A promotion's code.
    pub promotion: Option<PromotionCode>,
    /// What the places cost in all, in place of what rules make of it. No promotion comes with it.
    pub price_override: Option<PriceOverride>,
    /// Whether the last slot before the stay is free, where it is known; for [`Limits::fills_gaps`](super::restriction::Limits).
    pub is_free_before: Option<bool>,
    /// Whether the first slot after the stay is free, where it is known.
    pub is_free_after: Option<bool>,
}

impl RateRequest {
    /// The local dates between that of the question and that of the stay's start; 0 of a start in the past.
    #[must_use]
    pub fn lead_days(&self) -> u32 {
        let asked = self.zone.to_datetime(self.at).date();
        let days = self.slots.first().and_then(|first| asked.until(first.date).ok());
        days.and_then(|span| u32::try_from(span.get_days()).ok()).unwrap_or(0)
    }
}
