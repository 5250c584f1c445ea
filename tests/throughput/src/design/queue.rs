//! Group commit: one writer for each page, behind a queue that keeps the order; today's entries.
//!
//! Documented: a partition of an SQS FIFO queue takes 300 calls a second of each kind, and a call of one caller brings one message,
//! since callers do not know each other; 3,000 messages where calls bring ten
//! (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>); a message group has one
//! reader at a time, and a function is given ten messages of such a queue at most.

use super::line::Line;
use super::plan::{Design, Queue};
use crate::shapes::Kind;
use crate::units::write_units;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct GroupCommit(Line);

impl GroupCommit {
    /// Of a resource of that kind.
    #[must_use]
    pub fn of(kind: Kind) -> Self {
        Self(Line::of_today(kind))
    }
}

impl Design for GroupCommit {
    fn name(&self) -> &'static str {
        "d. group commit behind a queue"
    }

    fn page_bytes(&self, stored: u32, _: u32) -> u64 {
        self.0.at(stored)
    }

    /// One writer compares nothing with `size`: what ends it is the item's 400 KB, and before that a transaction's units.
    fn stored_max(&self) -> u32 {
        2_000
    }

    fn queue(&self) -> Option<Queue> {
        Some(Queue { sends_per_second: 300, batch_max: 10, send: 10_000, turn: 15_000, answer: 10_000 })
    }

    fn hold_milli_units(&self, live: u32) -> u64 {
        let units = write_units(self.page_bytes(live, 0));
        (1_000 * units).div_ceil(10)
    }
}
