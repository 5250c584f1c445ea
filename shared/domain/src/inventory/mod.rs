//! Inventory pages: the ledger's unit of truth.
//!
//! A page counts, per slot, the places that are free and those that are confirmed, and keeps the holds in between. For
//! every slot, always:
//!
//! `held + confirmed + elsewhere + free = capacity + allowance + excess`
//!
//! `allowance` is how many places may be sold beyond the capacity (overbooking), `elsewhere` how many are sold by others
//! than this page (a channel that reports its sales afterwards). `excess` is what is taken beyond capacity and allowance,
//! `max(0, held + confirmed + elsewhere - capacity - allowance)`, so that a slot with free places has none: places that come
//! back reduce the excess first. [`Page::decide`] says what a command does to a page, [`Page::evolve`] does it. The store
//! writes most commands blindly, by a condition that says the same as `decide`; when the condition fails, the page it got
//! back is put to `decide` and the answer is a named rejection, nothing to do, or a change to be written by compare-and-set
//! on `seq` and the schedule's revision.
//!
//! **A hold is live iff its state says so and its time has not passed.** Dead holds may still be stored: they count for
//! nothing, and whoever needs their places drops them in the same write.

mod change;
mod decide;
mod evolve;
mod frame;
mod framing;
mod hoarding;
mod limits;
mod operation;
mod places;
mod revision;
mod unpaid_ends;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

pub use self::change::{PageChange, PageCommand, PageRejection};
pub use self::frame::{PageFrame, PageShape, SlotRule};
pub use self::limits::{COOL_DOWN_SECONDS, COOL_DOWN_SECONDS_MAX, HoldLimit, HoldLimits};
pub use self::operation::{PageOperation, Placement};
pub use self::places::{InvalidPlaces, SlotPlaces};
pub use self::unpaid_ends::{UNPAID_ENDS_FREE, UNPAID_ENDS_WITHIN, UnpaidEnds};
use crate::ids::{BookingId, Fingerprint, GuestMark, HoldId, PropertyId, ResourceId, SlotKey};

/// The most holds one page stores. At some 130 bytes each they stay far below DynamoDB's 400 KB per item, and every
/// write pays for the page's size.
pub const HOLDS_PER_PAGE_MAX: usize = 200;
/// The most slots of one page that a short hold takes; one of more is long. A store may write the two in different ways.
pub const SHORT_HOLD_SLOTS_MAX: usize = 60;
/// The most of these holds that are long. A hold names its slots, and so does the cool-down that may follow it: what 40 holds of
/// 300 slots and 160 of 60 store stays below DynamoDB's 400 KB as well.
pub const LONG_HOLDS_PER_PAGE_MAX: usize = 40;
/// The most cool-downs one page keeps, each of a guest and a slot: where every guest has but one, some 33 bytes each, 130 KB
/// beside the holds. Beyond that the ones that end first are forgotten, and their guests may hold again too early: no hold is kept
/// from ending because another cool-down does not fit.
pub const COOL_DOWNS_PER_PAGE_MAX: usize = 4_000;
/// How often one hold may be extended.
pub const EXTENSIONS_MAX: usize = 3;

/// Names a page.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageKey {
    /// Whose slots it counts.
    pub resource: ResourceId,
    /// Which part of the schedule: `2026-06`, `2026-06-01` or `event`.
    pub page: String,
    /// Which of the pages that count the same slots side by side, each with places of its own; 0 for the first.
    pub shard: u16,
}

/// Between a page's part of the schedule and its shard; no part of a schedule has it.
const SHARD_SEPARATOR: char = '~';

impl PageKey {
    /// The first page of a part of the schedule.
    #[must_use]
    pub fn first(resource: ResourceId, page: impl Into<String>) -> Self {
        Self { resource, page: page.into(), shard: 0 }
    }

    /// Its name among the resource's pages: `2026-06` for shard 0, `2026-06~1` for shard 1.
    #[must_use]
    pub fn name(&self) -> String {
        match self.shard {
            0 => self.page.clone(),
            shard => format!("{}{SHARD_SEPARATOR}{shard}", self.page),
        }
    }

    /// The page of that name; `None` if no page has it.
    #[must_use]
    pub fn parse(resource: ResourceId, name: &str) -> Option<Self> {
        let key = match name.split_once(SHARD_SEPARATOR) {
            None => Self::first(resource, name),
            Some((page, shard)) => Self { resource, page: page.to_owned(), shard: shard.parse().ok()? },
        };
        (key.name() == name).then_some(key)
    }
}

/// Whether a hold waits for its guest or for the bank.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum HoldState {
    /// It expires at its `expires_at`.
    Active,
    /// Claimed by the payment of one booking; expires at `deadline`, whatever `expires_at` says.
    Confirming {
        /// The booking that pays.
        booking: BookingId,
        /// When the claim expires.
        deadline: Timestamp,
    },
}

/// A hold as its page stores it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageHold {
    /// Slots of this page, with the places taken in each.
    pub places: SlotPlaces,
    /// When it expires, as the guest was answered.
    pub expires_at: Timestamp,
    /// Whether it waits for guest or bank.
    pub state: HoldState,
    /// Whether a customer's 3-D Secure step has prolonged it; that happens once.
    pub prolonged: bool,
    /// When it was to expire at first. The same request repeated after the hold has ended may bring the same id to life
    /// again: this tells one life from another.
    pub first_expires_at: Timestamp,
    /// The requests that extended it, at most [`EXTENSIONS_MAX`], so that their retries are recognized.
    pub extensions: Vec<Fingerprint>,
    /// Digest of the request that placed it.
    pub fingerprint: Fingerprint,
    /// Whose it is.
    pub guest: GuestMark,
    /// How long its guest waits for the same slots if it ends without a booking, in seconds; as the default has it if absent.
    pub cool_down_seconds: Option<u32>,
}

impl PageHold {
    /// Whether it takes more slots of this page than a short one.
    #[must_use]
    pub fn is_long(&self) -> bool {
        self.places.slots().len() > SHORT_HOLD_SLOTS_MAX
    }

    /// When it stops counting.
    #[must_use]
    pub fn counts_until(&self) -> Timestamp {
        match &self.state {
            HoldState::Active => self.expires_at,
            HoldState::Confirming { deadline, .. } => *deadline,
        }
    }

    /// When it stops counting if its payment, should there be one, fails this moment.
    #[must_use]
    pub fn ends_unpaid_at(&self) -> Timestamp {
        self.expires_at.min(self.counts_until())
    }

    /// Whether it waits for the bank because of `booking`.
    #[must_use]
    pub fn is_claimed_by(&self, booking: &BookingId) -> bool {
        matches!(&self.state, HoldState::Confirming { booking: payer, .. } if payer == booking)
    }

    /// Whether it counts at `now`.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.counts_until() > now
    }
}

/// A page. See the module.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Page {
    /// Its name.
    pub key: PageKey,
    /// The revision of the resource's terms that it was brought under last; 0 of one that a release before wrote.
    pub terms_revision: u64,
    /// The property that the resource belonged to by these terms, if to one; unknown of a page that a release before wrote.
    pub property: Option<PropertyId>,
    /// The revision of the resource's schedule since which its slots are what they are: slots that were chosen under this
    /// revision or a later one are these.
    pub schedule_revision: u64,
    /// What distinguishes its slots from others of the same names, if that is known.
    pub shape: Option<PageShape>,
    /// Grows by one with each write.
    pub seq: u64,
    /// Places per slot where no override says otherwise.
    pub capacity: u32,
    /// Places of single slots.
    pub overrides: BTreeMap<SlotKey, u32>,
    /// Slots whose sale is stopped.
    pub closed: BTreeSet<SlotKey>,
    /// Places that may be sold beyond the capacity of a slot; none where it is not named.
    pub allowance: BTreeMap<SlotKey, u32>,
    /// Places of a slot that others than this page have sold; none where it is not named.
    pub elsewhere: BTreeMap<SlotKey, u32>,
    /// Free places; names every slot of the page.
    pub available: BTreeMap<SlotKey, u32>,
    /// Places of confirmed bookings, where there are any.
    pub confirmed: BTreeMap<SlotKey, u32>,
    /// Places taken beyond capacity and allowance, where there are any.
    pub excess: BTreeMap<SlotKey, u32>,
    /// Holds, dead ones included until they are dropped.
    pub holds: BTreeMap<HoldId, PageHold>,
    /// Until when a guest may not hold a slot again, by guest and slot; what has passed counts for nothing. At most
    /// [`COOL_DOWNS_PER_PAGE_MAX`] of them.
    pub cooling: BTreeMap<GuestMark, BTreeMap<SlotKey, Timestamp>>,
    /// Holds that ended without a booking, under terms that name no cool-down.
    pub unpaid_ends: UnpaidEnds,
}

impl Page {
    /// A page of those slots before anything was held, in no frame.
    #[must_use]
    pub fn fresh(key: PageKey, schedule_revision: u64, capacity: u32, slots: Vec<SlotKey>) -> Self {
        Self {
            key,
            terms_revision: 0,
            property: None,
            schedule_revision,
            shape: None,
            seq: 0,
            capacity,
            overrides: BTreeMap::new(),
            closed: BTreeSet::new(),
            allowance: BTreeMap::new(),
            elsewhere: BTreeMap::new(),
            available: slots.into_iter().map(|slot| (slot, capacity)).collect(),
            confirmed: BTreeMap::new(),
            excess: BTreeMap::new(),
            holds: BTreeMap::new(),
            cooling: BTreeMap::new(),
            unpaid_ends: UnpaidEnds::default(),
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

    /// Places of a slot that live holds and bookings take at `now`.
    #[must_use]
    pub fn in_use(&self, slot: &SlotKey, now: Timestamp) -> u32 {
        self.held(slot, now).saturating_add(self.confirmed_in(slot))
    }

    /// Places of a slot that live holds take at `now`.
    fn held(&self, slot: &SlotKey, now: Timestamp) -> u32 {
        let held = |hold: &PageHold| if hold.is_live(now) { hold.places.in_slot(slot) } else { 0 };
        self.holds.values().map(held).fold(0, u32::saturating_add)
    }

    fn confirmed_in(&self, slot: &SlotKey) -> u32 {
        count(&self.confirmed, slot)
    }

    /// Places that may be taken in a slot: its capacity and what may be sold beyond it.
    #[must_use]
    pub fn limit(&self, slot: &SlotKey) -> u32 {
        self.capacity_of(slot).saturating_add(count(&self.allowance, slot))
    }

    /// Places that live holds, bookings and others take in a slot at `now`.
    fn taken(&self, slot: &SlotKey, now: Timestamp) -> u32 {
        self.in_use(slot, now).saturating_add(count(&self.elsewhere, slot))
    }

    fn unused(&self, slot: &SlotKey, now: Timestamp) -> u32 {
        if self.available.contains_key(slot) {
            self.limit(slot).saturating_sub(self.taken(slot, now))
        } else {
            0
        }
    }

    /// The ledger's invariant (see the module); the first slot that breaks it. One pass over the holds: a page is checked
    /// whenever it is decoded.
    #[must_use]
    pub fn broken_slot(&self) -> Option<&SlotKey> {
        let mut held: BTreeMap<&SlotKey, u64> = BTreeMap::new();
        for (slot, quantity) in self.holds.values().flat_map(|hold| hold.places.iter()) {
            let places = held.entry(slot).or_default();
            *places = places.saturating_add(u64::from(quantity));
        }
        let counts = [&self.overrides, &self.allowance, &self.elsewhere, &self.confirmed, &self.excess];
        let unknown = counts
            .into_iter()
            .flat_map(BTreeMap::keys)
            .chain(self.closed.iter())
            .chain(held.keys().copied())
            .find(|slot| !self.available.contains_key(slot));
        unknown.or_else(|| {
            self.available.keys().find(|slot| !self.adds_up(slot, held.get(slot).copied().unwrap_or(0)))
        })
    }

    fn adds_up(&self, slot: &SlotKey, held: u64) -> bool {
        let of = |counts| u64::from(count(counts, slot));
        let (free, excess) = (of(&self.available), of(&self.excess));
        let taken = held.saturating_add(of(&self.confirmed)).saturating_add(of(&self.elsewhere));
        let limit = u64::from(self.capacity_of(slot)) + of(&self.allowance);
        taken.saturating_add(free) == limit + excess && (free == 0 || excess == 0)
    }
}

/// What is counted for a slot; nothing where it is not named.
fn count(counts: &BTreeMap<SlotKey, u32>, slot: &SlotKey) -> u32 {
    counts.get(slot).copied().unwrap_or(0)
}

/// Counts `number` for a slot; nothing is not named.
fn set(counts: &mut BTreeMap<SlotKey, u32>, slot: &SlotKey, number: u32) {
    if number == 0 {
        counts.remove(slot);
    } else {
        counts.insert(slot.clone(), number);
    }
}
