//! A page after what happened to it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{COOL_DOWNS_PER_PAGE_MAX, HoldState, Page, PageChange, SlotPlaces, count, set};
use crate::ids::{GuestMark, SlotKey};

impl Page {
    /// The page after a change. A change that `decide` did not give for this page may break the invariant; see
    /// [`Page::broken_slot`].
    #[must_use]
    pub fn evolve(mut self, change: &PageChange) -> Self {
        match change {
            PageChange::Placed { hold, entry } => {
                self.take(&entry.places);
                self.holds.insert(hold.clone(), entry.clone());
            }
            PageChange::Extended { hold, request, expires_at } => {
                if let Some(entry) = self.holds.get_mut(hold) {
                    entry.expires_at = *expires_at;
                    entry.extensions.push(request.clone());
                }
            }
            PageChange::Claimed { hold, booking, deadline } => {
                if let Some(entry) = self.holds.get_mut(hold) {
                    entry.state = HoldState::Confirming { booking: booking.clone(), deadline: *deadline };
                }
            }
            PageChange::Prolonged { hold, expires_at } => {
                if let Some(entry) = self.holds.get_mut(hold) {
                    entry.expires_at = *expires_at;
                    entry.prolonged = true;
                    if let HoldState::Confirming { deadline, .. } = &mut entry.state {
                        *deadline = *expires_at;
                    }
                }
            }
            PageChange::Unclaimed { hold } => {
                if let Some(entry) = self.holds.get_mut(hold) {
                    entry.state = HoldState::Active;
                }
            }
            PageChange::Released { hold } | PageChange::Expired { hold } => {
                if let Some(entry) = self.holds.remove(hold) {
                    self.give_back(&entry.places);
                }
            }
            PageChange::UnpaidEndCounted { guest, at } => self.unpaid_ends.add(guest, *at),
            PageChange::CoolDownBegun { guest, slots, until } => {
                let cooling = self.cooling.entry(guest.clone()).or_default();
                for slot in slots {
                    let known = cooling.entry(slot.clone()).or_insert(*until);
                    *known = (*known).max(*until);
                }
                self.forget_cool_downs();
            }
            PageChange::Confirmed { hold, .. } => {
                if let Some(entry) = self.holds.remove(hold) {
                    self.count_confirmed(&entry.places, u32::saturating_add);
                }
            }
            PageChange::Reacquired { places, .. } => {
                self.take(places);
                self.count_confirmed(places, u32::saturating_add);
            }
            PageChange::Returned { hold, entry } => {
                self.count_confirmed(&entry.places, u32::saturating_sub);
                self.holds.insert(hold.clone(), entry.clone());
            }
            PageChange::Freed { places, .. } => {
                self.count_confirmed(places, u32::saturating_sub);
                self.give_back(places);
            }
            PageChange::Framed { frame } => return self.reframed(frame),
        }
        self
    }

    /// Forgets the cool-downs that end first, as many as are too many; of those that end together the first by guest and slot.
    fn forget_cool_downs(&mut self) {
        let kept: usize = self.cooling.values().map(BTreeMap::len).sum();
        let excess = kept.saturating_sub(COOL_DOWNS_PER_PAGE_MAX);
        if excess == 0 {
            return;
        }
        let of_guest = |(guest, slots): (&GuestMark, &BTreeMap<SlotKey, Timestamp>)| {
            let ends = |(slot, until): (&SlotKey, &Timestamp)| (*until, guest.clone(), slot.clone());
            slots.iter().map(ends).collect::<Vec<_>>()
        };
        let mut ends: Vec<(Timestamp, GuestMark, SlotKey)> = self.cooling.iter().flat_map(of_guest).collect();
        ends.sort_unstable();
        for (_, guest, slot) in ends.into_iter().take(excess) {
            if let Some(slots) = self.cooling.get_mut(&guest) {
                slots.remove(&slot);
                if slots.is_empty() {
                    self.cooling.remove(&guest);
                }
            }
        }
    }

    fn take(&mut self, places: &SlotPlaces) {
        for (slot, quantity) in places.iter() {
            if let Some(free) = self.available.get_mut(slot) {
                *free = free.saturating_sub(quantity);
            }
        }
    }

    /// What is taken too much is reduced first; the rest is free.
    fn give_back(&mut self, places: &SlotPlaces) {
        for (slot, quantity) in places.iter() {
            let excess = count(&self.excess, slot);
            set(&mut self.excess, slot, excess.saturating_sub(quantity));
            if let Some(free) = self.available.get_mut(slot) {
                *free = free.saturating_add(quantity.saturating_sub(excess));
            }
        }
    }

    fn count_confirmed(&mut self, places: &SlotPlaces, by: fn(u32, u32) -> u32) {
        for (slot, quantity) in places.iter() {
            let confirmed = by(count(&self.confirmed, slot), quantity);
            set(&mut self.confirmed, slot, confirmed);
        }
    }
}
