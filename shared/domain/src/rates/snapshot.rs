//! How much of a rate one order keeps: bounds with which it fits where orders are kept.

use crate::bookings::Price;
use crate::rates::quote::AppliedRate;

/// The most lines of an order's price: one for each of the longest stay's nights, and others.
pub const PRICE_LINES_MAX: usize = 500;
/// The most included taxes of all lines of an order's price.
pub const INCLUDED_TAXES_MAX: usize = 4_000;
/// The most units of an order that are named one by one.
pub const UNITS_NAMED_MAX: usize = 100;
/// The most children of all units of an order.
pub const CHILDREN_MAX: usize = 2_000;

/// Whether an order may keep them.
#[must_use]
pub fn can_be_kept(price: &Price, rate: &AppliedRate) -> bool {
    let details = price.lines().iter().filter_map(|line| line.detail.as_ref());
    let children =
        rate.units.iter().filter_map(|unit| unit.guests.as_ref()).map(|guests| guests.child_ages.len());
    let kinds = rate.units.chunk_by(|a, b| a == b).count();
    price.lines().len() <= PRICE_LINES_MAX
        && details.map(|detail| detail.included_taxes.len()).sum::<usize>() <= INCLUDED_TAXES_MAX
        && kinds <= UNITS_NAMED_MAX
        && children.sum::<usize>() <= CHILDREN_MAX
}
