//! Lines of a price, and the parts of them that taxes and fees are levied on.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::bookings::{LineDetail, Price, PriceLine, PriceLineKind};
use crate::catalogue::Label;
use crate::money::{Currency, MoneyError, SignedMoney};
use crate::rates::charge::{Due, IncludedTax};
use crate::rates::condition::DateRange;
use crate::rates::ids::TaxCategory;
use crate::rates::plan::RatePlan;
use crate::rates::quote::{STAY_LINES_MAX, SlotPrice};

/// What a line says, but for what it is for and its amount.
#[derive(Debug, Clone)]
pub(super) struct Said<'a> {
    pub(super) code: &'a str,
    pub(super) name: &'a Label,
    pub(super) dates: Option<DateRange>,
    pub(super) count: u64,
    pub(super) due: Due,
    pub(super) refundable: bool,
}

/// A part of a line's amount: of one category, and of one slot, by whose date taxes hold. What is once for a stay is of its first.
#[derive(Debug, Clone)]
pub(super) struct Part<'a> {
    pub(super) line: usize,
    pub(super) slot: usize,
    /// The unit, of a part of the places' price.
    pub(super) unit: Option<usize>,
    pub(super) category: &'a TaxCategory,
    /// Minor units; below nothing of what a promotion takes off.
    pub(super) amount: i64,
    /// Whether it is of what a promotion takes off.
    pub(super) is_off: bool,
    /// The percentages that it includes, together, in ten-thousandths of a percent.
    pub(super) included: i128,
}

/// The lines so far.
#[derive(Debug, Default)]
pub(super) struct Lines<'a> {
    pub(super) lines: Vec<(PriceLineKind, i64, LineDetail)>,
    pub(super) parts: Vec<Part<'a>>,
}

impl<'a> Lines<'a> {
    /// Another line, by its number.
    pub(super) fn add(&mut self, kind: PriceLineKind, amount: i64, said: &Said<'_>) -> usize {
        let detail = LineDetail {
            code: said.code.to_owned(),
            name: said.name.clone(),
            dates: said.dates,
            count: u32::try_from(said.count).unwrap_or(u32::MAX),
            due: said.due,
            refundable: said.refundable,
            included_taxes: Vec::new(),
        };
        self.lines.push((kind, amount, detail));
        self.lines.len() - 1
    }

    /// Parts of a line, one of each slot that has an amount.
    pub(super) fn add_parts(
        &mut self,
        line: usize,
        category: &'a TaxCategory,
        amounts: impl IntoIterator<Item = i64>,
    ) {
        let parts = amounts.into_iter().enumerate().filter(|(_, amount)| *amount != 0);
        let part =
            |(slot, amount)| Part { line, slot, unit: None, category, amount, is_off: false, included: 0 };
        self.parts.extend(parts.map(part));
    }

    pub(super) fn include_tax(&mut self, line: usize, tax: IncludedTax) {
        if let Some((_, _, detail)) = self.lines.get_mut(line) {
            detail.included_taxes.push(tax);
        }
    }

    /// What is never given back of what is paid with the booking.
    pub(super) fn kept_always(&self) -> i64 {
        let kept = self.lines.iter().filter(|(_, _, said)| said.due == Due::Now && !said.refundable);
        kept.map(|(_, amount, _)| *amount).fold(0, i64::saturating_add)
    }

    /// The price they are.
    pub(super) fn price(self, currency: Currency) -> Result<Price, MoneyError> {
        let line = |(kind, amount, detail)| {
            let amount = SignedMoney::new(amount, currency)?;
            Ok(PriceLine { kind, amount, detail: Some(detail) })
        };
        Price::new(self.lines.into_iter().map(line).collect::<Result<Vec<PriceLine>, MoneyError>>()?)
    }
}

/// A line of the stay on its way: so many units of one price on each of some slots that follow on each other.
struct Stretch {
    price: i64,
    units: u64,
    first: usize,
    last: usize,
}

/// The lines of the places' prices, which are in the order of slots, then units: one for each price and each stretch of slots on which
/// as many units have it. Gives the line of each price.
pub(super) fn stay_lines(
    lines: &mut Lines<'_>,
    prices: &[SlotPrice],
    units: usize,
    plan: &RatePlan,
    due: Due,
) -> Vec<usize> {
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut of_price: Vec<usize> = Vec::with_capacity(prices.len());
    for (slot, of_units) in prices.chunks(units.max(1)).enumerate() {
        let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
        for price in of_units {
            *counts.entry(price.amount).or_default() += 1;
        }
        let mut stretch_of: BTreeMap<i64, usize> = BTreeMap::new();
        for price in of_units {
            let count = counts.get(&price.amount).copied().unwrap_or(0);
            let index = *stretch_of.entry(price.amount).or_insert_with(|| {
                let goes_on = |stretch: &Stretch| {
                    stretch.price == price.amount && stretch.units == count && stretch.last + 1 == slot
                };
                let found = stretches.iter().rposition(goes_on).unwrap_or_else(|| {
                    stretches.push(Stretch { price: price.amount, units: count, first: slot, last: slot });
                    stretches.len() - 1
                });
                if let Some(stretch) = stretches.get_mut(found) {
                    stretch.last = slot;
                }
                found
            });
            of_price.push(index);
        }
    }
    if stretches.len() > STAY_LINES_MAX {
        return month_lines(lines, prices, plan, due);
    }
    let date = |slot: usize| prices.get(slot * units.max(1)).map(|price| price.date);
    for stretch in &stretches {
        let slots = u64::try_from(stretch.last - stretch.first + 1).unwrap_or(u64::MAX);
        let count = stretch.units.saturating_mul(slots);
        let amount = stretch.price.saturating_mul(i64::try_from(count).unwrap_or(i64::MAX));
        let dates = date(stretch.first).zip(date(stretch.last)).map(|(first, last)| range(first, last));
        lines.add(PriceLineKind::Stay, amount, &said(plan, dates, count, due));
    }
    of_price
}

/// One line of the stay per local month.
fn month_lines(lines: &mut Lines<'_>, prices: &[SlotPrice], plan: &RatePlan, due: Due) -> Vec<usize> {
    let mut of_price = Vec::with_capacity(prices.len());
    for month in prices.chunk_by(|one, next| one.date.first_of_month() == next.date.first_of_month()) {
        let amount = month.iter().map(|price| price.amount).fold(0, i64::saturating_add);
        let dates = month.first().zip(month.last()).map(|(first, last)| range(first.date, last.date));
        let line = lines.add(PriceLineKind::Stay, amount, &said(plan, dates, 1, due));
        of_price.extend(month.iter().map(|_| line));
    }
    of_price
}

fn said<'a>(plan: &'a RatePlan, dates: Option<DateRange>, count: u64, due: Due) -> Said<'a> {
    Said { code: plan.id.as_str(), name: &plan.name, dates, count, due, refundable: true }
}

/// The dates from one to another, both included.
pub(super) fn range(first: Date, last: Date) -> DateRange {
    DateRange { from: first, to: last.tomorrow().unwrap_or(Date::MAX) }
}
