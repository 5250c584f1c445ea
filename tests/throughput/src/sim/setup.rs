//! What is simulated, and what comes of it.

use crate::partition::{Heat, Limit, SECOND, Spread};

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
    /// How many of a thousand writes of a page are on their way for seconds, while the client asks again.
    pub late: u32,
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
    /// How long a transaction keeps its items: two phases. Assumed.
    pub transaction: u64,
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
            late: 0,
            instances: 200,
            limit: Limit::Second,
            spread: Spread::Alone,
            record_partitions: 40,
            heat: Heat { after: None },
            item_service: 800,
            transaction: 8_000,
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
    /// Holds that had ended when a late write placed them again, and were taken back.
    pub taken_back: u64,
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
