//! A page of the simulation: places, and who has them.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

/// A page. Instants are microseconds.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) places: u32,
    pub(super) free: u32,
    pub(super) confirmed: u32,
    /// Stored holds and when they end, dead ones included.
    holds: HashMap<u32, u64>,
    ends: BTreeSet<(u64, u32)>,
    /// Holds that may not be placed here any more.
    fenced: HashSet<u32>,
    /// When ids came into the memory, if the page has one.
    recent: VecDeque<u64>,
    pub(super) seq: u64,
    /// When the item is done with the writes that wait for it.
    pub(super) idle_at: u64,
    /// From when until when a transaction has the item.
    pub(super) locked_from: u64,
    /// See `locked_from`.
    pub(super) locked_until: u64,
}

/// What a write that places a hold comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placing {
    Placed,
    /// The page has the hold already.
    Met,
    SoldOut,
    /// It stores or remembers as many holds as it may.
    TooMany,
    /// There are places of dead holds: the page has to be read and put.
    Read,
    /// Somebody has written since it was read.
    Conflict,
}

/// What bounds a page beside its places.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) stored_max: u32,
    pub(super) memory: Option<(u64, u32)>,
}

impl Page {
    pub(super) fn of(places: u32) -> Self {
        Self { places, free: places, ..Self::default() }
    }

    pub(super) fn stored(&self) -> u32 {
        self.holds.len().try_into().unwrap_or(u32::MAX)
    }

    pub(super) fn recent(&mut self, bounds: Bounds, now: u64) -> u32 {
        let Some((memory, _)) = bounds.memory else { return 0 };
        while self.recent.front().is_some_and(|at| at + memory <= now) {
            self.recent.pop_front();
        }
        self.recent.len().try_into().unwrap_or(u32::MAX)
    }

    /// Places that could be had: free ones and those of dead holds.
    pub(super) fn offered(&self, now: u64) -> u32 {
        let dead = self.ends.range(..=(now, u32::MAX)).count();
        self.free + u32::try_from(dead).unwrap_or(u32::MAX)
    }

    /// When the first stored hold ends.
    pub(super) fn first_end(&self) -> u64 {
        self.ends.first().map_or(u64::MAX, |(end, _)| *end)
    }

    pub(super) fn has(&self, hold: u32, now: u64) -> bool {
        self.holds.get(&hold).is_some_and(|end| *end > now)
    }

    /// One place for a hold that ends at `until`; by a blind write, or by one that has read write number `read`.
    pub(super) fn place(
        &mut self,
        hold: u32,
        until: u64,
        read: Option<u64>,
        bounds: Bounds,
        now: u64,
    ) -> Placing {
        if self.has(hold, now) {
            return Placing::Met;
        }
        if self.fenced.contains(&hold) {
            return Placing::SoldOut;
        }
        let full = |page: &mut Self| {
            let remembers_max = bounds.memory.map_or(u32::MAX, |(_, max)| max);
            page.stored() >= bounds.stored_max || page.recent(bounds, now) >= remembers_max
        };
        let has_dead = self.first_end() <= now;
        match read {
            None if has_dead && (self.free == 0 || full(self)) => return Placing::Read,
            Some(seq) if seq != self.seq => return Placing::Conflict,
            Some(_) => self.drop_dead(now),
            None => {}
        }
        if self.free == 0 {
            return Placing::SoldOut;
        }
        if full(self) {
            return Placing::TooMany;
        }
        self.free -= 1;
        self.holds.insert(hold, until);
        self.ends.insert((until, hold));
        if bounds.memory.is_some() {
            self.recent.push_back(now);
        }
        self.seq += 1;
        Placing::Placed
    }

    fn drop_dead(&mut self, now: u64) {
        while let Some((end, hold)) = self.ends.first().copied()
            && end <= now
        {
            self.ends.pop_first();
            self.holds.remove(&hold);
            self.free += 1;
        }
    }

    /// A hold is never placed here again. Whether it is not here.
    pub(super) fn fence(&mut self, hold: u32, now: u64) -> bool {
        if self.has(hold, now) {
            return false;
        }
        self.fenced.insert(hold);
        self.seq += 1;
        true
    }

    /// Whether a live hold was there to be claimed; it ends at `deadline` then.
    pub(super) fn claim(&mut self, hold: u32, deadline: u64, now: u64) -> bool {
        if !self.has(hold, now) {
            return false;
        }
        if let Some(end) = self.holds.insert(hold, deadline) {
            self.ends.remove(&(end, hold));
        }
        self.ends.insert((deadline, hold));
        self.seq += 1;
        true
    }

    /// Whether a live hold was there to be confirmed.
    pub(super) fn confirm(&mut self, hold: u32, now: u64) -> bool {
        let was_there = self.has(hold, now) && self.take_away(hold);
        self.confirmed += u32::from(was_there);
        was_there
    }

    /// The hold ends without a booking, if it is there.
    pub(super) fn give_up(&mut self, hold: u32) {
        self.free += u32::from(self.take_away(hold));
    }

    fn take_away(&mut self, hold: u32) -> bool {
        let Some(end) = self.holds.remove(&hold) else { return false };
        self.ends.remove(&(end, hold));
        self.seq += 1;
        true
    }

    /// Whether live holds and confirmed places are more than there are places, or places are lost.
    pub(super) fn is_broken(&self) -> bool {
        self.stored() + self.confirmed + self.free != self.places
    }
}
