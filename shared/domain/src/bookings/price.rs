//! What an order costs: lines that add up.

use crate::money::{Money, MoneyError};

/// What a line of a price is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PriceLineKind {
    /// The places themselves.
    Stay,
    /// Something beside the places.
    Extra,
}

/// A part of a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PriceLine {
    /// What it is for.
    pub kind: PriceLineKind,
    /// How much.
    pub amount: Money,
}

/// A price: its lines, and their sum.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Price {
    lines: Vec<PriceLine>,
    total: Money,
}

impl Price {
    /// A price of one line for the places and further lines.
    ///
    /// # Errors
    /// [`MoneyError`] when their currencies differ or the sum is out of range.
    pub fn new(stay: Money, others: Vec<PriceLine>) -> Result<Self, MoneyError> {
        let total = others.iter().try_fold(stay, |sum, line| sum.add(line.amount))?;
        let stay = PriceLine { kind: PriceLineKind::Stay, amount: stay };
        Ok(Self { lines: std::iter::once(stay).chain(others).collect(), total })
    }

    /// The lines; the first is for the places.
    #[must_use]
    pub fn lines(&self) -> &[PriceLine] {
        &self.lines
    }

    /// The sum of the lines.
    #[must_use]
    pub fn total(&self) -> Money {
        self.total
    }
}

impl From<Money> for Price {
    /// A price for the places alone.
    fn from(stay: Money) -> Self {
        Self { lines: vec![PriceLine { kind: PriceLineKind::Stay, amount: stay }], total: stay }
    }
}
