//! Group commit: a queue before each page, and the one who writes it.

use super::page::Placing;
use super::state::{Event, Request, Sim};
use crate::design::Queue;
use crate::partition::index;

/// A writer whose page throttles or is locked tries again after so long.
const TRIES_AGAIN: u64 = 20_000;

impl Sim<'_> {
    pub(super) fn sends(&mut self, request: Request, queue: Queue) {
        if self.sends.take(request.shard, 1, self.now) {
            self.after(queue.send, Event::Queued(request));
        } else {
            self.throttled(request);
        }
    }

    pub(super) fn queued(&mut self, request: Request) {
        let shard = request.shard;
        self.queues[index(shard.into())].push_back(request);
        self.writes(shard);
    }

    /// Writes what waits, if nobody writes.
    pub(super) fn writes(&mut self, shard: u32) {
        let Some(queue) = self.design.queue() else { return };
        let (at, now) = (index(shard.into()), self.now);
        if now < self.busy_until[at] || self.queues[at].is_empty() {
            return;
        }
        let waiting = self.queues[at].len().min(queue.batch_max);
        let units = self.page_units(shard, u32::try_from(waiting).unwrap_or(u32::MAX));
        let page = &self.pages[at];
        let is_locked = page.locked_until > now;
        let wait = if is_locked || !self.ledger.take(shard, units, now) {
            TRIES_AGAIN
        } else {
            self.outcome.page_units += units;
            let batch: Vec<Request> = self.queues[at].drain(..waiting).collect();
            let write = self.half() + self.half();
            for request in batch {
                self.places_in_batch(request, write + queue.answer);
            }
            queue.turn + write
        };
        self.busy_until[at] = now + wait;
        self.after(wait, Event::Writer(shard));
    }

    /// The writer has read the page, so that dead holds are no reason to write again.
    fn places_in_batch(&mut self, mut request: Request, wait: u64) {
        let (until, bounds, now) = (self.now + self.setup.ttl, self.bounds, self.now);
        let page = &mut self.pages[index(request.shard.into())];
        let seq = page.seq;
        let placing = page.place(request.hold, until, Some(seq), bounds, now);
        self.outcome.broken += u64::from(page.is_broken());
        match placing {
            Placing::Placed | Placing::Met => {
                if placing == Placing::Placed {
                    self.is_elsewhere(&request);
                    self.lives(&request, until);
                }
                self.after(wait, Event::Answers(request));
            }
            Placing::SoldOut | Placing::TooMany | Placing::Read | Placing::Conflict => {
                self.search.refused(request.instance, request.shard, now);
                request.refused.push(request.shard);
                self.after(wait, Event::Asks(request));
            }
        }
    }
}
