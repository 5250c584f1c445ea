//! What a command does to a page, and whether it may.

use jiff::{SignedDuration, Timestamp};

use super::{
    EXTENSIONS_MAX, HOLDS_PER_PAGE_MAX, HoldLimits, HoldState, LONG_HOLDS_PER_PAGE_MAX, Page, PageChange,
    PageCommand, PageHold, PageRejection, SlotPlaces, count,
};
use crate::ids::{BookingId, Fingerprint, HoldId};

impl Page {
    /// What `command` does at `now`: the changes in order, none if it was done before.
    ///
    /// # Errors
    /// [`PageRejection`], when it may not happen.
    pub fn decide(&self, command: &PageCommand, now: Timestamp) -> Result<Vec<PageChange>, PageRejection> {
        match command {
            PageCommand::Place { hold, entry, limits } => {
                self.decide_place(hold, entry, limits.as_ref(), now)
            }
            PageCommand::Extend { hold, request, by } => self.decide_extend(hold, request, *by, now),
            PageCommand::Claim { hold, booking, deadline } => {
                let entry = self.live_hold(hold, now)?;
                match &entry.state {
                    HoldState::Active => Ok(vec![PageChange::Claimed {
                        hold: hold.clone(),
                        booking: booking.clone(),
                        deadline: (*deadline).max(entry.expires_at),
                    }]),
                    HoldState::Confirming { booking: other, deadline: known } if other == booking => {
                        let claimed = PageChange::Claimed {
                            hold: hold.clone(),
                            booking: booking.clone(),
                            deadline: *deadline,
                        };
                        Ok(if deadline > known { vec![claimed] } else { Vec::new() })
                    }
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
            PageCommand::Unclaim { hold, booking } => match self.holds.get(hold) {
                Some(entry) if entry.is_claimed_by(booking) => {
                    Ok(vec![PageChange::Unclaimed { hold: hold.clone() }])
                }
                Some(_) | None => Ok(Vec::new()),
            },
            PageCommand::Release { hold, .. } => match self.holds.get(hold) {
                None => Ok(Vec::new()),
                Some(entry) if !entry.is_live(now) => Ok(self.expired(hold, entry)),
                Some(entry) => match entry.state {
                    HoldState::Active => Ok(self.released(hold, entry, now)),
                    HoldState::Confirming { .. } => Err(PageRejection::HoldClaimed),
                },
            },
            PageCommand::Abandon { hold, booking } => match self.holds.get(hold) {
                Some(entry) if entry.is_claimed_by(booking) => Ok(self.released(hold, entry, now)),
                Some(_) | None => Ok(Vec::new()),
            },
            PageCommand::Expire { hold, .. } => match self.holds.get(hold) {
                None => Ok(Vec::new()),
                Some(entry) if entry.is_live(now) => {
                    Err(PageRejection::HoldLive { until: entry.counts_until() })
                }
                Some(entry) => Ok(self.expired(hold, entry)),
            },
            PageCommand::Confirm { hold, booking, places } => self.decide_confirm(hold, booking, places, now),
            PageCommand::Return { hold, entry } => self.decide_return(hold, entry, now),
            PageCommand::Free { booking, places } => {
                self.require_confirmed(places)?;
                Ok(vec![PageChange::Freed { booking: booking.clone(), places: places.clone() }])
            }
            PageCommand::Frame { frame } => self.decide_frame(frame, now),
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
        limits: Option<&HoldLimits>,
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
        self.require_offered(&entry.places, now)?;
        if let Some(limits) = limits {
            self.require_within_limits(hold, entry, limits, now)
                .map_err(|(limit, wait_seconds)| PageRejection::LimitReached { limit, wait_seconds })?;
        }
        if self.is_full_for(entry, |other| other.is_live(now)) {
            return Err(PageRejection::TooManyHolds);
        }
        let must_drop = self.needs_reclaim(&entry.places)
            || self.holds.contains_key(hold)
            || self.is_full_for(entry, |_| true);
        let mut changes = if must_drop { self.expire_all(now) } else { Vec::new() };
        changes.push(PageChange::Placed { hold: hold.clone(), entry: entry.clone() });
        Ok(changes)
    }

    /// Whether the page has as many holds that count as it may have beside a new one.
    fn is_full_for(&self, entry: &PageHold, counts: impl Fn(&PageHold) -> bool) -> bool {
        let (mut holds, mut long) = (0, 0);
        for other in self.holds.values().filter(|other| counts(other)) {
            holds += 1;
            long += usize::from(other.is_long());
        }
        holds >= HOLDS_PER_PAGE_MAX || (entry.is_long() && long >= LONG_HOLDS_PER_PAGE_MAX)
    }

    fn decide_extend(
        &self,
        hold: &HoldId,
        request: &Fingerprint,
        by: SignedDuration,
        now: Timestamp,
    ) -> Result<Vec<PageChange>, PageRejection> {
        let entry = self.live_hold(hold, now)?;
        if entry.extensions.contains(request) {
            return Ok(Vec::new());
        }
        match entry.state {
            HoldState::Confirming { .. } => Err(PageRejection::HoldClaimed),
            HoldState::Active if entry.extensions.len() >= EXTENSIONS_MAX => {
                Err(PageRejection::NotExtendable)
            }
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
        places: &SlotPlaces,
        now: Timestamp,
    ) -> Result<Vec<PageChange>, PageRejection> {
        let is_own =
            |entry: &PageHold| entry.is_claimed_by(booking) && entry.is_live(now) && entry.places == *places;
        if self.holds.get(hold).is_some_and(is_own) {
            return Ok(vec![PageChange::Confirmed { hold: hold.clone(), booking: booking.clone() }]);
        }
        self.require_offered(places, now)?;
        let mut changes = if self.needs_reclaim(places) || self.holds.contains_key(hold) {
            self.expire_all(now)
        } else {
            Vec::new()
        };
        changes.push(PageChange::Reacquired { booking: booking.clone(), places: places.clone() });
        Ok(changes)
    }

    /// Never refused for the number of holds: what was sold must find its way back. The dead make room first.
    fn decide_return(
        &self,
        hold: &HoldId,
        entry: &PageHold,
        now: Timestamp,
    ) -> Result<Vec<PageChange>, PageRejection> {
        self.require_confirmed(&entry.places)?;
        let stored = self.holds.get(hold);
        if let Some(live) = stored.filter(|stored| stored.is_live(now)) {
            return Err(PageRejection::HoldLive { until: live.counts_until() });
        }
        let mut changes = if stored.is_some() || self.holds.len() >= HOLDS_PER_PAGE_MAX {
            self.expire_all(now)
        } else {
            Vec::new()
        };
        changes.push(PageChange::Returned { hold: hold.clone(), entry: entry.clone() });
        Ok(changes)
    }

    fn require_offered(&self, places: &SlotPlaces, now: Timestamp) -> Result<(), PageRejection> {
        if let Some(unknown) = places.slots().find(|slot| !self.available.contains_key(slot)) {
            return Err(PageRejection::UnknownSlot(unknown.clone()));
        }
        if places.iter().all(|(slot, quantity)| self.offered(slot, now) >= quantity) {
            return Ok(());
        }
        let available = places.slots().map(|slot| self.offered(slot, now)).min().unwrap_or(0);
        Err(PageRejection::SoldOut { available })
    }

    fn require_confirmed(&self, places: &SlotPlaces) -> Result<(), PageRejection> {
        if places.iter().all(|(slot, quantity)| count(&self.confirmed, slot) >= quantity) {
            Ok(())
        } else {
            Err(PageRejection::NotConfirmed)
        }
    }

    fn needs_reclaim(&self, places: &SlotPlaces) -> bool {
        places.iter().any(|(slot, quantity)| count(&self.available, slot) < quantity)
    }

    pub(super) fn expire_all(&self, now: Timestamp) -> Vec<PageChange> {
        self.expire_where(|entry| !entry.is_live(now))
    }

    /// Dead holds are dropped, one after the other.
    pub(super) fn expire_where(&self, is_dropped: impl Fn(&PageHold) -> bool) -> Vec<PageChange> {
        let mut ends = self.unpaid_ends.clone();
        let mut changes = Vec::new();
        for (hold, entry) in self.holds.iter().filter(|(_, entry)| is_dropped(entry)) {
            changes.push(PageChange::Expired { hold: hold.clone() });
            changes.extend(Self::after_unpaid_end(&mut ends, entry, entry.expires_at));
        }
        changes
    }

    /// A dead hold is dropped.
    fn expired(&self, hold: &HoldId, entry: &PageHold) -> Vec<PageChange> {
        self.ended(PageChange::Expired { hold: hold.clone() }, entry, entry.expires_at)
    }

    /// A hold is given back at `now`, perhaps by a booking whose claim has lapsed.
    fn released(&self, hold: &HoldId, entry: &PageHold, now: Timestamp) -> Vec<PageChange> {
        let ended = if entry.is_live(now) { now } else { entry.expires_at };
        self.ended(PageChange::Released { hold: hold.clone() }, entry, ended)
    }

    fn ended(&self, end: PageChange, entry: &PageHold, ended: Timestamp) -> Vec<PageChange> {
        let mut changes = vec![end];
        changes.extend(Self::after_unpaid_end(&mut self.unpaid_ends.clone(), entry, ended));
        changes
    }
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}
