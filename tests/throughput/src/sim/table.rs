//! Calls at the tables: what is served, throttled or in conflict, and when.

use super::state::{Event, Request, Sim, Step};
use crate::partition::{hash, index};
use crate::units::write_units;

/// Bytes of a hold's record, a booking, an audit event, a guest's attempts: each below a KB, as `tests/measured.rs` measures.
const SMALL: u64 = 1_000;

impl Sim<'_> {
    pub(super) fn call(&mut self, request: Request) {
        let half = self.half();
        self.after(half, Event::Called(request));
    }

    /// Bytes of a page as the next write leaves it.
    pub(super) fn page_units(&mut self, shard: u32, more: u32) -> u64 {
        let (bounds, now) = (self.bounds, self.now);
        let page = &mut self.pages[index(shard.into())];
        let (stored, recent) = (page.stored() + more, page.recent(bounds, now) + more);
        write_units(self.design.page_bytes(stored, recent))
    }

    pub(super) fn called(&mut self, request: Request) {
        match request.step {
            Step::Record | Step::Move | Step::Mark => self.record_called(request),
            step if step.is_transaction(self.design) => self.transaction_called(request),
            _ => self.page_called(request),
        }
    }

    fn record_called(&mut self, request: Request) {
        let units = write_units(SMALL);
        let partition = hash(u64::from(request.hold)) % u64::from(self.setup.record_partitions);
        if !self.records.take(u32::try_from(partition).unwrap_or(0), units, self.now) {
            return self.throttled(request);
        }
        self.outcome.record_units += units;
        let half = self.half();
        self.after(half, Event::Served(request));
    }

    fn page_called(&mut self, request: Request) {
        let units = self.page_units(request.shard, 1);
        if !self.ledger.take(request.shard, units, self.now) {
            return self.throttled(request);
        }
        self.outcome.page_units += units;
        let page = &mut self.pages[index(request.shard.into())];
        let begins = page.idle_at.max(self.now);
        page.idle_at = begins + self.setup.item_service;
        self.after(begins - self.now, Event::Served(request));
    }

    fn transaction_called(&mut self, request: Request) {
        let units = 2 * self.page_units(request.shard, 0);
        if !self.ledger.take(request.shard, units, self.now) {
            self.outcome.throttled += 1;
            let mut request = request;
            return match request.tries.transaction_throttled(&mut self.rng) {
                Some(pause) => self.after(pause, Event::Begins(request)),
                None => self.fails(&request),
            };
        }
        self.outcome.page_units += units;
        let page = &mut self.pages[index(request.shard.into())];
        if page.locked_until > self.now {
            return self.conflicts(request);
        }
        page.locked_from = page.idle_at.max(self.now);
        page.locked_until = page.locked_from + self.setup.transaction;
        let ends = page.locked_until;
        self.after(ends - self.now, Event::Served(request));
    }

    pub(super) fn throttled(&mut self, mut request: Request) {
        self.outcome.throttled += 1;
        match request.tries.throttled(&mut self.rng) {
            Some(pause) => self.after(pause, Event::Begins(request)),
            None => self.fails(&request),
        }
    }

    pub(super) fn conflicts(&mut self, mut request: Request) {
        self.outcome.conflicts += 1;
        match request.tries.conflict(&mut self.rng) {
            Some(pause) => self.after(pause, Event::Begins(request)),
            None => self.fails(&request),
        }
    }

    /// What a guest asked for fails. What is owed is asked for again: a saga and the timers do not give up.
    fn fails(&mut self, request: &Request) {
        match request.step {
            Step::Claim | Step::Confirm | Step::Release | Step::Expire => {
                let request = Request { tries: crate::client::Tries::default(), ..request.clone() };
                self.after(crate::partition::SECOND, Event::Begins(request));
            }
            Step::Record | Step::Page | Step::Fence | Step::Move | Step::Mark => self.outcome.failed += 1,
        }
    }
}
