//! Pages: each by itself, and beside the bookings of a cycle.

use holdfast_domain::inventory::HoldState;
use holdfast_domain::{BookingId, BookingStatus, HoldId, Page, PageHold, PageKey, PageRejection};

use super::findings::{Kind, Remedy};
use super::share::Mismatch;
use super::{DEAD_HOLD_SECONDS, Run};
use crate::kernel::errors::LedgerError;
use crate::kernel::failure::Failure;

impl Run<'_> {
    pub(super) async fn look_at_page(&mut self, page: &Page) -> Result<(), Failure> {
        self.report.pages += 1;
        self.remember(page);
        if let Some(slot) = page.broken_slot() {
            let detail = format!("slot {slot} does not add up");
            self.found(Kind::PageUnbalanced, name_of_page(&page.key), None, Remedy::Review, detail);
            return Ok(());
        }
        // Claims first: dropping a hold writes the page.
        let now = self.now();
        for (id, entry) in page.holds.iter().filter(|(_, entry)| entry.is_live(now)) {
            if let HoldState::Confirming { booking, .. } = &entry.state {
                let outcome = self.look_at_claim(page, id, booking).await;
                self.go_on(outcome)?;
            }
        }
        let mut repaired = false;
        for (id, entry) in &page.holds {
            if self.is_past(entry.counts_until(), DEAD_HOLD_SECONDS) {
                repaired |= self.expire(page, id, entry).await?;
            }
        }
        if repaired && let Some(page) = self.ports.inspection.page_as_stored(&page.key).await? {
            self.remember(&page);
        }
        Ok(())
    }

    /// Drops a dead hold; `true` if the page was written.
    async fn expire(&mut self, page: &Page, id: &HoldId, entry: &PageHold) -> Result<bool, Failure> {
        if !self.may_repair(Kind::ExpiredHold) {
            return Ok(false);
        }
        let detail = format!("on {}, dead since {}", name_of_page(&page.key), entry.counts_until());
        if !self.report.dry_run {
            match self.ports.inspection.expire_entry(page, id, entry, self.mutation).await {
                Ok(()) => {}
                // Placed anew under the same id since the page was read.
                Err(LedgerError::Rejected(PageRejection::HoldLive { .. })) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        self.found(Kind::ExpiredHold, id, None, Remedy::Repaired, detail);
        Ok(!self.report.dry_run)
    }

    async fn look_at_claim(&mut self, page: &Page, hold: &HoldId, id: &BookingId) -> Result<(), Failure> {
        let booking = self.ports.history.booking(id).await?;
        let detail = match booking.map(|booking| booking.status) {
            Some(BookingStatus::Pending) => return Ok(()),
            Some(over) => format!("on {}, by a booking that is {}", name_of_page(&page.key), over.as_str()),
            None => format!("on {}, by a booking that does not exist", name_of_page(&page.key)),
        };
        if self.is_unchanged(&page.key, Some(page.seq)).await? {
            self.found(Kind::OrphanedClaim, hold, Some(id), Remedy::Review, detail);
        }
        Ok(())
    }

    /// Whether a page was not written since it was seen after that write; with none, whether it is still not there.
    async fn is_unchanged(&self, page: &PageKey, seq: Option<u64>) -> Result<bool, Failure> {
        let stored = self.ports.inspection.page_as_stored(page).await?;
        Ok(stored.map(|page| page.seq) == seq)
    }

    /// Remembers what a page counts, if it is in the cycle's share.
    fn remember(&mut self, page: &Page) {
        let counters_max = self.budget.counters();
        self.cycle.share.add_page(page, counters_max);
    }

    /// Compares what the share's pages count with what bookings have.
    pub(super) async fn compare_pages(&mut self) -> Result<(), Failure> {
        for mismatch in self.cycle.share.mismatches() {
            let outcome = self.look_at_mismatch(mismatch).await;
            self.go_on(outcome)?;
        }
        Ok(())
    }

    async fn look_at_mismatch(&mut self, mismatch: Mismatch) -> Result<(), Failure> {
        if self.is_unchanged(&mismatch.page, mismatch.seq).await? {
            let page = name_of_page(&mismatch.page);
            self.found(Kind::ConfirmedMismatch, page, None, Remedy::Review, mismatch.detail);
        } else {
            self.report.changing += 1;
        }
        Ok(())
    }
}

fn name_of_page(key: &PageKey) -> String {
    format!("{}/{}", key.resource, key.name())
}
