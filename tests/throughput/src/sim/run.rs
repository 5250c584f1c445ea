//! The loop: events in the order of their time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};

use fastrand::Rng;

use super::page::{Bounds, Page};
use super::search::Search;
use super::setup::{Outcome, Setup};
use super::state::{At, Event, Sim};
use crate::design::Design;
use crate::partition::{Partitions, READ_HALVES_PER_SECOND, Spread, index};

/// Simulates `design` under `setup`.
#[must_use]
pub fn run(design: &dyn Design, setup: &Setup) -> Outcome {
    let shards = setup.shards;
    let share = |shard: u32| setup.places / shards + u32::from(shard < setup.places % shards);
    let sends = design.queue().map_or(u64::MAX, |queue| queue.sends_per_second);
    let mut sim = Sim {
        design,
        setup,
        bounds: Bounds { stored_max: design.stored_max(), memory: design.memory() },
        rng: Rng::with_seed(setup.seed),
        now: 0,
        events: BinaryHeap::new(),
        numbered: 0,
        arrived: 0,
        pages: (0..shards).map(|shard| Page::of(share(shard))).collect(),
        ledger: Partitions::new(shards, setup.spread, setup.limit, setup.heat),
        records: Partitions::new(setup.record_partitions, Spread::Alone, setup.limit, setup.heat),
        recorded: HashMap::new(),
        ended: HashSet::new(),
        search: Search::new(setup.instances, shards),
        queues: (0..shards).map(|_| VecDeque::new()).collect(),
        busy_until: vec![0; index(shards.into())],
        sends: Partitions::new(shards, Spread::Alone, setup.limit, setup.heat).at(sends),
        reads: Partitions::new(shards + 1, Spread::Alone, setup.limit, setup.heat).at(READ_HALVES_PER_SECOND),
        outcome: Outcome::default(),
    };
    sim.after(0, Event::Arrives);
    // Ends: requests come for a number of seconds, and each has a bounded number of tries; what is owed is done when others are.
    while let Some(Reverse(At { time, event, .. })) = sim.events.pop() {
        sim.now = time;
        sim.happens(event);
    }
    sim.outcome.splits = sim.ledger.splits();
    sim.outcome.took.sort_unstable();
    sim.outcome
}

impl Sim<'_> {
    fn happens(&mut self, event: Event) {
        match event {
            Event::Arrives => self.arrives(),
            Event::Asks(request) => self.chooses(request),
            Event::Begins(request) => self.begins(request),
            Event::Called(request) => self.called(request),
            Event::Served(request) => self.served(request),
            Event::Known(request) => self.known(request),
            Event::Queued(request) => self.queued(request),
            Event::Writer(shard) => self.writes(shard),
            Event::Answers(request) => self.answers(&request),
        }
    }
}
