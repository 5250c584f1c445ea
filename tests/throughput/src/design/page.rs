//! Today's page: all places of the slot on one, holds inside, the record afterwards.

use holdfast_domain::inventory::HOLDS_PER_PAGE_MAX;

use super::line::Line;
use super::plan::Design;
use crate::shapes::Kind;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct TodaysPage(Line);

impl TodaysPage {
    /// Of a resource of that kind.
    #[must_use]
    pub fn of(kind: Kind) -> Self {
        Self(Line::of_today(kind))
    }
}

impl Design for TodaysPage {
    fn name(&self) -> &'static str {
        "a. today's page"
    }

    fn page_bytes(&self, stored: u32, _: u32) -> u64 {
        self.0.at(stored)
    }

    fn stored_max(&self) -> u32 {
        HOLDS_PER_PAGE_MAX.try_into().unwrap_or(u32::MAX)
    }

    fn is_record_first(&self) -> bool {
        false
    }
}
