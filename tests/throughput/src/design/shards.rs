//! Small shards with today's entries: as many places on a page as holds fit into two units.

use super::line::Line;
use super::plan::{Design, PAGE_BYTES_MAX};
use crate::shapes::Kind;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct SmallShards(Line);

impl SmallShards {
    /// Of a resource of that kind.
    #[must_use]
    pub fn of(kind: Kind) -> Self {
        Self(Line::of_today(kind))
    }
}

impl Design for SmallShards {
    fn name(&self) -> &'static str {
        "b. small shards, today's entries"
    }

    fn page_bytes(&self, stored: u32, _: u32) -> u64 {
        self.0.at(stored)
    }

    fn stored_max(&self) -> u32 {
        (0..200).take_while(|holds| self.0.at(holds + 1) <= PAGE_BYTES_MAX).count().try_into().unwrap_or(1)
    }
}
