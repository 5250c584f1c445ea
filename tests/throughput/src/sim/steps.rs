//! The steps of a hold, one after the other.

use super::page::Placing;
use super::search::{AGE_MAX, SWEEP};
use super::state::{Event, Request, Sim, Step};
use crate::client::Tries;
use crate::partition::{SECOND, index};
use crate::units::{read_half_units, write_units};

/// A client whose answer is lost asks again after so long.
const ASKS_AGAIN: u64 = 200_000;
/// A write is on its way for this long at most. Assumed.
const LATE: u64 = 4 * SECOND;
/// How long a guest takes to pay, and the bank, at most. Assumed.
const PAYS: u64 = 20 * SECOND;
const BANK: u64 = 3 * SECOND;
/// A claim ends after so long, far beyond what the bank takes here.
const DEADLINE: u64 = 900 * SECOND;
/// A timer is late by so much at most. Assumed.
const TIMER: u64 = 2 * SECOND;
/// Bytes of a page's free places in the summary, and live holds of the pages that are read for it.
const SUMMARY_BYTES: u64 = 5;
const SUMMARY_HOLDS: u32 = 50;

impl Sim<'_> {
    /// Another request comes; the time until the next is spread evenly around its mean.
    pub(super) fn arrives(&mut self) {
        let request = Request {
            hold: self.arrived,
            arrived: self.now,
            instance: self.rng.u32(0..self.setup.instances),
            step: Step::Record,
            shard: 0,
            next: None,
            tries: Tries::default(),
            read: None,
            refused: Vec::new(),
            again: false,
        };
        self.arrived += 1;
        self.chooses(request);
        if self.now < self.setup.seconds * SECOND {
            let wait = self.rng.u64(0..=2 * SECOND / self.setup.rate);
            self.after(wait, Event::Arrives);
        }
    }

    /// Chooses a page: the one that the hold's record says, or by what is known of free places.
    pub(super) fn chooses(&mut self, mut request: Request) {
        if self.design.is_record_first()
            && request.refused.is_empty()
            && let Some(shard) = self.recorded.get(&request.hold).copied()
        {
            return self.starts(Request { shard, ..request }, Step::Record);
        }
        if self.setup.shards == 1 {
            let is_empty =
                self.search.knows_empty(request.instance, 0, self.now) || !request.refused.is_empty();
            return if is_empty { self.refuses() } else { self.goes_to(request, 0) };
        }
        let read_at = self.search.read_at[index(request.instance.into())];
        let made_at = self.search.made_at;
        let is_made = made_at > 0 && self.now < made_at + AGE_MAX && self.now < self.search.good_until;
        if is_made && read_at >= made_at && self.now >= self.search.ready_at {
            return self.known(request);
        }
        let bytes = SUMMARY_BYTES * u64::from(self.setup.shards);
        let halves = read_half_units(bytes, false);
        if !self.reads.take(self.setup.shards, halves, self.now) {
            self.outcome.throttled += 1;
            return match request.tries.throttled(&mut self.rng) {
                Some(pause) => self.after(pause, Event::Asks(request)),
                None => self.outcome.failed += 1,
            };
        }
        self.search.read_at[index(request.instance.into())] = self.now.max(1);
        self.outcome.read_halves += halves;
        if !is_made {
            self.sweeps(bytes);
        }
        let wait = self.search.ready_at.saturating_sub(self.now);
        let read = self.half() + self.half();
        self.after(wait + read, Event::Known(request));
    }

    /// Reads every page and writes the summary. Places are those of its beginning.
    fn sweeps(&mut self, summary_bytes: u64) {
        let now = self.now;
        self.search.made_at = now.max(1);
        self.search.ready_at = now + SWEEP;
        self.search.good_until = u64::MAX;
        for (free, page) in self.search.free.iter_mut().zip(&self.pages) {
            *free = page.offered(now);
            if *free == 0 {
                self.search.good_until = self.search.good_until.min(page.first_end());
            }
        }
        let bytes = self.design.page_bytes(SUMMARY_HOLDS, 0);
        self.outcome.read_halves += u64::from(self.setup.shards) * read_half_units(bytes, true);
        self.outcome.page_units += write_units(summary_bytes);
    }

    /// Goes to a page that has places, as far as is known. Where others are offered what is left, the client is told to come again: sold
    /// out is only said when no page shows a place.
    pub(super) fn known(&mut self, request: Request) {
        let chance = self.rng.u64(..);
        match self.search.pick(request.instance, request.hold, &request.refused, chance) {
            Some(shard) => self.goes_to(request, shard),
            None if self.search.shows_places() => self.outcome.busy += 1,
            None => self.refuses(),
        }
    }

    fn refuses(&mut self) {
        let is_closed = self.setup.shards == 1 && self.pages[0].offered(self.now) > 0;
        *(if is_closed { &mut self.outcome.closed } else { &mut self.outcome.sold_out }) += 1;
    }

    /// To this page: by way of the record, if that comes first; from a page that has refused, by way of its fence.
    fn goes_to(&mut self, request: Request, shard: u32) {
        match (self.design.is_record_first(), request.refused.is_empty()) {
            (false, _) => self.starts(Request { shard, ..request }, Step::Page),
            (true, true) => self.starts(Request { shard, ..request }, Step::Record),
            (true, false) => {
                let step = if self.design.has_fences() { Step::Fence } else { Step::Move };
                self.starts(Request { next: Some(shard), ..request }, step);
            }
        }
    }

    fn starts(&mut self, request: Request, step: Step) {
        self.begins(Request { step, tries: Tries::default(), ..request });
    }

    pub(super) fn begins(&mut self, request: Request) {
        match self.design.queue() {
            Some(queue) if request.step == Step::Page => self.sends(request, queue),
            _ => {
                let is_late = request.step == Step::Page
                    && !request.again
                    && request.refused.is_empty()
                    && self.rng.u32(0..1_000) < self.setup.late;
                if is_late { self.sends_late(request) } else { self.call(request) }
            }
        }
    }

    /// The write is on its way for a while, and its client asks again.
    fn sends_late(&mut self, request: Request) {
        let late = self.rng.u64(SECOND..=LATE);
        let instance = self.rng.u32(0..self.setup.instances);
        let again = Request { instance, again: true, ..request.clone() };
        self.after(ASKS_AGAIN, Event::Asks(again));
        self.after(late, Event::Called(Request { again: true, ..request }));
    }

    /// A call has been carried out.
    pub(super) fn served(&mut self, mut request: Request) {
        let (shard, now) = (index(request.shard.into()), self.now);
        let page = &mut self.pages[shard];
        let is_locked = page.locked_from <= now && now < page.locked_until;
        let is_of_page = !matches!(request.step, Step::Record | Step::Move | Step::Mark);
        if is_of_page && is_locked && !request.step.is_transaction(self.design) {
            return self.conflicts(request);
        }
        match request.step {
            Step::Record if self.design.is_record_first() => {
                request.shard = *self.recorded.entry(request.hold).or_insert(request.shard);
                self.starts(request, Step::Page);
            }
            Step::Record | Step::Mark => self.answers(&request),
            Step::Page => self.placing(request),
            Step::Fence if page.fence(request.hold, now) => self.starts(request, Step::Move),
            Step::Fence => self.goes_on(request),
            Step::Move => {
                // Whoever moved it first is followed.
                let known = self.recorded.entry(request.hold).or_insert(request.shard);
                if *known == request.shard {
                    *known = request.next.take().unwrap_or(*known);
                }
                request.shard = *known;
                self.starts(request, Step::Page);
            }
            Step::Claim => {
                if page.claim(request.hold, now + DEADLINE, now) {
                    let bank = self.rng.u64(SECOND / 2..=BANK);
                    let confirm = Request { step: Step::Confirm, tries: Tries::default(), ..request };
                    self.after(bank, Event::Begins(confirm));
                }
            }
            Step::Confirm => {
                self.outcome.confirmed += u64::from(page.confirm(request.hold, now));
                self.ended.insert(request.hold);
            }
            Step::Release | Step::Expire => {
                page.give_up(request.hold);
                self.ended.insert(request.hold);
            }
        }
        self.outcome.broken += u64::from(self.pages[shard].is_broken());
    }

    fn placing(&mut self, mut request: Request) {
        let until = self.design.expiry(self.now + self.setup.ttl);
        let (bounds, now) = (self.bounds, self.now);
        let page = &mut self.pages[index(request.shard.into())];
        let seq = page.seq;
        let placing = page.place(request.hold, until, request.read.take(), bounds, now);
        match placing {
            Placing::Placed if self.ended.contains(&request.hold) => {
                // The record says so, which is read again by a write that was late.
                page.give_up(request.hold);
                self.outcome.taken_back += 1;
                self.goes_on(request);
            }
            Placing::Placed => {
                self.is_elsewhere(&request);
                self.lives(&request, until);
                if self.rng.u32(0..1_000) < self.setup.lost && !request.again {
                    let instance = self.rng.u32(0..self.setup.instances);
                    let again = Request { instance, again: true, refused: Vec::new(), ..request };
                    return self.after(ASKS_AGAIN, Event::Asks(again));
                }
                self.goes_on(request);
            }
            Placing::Met => self.goes_on(request),
            Placing::Read => {
                request.read = Some(seq);
                self.begins(request);
            }
            Placing::Conflict => self.conflicts(request),
            Placing::SoldOut | Placing::TooMany => {
                self.search.refused(request.instance, request.shard, now);
                request.refused.push(request.shard);
                let half = self.half();
                self.after(half, Event::Asks(request));
            }
        }
    }

    /// Counts a hold that is live on another page as well.
    pub(super) fn is_elsewhere(&mut self, request: &Request) {
        let others = self.pages.iter().enumerate().filter(|(shard, _)| *shard != index(request.shard.into()));
        let twice = others.filter(|(_, page)| page.has(request.hold, self.now)).count();
        self.outcome.twice += u64::from(twice > 0);
    }

    /// What is written when the page has the hold.
    fn goes_on(&mut self, request: Request) {
        let half = self.half();
        let next = match (self.design.is_record_first(), self.design.record_writes()) {
            (true, 1) => Event::Answers(request),
            (true, _) => Event::Begins(Request { step: Step::Mark, tries: Tries::default(), ..request }),
            (false, _) => Event::Begins(Request { step: Step::Record, tries: Tries::default(), ..request }),
        };
        self.after(half, next);
    }

    pub(super) fn answers(&mut self, request: &Request) {
        self.outcome.placed += 1;
        let tenth = index(self.now / (SECOND / 10));
        let tenths = self.outcome.placed_in_tenths.len().max(tenth + 1);
        self.outcome.placed_in_tenths.resize(tenths, 0);
        self.outcome.placed_in_tenths[tenth] += 1;
        let took = (self.now - request.arrived) / 100;
        self.outcome.took.push(u32::try_from(took).unwrap_or(u32::MAX));
    }

    /// What becomes of a hold that has been placed.
    pub(super) fn lives(&mut self, request: &Request, until: u64) {
        let dice = self.rng.u32(0..1_000);
        let some_time = self.rng.u64(SECOND / 2..=PAYS.min(self.setup.ttl / 2).max(SECOND));
        let (step, wait) = if dice < self.setup.paid {
            (Step::Claim, some_time)
        } else if dice < self.setup.paid + self.setup.released {
            (Step::Release, some_time)
        } else {
            (Step::Expire, until - self.now + self.rng.u64(0..=TIMER))
        };
        let next = Request { step, tries: Tries::default(), refused: Vec::new(), ..request.clone() };
        self.after(wait, Event::Begins(next));
    }
}
