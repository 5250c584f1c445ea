//! What is asked of a rate card: the stay, the units and what is known of the places that are taken.

use holdfast_domain::catalogue::Stay;
use holdfast_domain::rates::ids::Channel;
use holdfast_domain::rates::occupancy::Unit;
use holdfast_domain::rates::request::{RateRequest, StaySlot};
use holdfast_domain::{Resource, Slot};
use jiff::Timestamp;

/// A question for `quantity` units for the guests that the price is for, as a plain search asks it. `sold` says of a slot how many
/// places are taken, and how many there are.
pub(crate) fn default_request(
    resource: &Resource,
    stay: &Stay,
    quantity: u32,
    sold: impl Fn(&Slot) -> (u32, u32),
    now: Timestamp,
) -> RateRequest {
    let slot = |slot: &Slot| {
        let (taken, places) = sold(slot);
        StaySlot { slot: slot.clone(), date: resource.terms.local_date(slot), taken, places }
    };
    RateRequest {
        slots: stay.slots.iter().map(slot).collect(),
        zone: resource.terms.time_zone.clone(),
        units: (0..quantity).map(|_| Unit::default()).collect(),
        at: now,
        channel: Channel::web(),
        groups: std::collections::BTreeSet::new(),
        extras: Vec::new(),
        promotion: None,
        is_free_before: None,
        is_free_after: None,
    }
}
