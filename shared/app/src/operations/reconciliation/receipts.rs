//! Receipts beside the movements of money that they are for.
//!
//! The first reading passes both, side by side, so that a booking whose receipts are right costs no read of its own. What it makes out is
//! only a suspicion: of a booking at either end of a part it has seen a half. Each suspicion is read anew before it counts.

use std::collections::BTreeMap;

use holdfast_domain::BookingId;
use holdfast_domain::receipts::{MoneyMovement, Receipt};

use super::findings::{Kind, Remedy};
use super::{RECEIPT_SECONDS, Run};
use crate::bookings::trail::AuditEvent;
use crate::kernel::failure::Failure;
use crate::kernel::money_text::amount;
use crate::receipts::gap::ReceiptGap;
use crate::receipts::movements::movements;

/// What a part of the ledger has of the money of bookings: entries of trails, in their order, and receipts.
#[derive(Default)]
pub(super) struct Papers(BTreeMap<BookingId, (Vec<AuditEvent>, Vec<Receipt>)>);

impl Papers {
    pub(super) fn add_entry(&mut self, entry: AuditEvent) {
        self.0.entry(entry.booking.clone()).or_default().0.push(entry);
    }

    pub(super) fn add_receipt(&mut self, receipt: Receipt) {
        self.0.entry(receipt.content.booking.clone()).or_default().1.push(receipt);
    }
}

impl Run<'_> {
    /// Looks at the bookings whose receipts do not seem to be those of their money.
    pub(super) async fn look_at_papers(&mut self, papers: Papers) -> Result<(), Failure> {
        for (id, (entries, receipts)) in papers.0 {
            let gap = match movements(&entries) {
                Ok(movements) => Some(ReceiptGap::between(&movements, receipts)),
                // The whole trail says so as well, or better.
                Err(_) => None,
            };
            let counts = gap.as_ref().is_none_or(|gap| self.counts(gap));
            let is_orphaned = gap.is_some_and(|gap| !gap.unfounded.is_empty());
            // Receipts without their money are looked for also where no more can be issued.
            if counts && (self.may_repair(Kind::ReceiptMissing) || is_orphaned && self.is_time_left()) {
                let outcome = self.look_at_receipts(&id).await;
                self.go_on(outcome)?;
            }
        }
        Ok(())
    }

    /// Whether a gap is drift: a receipt that is on its way is none.
    fn counts(&self, gap: &ReceiptGap) -> bool {
        let is_late = |movement: &MoneyMovement| self.is_past(movement.at, RECEIPT_SECONDS);
        !gap.unfounded.is_empty() || gap.missing.iter().any(is_late)
    }

    /// Reads the receipts of a booking anew, and issues those that it misses, as the function of receipts does.
    async fn look_at_receipts(&mut self, id: &BookingId) -> Result<(), Failure> {
        let gap = match self.receipts.gap(id).await {
            Err(Failure::Inconsistent(reason)) => {
                self.found(Kind::ReceiptMissing, id, Some(id), Remedy::Review, reason);
                return Ok(());
            }
            gap => gap?,
        };
        if !gap.unfounded.is_empty() {
            let detail = listed(gap.unfounded.iter().map(numbered));
            self.found(Kind::OrphanedReceipt, id, Some(id), Remedy::Review, detail);
        }
        let is_late = |movement: &MoneyMovement| self.is_past(movement.at, RECEIPT_SECONDS);
        if !gap.missing.iter().any(is_late) || !self.may_repair(Kind::ReceiptMissing) {
            return Ok(());
        }
        let detail = format!("none for {}", listed(gap.missing.iter().map(dated)));
        if self.ports.history.booking(id).await?.is_none() {
            let detail = format!("{detail}; there is no such booking");
            self.found(Kind::ReceiptMissing, id, Some(id), Remedy::Review, detail);
            return Ok(());
        }
        // None is left to issue where the event has come meanwhile.
        if self.report.dry_run || self.receipts.issue_missing(id, self.ports.clock.now()).await? > 0 {
            self.found(Kind::ReceiptMissing, id, Some(id), Remedy::Repaired, detail);
        }
        Ok(())
    }
}

/// The most movements or receipts that one finding names.
const NAMED_MAX: usize = 20;

fn listed(all: impl ExactSizeIterator<Item = String>) -> String {
    let more = all.len().saturating_sub(NAMED_MAX);
    let named = all.take(NAMED_MAX).collect::<Vec<_>>().join(", ");
    if more == 0 { named } else { format!("{named} and {more} more") }
}

fn numbered(receipt: &Receipt) -> String {
    let number = format!("{} of {}", receipt.number, receipt.content.series.name());
    format!("number {number} for {}", said(&receipt.content.movement))
}

fn dated(movement: &MoneyMovement) -> String {
    format!("{} at {}", said(movement), movement.at)
}

fn said(movement: &MoneyMovement) -> String {
    format!("{} of {} by entry {}", movement.kind.as_str(), amount(movement.amount), movement.entry)
}
