//! What a design says of itself.

use crate::units::{WRITE_UNIT_BYTES, write_units};

/// Two write units: what a page may weigh.
pub const PAGE_BYTES_MAX: u64 = 2 * WRITE_UNIT_BYTES;

/// How places of one slot are kept.
pub trait Design {
    /// Its name in tables.
    fn name(&self) -> &'static str;

    /// Bytes of a page by the holds that it stores and those that were placed within its [`memory`](Self::memory).
    fn page_bytes(&self, stored: u32, recent: u32) -> u64;

    /// The most holds that a page stores; what it only counts is limited by its [`memory`](Self::memory).
    fn stored_max(&self) -> u32;

    /// How long a page remembers ids of holds that it does not store, and how many of them.
    fn memory(&self) -> Option<(u64, u32)> {
        None
    }

    /// When a hold ends that would end at `until`.
    fn expiry(&self, until: u64) -> u64 {
        until
    }

    /// Whether the hold's record is written before the page, and says which page.
    fn is_record_first(&self) -> bool {
        true
    }

    /// Whether a page that has refused a hold is written never to take it, before the record says another page.
    fn has_fences(&self) -> bool {
        true
    }

    /// Writes of the hold's record while it is placed.
    fn record_writes(&self) -> u64 {
        1
    }

    /// Whether the end of a hold is a transaction of its page and its item.
    fn ends_in_a_transaction(&self) -> bool {
        false
    }

    /// The queue before each page's single writer, if there is one.
    fn queue(&self) -> Option<Queue> {
        None
    }

    /// Write units of a hold at the page, in thousandths, where `live` holds are on as few pages as take them.
    fn hold_milli_units(&self, live: u32) -> u64 {
        let on_page = live.min(self.stored_max());
        let recent = self.memory().map_or(0, |(_, max)| on_page.min(max));
        1_000 * write_units(self.page_bytes(on_page, recent))
    }
}

/// A queue before a single writer.
#[derive(Debug, Clone, Copy)]
pub struct Queue {
    /// Sends a second of a message group from callers that send one message each: documented.
    pub sends_per_second: u64,
    /// The most messages of a batch: documented for functions behind such a queue.
    pub batch_max: usize,
    /// From the call that sends to the message being there, in microseconds: assumed.
    pub send: u64,
    /// From one batch to the next beside its write: receiving, starting the function, deleting; assumed.
    pub turn: u64,
    /// From the batch's write to the answer that the caller waits for: assumed.
    pub answer: u64,
}
