//! A page after what happened to it.

use super::{HoldState, Page, PageChange};
use crate::ids::SlotKey;

impl Page {
    /// The page after a change. A change that `decide` did not give for this page may break the invariant; see
    /// [`Page::broken_slot`].
    #[must_use]
    pub fn evolve(mut self, change: &PageChange) -> Self {
        match change {
            PageChange::Placed { hold, entry } => {
                self.move_available(&entry.slots, entry.quantity, u32::saturating_sub);
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
                    self.move_available(&entry.slots, entry.quantity, u32::saturating_add);
                }
            }
            PageChange::CoolDownBegun { guest, slots, until } => {
                let cooling = self.cooling.entry(guest.clone()).or_default();
                for slot in slots {
                    let known = cooling.entry(slot.clone()).or_insert(*until);
                    *known = (*known).max(*until);
                }
            }
            PageChange::Confirmed { hold, .. } => {
                if let Some(entry) = self.holds.remove(hold) {
                    self.move_confirmed(&entry.slots, entry.quantity, u32::saturating_add);
                }
            }
            PageChange::Reacquired { slots, quantity, .. } => {
                self.move_available(slots, *quantity, u32::saturating_sub);
                self.move_confirmed(slots, *quantity, u32::saturating_add);
            }
            PageChange::Returned { hold, entry } => {
                self.move_confirmed(&entry.slots, entry.quantity, u32::saturating_sub);
                self.holds.insert(hold.clone(), entry.clone());
            }
            PageChange::Freed { slots, quantity, .. } => {
                self.move_confirmed(slots, *quantity, u32::saturating_sub);
                self.move_available(slots, *quantity, u32::saturating_add);
            }
            PageChange::InventorySet { slots, capacity, closed } => {
                for slot in slots {
                    if let Some(capacity) = capacity {
                        self.set_capacity(slot, *capacity);
                        self.overrides.insert(slot.clone(), *capacity);
                    }
                    match closed {
                        Some(true) => drop(self.closed.insert(slot.clone())),
                        Some(false) => drop(self.closed.remove(slot)),
                        None => {}
                    }
                }
            }
            PageChange::DefaultCapacitySet { capacity } => {
                let affected: Vec<SlotKey> = self
                    .available
                    .keys()
                    .filter(|slot| !self.overrides.contains_key(*slot))
                    .cloned()
                    .collect();
                for slot in &affected {
                    self.set_capacity(slot, *capacity);
                }
                self.capacity = *capacity;
            }
        }
        self
    }

    fn set_capacity(&mut self, slot: &SlotKey, capacity: u32) {
        let taken = self.capacity_of(slot).saturating_sub(self.available.get(slot).copied().unwrap_or(0));
        self.available.insert(slot.clone(), capacity.saturating_sub(taken));
    }

    fn move_available(&mut self, slots: &[SlotKey], quantity: u32, by: fn(u32, u32) -> u32) {
        for slot in slots {
            if let Some(free) = self.available.get_mut(slot) {
                *free = by(*free, quantity);
            }
        }
    }

    fn move_confirmed(&mut self, slots: &[SlotKey], quantity: u32, by: fn(u32, u32) -> u32) {
        for slot in slots {
            let count = by(self.confirmed_in(slot), quantity);
            if count == 0 {
                self.confirmed.remove(slot);
            } else {
                self.confirmed.insert(slot.clone(), count);
            }
        }
    }
}
