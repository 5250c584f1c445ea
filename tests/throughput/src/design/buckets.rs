//! Counts per bucket of expiry in the page, holds as items of their own, and a short memory of ids.
//!
//! A bucket is named by its place on the grid and counts places. The memory has to outlast every repetition that the page alone could
//! recognize: the SDK's tries of one call. A hold that comes later than that finds its item.

use super::line::Line;
use super::plan::{Design, PAGE_BYTES_MAX};
use crate::partition::SECOND;
use crate::shapes::Kind;

/// Longer than all tries of one call of the SDK together, which are 8 s.
const RETRY_MEMORY: u64 = 10 * SECOND;
/// Seconds between two points of the grid.
const GRID_SECONDS: u64 = 5;
/// Holds live for this long in the figures.
const TTL_SECONDS: u64 = 600;
/// A name of four digits, its count and DynamoDB's byte for the pair.
const BUCKET_BYTES: u64 = 1 + 4 + 3;
/// Eight characters of an id, a byte of a number, and DynamoDB's byte.
const ID_BYTES: u64 = 1 + 8 + 2;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct Buckets {
    base: u64,
    ids_max: u32,
}

impl Buckets {
    /// Of a resource of that kind, with as many ids in memory as fit into two units.
    #[must_use]
    pub fn of(kind: Kind) -> Self {
        let base = Line::of_today(kind).at(0) + BUCKET_BYTES * TTL_SECONDS.div_ceil(GRID_SECONDS);
        let ids = PAGE_BYTES_MAX.saturating_sub(base) / ID_BYTES;
        Self { base, ids_max: ids.try_into().unwrap_or(u32::MAX) }
    }
}

impl Design for Buckets {
    fn name(&self) -> &'static str {
        "c. counts per bucket, holds as items"
    }

    fn page_bytes(&self, _: u32, recent: u32) -> u64 {
        self.base + ID_BYTES * u64::from(recent)
    }

    fn stored_max(&self) -> u32 {
        u32::MAX
    }

    fn memory(&self) -> Option<(u64, u32)> {
        Some((RETRY_MEMORY, self.ids_max))
    }

    fn expiry(&self, until: u64) -> u64 {
        until.div_ceil(GRID_SECONDS * SECOND) * GRID_SECONDS * SECOND
    }

    /// One before the page and one after it: when the memory has forgotten a hold, only its item can say that it was counted.
    fn record_writes(&self) -> u64 {
        2
    }

    fn ends_in_a_transaction(&self) -> bool {
        true
    }
}
