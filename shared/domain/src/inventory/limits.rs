//! Against hoarding: what one guest may hold at a time, and how soon again.

use jiff::{SignedDuration, Timestamp};

use super::{HOLDS_PER_PAGE_MAX, Page, PageHold};
use crate::ids::{HoldId, SlotKey};

/// The longest cool-down, in seconds: a day.
pub const COOL_DOWN_SECONDS_MAX: u32 = 86_400;

/// What one guest may hold of a resource at a time. Only live holds count; bookings do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HoldLimits {
    /// Live holds on one page: in a month of nights, on a day of slots, of an event. At least 1.
    pub per_guest: u32,
    /// Live holds that take the same slot. At least 1.
    pub per_slot: u32,
    /// Places of one slot in all live holds together, if that is limited. At least 1.
    pub places_per_slot: Option<u32>,
    /// How long a guest waits for the same slots after a hold that ended without a booking, in seconds; 0 for no wait.
    pub cool_down_seconds: u32,
}

impl HoldLimits {
    /// The most holds that a limit may name: as many as a page stores.
    #[expect(clippy::cast_possible_truncation, reason = "a constant far below the bound")]
    pub const HOLDS_MAX: u32 = HOLDS_PER_PAGE_MAX as u32;

    /// The most places of a guest on a page with which no limit can be exceeded, in whichever slots and holds.
    #[must_use]
    pub fn certainly_within(&self) -> u32 {
        let holds = self.per_guest.min(self.per_slot);
        self.places_per_slot.map_or(holds, |places| places.min(holds))
    }
}

impl Default for HoldLimits {
    /// What applies where the operator says nothing: room for indecision and for a group, not for a bot.
    fn default() -> Self {
        Self { per_guest: 20, per_slot: 10, places_per_slot: None, cool_down_seconds: 0 }
    }
}

/// Which limit refuses a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HoldLimit {
    /// [`HoldLimits::per_guest`].
    PerGuest,
    /// [`HoldLimits::per_slot`].
    PerSlot,
    /// [`HoldLimits::places_per_slot`].
    PlacesPerSlot,
    /// [`HoldLimits::cool_down_seconds`].
    CoolDown,
}

impl HoldLimit {
    /// The name in answers: that of the field which sets it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PerGuest => "perGuest",
            Self::PerSlot => "perSlot",
            Self::PlacesPerSlot => "placesPerSlot",
            Self::CoolDown => "coolDownSeconds",
        }
    }
}

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
        let refuse = |limit, until: Option<Timestamp>| Err((limit, seconds_until(until.unwrap_or(now), now)));
        let own: Vec<&PageHold> = self
            .holds
            .iter()
            .filter(|(id, other)| *id != hold && other.guest == entry.guest && other.is_live(now))
            .map(|(_, other)| other)
            .collect();
        let first_to_lapse = |holds: &[&PageHold]| holds.iter().map(|hold| hold.counts_until()).min();
        if reached(&own, limits.per_guest) {
            return refuse(HoldLimit::PerGuest, first_to_lapse(&own));
        }
        for (slot, quantity) in entry.places.iter() {
            let here: Vec<&PageHold> = own.iter().copied().filter(|own| own.places.contains(slot)).collect();
            if reached(&here, limits.per_slot) {
                return refuse(HoldLimit::PerSlot, first_to_lapse(&here));
            }
            let places = here.iter().map(|hold| hold.places.in_slot(slot)).fold(0, u32::saturating_add);
            if limits.places_per_slot.is_some_and(|most| places.saturating_add(quantity) > most) {
                return refuse(HoldLimit::PlacesPerSlot, first_to_lapse(&here));
            }
        }
        let cooled = entry.places.slots().filter_map(|slot| self.cools_until(entry, slot, now)).max();
        if limits.cool_down_seconds > 0 && cooled.is_some_and(|until| until > now) {
            return refuse(HoldLimit::CoolDown, cooled);
        }
        Ok(())
    }

    /// Until when the guest of `entry` has to wait for `slot`: because of a hold that was dropped, or one that died and is
    /// still stored.
    fn cools_until(&self, entry: &PageHold, slot: &SlotKey, now: Timestamp) -> Option<Timestamp> {
        let dropped = self.cooling.get(&entry.guest).and_then(|slots| slots.get(slot)).copied();
        let dead = self
            .holds
            .values()
            .filter(|dead| dead.guest == entry.guest && !dead.is_live(now) && dead.places.contains(slot))
            .filter_map(|dead| dead.cools_until(dead.expires_at));
        dropped.into_iter().chain(dead).max()
    }
}

impl PageHold {
    /// Until when its guest waits for its slots, if it comes to nothing at `ended`: when it was given back, or, of a dead one,
    /// when it expired as its guest was told, however long a payment kept it.
    pub(super) fn cools_until(&self, ended: Timestamp) -> Option<Timestamp> {
        let wait = SignedDuration::from_secs(i64::from(self.cool_down_seconds));
        (self.cool_down_seconds > 0).then(|| ended.checked_add(wait).unwrap_or(Timestamp::MAX))
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
