//! Against hoarding: what one guest may hold at a time, and how soon again.

use super::{HOLDS_PER_PAGE_MAX, LONG_HOLDS_PER_PAGE_MAX};

/// The longest cool-down, in seconds: a day.
pub const COOL_DOWN_SECONDS_MAX: u32 = 86_400;

/// The share of a page's bound of live holds that one guest may have where the operator names none, in percent.
const GUEST_SHARE_PERCENT: usize = 5;
/// Live holds of one guest on a page where the operator names none.
#[expect(clippy::cast_possible_truncation, reason = "a constant far below the bound")]
const HOLDS_PER_GUEST: u32 = (HOLDS_PER_PAGE_MAX * GUEST_SHARE_PERCENT / 100) as u32;
/// From as many live holds on, of whichever guests, a page keeps what is left for guests with few: a quarter of its bound.
const BUSY_PAGE_HOLDS: usize = HOLDS_PER_PAGE_MAX / 4;
/// Live holds of one guest on a busy page where the operator names none.
const HOLDS_PER_GUEST_BUSY: u32 = 2;
/// From as many live long holds on, half of their bound, a guest has one of them; before that as many as on a busy page.
const BUSY_PAGE_LONG_HOLDS: usize = LONG_HOLDS_PER_PAGE_MAX / 2;
/// Places of a slot that one guest may hold in any case, where the operator names none.
const PLACES_PER_SLOT: u32 = 10;
/// One in so many places of a slot, rounded up, is what one guest may hold if that is more: 2 %.
const PLACES_PER_SLOT_SHARE: u32 = 50;
/// That cool-down, in seconds.
pub const COOL_DOWN_SECONDS: u32 = 600;

/// What one guest may hold of a resource at a time, as far as the operator names it. Only live holds count; bookings do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HoldLimits {
    /// Live holds on one page: in a month of nights, on a day of slots, of an event. At least 1. If absent, 10 (5 % of the holds
    /// that a page stores), and 2 once the page has 50 of all guests. Of those that are long 2, and 1 once it has 20 of them.
    pub per_guest: Option<u32>,
    /// Live holds that take the same slot. At least 1.
    pub per_slot: u32,
    /// Places of one slot in all live holds together. At least 1. If absent, the greater of 10 and 2 % of the slot's capacity.
    pub places_per_slot: Option<u32>,
    /// How long a guest waits for the same slots after a hold that ended without a booking, in seconds; 0 for no wait. If absent,
    /// [`COOL_DOWN_SECONDS`], and only from the third such hold within [`UNPAID_ENDS_WITHIN`](super::UNPAID_ENDS_WITHIN).
    pub cool_down_seconds: Option<u32>,
}

impl HoldLimits {
    /// The most holds that a limit may name: as many as a page stores.
    #[expect(clippy::cast_possible_truncation, reason = "a constant far below the bound")]
    pub const HOLDS_MAX: u32 = HOLDS_PER_PAGE_MAX as u32;

    /// The most places that a guest may have on a page, in whichever slots and holds, so that a hold of `quantity` more can
    /// exceed no limit on holds or places; `None` if it may exceed one in any case.
    #[must_use]
    pub fn room_for(&self, quantity: u32) -> Option<u32> {
        let holds = self.per_guest.unwrap_or(HOLDS_PER_GUEST_BUSY).min(self.per_slot);
        let places = self.places_per_slot.unwrap_or(PLACES_PER_SLOT).checked_sub(quantity)?;
        Some(places.min(holds.checked_sub(1)?))
    }

    /// Live holds of one guest on a page that has `live` of all guests.
    pub(super) fn holds_on_page(&self, live: usize) -> u32 {
        let share = if live < BUSY_PAGE_HOLDS { HOLDS_PER_GUEST } else { HOLDS_PER_GUEST_BUSY };
        self.per_guest.unwrap_or(share)
    }

    /// Live long holds of one guest on a page that has `live` of them of all guests.
    pub(super) fn long_holds_on_page(&self, live: usize) -> u32 {
        let share = if live < BUSY_PAGE_LONG_HOLDS { HOLDS_PER_GUEST_BUSY } else { 1 };
        self.per_guest.unwrap_or(share)
    }

    /// Places of a slot of that capacity in all live holds of one guest.
    pub(super) fn places_of_slot(&self, capacity: u32) -> u32 {
        self.places_per_slot.unwrap_or(PLACES_PER_SLOT.max(capacity.div_ceil(PLACES_PER_SLOT_SHARE)))
    }
}

impl Default for HoldLimits {
    /// What applies where the operator says nothing: room for indecision and for a group, not for a bot.
    fn default() -> Self {
        Self { per_guest: None, per_slot: 10, places_per_slot: None, cool_down_seconds: None }
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
