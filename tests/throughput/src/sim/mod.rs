//! A discrete-event simulation of holds on one slot: no clock, no sleeping, the same seed gives the same result.
//!
//! Requests come at a rate whatever becomes of them. Each goes through the steps of its design: the record of the hold, its page, further
//! pages where one refuses, and what becomes of the hold: claimed and confirmed, released or expired. Instants are microseconds.

mod page;
mod search;
mod steps;
mod table;
mod writer;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};

use fastrand::Rng;

use self::page::{Bounds, Page};
use self::search::Search;
use crate::client::Tries;
use crate::design::Design;
use crate::partition::{Heat, Limit, Partitions, SECOND, Spread};

/// What is simulated. Times are microseconds.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    /// Places of the slot, divided evenly among its pages.
    pub places: u32,
    /// Pages of the slot, each under a key of its own.
    pub shards: u32,
    /// Holds that are asked for in a second.
    pub rate: u64,
    /// How many seconds they are asked for.
    pub seconds: u64,
    /// How many of a thousand holds are paid. What is neither paid nor released expires.
    pub paid: u32,
    /// How many of a thousand holds are released.
    pub released: u32,
    /// A hold's life.
    pub ttl: u64,
    /// How many of a thousand answers of a page are lost, and asked for again by the client.
    pub lost: u32,
    /// Instances of the function, each with its own memory of what is sold out.
    pub instances: u32,
    /// What a partition serves.
    pub limit: Limit,
    /// How the slot's pages lie at the beginning.
    pub spread: Spread,
    /// Partitions of the table of hold records.
    pub record_partitions: u32,
    /// What heat does.
    pub heat: Heat,
    /// How long the writes of one item keep others of it waiting. Assumed; no more than 1 ms, since one item takes 1,000 a second.
    pub item_service: u64,
    /// Chance.
    pub seed: u64,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            places: 20_000,
            shards: 1,
            rate: 1_000,
            seconds: 10,
            paid: 600,
            released: 100,
            ttl: 600 * SECOND,
            lost: 0,
            instances: 200,
            limit: Limit::Second,
            spread: Spread::Alone,
            record_partitions: 40,
            heat: Heat { after: None },
            item_service: 800,
            seed: 1,
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Holds that were answered as placed.
    pub placed: u64,
    /// Requests that were refused since no page showed a place.
    pub sold_out: u64,
    /// Requests that met a page that stores as many holds as it may, with places left somewhere.
    pub closed: u64,
    /// Requests that may come again in a moment, since others are at the last places.
    pub busy: u64,
    /// Requests that ended since DynamoDB throttled, or others were first, too often.
    pub failed: u64,
    /// Bookings.
    pub confirmed: u64,
    /// Times that confirmed places and holds did not add up to the places of a page.
    pub broken: u64,
    /// Holds that were live on two pages at a time.
    pub twice: u64,
    /// Write units of pages.
    pub page_units: u64,
    /// Write units of hold records.
    pub record_units: u64,
    /// Halves of read units.
    pub read_halves: u64,
    /// Calls that were throttled.
    pub throttled: u64,
    /// Calls that met a transaction.
    pub conflicts: u64,
    /// Splits of partitions.
    pub splits: u32,
    /// Holds that were answered as placed, by tenths of a second.
    pub placed_in_tenths: Vec<u64>,
    /// Milliseconds times ten that placed holds took, ascending.
    pub took: Vec<u32>,
}

impl Outcome {
    /// Holds a second from tenth `from` to tenth `to` of a second.
    #[must_use]
    pub fn rate(&self, from: usize, to: usize) -> u64 {
        let placed: u64 = self.placed_in_tenths.iter().take(to).skip(from).sum();
        (placed * 10).checked_div((to - from) as u64).unwrap_or(0)
    }

    /// What `per_mille` of a thousand placed holds took at most, in milliseconds.
    #[must_use]
    pub fn took_ms(&self, per_mille: usize) -> u32 {
        let last = self.took.len().saturating_sub(1);
        self.took.get((self.took.len() * per_mille / 1_000).min(last)).map_or(0, |took| took.div_ceil(10))
    }
}

/// What a request does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
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
    fn is_transaction(self, design: &dyn Design) -> bool {
        match self {
            Self::Claim | Self::Confirm => true,
            Self::Release | Self::Expire => design.ends_in_a_transaction(),
            Self::Record | Self::Page | Self::Fence | Self::Move | Self::Mark => false,
        }
    }
}

/// A request on its way.
#[derive(Debug, Clone)]
struct Request {
    hold: u32,
    arrived: u64,
    instance: u32,
    step: Step,
    shard: u32,
    /// The page after this one, of a request that moves on.
    next: Option<u32>,
    tries: Tries,
    /// The write that was read, of a put.
    read: Option<u64>,
    /// Pages that have refused.
    refused: Vec<u32>,
    /// Whether its client has asked before.
    again: bool,
}

enum Event {
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

struct At {
    time: u64,
    number: u64,
    event: Event,
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
struct Sim<'a> {
    design: &'a dyn Design,
    setup: &'a Setup,
    bounds: Bounds,
    rng: Rng,
    now: u64,
    events: BinaryHeap<Reverse<At>>,
    numbered: u64,
    arrived: u32,
    pages: Vec<Page>,
    ledger: Partitions,
    records: Partitions,
    /// Which page each hold's record says.
    recorded: HashMap<u32, u32>,
    search: Search,
    queues: Vec<VecDeque<Request>>,
    busy_until: Vec<u64>,
    sends: Partitions,
    outcome: Outcome,
}

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
        search: Search::new(setup.instances, shards),
        queues: (0..shards).map(|_| VecDeque::new()).collect(),
        busy_until: vec![0; crate::partition::index(shards.into())],
        sends: Partitions::new(shards, Spread::Alone, setup.limit, setup.heat).at(sends),
        outcome: Outcome::default(),
    };
    sim.after(0, Event::Arrives);
    while let Some(Reverse(At { time, event, .. })) = sim.events.pop() {
        sim.now = time;
        sim.happens(event);
    }
    sim.outcome.splits = sim.ledger.splits();
    sim.outcome.took.sort_unstable();
    sim.outcome
}
