//! A booking's receipts beside the movements of its money.

use std::collections::BTreeMap;

use holdfast_domain::receipts::{MoneyMovement, Receipt};

/// In what receipts and movements differ.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ReceiptGap {
    /// Movements without a receipt, in their order.
    pub(crate) missing: Vec<MoneyMovement>,
    /// Receipts for what is no movement, or one of another kind or amount.
    pub(crate) unfounded: Vec<Receipt>,
}

impl ReceiptGap {
    /// Between the movements of a booking's money and its receipts.
    pub(crate) fn between(movements: &[MoneyMovement], receipts: Vec<Receipt>) -> Self {
        let mut by_entry: BTreeMap<u64, Receipt> =
            receipts.into_iter().map(|receipt| (receipt.content.movement.entry, receipt)).collect();
        let mut gap = Self::default();
        for movement in movements {
            let said = |receipt: &Receipt| (receipt.content.movement.kind, receipt.amount());
            match by_entry.remove(&movement.entry) {
                None => gap.missing.push(*movement),
                Some(receipt) if said(&receipt) == (movement.kind, movement.amount) => {}
                Some(receipt) => gap.unfounded.push(receipt),
            }
        }
        gap.unfounded.extend(by_entry.into_values());
        gap
    }
}
