//! What an amount includes of each tax of a price.
//!
//! A price is cut into parts: one for each tax, and the rest, each of what a cancellation may give back and of what it keeps. An amount
//! that is taken takes of each part in proportion to what is left of it, rounded by largest remainder. One that is given back takes so of
//! what may be given back, and of what is kept only beyond that; one that is reversed goes the other way. So an amount never has more of
//! a tax than is left, and amounts that together are all of it have together all of each tax, to the minor unit.

use crate::bookings::{Price, PriceLineKind};
use crate::catalogue::Label;
use crate::money::{Currency, Money};
use crate::rates::charge::Due;
use crate::rates::exact::spread;

/// What an amount includes of a tax.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReceiptTax {
    /// Its name in the rate card.
    pub code: String,
    /// Its name for people, as it was.
    pub name: Label,
    /// How much of the amount it is.
    pub amount: Money,
}

/// The taxes of a price, each once, and the parts into which they cut what is paid with the booking.
#[derive(Debug, Clone)]
pub(super) struct TaxParts {
    currency: Currency,
    names: Vec<(String, Label)>,
    of_total: Pool,
}

/// Money of a booking that is somewhere, by its parts: as much of each tax, then of the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pool {
    /// What a cancellation may give back.
    refundable: Vec<i64>,
    /// What it keeps, whatever the plan gives back.
    kept: Vec<i64>,
}

/// Which parts an amount is of first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PartsFirst {
    /// None: it is of all in proportion.
    None,
    /// What may be given back.
    Refundable,
    /// What is kept.
    Kept,
}

impl TaxParts {
    /// Those of a price: lines of taxes that are paid with the booking, and what its other lines include. A tax whose sum is below
    /// nothing, as only a discount's could be, counts as none.
    pub(super) fn of(price: &Price) -> Self {
        let mut names: Vec<(String, Label)> = Vec::new();
        let (mut refundable, mut kept): (Vec<i64>, Vec<i64>) = (Vec::new(), Vec::new());
        let mut kept_in_all = 0_i64;
        for line in price.lines().iter().filter(|line| line.due() == Due::Now) {
            let Some(detail) = &line.detail else { continue };
            let mut add = |code: &str, name: &Label, amount: i64| {
                let index = names.iter().position(|(known, _)| known == code).unwrap_or_else(|| {
                    names.push((code.to_owned(), name.clone()));
                    refundable.push(0);
                    kept.push(0);
                    names.len() - 1
                });
                let sums = if detail.refundable { &mut refundable } else { &mut kept };
                if let Some(sum) = sums.get_mut(index) {
                    *sum = sum.saturating_add(amount);
                }
            };
            match line.kind {
                PriceLineKind::Tax => add(&detail.code, &detail.name, line.amount.amount()),
                PriceLineKind::Stay | PriceLineKind::Discount | PriceLineKind::Extra | PriceLineKind::Fee => {
                    for tax in &detail.included_taxes {
                        add(tax.charge.as_str(), &tax.name, tax.amount);
                    }
                }
            }
            if !detail.refundable {
                kept_in_all = kept_in_all.saturating_add(line.amount.amount());
            }
        }
        let total = price.total().amount();
        let kept_in_all = kept_in_all.clamp(0, total);
        let of_total =
            Pool { refundable: parts_of(total - kept_in_all, refundable), kept: parts_of(kept_in_all, kept) };
        Self { currency: price.total().currency(), names, of_total }
    }

    /// All of the price.
    pub(super) fn all(&self) -> Pool {
        self.of_total.clone()
    }

    /// Nothing of it.
    pub(super) fn none(&self) -> Pool {
        let nothing = vec![0; self.names.len() + 1];
        Pool { refundable: nothing.clone(), kept: nothing }
    }

    /// The taxes of an amount by its parts: each of the price's, also where the amount has nothing of it.
    pub(super) fn named(&self, parts: &[i64]) -> Vec<ReceiptTax> {
        let tax = |((code, name), part): (&(String, Label), &i64)| ReceiptTax {
            code: code.clone(),
            name: name.clone(),
            amount: Money::new(*part, self.currency).unwrap_or(Money::zero(self.currency)),
        };
        self.names.iter().zip(parts).map(tax).collect()
    }
}

/// The parts of an amount of which so much is of each tax, and the rest.
fn parts_of(amount: i64, of_taxes: Vec<i64>) -> Vec<i64> {
    let mut left = amount;
    let mut parts = Vec::with_capacity(of_taxes.len() + 1);
    for of_tax in of_taxes {
        let part = of_tax.clamp(0, left);
        left -= part;
        parts.push(part);
    }
    parts.push(left);
    parts
}

impl Pool {
    /// Moves an amount from here to `other`; gives how much of it is of each tax, then of the rest. No more moves than there is.
    pub(super) fn give(&mut self, amount: i64, first: PartsFirst, other: &mut Self) -> Vec<i64> {
        let (refundable, kept) = (self.refundable.iter().sum::<i64>(), self.kept.iter().sum::<i64>());
        let amount = amount.clamp(0, refundable.saturating_add(kept));
        let (of_refundable, of_kept) = match first {
            PartsFirst::None => {
                let weights = [i128::from(refundable), i128::from(kept)];
                let of_refundable = spread(amount, 1, &weights).first().copied().unwrap_or(0);
                (of_refundable, amount - of_refundable)
            }
            PartsFirst::Refundable => (amount.min(refundable), amount - amount.min(refundable)),
            PartsFirst::Kept => (amount - amount.min(kept), amount.min(kept)),
        };
        let refundable = moved(&mut self.refundable, of_refundable, &mut other.refundable);
        let kept = moved(&mut self.kept, of_kept, &mut other.kept);
        refundable.iter().zip(kept).map(|(refundable, kept)| refundable + kept).collect()
    }
}

/// Moves an amount, of each part in proportion; gives the parts that moved.
fn moved(from: &mut [i64], amount: i64, to: &mut [i64]) -> Vec<i64> {
    if amount == 0 {
        return vec![0; from.len()];
    }
    let weights: Vec<i128> = from.iter().copied().map(i128::from).collect();
    let parts = spread(amount, 1, &weights);
    for ((from, to), part) in from.iter_mut().zip(to).zip(&parts) {
        *from -= part;
        *to += part;
    }
    parts
}
