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

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

use crate::ids::{BookingId, Fingerprint, HoldId, ResourceId, SlotKey};

/// The most holds one page stores. At some 130 bytes each they stay far below DynamoDB's 400 KB per item, and every
/// write pays for the page's size.
pub const HOLDS_PER_PAGE_MAX: usize = 200;
/// How often one hold may be extended.
pub const EXTENSIONS_MAX: u32 = 3;

/// Names a page.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageKey {
    /// Whose slots it counts.
    pub resource: ResourceId,
    /// Which part of the schedule: `2026-06`, `2026-06-01` or `event`.
    pub page: String,
}

/// Whether a hold waits for its guest or for the bank.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// How often it was extended.
    pub extensions: u32,
    /// The request that extended it last, so that its retry is told from another.
    pub last_extension: Option<Fingerprint>,
    /// Digest of the request that placed it.
    pub fingerprint: Fingerprint,
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

    /// Whether it counts at `now`.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.lapses_at() > now
    }
}

/// What is asked of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageCommand {
    /// Take places for a hold.
    Place {
        /// The new hold.
        hold: HoldId,
        /// What it takes, and until when.
        entry: PageHold,
    },
    /// Add `by` to a live, unclaimed hold's expiry.
    Extend {
        /// Which hold.
        hold: HoldId,
        /// Digest of the request.
        request: Fingerprint,
        /// One TTL.
        by: SignedDuration,
    },
    /// Keep a live hold from expiring while `booking` is paid.
    Claim {
        /// Which hold.
        hold: HoldId,
        /// Who pays.
        booking: BookingId,
        /// When the claim lapses.
        deadline: Timestamp,
    },
    /// Give the customer time for a 3-D Secure step: once, one TTL more, and the claim lapses with the hold.
    Prolong {
        /// Which hold.
        hold: HoldId,
        /// Who pays.
        booking: BookingId,
        /// One TTL.
        by: SignedDuration,
    },
    /// The payment failed: the hold waits for its guest again.
    Unclaim {
        /// Which hold.
        hold: HoldId,
        /// Who tried to pay.
        booking: BookingId,
    },
    /// The guest gives the places back.
    Release {
        /// Which hold.
        hold: HoldId,
    },
    /// The booking that claims the hold is given up, and the hold with it.
    Abandon {
        /// Which hold.
        hold: HoldId,
        /// The booking.
        booking: BookingId,
    },
    /// Drop the hold if it is dead.
    Expire {
        /// Which hold.
        hold: HoldId,
    },
    /// Turn the claimed hold into a booking; if it died meanwhile, take free places for the booking instead.
    Confirm {
        /// The claimed hold.
        hold: HoldId,
        /// The booking.
        booking: BookingId,
        /// Slots of this page.
        slots: Vec<SlotKey>,
        /// Places per slot.
        quantity: u32,
    },
    /// The booking could not be charged: its places become a hold again.
    Return {
        /// The hold.
        hold: HoldId,
        /// What it takes, and until when.
        entry: PageHold,
    },
    /// Give a booking's places back.
    Free {
        /// The booking.
        booking: BookingId,
        /// Slots of this page.
        slots: Vec<SlotKey>,
        /// Places per slot.
        quantity: u32,
    },
    /// Set capacity or stop-sell of some slots.
    SetInventory {
        /// Which slots.
        slots: Vec<SlotKey>,
        /// Places per slot, if it changes.
        capacity: Option<u32>,
        /// Whether sale is stopped, if it changes.
        closed: Option<bool>,
    },
    /// Set the capacity of every slot that has none of its own.
    SetDefaultCapacity {
        /// Places per slot.
        capacity: u32,
    },
}

/// What happened to a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageChange {
    /// A hold took places.
    Placed {
        /// The hold.
        hold: HoldId,
        /// What it takes.
        entry: PageHold,
    },
    /// A hold lives longer.
    Extended {
        /// The hold.
        hold: HoldId,
        /// Digest of the request.
        request: Fingerprint,
        /// New expiry.
        expires_at: Timestamp,
    },
    /// A hold waits for the bank.
    Claimed {
        /// The hold.
        hold: HoldId,
        /// Who pays.
        booking: BookingId,
        /// When the claim lapses.
        deadline: Timestamp,
    },
    /// A hold waits for its customer's bank step.
    Prolonged {
        /// The hold.
        hold: HoldId,
        /// New expiry, and deadline of the claim.
        expires_at: Timestamp,
    },
    /// A hold waits for its guest again.
    Unclaimed {
        /// The hold.
        hold: HoldId,
    },
    /// A hold was given back.
    Released {
        /// The hold.
        hold: HoldId,
    },
    /// A dead hold was dropped.
    Expired {
        /// The hold.
        hold: HoldId,
    },
    /// A hold became a booking.
    Confirmed {
        /// The hold.
        hold: HoldId,
        /// The booking.
        booking: BookingId,
    },
    /// A booking whose hold had died took free places.
    Reacquired {
        /// The booking.
        booking: BookingId,
        /// Slots of this page.
        slots: Vec<SlotKey>,
        /// Places per slot.
        quantity: u32,
    },
    /// A booking became a hold again.
    Returned {
        /// The hold.
        hold: HoldId,
        /// What it takes.
        entry: PageHold,
    },
    /// A booking's places became free.
    Freed {
        /// The booking.
        booking: BookingId,
        /// Slots of this page.
        slots: Vec<SlotKey>,
        /// Places per slot.
        quantity: u32,
    },
    /// Capacity or stop-sell changed.
    InventorySet {
        /// Which slots.
        slots: Vec<SlotKey>,
        /// Places per slot, if it changed.
        capacity: Option<u32>,
        /// Whether sale is stopped, if it changed.
        closed: Option<bool>,
    },
    /// The default capacity changed.
    DefaultCapacitySet {
        /// Places per slot.
        capacity: u32,
    },
}

/// Why a command is refused. Nothing is changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PageRejection {
    /// Fewer places are free than asked for.
    #[error("only {available} places are free")]
    SoldOut {
        /// What could be had in every slot asked for.
        available: u32,
    },
    /// The page does not count this slot: it was made for another schedule.
    #[error("the page has no slot {0}")]
    UnknownSlot(SlotKey),
    /// The hold exists, placed by another request.
    #[error("the hold was placed by another request")]
    Reused,
    /// The page stores as many holds as it may.
    #[error("the page stores {HOLDS_PER_PAGE_MAX} live holds already")]
    TooManyHolds,
    /// The page has no such hold.
    #[error("the page has no such hold")]
    HoldMissing,
    /// The hold's time has passed.
    #[error("the hold has expired")]
    HoldExpired,
    /// Another booking's payment runs on the hold, or (for commands of guests) any payment.
    #[error("a payment of the hold is running")]
    HoldClaimed,
    /// The hold still counts, until the given moment.
    #[error("the hold lives until {until}")]
    HoldLive {
        /// When it lapses.
        until: Timestamp,
    },
    /// The hold has been extended as often as it may.
    #[error("a hold may be extended {EXTENSIONS_MAX} times")]
    NotExtendable,
    /// More is held or confirmed than the capacity asked for.
    #[error("{in_use} places of slot {slot} are in use")]
    CapacityInUse {
        /// The first such slot.
        slot: SlotKey,
        /// Live holds and bookings in it.
        in_use: u32,
    },
    /// Fewer places are confirmed than should be given back.
    #[error("fewer places are confirmed than should be given back")]
    NotConfirmed,
}

/// A page. See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
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
        let held: u32 = self
            .holds
            .values()
            .filter(|hold| hold.is_live(now) && hold.slots.contains(slot))
            .map(|hold| hold.quantity)
            .sum();
        held + self.confirmed_in(slot)
    }

    fn confirmed_in(&self, slot: &SlotKey) -> u32 {
        self.confirmed.get(slot).copied().unwrap_or(0)
    }

    fn unused(&self, slot: &SlotKey, now: Timestamp) -> u32 {
        if self.available.contains_key(slot) {
            self.capacity_of(slot).saturating_sub(self.in_use(slot, now))
        } else {
            0
        }
    }

    /// The ledger's invariant; the first slot that breaks it.
    #[must_use]
    pub fn broken_slot(&self) -> Option<&SlotKey> {
        let held = |slot: &SlotKey| -> u32 {
            self.holds.values().filter(|hold| hold.slots.contains(slot)).map(|hold| hold.quantity).sum()
        };
        let unknown = self
            .confirmed
            .keys()
            .chain(self.overrides.keys())
            .chain(self.closed.iter())
            .chain(self.holds.values().flat_map(|hold| hold.slots.iter()))
            .find(|slot| !self.available.contains_key(slot));
        unknown.or_else(|| {
            self.available
                .iter()
                .find(|(slot, free)| **free + held(slot) + self.confirmed_in(slot) != self.capacity_of(slot))
                .map(|(slot, _)| slot)
        })
    }

    /// What `command` does at `now`: the changes in order, none if it was done before.
    ///
    /// # Errors
    /// [`PageRejection`], when it may not happen.
    pub fn decide(&self, command: &PageCommand, now: Timestamp) -> Result<Vec<PageChange>, PageRejection> {
        match command {
            PageCommand::Place { hold, entry } => self.decide_place(hold, entry, now),
            PageCommand::Extend { hold, request, by } => self.decide_extend(hold, request, *by, now),
            PageCommand::Claim { hold, booking, deadline } => {
                let entry = self.live_hold(hold, now)?;
                match &entry.state {
                    HoldState::Active => Ok(vec![PageChange::Claimed {
                        hold: hold.clone(),
                        booking: booking.clone(),
                        deadline: *deadline,
                    }]),
                    HoldState::Confirming { booking: other, .. } if other == booking => Ok(Vec::new()),
                    HoldState::Confirming { .. } => Err(PageRejection::HoldClaimed),
                }
            }
            PageCommand::Prolong { hold, booking, by } => {
                let entry = self.live_hold(hold, now)?;
                match &entry.state {
                    HoldState::Confirming { booking: other, deadline } if other == booking => {
                        let expires_at =
                            if entry.prolonged { entry.expires_at } else { later(entry.expires_at, *by) };
                        if entry.prolonged && *deadline == expires_at {
                            return Ok(Vec::new());
                        }
                        Ok(vec![PageChange::Prolonged { hold: hold.clone(), expires_at }])
                    }
                    HoldState::Confirming { .. } | HoldState::Active => Err(PageRejection::HoldClaimed),
                }
            }
            PageCommand::Unclaim { hold, booking } => match self.holds.get(hold).map(|entry| &entry.state) {
                Some(HoldState::Confirming { booking: other, .. }) if other == booking => {
                    Ok(vec![PageChange::Unclaimed { hold: hold.clone() }])
                }
                Some(HoldState::Confirming { .. } | HoldState::Active) | None => Ok(Vec::new()),
            },
            PageCommand::Release { hold } => match self.holds.get(hold) {
                None => Ok(Vec::new()),
                Some(entry) if !entry.is_live(now) => Ok(vec![PageChange::Expired { hold: hold.clone() }]),
                Some(entry) => match entry.state {
                    HoldState::Active => Ok(vec![PageChange::Released { hold: hold.clone() }]),
                    HoldState::Confirming { .. } => Err(PageRejection::HoldClaimed),
                },
            },
            PageCommand::Abandon { hold, booking } => match self.holds.get(hold).map(|entry| &entry.state) {
                Some(HoldState::Confirming { booking: other, .. }) if other == booking => {
                    Ok(vec![PageChange::Released { hold: hold.clone() }])
                }
                Some(HoldState::Confirming { .. } | HoldState::Active) | None => Ok(Vec::new()),
            },
            PageCommand::Expire { hold } => match self.holds.get(hold) {
                None => Ok(Vec::new()),
                Some(entry) if entry.is_live(now) => {
                    Err(PageRejection::HoldLive { until: entry.lapses_at() })
                }
                Some(_) => Ok(vec![PageChange::Expired { hold: hold.clone() }]),
            },
            PageCommand::Confirm { hold, booking, slots, quantity } => {
                self.decide_confirm(hold, booking, slots, *quantity, now)
            }
            PageCommand::Return { hold, entry } => {
                self.require_confirmed(&entry.slots, entry.quantity)?;
                Ok(vec![PageChange::Returned { hold: hold.clone(), entry: entry.clone() }])
            }
            PageCommand::Free { booking, slots, quantity } => {
                self.require_confirmed(slots, *quantity)?;
                Ok(vec![PageChange::Freed {
                    booking: booking.clone(),
                    slots: slots.clone(),
                    quantity: *quantity,
                }])
            }
            PageCommand::SetInventory { slots, capacity, closed } => {
                self.decide_inventory(slots, *capacity, *closed, now)
            }
            PageCommand::SetDefaultCapacity { capacity } => {
                let affected: Vec<&SlotKey> =
                    self.available.keys().filter(|slot| !self.overrides.contains_key(*slot)).collect();
                self.require_capacity(affected.into_iter(), *capacity, now)?;
                let mut changes = self.expire_all(now);
                changes.push(PageChange::DefaultCapacitySet { capacity: *capacity });
                Ok(changes)
            }
        }
    }

    fn live_hold(&self, hold: &HoldId, now: Timestamp) -> Result<&PageHold, PageRejection> {
        let entry = self.holds.get(hold).ok_or(PageRejection::HoldMissing)?;
        if entry.is_live(now) { Ok(entry) } else { Err(PageRejection::HoldExpired) }
    }

    fn decide_place(
        &self,
        hold: &HoldId,
        entry: &PageHold,
        now: Timestamp,
    ) -> Result<Vec<PageChange>, PageRejection> {
        if let Some(own) = self.holds.get(hold) {
            if own.fingerprint != entry.fingerprint {
                return Err(PageRejection::Reused);
            }
            if own.is_live(now) {
                return Ok(Vec::new());
            }
        }
        self.require_offered(&entry.slots, entry.quantity, now)?;
        let mut changes = if self.needs_reclaim(&entry.slots, entry.quantity) || self.holds.contains_key(hold)
        {
            self.expire_all(now)
        } else {
            Vec::new()
        };
        if self.holds.len() - changes.len() >= HOLDS_PER_PAGE_MAX {
            changes = self.expire_all(now);
            if self.holds.len() - changes.len() >= HOLDS_PER_PAGE_MAX {
                return Err(PageRejection::TooManyHolds);
            }
        }
        changes.push(PageChange::Placed { hold: hold.clone(), entry: entry.clone() });
        Ok(changes)
    }

    fn decide_extend(
        &self,
        hold: &HoldId,
        request: &Fingerprint,
        by: SignedDuration,
        now: Timestamp,
    ) -> Result<Vec<PageChange>, PageRejection> {
        let entry = self.live_hold(hold, now)?;
        if entry.last_extension.as_ref() == Some(request) {
            return Ok(Vec::new());
        }
        match entry.state {
            HoldState::Confirming { .. } => Err(PageRejection::HoldClaimed),
            HoldState::Active if entry.extensions >= EXTENSIONS_MAX => Err(PageRejection::NotExtendable),
            HoldState::Active => Ok(vec![PageChange::Extended {
                hold: hold.clone(),
                request: request.clone(),
                expires_at: later(entry.expires_at, by),
            }]),
        }
    }

    fn decide_confirm(
        &self,
        hold: &HoldId,
        booking: &BookingId,
        slots: &[SlotKey],
        quantity: u32,
        now: Timestamp,
    ) -> Result<Vec<PageChange>, PageRejection> {
        if let Some(entry) = self.holds.get(hold)
            && let HoldState::Confirming { booking: payer, .. } = &entry.state
            && payer == booking
            && entry.is_live(now)
        {
            return Ok(vec![PageChange::Confirmed { hold: hold.clone(), booking: booking.clone() }]);
        }
        self.require_offered(slots, quantity, now)?;
        let mut changes = if self.needs_reclaim(slots, quantity) || self.holds.contains_key(hold) {
            self.expire_all(now)
        } else {
            Vec::new()
        };
        changes.push(PageChange::Reacquired { booking: booking.clone(), slots: slots.to_vec(), quantity });
        Ok(changes)
    }

    fn decide_inventory(
        &self,
        slots: &[SlotKey],
        capacity: Option<u32>,
        closed: Option<bool>,
        now: Timestamp,
    ) -> Result<Vec<PageChange>, PageRejection> {
        if let Some(unknown) = slots.iter().find(|slot| !self.available.contains_key(slot)) {
            return Err(PageRejection::UnknownSlot(unknown.clone()));
        }
        let mut changes = Vec::new();
        if let Some(capacity) = capacity {
            self.require_capacity(slots.iter(), capacity, now)?;
            changes = self.expire_all(now);
        }
        changes.push(PageChange::InventorySet { slots: slots.to_vec(), capacity, closed });
        Ok(changes)
    }

    fn require_offered(&self, slots: &[SlotKey], quantity: u32, now: Timestamp) -> Result<(), PageRejection> {
        if let Some(unknown) = slots.iter().find(|slot| !self.available.contains_key(slot)) {
            return Err(PageRejection::UnknownSlot(unknown.clone()));
        }
        let available = slots.iter().map(|slot| self.offered(slot, now)).min().unwrap_or(0);
        if available < quantity { Err(PageRejection::SoldOut { available }) } else { Ok(()) }
    }

    fn require_confirmed(&self, slots: &[SlotKey], quantity: u32) -> Result<(), PageRejection> {
        if slots.iter().all(|slot| self.confirmed_in(slot) >= quantity) {
            Ok(())
        } else {
            Err(PageRejection::NotConfirmed)
        }
    }

    fn require_capacity<'a>(
        &self,
        slots: impl Iterator<Item = &'a SlotKey>,
        capacity: u32,
        now: Timestamp,
    ) -> Result<(), PageRejection> {
        for slot in slots {
            let in_use = self.in_use(slot, now);
            if in_use > capacity {
                return Err(PageRejection::CapacityInUse { slot: slot.clone(), in_use });
            }
        }
        Ok(())
    }

    fn needs_reclaim(&self, slots: &[SlotKey], quantity: u32) -> bool {
        slots.iter().any(|slot| self.available.get(slot).copied().unwrap_or(0) < quantity)
    }

    fn expire_all(&self, now: Timestamp) -> Vec<PageChange> {
        self.holds
            .iter()
            .filter(|(_, entry)| !entry.is_live(now))
            .map(|(hold, _)| PageChange::Expired { hold: hold.clone() })
            .collect()
    }

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
                    entry.extensions += 1;
                    entry.last_extension = Some(request.clone());
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

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}
