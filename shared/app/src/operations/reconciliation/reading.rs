//! The two readings of the ledger, part by part.

use super::Run;
use super::cycle::{Listing, Phase, Work};
use super::receipts::Papers;
use crate::kernel::failure::Failure;
use crate::operations::port::Inspected;

impl Run<'_> {
    /// Goes on with the reading of the ledger, as far as it comes. The second one begins when all payments are listed.
    pub(super) async fn read_ledger(&mut self) -> Result<(), Failure> {
        // Ends: each round takes a part out of the budget, or ends a reading.
        loop {
            match self.cycle.phase {
                Phase::Counting if self.cycle.listing != Listing::Over => return Ok(()),
                Phase::Looking | Phase::Counting
                    if !self.is_time_left() || !self.budget.take(Work::Ledger) =>
                {
                    self.report.leave(Work::Ledger);
                    return Ok(());
                }
                Phase::Looking => self.look_at_part().await?,
                Phase::Counting => self.count_part().await?,
                Phase::Over => return Ok(()),
            }
        }
    }

    async fn look_at_part(&mut self) -> Result<(), Failure> {
        let part = self.ports.inspection.ledger_part(self.cycle.cursor.as_deref()).await?;
        self.found_unreadable(&part.unreadable);
        let mut papers = Papers::default();
        for item in part.items {
            let outcome = match item {
                Inspected::Page(page) => self.look_at_page(&page).await,
                Inspected::Booking(booking) => self.look_at_booking(&booking).await,
                Inspected::Money(entry) => {
                    papers.add_entry(*entry);
                    Ok(())
                }
                Inspected::Receipt(receipt) => {
                    papers.add_receipt(*receipt);
                    Ok(())
                }
            };
            self.go_on(outcome)?;
        }
        self.look_at_papers(papers).await?;
        if !self.has_next(part.next) {
            self.cycle.phase = Phase::Counting;
        }
        Ok(())
    }

    async fn count_part(&mut self) -> Result<(), Failure> {
        let part = self.ports.inspection.bookings_part(self.cycle.cursor.as_deref()).await?;
        self.found_unreadable(&part.unreadable);
        for booking in &part.items {
            let outcome = self.count_booking(booking).await;
            self.go_on(outcome)?;
        }
        if !self.has_next(part.next) {
            self.compare_pages().await?;
            self.cycle.end();
        }
        Ok(())
    }

    /// Moves on to the next part; whether there is one.
    fn has_next(&mut self, next: Option<String>) -> bool {
        self.cycle.cursor = next;
        self.cycle.cursor.is_some()
    }
}
