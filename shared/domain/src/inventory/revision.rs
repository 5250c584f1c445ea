//! Pages and the revisions of their resource's schedule: which write of a page is the later one, when a page has to be made,
//! and what comes of a command whose slots belong to another schedule.

use super::{Page, PageChange, PageCommand, PageRejection};

/// Bits of a write number for the writes of a page under one schedule. A page takes far fewer than 2^32 writes, and 21 bits
/// are left for the schedule's revision, so that a number is exact in JSON (below 2^53).
const WRITES_BITS: u32 = 32;

impl Page {
    /// The page after one write that does `changes`, in order.
    #[must_use]
    pub fn apply(&self, changes: &[PageChange]) -> Self {
        let next = changes.iter().fold(self.clone(), Self::evolve);
        Self { seq: self.seq + 1, ..next }
    }

    /// The number of the page's latest write: it grows from write to write. A page that is made anew for another schedule
    /// counts its own writes from 0 again, so the schedule's revision comes first.
    #[must_use]
    pub fn write_number(&self) -> u64 {
        (self.schedule_revision.saturating_sub(1) << WRITES_BITS).saturating_add(self.seq)
    }
}

impl PageCommand {
    /// Whether it may need a page that is not stored yet.
    #[must_use]
    pub fn takes_places(&self) -> bool {
        match self {
            Self::Place { .. } | Self::Confirm { .. } => true,
            Self::Extend { .. }
            | Self::Claim { .. }
            | Self::Prolong { .. }
            | Self::Unclaim { .. }
            | Self::Release { .. }
            | Self::Abandon { .. }
            | Self::Expire { .. }
            | Self::Return { .. }
            | Self::Free { .. }
            | Self::Frame { .. } => false,
        }
    }

    /// What it does to a page of another schedule than its slots are of. Slots may have the same names there and be others:
    /// what is held and booked on that page is not what the command is about.
    ///
    /// # Errors
    /// [`PageRejection::ScheduleChanged`] if it needs the slots themselves, [`PageRejection::HoldMissing`] if it needs a hold
    /// on them.
    pub fn on_another_schedule(&self) -> Result<Vec<PageChange>, PageRejection> {
        match self {
            Self::Place { .. } | Self::Frame { .. } | Self::Confirm { .. } | Self::Return { .. } => {
                Err(PageRejection::ScheduleChanged)
            }
            Self::Extend { .. } | Self::Claim { .. } | Self::Prolong { .. } => {
                Err(PageRejection::HoldMissing)
            }
            Self::Unclaim { .. }
            | Self::Release { .. }
            | Self::Abandon { .. }
            | Self::Expire { .. }
            | Self::Free { .. } => Ok(Vec::new()),
        }
    }
}
