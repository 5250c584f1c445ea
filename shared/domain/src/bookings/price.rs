//! What an order costs: lines that add up.

use crate::catalogue::Label;
use crate::money::{Money, MoneyError, SignedMoney};
use crate::rates::charge::{Due, IncludedTax};
use crate::rates::condition::DateRange;

/// What a line of a price is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PriceLineKind {
    /// The places themselves.
    Stay,
    /// What a promotion takes off: the only line below nothing.
    Discount,
    /// Something beside the places.
    Extra,
    /// What the place takes beside the price.
    Fee,
    /// A tax that the other lines do not include.
    Tax,
}

/// A part of a price.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PriceLine {
    /// What it is for.
    pub kind: PriceLineKind,
    /// How much.
    pub amount: SignedMoney,
    /// What its plan says of it; none where an order keeps no rate.
    pub detail: Option<LineDetail>,
}

/// What a rate card says of a line.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LineDetail {
    /// The name in the card of its plan, promotion, extra, tax or fee.
    pub code: String,
    /// Its name for people, as it was.
    pub name: Label,
    /// The local dates of the slots it is for, where it is for some.
    pub dates: Option<DateRange>,
    /// Of how many equal parts the amount is the sum; 1 where it is not a sum of equal parts.
    pub count: u32,
    /// Where it is paid.
    pub due: Due,
    /// Whether a cancellation may give it back; else it is kept, whatever the plan gives back.
    pub refundable: bool,
    /// Taxes that the amount includes, in the order of the card.
    pub included_taxes: Vec<IncludedTax>,
}

impl PriceLine {
    /// A line of which no rate card says more.
    #[must_use]
    pub fn plain(kind: PriceLineKind, amount: Money) -> Self {
        Self { kind, amount: amount.into(), detail: None }
    }

    /// Where it is paid: with the booking, where nothing is said.
    #[must_use]
    pub fn due(&self) -> Due {
        self.detail.as_ref().map_or(Due::Now, |detail| detail.due)
    }
}

/// A price: its lines, and their sums.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Price {
    lines: Vec<PriceLine>,
    total: Money,
    at_property: Money,
}

impl Price {
    /// The price of lines, at least one.
    ///
    /// # Errors
    /// [`MoneyError`] when their currencies differ, or a sum is below nothing or out of range.
    pub fn new(lines: Vec<PriceLine>) -> Result<Self, MoneyError> {
        let currency = lines.first().map(|line| line.amount.currency()).ok_or(MoneyError::OutOfRange)?;
        let due = |due: Due| {
            let some = lines.iter().filter(|line| line.due() == due).map(|line| line.amount);
            some.into_iter().try_fold(SignedMoney::zero(currency), SignedMoney::add)
        };
        let (total, at_property) = (due(Due::Now)?, due(Due::AtProperty)?);
        Ok(Self { total: total.try_into()?, at_property: at_property.try_into()?, lines })
    }

    /// A price for the places alone, with what is said of them.
    #[must_use]
    pub fn of_places(stay: Money, detail: LineDetail) -> Self {
        let line = PriceLine { detail: Some(detail), ..PriceLine::plain(PriceLineKind::Stay, stay) };
        Self { lines: vec![line], ..stay.into() }
    }

    /// The lines.
    #[must_use]
    pub fn lines(&self) -> &[PriceLine] {
        &self.lines
    }

    /// What is paid with the booking: the sum of the lines that are.
    #[must_use]
    pub fn total(&self) -> Money {
        self.total
    }

    /// What it costs in all, wherever it is paid.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`].
    pub fn whole(&self) -> Result<Money, MoneyError> {
        self.total.add(self.at_property)
    }

    /// What is paid at the place: the sum of the lines that are.
    #[must_use]
    pub fn at_property(&self) -> Money {
        self.at_property
    }
}

impl From<Money> for Price {
    /// A price for the places alone.
    fn from(stay: Money) -> Self {
        let lines = vec![PriceLine::plain(PriceLineKind::Stay, stay)];
        Self { lines, total: stay, at_property: Money::zero(stay.currency()) }
    }
}
