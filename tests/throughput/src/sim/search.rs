//! Where a request looks for places: a summary of all pages, which instances share and remember for a quarter of a second.
//!
//! The summary is one item with the free places of each page. Who needs one that is younger makes it, reading every page, while others wait.
//! When few places are left, each is offered by a few instances only: otherwise whoever asks would write the page of the last place.

use crate::partition::{hash, index};

/// How old an answer from memory may be: `docs/api.md`, Holds.
pub(super) const AGE_MAX: u64 = 250_000;
/// From the first read of a page to the summary being written: batches of a hundred side by side. Assumed.
pub(super) const SWEEP: u64 = 15_000;
/// How many instances offer a place that the summary shows.
const OFFERS: u64 = 4;

/// What is known of free places.
#[derive(Debug)]
pub(super) struct Search {
    shards: u32,
    instances: u32,
    /// By instance and page: when it refused last.
    refused_at: Vec<Vec<u64>>,
    /// By instance: when it read the summary.
    pub(super) read_at: Vec<u64>,
    /// When the summary was begun, and by when it will be there.
    pub(super) made_at: u64,
    pub(super) ready_at: u64,
    /// Until when it is good for anything: the first end of a hold may bring places.
    pub(super) good_until: u64,
    pub(super) free: Vec<u32>,
}

impl Search {
    pub(super) fn new(instances: u32, shards: u32) -> Self {
        let (count, pages) = (index(instances.into()), index(shards.into()));
        Self {
            shards,
            instances,
            refused_at: vec![vec![0; pages]; count],
            read_at: vec![0; count],
            made_at: 0,
            ready_at: 0,
            good_until: 0,
            free: vec![0; pages],
        }
    }

    /// The page had no places for the instance.
    pub(super) fn refused(&mut self, instance: u32, shard: u32, now: u64) {
        self.refused_at[index(instance.into())][index(shard.into())] = now.max(1);
    }

    /// Whether the instance knows that there is nothing on the page.
    pub(super) fn knows_empty(&self, instance: u32, shard: u32, now: u64) -> bool {
        let at = self.refused_at[index(instance.into())][index(shard.into())];
        at > 0 && now < at + AGE_MAX
    }

    /// Whether the summary shows any places.
    pub(super) fn shows_places(&self) -> bool {
        self.free.iter().any(|free| *free > 0)
    }

    fn free_on(&self, shard: u32) -> u64 {
        u64::from(self.free[index(shard.into())])
    }

    /// Whether the instance offers what the summary shows of a page: always while there is plenty.
    fn offers(&self, instance: u32, shard: u32) -> bool {
        let scattered = hash(hash(u64::from(instance) << 32 | u64::from(shard)) ^ self.made_at);
        scattered % u64::from(self.instances) < OFFERS * self.free_on(shard)
    }

    /// A page with places: one of the two that the hold's id names, the one with more free places first; else any, by chance weighted with
    /// its places.
    pub(super) fn pick(&self, instance: u32, hold: u32, refused: &[u32], chance: u64) -> Option<u32> {
        let mine = &self.refused_at[index(instance.into())];
        let open = |shard: &u32| {
            let at = mine[index((*shard).into())];
            !refused.contains(shard) && at <= self.made_at && self.offers(instance, *shard)
        };
        let named =
            |salt: u64| u32::try_from(hash(u64::from(hold) ^ salt) % u64::from(self.shards)).unwrap_or(0);
        let best =
            [named(0), named(1 << 40)].into_iter().filter(open).max_by_key(|shard| self.free_on(*shard));
        if best.is_some() {
            return best;
        }
        let all: u64 = (0..self.shards).filter(open).map(|shard| self.free_on(shard)).sum();
        let mut left = chance.checked_rem(all)?;
        (0..self.shards).filter(open).find(|shard| {
            let here = self.free_on(*shard);
            let is_here = left < here;
            left = left.saturating_sub(here);
            is_here
        })
    }
}
