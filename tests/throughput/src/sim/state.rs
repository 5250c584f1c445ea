//! The state of a run: what is on its way, and what it meets.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};

use fastrand::Rng;

use super::page::{Bounds, Page};
use super::search::Search;
use super::setup::{Outcome, Setup};
use crate::client::Tries;
use crate::design::Design;
use crate::partition::Partitions;

/// What a request does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The record says which page.
    Record,
    /// A blind write of the page; or a put of what was read.
    Page,
    /// The page is told never to take the hold.
    Fence,
    /// The record says another page.
    Move,
    /// The record says that the page has counted.
    Mark,
    Claim,
    Confirm,
    Release,
    Expire,
}

impl Step {
    pub(super) fn is_transaction(self, design: &dyn Design) -> bool {
        match self {
            Self::Claim | Self::Confirm => true,
            Self::Release | Self::Expire => design.ends_in_a_transaction(),
            Self::Record | Self::Page | Self::Fence | Self::Move | Self::Mark => false,
        }
    }
}

/// A request on its way.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) hold: u32,
    pub(super) arrived: u64,
    pub(super) instance: u32,
    pub(super) step: Step,
    pub(super) shard: u32,
    /// The page after this one, of a request that moves on.
    pub(super) next: Option<u32>,
    pub(super) tries: Tries,
    /// The write that was read, of a put.
    pub(super) read: Option<u64>,
    /// Pages that have refused.
    pub(super) refused: Vec<u32>,
    /// Whether its client has asked before.
    pub(super) again: bool,
}

pub(super) enum Event {
    /// A request comes to the function.
    Arrives,
    /// A client asks, or the function looks for another page.
    Asks(Request),
    /// A step begins.
    Begins(Request),
    /// The call is at the table.
    Called(Request),
    /// The page's item is written.
    Served(Request),
    /// What is free is known.
    Known(Request),
    /// A message is in the queue.
    Queued(Request),
    /// The client has its answer.
    Answers(Request),
    /// The writer of a page turns to its queue.
    Writer(u32),
}

pub(super) struct At {
    pub(super) time: u64,
    pub(super) number: u64,
    pub(super) event: Event,
}

impl PartialEq for At {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}
impl Eq for At {}
impl PartialOrd for At {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for At {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.time, self.number).cmp(&(other.time, other.number))
    }
}

/// A run.
pub(super) struct Sim<'a> {
    pub(super) design: &'a dyn Design,
    pub(super) setup: &'a Setup,
    pub(super) bounds: Bounds,
    pub(super) rng: Rng,
    pub(super) now: u64,
    pub(super) events: BinaryHeap<Reverse<At>>,
    pub(super) numbered: u64,
    pub(super) arrived: u32,
    pub(super) pages: Vec<Page>,
    pub(super) ledger: Partitions,
    pub(super) records: Partitions,
    /// Which page each hold's record says.
    pub(super) recorded: HashMap<u32, u32>,
    /// Holds whose record says that they have ended.
    pub(super) ended: HashSet<u32>,
    pub(super) search: Search,
    pub(super) queues: Vec<VecDeque<Request>>,
    pub(super) busy_until: Vec<u64>,
    pub(super) sends: Partitions,
    /// Reads of the pages, and of the summary after them.
    pub(super) reads: Partitions,
    pub(super) outcome: Outcome,
}

impl Sim<'_> {
    /// Half of what a call takes beside its service: DynamoDB answers in single-digit milliseconds. Assumed: 3 to 7 ms, evenly.
    pub(super) fn half(&mut self) -> u64 {
        self.rng.u64(1_500..=3_500)
    }

    pub(super) fn after(&mut self, wait: u64, event: Event) {
        self.numbered += 1;
        let at = At { time: self.now + wait, number: self.numbered, event };
        self.events.push(Reverse(at));
    }
}
