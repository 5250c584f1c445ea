//! Bytes of today's page without encoding one for each number of holds.

use crate::shapes::{Kind, page_bytes};

/// Bytes of today's page by live holds, as a line through two points that the encoder gives.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    base: u64,
    each: u64,
}

impl Line {
    pub(crate) fn of_today(kind: Kind) -> Self {
        let (few, many) = (page_bytes(kind, 2), page_bytes(kind, 102));
        let each = many.saturating_sub(few).div_ceil(100);
        Self { base: few.saturating_sub(2 * each), each }
    }

    pub(crate) fn at(self, holds: u32) -> u64 {
        self.base + self.each * u64::from(holds)
    }
}
