//! What is asked of a rate card: the stay, the units and what is known of the places that are taken.

use std::collections::BTreeSet;

use holdfast_domain::catalogue::{Month, Stay};
use holdfast_domain::rates::ids::Channel;
use holdfast_domain::rates::occupancy::Unit;
use holdfast_domain::rates::request::{RateRequest, StaySlot};
use holdfast_domain::{Resource, Slot};
use jiff::Timestamp;

/// The months whose rates decide about slots of a resource: those of their dates, and of the date of the departure.
pub(crate) fn months_of(resource: &Resource, slots: &[Slot]) -> BTreeSet<Month> {
    let departure = slots.iter().map(|slot| slot.end).max();
    let departure = departure.map(|end| resource.terms.time_zone.to_datetime(end).date());
    let dates = slots.iter().map(|slot| resource.terms.local_date(slot)).chain(departure);
    dates.map(Month::of).collect()
}

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
        groups: BTreeSet::new(),
        extras: Vec::new(),
        promotion: None,
        is_free_before: None,
        is_free_after: None,
    }
}
