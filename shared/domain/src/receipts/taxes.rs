//! What an amount includes of each tax of a price.
//!
//! A price is cut into parts: one for each tax, and the rest. An amount that is taken, given back or reversed takes of each part in
//! proportion to what is left of it, rounded by largest remainder. So an amount never has more of a tax than is left, and amounts that
//! together are all of it have together all of each tax, to the minor unit.

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
    /// As much of each tax, then of the rest.
    of_total: Vec<i64>,
}

/// Money of a booking that is somewhere, by its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pool(Vec<i64>);

impl TaxParts {
    /// Those of a price: lines of taxes that are paid with the booking, and what its other lines include. A tax whose sum is below
    /// nothing, as only a discount's could be, counts as none.
    pub(super) fn of(price: &Price) -> Self {
        let mut names: Vec<(String, Label)> = Vec::new();
        let mut sums: Vec<i64> = Vec::new();
        let mut add = |code: &str, name: &Label, amount: i64| {
            let index = names.iter().position(|(known, _)| known == code).unwrap_or_else(|| {
                names.push((code.to_owned(), name.clone()));
                sums.push(0);
                sums.len() - 1
            });
            if let Some(sum) = sums.get_mut(index) {
                *sum = sum.saturating_add(amount);
            }
        };
        for line in price.lines().iter().filter(|line| line.due() == Due::Now) {
            let Some(detail) = &line.detail else { continue };
            match line.kind {
                PriceLineKind::Tax => add(&detail.code, &detail.name, line.amount.amount()),
                PriceLineKind::Stay | PriceLineKind::Discount | PriceLineKind::Extra | PriceLineKind::Fee => {
                    for tax in &detail.included_taxes {
                        add(tax.charge.as_str(), &tax.name, tax.amount);
                    }
                }
            }
        }
        let mut left = price.total().amount();
        let mut of_total = Vec::with_capacity(sums.len() + 1);
        for sum in sums {
            let part = sum.clamp(0, left);
            left -= part;
            of_total.push(part);
        }
        of_total.push(left);
        Self { currency: price.total().currency(), names, of_total }
    }

    /// All of the price.
    pub(super) fn all(&self) -> Pool {
        Pool(self.of_total.clone())
    }

    /// Nothing of it.
    pub(super) fn none(&self) -> Pool {
        Pool(vec![0; self.of_total.len()])
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

impl Pool {
    /// Moves an amount from here to `other`; gives its parts. No more moves than there is.
    pub(super) fn give(&mut self, amount: i64, other: &mut Self) -> Vec<i64> {
        let there = self.0.iter().sum::<i64>();
        let amount = amount.clamp(0, there);
        if amount == 0 {
            return vec![0; self.0.len()];
        }
        let weights: Vec<i128> = self.0.iter().copied().map(i128::from).collect();
        let parts = spread(amount, 1, &weights);
        for ((from, to), part) in self.0.iter_mut().zip(&mut other.0).zip(&parts) {
            *from -= part;
            *to += part;
        }
        parts
    }
}
