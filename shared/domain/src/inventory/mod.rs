//! Inventory pages: the ledger's unit of truth.
//!
//! A page counts, per slot, the places that are free and those that are confirmed, and keeps the holds in between:
//! `available + held + confirmed = capacity` for every slot, always. [`Page::decide`] says what a command does to a page,
//! [`Page::evolve`] does it. The store writes most commands blindly, by a condition that says the same as `decide`; when
//! the condition fails, the page it got back is put to `decide` and the answer is a named rejection, nothing to do, or a
//! change to be written by compare-and-set on `seq`.
//!
//! **A hold is live iff its state says so and its time has not passed.** Dead holds may still be stored: they count for
//! nothing, and whoever needs their places drops them in the same write.

mod change;
mod decide;
mod evolve;
mod limits;
mod revision;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

pub use self::change::{PageChange, PageCommand, PageRejection};
pub use self::limits::{COOL_DOWN_SECONDS_MAX, HoldLimit, HoldLimits};
use crate::ids::{BookingId, Fingerprint, GuestMark, HoldId, ResourceId, SlotKey};

/// The most holds one page stores. At some 130 bytes each they stay far below DynamoDB's 400 KB per item, and every
/// write pays for the page's size.
pub const HOLDS_PER_PAGE_MAX: usize = 200;
/// How often one hold may be extended.
pub const EXTENSIONS_MAX: usize = 3;

/// Names a page.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageKey {
    /// Whose slots it counts.
    pub resource: ResourceId,
    /// Which part of the schedule: `2026-06`, `2026-06-01` or `event`.
    pub page: String,
}

/// Whether a hold waits for its guest or for the bank.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum HoldState {
    /// Lives until its `expires_at`.
    Active,
    /// Claimed by the payment of one booking; lives until `deadline`, whatever `expires_at` says.
    Confirming {
        /// The booking that pays.
        booking: BookingId,
        /// When the claim lapses.
        deadline: Timestamp,
    },
}

/// A hold as its page stores it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageHold {
    /// Places taken in each of `slots`.
    pub quantity: u32,
    /// Slots of this page, ascending.
    pub slots: Vec<SlotKey>,
    /// When it expires, as the guest was told.
    pub expires_at: Timestamp,
    /// Whether it waits for guest or bank.
    pub state: HoldState,
    /// Whether a customer's 3-D Secure step has prolonged it; that happens once.
    pub prolonged: bool,
    /// When it was to expire at first. The same request repeated after the hold has ended may bring the same id to life
    /// again: this tells one life from another.
    pub first_expires_at: Timestamp,
    /// The requests that extended it, at most [`EXTENSIONS_MAX`], so that their retries are told from others.
    pub extensions: Vec<Fingerprint>,
    /// Digest of the request that placed it.
    pub fingerprint: Fingerprint,
    /// Whose it is.
    pub guest: GuestMark,
    /// How long its guest waits for the same slots if it comes to nothing, in seconds.
    pub cool_down_seconds: u32,
}

impl PageHold {
    /// When it stops counting.
    #[must_use]
    pub fn lapses_at(&self) -> Timestamp {
        match &self.state {
            HoldState::Active => self.expires_at,
            HoldState::Confirming { deadline, .. } => *deadline,
        }
    }

    /// Whether it waits for the bank because of `booking`.
    #[must_use]
    pub fn is_claimed_by(&self, booking: &BookingId) -> bool {
        matches!(&self.state, HoldState::Confirming { booking: payer, .. } if payer == booking)
    }

    /// Whether it counts at `now`.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.lapses_at() > now
    }
}

/// A page. See the module.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Page {
    /// Its name.
    pub key: PageKey,
    /// The revision of the resource's schedule it was made for.
    pub schedule_revision: u64,
    /// Grows by one with each write.
    pub seq: u64,
    /// Places per slot where no override says otherwise.
    pub capacity: u32,
    /// Places of single slots.
    pub overrides: BTreeMap<SlotKey, u32>,
    /// Slots whose sale is stopped.
    pub closed: BTreeSet<SlotKey>,
    /// Free places; names every slot of the page.
    pub available: BTreeMap<SlotKey, u32>,
    /// Places of standing bookings, where there are any.
    pub confirmed: BTreeMap<SlotKey, u32>,
    /// Holds, dead ones included until they are dropped.
    pub holds: BTreeMap<HoldId, PageHold>,
    /// Until when a guest may not hold a slot again, by guest and slot; what has passed counts for nothing.
    pub cooling: BTreeMap<GuestMark, BTreeMap<SlotKey, Timestamp>>,
}

impl Page {
    /// A page before anything was held.
    #[must_use]
    pub fn fresh(key: PageKey, schedule_revision: u64, capacity: u32, slots: Vec<SlotKey>) -> Self {
        Self {
            key,
            schedule_revision,
            seq: 0,
            capacity,
            overrides: BTreeMap::new(),
            closed: BTreeSet::new(),
            available: slots.into_iter().map(|slot| (slot, capacity)).collect(),
            confirmed: BTreeMap::new(),
            holds: BTreeMap::new(),
            cooling: BTreeMap::new(),
        }
    }

    /// Places of a slot.
    #[must_use]
    pub fn capacity_of(&self, slot: &SlotKey) -> u32 {
        self.overrides.get(slot).copied().unwrap_or(self.capacity)
    }

    /// Places that a new hold could take in a slot at `now`: the free ones and those of dead holds, none if closed.
    #[must_use]
    pub fn offered(&self, slot: &SlotKey, now: Timestamp) -> u32 {
        if self.closed.contains(slot) {
            return 0;
        }
        self.unused(slot, now)
    }

    /// Live holds and bookings of a slot.
    #[must_use]
    pub fn in_use(&self, slot: &SlotKey, now: Timestamp) -> u32 {
        self.holds
            .values()
            .filter(|hold| hold.is_live(now) && hold.slots.contains(slot))
            .map(|hold| hold.quantity)
            .fold(self.confirmed_in(slot), u32::saturating_add)
    }

    pub(crate) fn confirmed_in(&self, slot: &SlotKey) -> u32 {
        self.confirmed.get(slot).copied().unwrap_or(0)
    }

    fn unused(&self, slot: &SlotKey, now: Timestamp) -> u32 {
        if self.available.contains_key(slot) {
            self.capacity_of(slot).saturating_sub(self.in_use(slot, now))
        } else {
            0
        }
    }

    /// The ledger's invariant; the first slot that breaks it. One pass over the holds: a page is checked whenever it is
    /// decoded.
    #[must_use]
    pub fn broken_slot(&self) -> Option<&SlotKey> {
        let mut held: BTreeMap<&SlotKey, u64> = BTreeMap::new();
        for hold in self.holds.values() {
            let slots: BTreeSet<&SlotKey> = hold.slots.iter().collect();
            for slot in slots {
                let places = held.entry(slot).or_default();
                *places = places.saturating_add(u64::from(hold.quantity));
            }
        }
        let unknown = self
            .confirmed
            .keys()
            .chain(self.overrides.keys())
            .chain(self.closed.iter())
            .chain(held.keys().copied())
            .find(|slot| !self.available.contains_key(slot));
        unknown.or_else(|| {
            let adds_up = |slot: &SlotKey, free: u32| {
                let held = held.get(slot).copied().unwrap_or(0);
                let taken = held.saturating_add(u64::from(self.confirmed_in(slot)));
                taken.saturating_add(u64::from(free)) == u64::from(self.capacity_of(slot))
            };
            self.available.iter().find(|(slot, free)| !adds_up(slot, **free)).map(|(slot, _)| slot)
        })
    }
}
