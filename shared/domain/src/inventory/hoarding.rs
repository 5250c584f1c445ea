//! Whether a guest may have another hold of a page, and what follows from holds that end unpaid.

use jiff::{SignedDuration, Timestamp};

use super::{
    COOL_DOWN_SECONDS, HoldLimit, HoldLimits, Page, PageChange, PageHold, UNPAID_ENDS_FREE, UnpaidEnds,
};
use crate::ids::HoldId;

impl Page {
    /// Checks that the guest of a new hold may have it beside those they have. The error is the limit that is reached, and the
    /// seconds until it may no longer be.
    pub(super) fn require_within_limits(
        &self,
        hold: &HoldId,
        entry: &PageHold,
        limits: &HoldLimits,
        now: Timestamp,
    ) -> Result<(), (HoldLimit, u32)> {
        let refuse = |limit, until: Option<Timestamp>| {
            Err((limit, seconds_until(until.unwrap_or(entry.expires_at), now)))
        };
        let live = |(id, other): &(&HoldId, &PageHold)| *id != hold && other.is_live(now);
        let (mut on_page, mut long_on_page, mut own) = (0, 0, Vec::new());
        for (_, other) in self.holds.iter().filter(live) {
            on_page += 1;
            long_on_page += usize::from(other.is_long());
            if other.guest == entry.guest {
                own.push(other);
            }
        }
        let first_to_lapse = |holds: &[&PageHold]| holds.iter().map(|hold| hold.counts_until()).min();
        if reached(&own, limits.holds_on_page(on_page)) {
            return refuse(HoldLimit::PerGuest, first_to_lapse(&own));
        }
        let own_long: Vec<&PageHold> = own.iter().copied().filter(|own| own.is_long()).collect();
        if entry.is_long() && reached(&own_long, limits.long_holds_on_page(long_on_page)) {
            return refuse(HoldLimit::PerGuest, first_to_lapse(&own_long));
        }
        for (slot, quantity) in entry.places.iter() {
            let here: Vec<&PageHold> = own.iter().copied().filter(|own| own.places.contains(slot)).collect();
            if reached(&here, limits.per_slot) {
                return refuse(HoldLimit::PerSlot, first_to_lapse(&here));
            }
            let places = here.iter().map(|hold| hold.places.in_slot(slot)).fold(0, u32::saturating_add);
            if places.saturating_add(quantity) > limits.places_of_slot(self.capacity_of(slot)) {
                return refuse(HoldLimit::PlacesPerSlot, first_to_lapse(&here));
            }
        }
        let cooled = if limits.cool_down_seconds == Some(0) { None } else { self.cools_until(entry, now) };
        match cooled.filter(|until| *until > now) {
            None => Ok(()),
            cooled => refuse(HoldLimit::CoolDown, cooled),
        }
    }

    /// Until when the guest of `entry` has to wait for its slots: because of holds that were dropped, or that died and are still
    /// stored.
    fn cools_until(&self, entry: &PageHold, now: Timestamp) -> Option<Timestamp> {
        let of_guest = |slot| self.cooling.get(&entry.guest).and_then(|slots| slots.get(slot)).copied();
        let dropped = entry.places.slots().filter_map(of_guest);
        let dead = self.expire_where(|dead| dead.guest == entry.guest && !dead.is_live(now));
        let dead = dead.iter().filter_map(|change| match change {
            PageChange::CoolDownBegun { slots, until, .. }
                if slots.iter().any(|slot| entry.places.contains(slot)) =>
            {
                Some(*until)
            }
            _ => None,
        });
        dropped.chain(dead).max()
    }

    /// What follows for the guest of a hold that comes to nothing at `ended`: when it was given back, or, of a dead one, when it
    /// expired as its guest was told, however long a payment kept it. `ends` are the unpaid ends so far, this one is added.
    pub(super) fn after_unpaid_end(
        ends: &mut UnpaidEnds,
        entry: &PageHold,
        ended: Timestamp,
    ) -> Vec<PageChange> {
        let (mut changes, wait) = match entry.cool_down_seconds {
            Some(seconds) => (Vec::new(), seconds),
            None => {
                let is_free = ends.within(&entry.guest, ended) < UNPAID_ENDS_FREE;
                ends.add(&entry.guest, ended);
                let counted = PageChange::UnpaidEndCounted { guest: entry.guest.clone(), at: ended };
                (vec![counted], if is_free { 0 } else { COOL_DOWN_SECONDS })
            }
        };
        if wait > 0 {
            changes.push(PageChange::CoolDownBegun {
                guest: entry.guest.clone(),
                slots: entry.places.slots().cloned().collect(),
                until: ended
                    .checked_add(SignedDuration::from_secs(i64::from(wait)))
                    .unwrap_or(Timestamp::MAX),
            });
        }
        changes
    }
}

/// Whole seconds from `now` to `until`, rounded up, at least 1.
fn seconds_until(until: Timestamp, now: Timestamp) -> u32 {
    let millis = until.duration_since(now).as_millis();
    u32::try_from((millis + 999) / 1000).unwrap_or_default().max(1)
}

fn reached(holds: &[&PageHold], most: u32) -> bool {
    u32::try_from(holds.len()).unwrap_or(u32::MAX) >= most
}
