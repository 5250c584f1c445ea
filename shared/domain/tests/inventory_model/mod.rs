//! A page as anybody would keep it on paper: live holds in a list, the dead struck out at once, places counted anew for
//! each question.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::inventory::{EXTENSIONS_MAX, HoldState, SlotRule};
use holdfast_domain::{
    BookingId, Fingerprint, GuestMark, HoldId, HoldLimits, Page, PageCommand, PageHold, SlotKey, SlotPlaces,
};
use jiff::{SignedDuration, Timestamp};

/// What the model says to a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It may happen, or has happened.
    Done,
    /// It may not.
    Refused,
}

#[derive(Debug, Clone, PartialEq)]
struct Held {
    places: SlotPlaces,
    expires_at: Timestamp,
    claim: Option<(BookingId, Timestamp)>,
    prolonged: bool,
    requests: Vec<Fingerprint>,
    fingerprint: Fingerprint,
    guest: GuestMark,
    cool_down_seconds: u32,
}

impl Held {
    fn new(entry: &PageHold) -> Self {
        Self {
            places: entry.places.clone(),
            expires_at: entry.expires_at,
            claim: None,
            prolonged: entry.prolonged,
            requests: Vec::new(),
            fingerprint: entry.fingerprint.clone(),
            guest: entry.guest.clone(),
            cool_down_seconds: entry.cool_down_seconds.expect("a cool-down that is named"),
        }
    }

    fn claimed_by(&self, booking: &BookingId) -> bool {
        self.claim.as_ref().is_some_and(|(payer, _)| payer == booking)
    }

    fn dies_at(&self) -> Timestamp {
        self.claim.as_ref().map_or(self.expires_at, |claim| claim.1)
    }
}

/// See the module.
pub(crate) struct Model {
    capacity: BTreeMap<SlotKey, u32>,
    /// Places that may be sold beyond the capacity.
    beyond: BTreeMap<SlotKey, u32>,
    /// Places that others have sold.
    elsewhere: BTreeMap<SlotKey, u32>,
    closed: BTreeSet<SlotKey>,
    confirmed: BTreeMap<SlotKey, u32>,
    holds: BTreeMap<HoldId, Held>,
    /// Who has to wait for which slot until when.
    waits: Vec<(GuestMark, SlotKey, Timestamp)>,
}

impl Model {
    pub(crate) fn new(page: &Page) -> Self {
        let counted = |counts: &BTreeMap<SlotKey, u32>| {
            page.available.keys().map(|slot| (slot.clone(), counts.get(slot).copied().unwrap_or(0))).collect()
        };
        Self {
            capacity: page.available.keys().map(|slot| (slot.clone(), page.capacity)).collect(),
            beyond: counted(&page.allowance),
            elsewhere: counted(&page.elsewhere),
            confirmed: counted(&page.confirmed),
            closed: BTreeSet::new(),
            holds: BTreeMap::new(),
            waits: Vec::new(),
        }
    }

    fn used(&self, slot: &SlotKey) -> u32 {
        let held: u32 = self.holds.values().map(|held| places_in(&held.places, slot)).sum();
        held + self.confirmed[slot]
    }

    /// What guests and others have of a slot, and what may be had.
    fn sold(&self, slot: &SlotKey, capacity: u32) -> (u32, u32) {
        (self.used(slot) + self.elsewhere[slot], capacity + self.beyond[slot])
    }

    fn fits(&self, places: &SlotPlaces) -> bool {
        places.iter().all(|(slot, quantity)| {
            let (sold, most) = self.sold(slot, self.capacity[slot]);
            !self.closed.contains(slot) && sold + quantity <= most
        })
    }

    /// Whether more would be sold of a slot than may be, and that not only because it was so before.
    fn is_too_low(&self, slot: &SlotKey, limit: u32) -> bool {
        let (sold, most) = self.sold(slot, self.capacity[slot]);
        sold > limit && limit < most
    }

    fn stands(&self, places: &SlotPlaces) -> bool {
        places.iter().all(|(slot, quantity)| self.confirmed[slot] >= quantity)
    }

    /// A hold came to nothing.
    fn wasted(&mut self, held: &Held, ended: Timestamp) {
        let until = ended + SignedDuration::from_secs(i64::from(held.cool_down_seconds));
        self.waits.extend(held.places.slots().map(|slot| (held.guest.clone(), slot.clone(), until)));
    }

    fn may_have_another(&self, entry: &PageHold, limits: &HoldLimits, now: Timestamp) -> bool {
        let own = || self.holds.values().filter(|held| held.guest == entry.guest);
        let in_slot = |slot| own().filter(move |held| places_in(&held.places, slot) > 0);
        limits.per_guest.is_none_or(|most| own().count() < most as usize)
            && entry.places.iter().all(|(slot, quantity)| {
                let places = in_slot(slot).map(|held| places_in(&held.places, slot)).sum::<u32>() + quantity;
                in_slot(slot).count() < limits.per_slot as usize
                    && places <= limits.places_per_slot.unwrap_or(10)
            })
            && (limits.cool_down_seconds == Some(0)
                || !self.waits.iter().any(|(guest, slot, until)| {
                    *guest == entry.guest && places_in(&entry.places, slot) > 0 && *until > now
                }))
    }

    fn book(&mut self, places: &SlotPlaces) {
        places.iter().for_each(|(slot, places)| *self.confirmed.entry(slot.clone()).or_default() += places);
    }

    fn unbook(&mut self, places: &SlotPlaces) {
        places.iter().for_each(|(slot, places)| *self.confirmed.entry(slot.clone()).or_default() -= places);
    }

    /// What `command` does at `now`, if it may.
    pub(crate) fn apply(&mut self, command: &PageCommand, now: Timestamp) -> Verdict {
        let dead: Vec<HoldId> =
            self.holds.iter().filter(|(_, held)| held.dies_at() <= now).map(|(id, _)| id.clone()).collect();
        for held in dead.iter().filter_map(|id| self.holds.remove(id)).collect::<Vec<_>>() {
            self.wasted(&held, held.expires_at);
        }
        if self.may(command, now) { Verdict::Done } else { Verdict::Refused }
    }

    /// Takes back a place that the model alone allowed.
    pub(crate) fn undo_place(&mut self, command: &PageCommand) -> bool {
        match command {
            PageCommand::Place { hold, .. } => self.holds.remove(hold).is_some(),
            _ => false,
        }
    }

    fn may(&mut self, command: &PageCommand, now: Timestamp) -> bool {
        match command {
            PageCommand::Place { hold, entry, limits } => match self.holds.get(hold) {
                Some(known) => known.fingerprint == entry.fingerprint,
                None if !self.fits(&entry.places) => false,
                None if limits.is_some_and(|limits| !self.may_have_another(entry, &limits, now)) => false,
                None => self.holds.insert(hold.clone(), Held::new(entry)).is_none(),
            },
            PageCommand::Extend { hold, request, by } => {
                let Some(held) = self.holds.get_mut(hold) else { return false };
                if held.requests.contains(request) {
                    return true;
                }
                if held.claim.is_some() || held.requests.len() >= EXTENSIONS_MAX {
                    return false;
                }
                held.expires_at += *by;
                held.requests.push(request.clone());
                true
            }
            PageCommand::Claim { hold, booking, deadline } => {
                let Some(held) = self.holds.get_mut(hold) else { return false };
                match &mut held.claim {
                    Some((payer, known)) if payer == booking => {
                        *known = (*deadline).max(*known);
                        true
                    }
                    Some(_) => false,
                    None => {
                        held.claim = Some((booking.clone(), (*deadline).max(held.expires_at)));
                        true
                    }
                }
            }
            PageCommand::Prolong { hold, booking, by } => {
                let Some(held) = self.holds.get_mut(hold).filter(|held| held.claimed_by(booking)) else {
                    return false;
                };
                if !held.prolonged {
                    held.prolonged = true;
                    held.expires_at += *by;
                }
                held.claim = Some((booking.clone(), held.expires_at));
                true
            }
            PageCommand::Unclaim { hold, booking } => {
                if let Some(held) = self.holds.get_mut(hold).filter(|held| held.claimed_by(booking)) {
                    held.claim = None;
                }
                true
            }
            PageCommand::Abandon { hold, booking } => {
                if self.holds.get(hold).is_some_and(|held| held.claimed_by(booking))
                    && let Some(held) = self.holds.remove(hold)
                {
                    self.wasted(&held, now);
                }
                true
            }
            PageCommand::Release { hold, .. } => {
                let claimed = self.holds.get(hold).is_some_and(|held| held.claim.is_some());
                if !claimed && let Some(held) = self.holds.remove(hold) {
                    self.wasted(&held, now);
                }
                !claimed
            }
            PageCommand::Expire { hold, .. } => !self.holds.contains_key(hold),
            PageCommand::Confirm { hold, booking, places } => {
                let is_own = |held: &&Held| held.claimed_by(booking) && held.places == *places;
                if let Some(held) = self.holds.get(hold).filter(is_own).cloned() {
                    self.holds.remove(hold);
                    self.book(&held.places);
                    return true;
                }
                let fits = self.fits(places);
                if fits {
                    self.book(places);
                }
                fits
            }
            PageCommand::Return { hold, entry } => {
                let may = self.stands(&entry.places) && !self.holds.contains_key(hold);
                if may {
                    self.unbook(&entry.places);
                    self.holds.insert(hold.clone(), Held::new(entry));
                }
                may
            }
            PageCommand::Free { places, .. } => {
                let may = self.stands(places);
                if may {
                    self.unbook(places);
                }
                may
            }
            PageCommand::Frame { frame } => {
                let capacity = |rule: &SlotRule| rule.capacity.unwrap_or(frame.capacity);
                let most = |rule: &SlotRule| capacity(rule) + rule.allowance;
                if frame.slots.iter().any(|(slot, rule)| self.is_too_low(slot, most(rule))) {
                    return false;
                }
                for (slot, rule) in &frame.slots {
                    self.capacity.insert(slot.clone(), capacity(rule));
                    self.beyond.insert(slot.clone(), rule.allowance);
                }
                let closed = frame.slots.iter().filter(|(_, rule)| rule.closed);
                self.closed = closed.map(|(slot, _)| slot.clone()).collect();
                true
            }
        }
    }

    /// What a page says otherwise than the model.
    pub(crate) fn compare(&self, page: &Page, now: Timestamp) -> Result<(), String> {
        let live: BTreeMap<HoldId, Held> = page
            .holds
            .iter()
            .filter(|(_, entry)| entry.is_live(now))
            .map(|(id, entry)| {
                let claim = match &entry.state {
                    HoldState::Active => None,
                    HoldState::Confirming { booking, deadline } => Some((booking.clone(), *deadline)),
                };
                (id.clone(), Held { claim, ..Held::new(entry) })
            })
            .collect();
        let forgetful: BTreeMap<HoldId, Held> = self
            .holds
            .iter()
            .filter(|(_, held)| held.dies_at() > now)
            .map(|(id, held)| (id.clone(), Held { requests: Vec::new(), ..held.clone() }))
            .collect();
        if live != forgetful {
            return Err(format!("live holds {live:?}, by the model {forgetful:?}"));
        }
        for (id, entry) in page.holds.iter().filter(|(_, entry)| entry.is_live(now)) {
            let requests = &self.holds[id].requests;
            if entry.extensions != *requests {
                return Err(format!(
                    "{id} was extended by {:?}, by the model {requests:?}",
                    entry.extensions
                ));
            }
        }
        for slot in self.capacity.keys() {
            let confirmed = page.confirmed.get(slot).copied().unwrap_or(0);
            let used: u32 = forgetful.values().map(|held| places_in(&held.places, slot)).sum::<u32>()
                + self.confirmed[slot];
            let free = (self.capacity[slot] + self.beyond[slot]).saturating_sub(used + self.elsewhere[slot]);
            let offered = if self.closed.contains(slot) { 0 } else { free };
            let said = (page.capacity_of(slot), confirmed, page.in_use(slot, now), page.offered(slot, now));
            let counted = (self.capacity[slot], self.confirmed[slot], used, offered);
            if said != counted {
                return Err(format!("slot {slot}: {said:?}, by the model {counted:?}"));
            }
        }
        Ok(())
    }
}

/// Looked up one by one, unlike [`SlotPlaces::in_slot`].
fn places_in(places: &SlotPlaces, slot: &SlotKey) -> u32 {
    places.iter().find(|(known, _)| *known == slot).map_or(0, |(_, quantity)| quantity)
}
