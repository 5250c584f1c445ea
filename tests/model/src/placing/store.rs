//! What one call does to record and pages: each is one conditional write, one transaction or one consistent read.

use super::scenario::{Removed, Scenario};
use super::state::{Call, Entry, Fence, Job, Life, Offence, Outcome, Page, Record, State, Status};

impl State {
    /// A call arrives at the store.
    pub fn arrive(&mut self, call: Call, scenario: &Scenario) -> Outcome {
        match call {
            Call::Read | Call::Look => Outcome::Record(self.record),
            Call::Find(shard) => self.pages[shard].entry.map_or(Outcome::Nothing, Outcome::There),
            Call::Put(life) => self.put(life),
            Call::Place(life) => match self.refusal(life, life.n, scenario) {
                Some(refusal) => refusal,
                None => self.enter(life),
            },
            Call::Replace(before, life) => self.replace(before, life, scenario),
            Call::Move(before, life) => match self.at_life(before, scenario) {
                Some(found) => found,
                None => self.rewrite(life),
            },
            Call::Fence(life) => self.fence(life, scenario),
            Call::Drop(n, shard) => self.drop_entry(n, shard),
            Call::Tell(life) => match &mut self.record {
                Some(record)
                    if names(record, life.n, life.shard)
                        && (record.life.end == life.end || scenario.lacks(Removed::EndInTell)) =>
                {
                    record.status = Status::Expired;
                    Outcome::Done
                }
                found => Outcome::Record(*found),
            },
        }
    }

    fn put(&mut self, life: Life) -> Outcome {
        match self.record {
            Some(record) => Outcome::Record(Some(record)),
            None => self.rewrite(life),
        }
    }

    fn rewrite(&mut self, life: Life) -> Outcome {
        self.record = Some(Record { life, status: Status::Active });
        Outcome::Done
    }

    /// The record, where it is not active at a life.
    fn at_life(&self, n: u8, scenario: &Scenario) -> Option<Outcome> {
        let at = self.record.is_some_and(|record| {
            let open = record.status == Status::Active || scenario.lacks(Removed::EndIsFinal);
            open && record.life.n == n
        });
        (!at && !scenario.lacks(Removed::CompareOfLife)).then_some(Outcome::Record(self.record))
    }

    /// Why a page does not take a life. Of the hold's entries only a dead one of a life before that may be there: it came late.
    fn refusal(&self, life: Life, before: u8, scenario: &Scenario) -> Option<Outcome> {
        let page = &self.pages[life.shard];
        if let Some(entry) = page.entry
            && (entry.n >= before || entry.is_live(self.tick) || scenario.lacks(Removed::OneTransaction))
        {
            return Some(Outcome::There(entry));
        }
        let fenced = |fence: Fence| fence.n >= life.n || scenario.lacks(Removed::LifeOfFence);
        if page.fence.is_some_and(fenced) {
            return Some(Outcome::Fenced);
        }
        if page.others >= scenario.capacity && !scenario.lacks(Removed::Room) {
            return Some(Outcome::Full);
        }
        (page.entry.is_none() && names_of(page) >= scenario.names).then_some(Outcome::NoRoom)
    }

    fn enter(&mut self, life: Life) -> Outcome {
        self.pages[life.shard].entry = Some(Entry { n: life.n, end: life.end, lapsed: false });
        Outcome::Done
    }

    fn replace(&mut self, before: u8, life: Life, scenario: &Scenario) -> Outcome {
        if let Some(found) = self.at_life(before, scenario) {
            return found;
        }
        let refusal = match self.refusal(life, before, scenario) {
            Some(Outcome::There(_)) if scenario.lacks(Removed::LookAtEntry) => None,
            refusal => refusal,
        };
        match refusal {
            Some(refusal) => refusal,
            None => {
                self.rewrite(life);
                self.enter(life)
            }
        }
    }

    fn fence(&mut self, life: Life, scenario: &Scenario) -> Outcome {
        let page = &mut self.pages[life.shard];
        if let Some(entry) = page.entry
            && (entry.n >= life.n || entry.is_live(self.tick))
        {
            return Outcome::There(entry);
        }
        if page.fence.is_none() && names_of(page) >= scenario.names {
            return Outcome::NoRoom;
        }
        page.raise(life.n, life.end, self.tick);
        Outcome::Done
    }

    fn drop_entry(&mut self, n: u8, shard: usize) -> Outcome {
        let page = &mut self.pages[shard];
        if page.entry.is_some_and(|entry| entry.n == n) {
            page.entry = None;
            if self.record.is_some_and(|record| names(&record, n, shard)) {
                self.offence.get_or_insert(Offence::LeftUntold);
            }
        }
        Outcome::Done
    }

    /// The guest gives the hold back: record and page in one transaction. None where it has no places.
    #[must_use]
    pub fn release(&mut self, ahead: u8, scenario: &Scenario) -> Option<()> {
        let now = self.tick + ahead;
        let record = self.record.as_mut()?;
        let life = record.life;
        let page = &mut self.pages[life.shard];
        page.entry.filter(|entry| entry.is_live(now) && names(record, entry.n, life.shard))?;
        record.status = Status::Released;
        page.entry = None;
        // Whoever wrote this record may be about to place it, and will not read it again before a tick is over; another tick
        // is for clocks that differ.
        let margin = u8::from(!scenario.lacks(Removed::ClocksOfRelease));
        if now <= life.made + margin && !scenario.lacks(Removed::FenceOfRelease) {
            page.raise(life.n, life.made + margin + 1, self.tick);
        }
        Some(())
    }

    /// The guest extends the hold by its whole time: record and page in one transaction. None where it has no places.
    #[must_use]
    pub fn extend(&mut self, scenario: &Scenario) -> Option<Entry> {
        let tick = self.tick;
        let record = self.record.as_mut()?;
        let page = &mut self.pages[record.life.shard];
        let entry = page.entry.as_mut().filter(|entry| {
            entry.is_live(tick) && names(record, entry.n, record.life.shard) && entry.end == record.life.end
        })?;
        entry.end += scenario.ttl;
        record.life.end = entry.end;
        Some(*entry)
    }

    /// Another guest takes a place, also one of an entry that is dead. None where there is none.
    #[must_use]
    pub fn taken_by_another(&mut self, shard: usize, scenario: &Scenario) -> Option<()> {
        let tick = self.tick;
        let page = &mut self.pages[shard];
        let timely = !scenario.lacks(Removed::TimeOfEntry);
        let held = timely && page.entry.is_some_and(|entry| entry.is_live(tick));
        if page.others + u8::from(held) >= scenario.capacity || names_of(page) >= scenario.names {
            return None;
        }
        page.others += 1;
        if let Some(entry) = &mut page.entry
            && !held
            && page.others >= scenario.capacity
        {
            entry.lapsed = true;
        }
        Some(())
    }

    /// A tick passes, and pages forget fences.
    pub fn pass(&mut self) {
        self.tick += 1;
        for page in &mut self.pages {
            page.fence = page.fence.filter(|fence| fence.until > self.tick);
        }
    }

    /// How many instances serve the guest.
    #[must_use]
    pub fn serving(&self) -> usize {
        self.processes.iter().filter(|process| process.job == Job::Serve).count()
    }
}

impl Page {
    /// Lives up to `n` are refused, until a tick.
    fn raise(&mut self, n: u8, until: u8, now: u8) {
        let before = self.fence.unwrap_or(Fence { n, until });
        let fence = Fence { n: before.n.max(n), until: before.until.max(until) };
        self.fence = Some(fence).filter(|fence| fence.until > now);
    }

    /// Places that are counted as taken.
    #[must_use]
    pub fn taken(&self) -> u8 {
        self.others + u8::from(self.entry.is_some_and(|entry| !entry.lapsed))
    }
}

/// Names that a page has.
#[must_use]
pub fn names_of(page: &Page) -> u8 {
    page.others + u8::from(page.entry.is_some()) + u8::from(page.fence.is_some())
}

/// Whether a record says that a life has its places on a shard.
#[must_use]
pub fn names(record: &Record, n: u8, shard: usize) -> bool {
    record.status == Status::Active && record.life.n == n && record.life.shard == shard
}
