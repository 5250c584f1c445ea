//! Places: free, held, confirmed and capacity of every slot, and whose the confirmed ones are.

use std::collections::BTreeMap;

use holdfast_domain::{BookingStatus, PageKey, SlotKey};

use super::{Anomaly, Findings, Snapshot};
use crate::traffic::{OVERBOOKING_MAX, PLACES_MORE_MAX};

/// Per slot free + live holds + confirmed + elsewhere = capacity + allowance, which are no more than any edit of the run made them, and
/// confirmed is what the standing bookings have.
pub(super) fn check(snapshot: &Snapshot) -> Vec<Anomaly> {
    let mut found = Findings::of("inventory");
    let mut standing: BTreeMap<(&PageKey, &SlotKey), u32> = BTreeMap::new();
    let mut by_hold: BTreeMap<&str, u32> = BTreeMap::new();
    for booking in snapshot.bookings.iter().filter(|booking| booking.status == BookingStatus::Confirmed) {
        *by_hold.entry(booking.hold.as_str()).or_default() += 1;
        for placement in &booking.order.placements {
            for (slot, quantity) in placement.places.iter() {
                *standing.entry((&placement.page, slot)).or_default() += quantity;
            }
        }
    }
    for (hold, bookings) in by_hold.into_iter().filter(|(_, bookings)| *bookings > 1) {
        found.add(format!("hold {hold} became {bookings} bookings"));
    }
    for page in &snapshot.pages {
        let name = format!("{}/{}", page.key.resource, page.key.name());
        for (slot, free) in &page.available {
            let of_slot = page.holds.values().filter(|hold| hold.places.contains(slot));
            let (live, dead): (Vec<_>, Vec<_>) = of_slot.partition(|hold| hold.is_live(snapshot.at));
            let count = |holds: &[&holdfast_domain::PageHold]| {
                holds.iter().map(|hold| hold.places.in_slot(slot)).sum::<u32>()
            };
            let of = |counts: &BTreeMap<SlotKey, u32>| counts.get(slot).copied().unwrap_or(0);
            let (confirmed, elsewhere) = (of(&page.confirmed), of(&page.elsewhere));
            let capacity = page.overrides.get(slot).copied().unwrap_or(page.capacity);
            let limit = capacity + of(&page.allowance);
            let set = snapshot.places.get(page.key.resource.as_str()).copied().unwrap_or(0);
            let most = set + PLACES_MORE_MAX + OVERBOOKING_MAX;
            found.unless(limit <= most, || format!("{name} {slot}: {limit} places, {most} were set at most"));
            let excess = of(&page.excess);
            found.unless(excess == 0, || format!("{name} {slot}: {excess} taken beyond its places"));
            // What a dead hold still has on its page is free to whoever comes.
            let (free, live) = (free + count(&dead), count(&live));
            found.unless(free + live + confirmed + elsewhere == limit, || {
                format!(
                    "{name} {slot}: {free} free + {live} held + {confirmed} confirmed + {elsewhere} elsewhere are not {limit}"
                )
            });
            let booked = standing.remove(&(&page.key, slot)).unwrap_or(0);
            found.unless(booked == confirmed, || {
                format!("{name} {slot}: {confirmed} confirmed, bookings have {booked}")
            });
        }
    }
    for ((page, slot), booked) in standing {
        found.add(format!(
            "{}/{} {slot}: bookings have {booked}, the slot does not exist",
            page.resource,
            page.name()
        ));
    }
    found.1
}
