//! Fees, included taxes, and taxes on top, in this order.
//!
//! A percentage is levied on what prices and fees are after what a promotion takes off, unless the charge says before: a fee's on that as it is paid, a tax's on that
//! without the percentages it includes. Neither is levied on taxes, and fees are not levied on fees. Each charge is summed exactly over
//! the whole stay and rounded half up once: a fee and a tax on top to what can be charged, an included tax to the minor unit.
//!
//! The first slots for which a charge is due are those of the stay, whether it holds on their dates or not: of a tax with a new rate from
//! some date on, which is two charges, no stay pays for more.

use std::collections::BTreeMap;

use crate::bookings::PriceLineKind;
use crate::money::AMOUNT_MAX;
use crate::rates::card::RateCard;
use crate::rates::charge::{Band, BandLevy, Charge, ChargeKind, Due, IncludedTax, Levy, Per};
use crate::rates::exact::{Exact, WHOLE, spread};
use crate::rates::lines::{Lines, Part, Said, range};
use crate::rates::night::OutOfRange;
use crate::rates::request::RateRequest;
use crate::rates::units::{guest_count, guests_above};

/// What charges are levied by.
pub(super) struct Levied<'a> {
    pub(super) card: &'a RateCard,
    pub(super) request: &'a RateRequest,
    pub(super) step: i64,
    /// Whether everything is paid at the place, whatever a charge says.
    pub(super) is_all_at_property: bool,
}

/// How much a charge is, before it is rounded.
struct Sum {
    /// Minor units by the fraction that is levied of them: summed before any is divided.
    levied: BTreeMap<(i128, i128), i128>,
    /// About how much is of each slot: weights. What is once for a stay is of its first.
    by_slot: Vec<Exact>,
    /// The same of what is levied on the places' price or counted by slots.
    by_slot_of_stay: Vec<Exact>,
    /// Of how many equal amounts it is the sum, if it is of some.
    count: u64,
}

impl Sum {
    fn add(&mut self, slot: usize, amount: i128, (numerator, denominator): (i128, i128), is_of_stay: bool) {
        *self.levied.entry((numerator, denominator)).or_default() += amount;
        let exact = Exact::share(amount, numerator, denominator);
        let of_stay = self.by_slot_of_stay.get_mut(slot).filter(|_| is_of_stay);
        for sum in self.by_slot.get_mut(slot).into_iter().chain(of_stay) {
            *sum = sum.plus(exact);
        }
    }

    fn total(&self) -> Exact {
        let exact = |((numerator, denominator), amount): (&(i128, i128), &i128)| {
            Exact::share(*amount, *numerator, *denominator)
        };
        total(self.levied.iter().map(exact))
    }
}

impl<'a> Levied<'a> {
    pub(super) fn due(&self, due: Due) -> Due {
        if self.is_all_at_property { Due::AtProperty } else { due }
    }

    /// Adds the lines of all charges, and to other lines what they include. Gives what each slot's own price is taxed with on top, of what
    /// is paid with the booking and given back as the price is.
    ///
    /// # Errors
    /// [`OutOfRange`] if a charge is more than an amount can be: nothing is divided by such.
    pub(super) fn charge(&self, lines: &mut Lines<'a>) -> Result<Vec<i64>, OutOfRange> {
        let mut taxes_by_slot = vec![0_i64; self.request.slots.len()];
        self.note_included(lines);
        let (mut fees, mut included, mut on_top) = (Vec::new(), Vec::new(), Vec::new());
        for charge in &self.card.charges {
            match (&charge.kind, charge.included) {
                (ChargeKind::Fee { category }, _) => fees.push((charge, category)),
                (ChargeKind::Tax, true) => included.push(charge),
                (ChargeKind::Tax, false) => on_top.push(charge),
            }
        }
        let sums: Vec<Sum> = fees.iter().map(|(fee, _)| self.sum(fee, &lines.parts, |_| WHOLE)).collect();
        for ((fee, category), sum) in fees.into_iter().zip(sums) {
            if let Some((line, amount)) = self.add_line(lines, PriceLineKind::Fee, fee, &sum)? {
                lines.add_parts(line, category, spread(amount, 1, &weights(&sum.by_slot)));
            }
        }
        self.note_included(lines);
        for tax in included {
            self.include(lines, tax);
        }
        for tax in on_top {
            let sum = self.sum(tax, &lines.parts, |part| WHOLE + part.included);
            let added = self.add_line(lines, PriceLineKind::Tax, tax, &sum)?;
            if let Some((_, amount)) = added.filter(|_| tax.refundable && self.due(tax.due) == Due::Now) {
                let rest = total(sum.by_slot).weight() - total(sum.by_slot_of_stay.iter().copied()).weight();
                let mut of_slots = weights(&sum.by_slot_of_stay);
                of_slots.push(rest);
                for (slot, share) in taxes_by_slot.iter_mut().zip(spread(amount, self.step, &of_slots)) {
                    *slot += share;
                }
            }
        }
        Ok(taxes_by_slot)
    }

    /// Adds a line for a charge, unless there is nothing to charge.
    fn add_line(
        &self,
        lines: &mut Lines<'_>,
        kind: PriceLineKind,
        charge: &Charge,
        sum: &Sum,
    ) -> Result<Option<(usize, i64)>, OutOfRange> {
        let amount = sum.total().rounded(self.step);
        if amount > AMOUNT_MAX {
            return Err(OutOfRange);
        }
        if amount <= 0 {
            return Ok(None);
        }
        let has_amount = |exact: &Exact| *exact != Exact::ZERO;
        let date =
            |slot: Option<usize>| slot.and_then(|slot| self.request.slots.get(slot)).map(|slot| slot.date);
        let first = date(sum.by_slot_of_stay.iter().position(has_amount));
        let last = date(sum.by_slot_of_stay.iter().rposition(has_amount));
        let dates = first.zip(last).map(|(first, last)| range(first, last));
        let due = self.due(charge.due);
        let said = Said {
            code: charge.id.as_str(),
            name: &charge.name,
            dates,
            count: sum.count,
            due,
            refundable: charge.refundable,
        };
        Ok(Some((lines.add(kind, amount, &said), amount)))
    }

    /// How much a charge is on those parts, where a percentage is one of `whole`, which is more than the whole by what a part includes.
    fn sum(&self, charge: &Charge, parts: &[Part<'_>], whole: impl Fn(&Part<'_>) -> i128) -> Sum {
        let nothing = vec![Exact::ZERO; self.request.slots.len()];
        let (by_slot, by_slot_of_stay) = (nothing.clone(), nothing);
        let mut sum = Sum { levied: BTreeMap::new(), by_slot, by_slot_of_stay, count: 1 };
        match &charge.levy {
            Levy::Percent(percentage) => {
                for part in
                    parts.iter().filter(|part| counts_for(charge, part) && self.is_levied_on(charge, part))
                {
                    let fraction = (percentage.ten_thousandths(), whole(part));
                    sum.add(part.slot, part.amount.into(), fraction, part.unit.is_some());
                }
            }
            Levy::Amount { amount, per } => {
                let counts = self.counts(charge, *per);
                sum.count = counts.iter().sum();
                for (slot, count) in counts.into_iter().enumerate() {
                    let amount = i128::from(amount.amount()) * i128::from(count);
                    sum.add(slot, amount, (1, 1), is_by_slot(*per));
                }
            }
            Levy::Bands(bands) => self.add_by_bands(&mut sum, charge, bands, parts),
        }
        sum
    }

    /// Whether a percentage is levied on a part.
    fn is_levied_on(&self, charge: &Charge, part: &Part<'_>) -> bool {
        charge.on.contains(part.category) && self.is_due_for(charge, part.slot)
    }

    /// Whether a charge is due for a slot.
    fn is_due_for(&self, charge: &Charge, slot: usize) -> bool {
        let date = self.request.slots.get(slot).map(|slot| slot.date);
        date.is_some_and(|date| charge.valid.contains(date))
            && charge.slots_max.is_none_or(|most| u32::try_from(slot).is_ok_and(|slot| slot < most))
    }

    /// How many times an amount is due for each slot; what is once for a stay is of its first, by whose date it holds.
    fn counts(&self, charge: &Charge, per: Per) -> Vec<u64> {
        let guests = |unit| u64::from(guests_above(self.card, unit, charge.exempt_to_age));
        let guests = self.request.units.iter().map(guests).sum();
        let count = counted(per, u64::try_from(self.request.units.len()).unwrap_or(u64::MAX), guests);
        let holds_on_arrival =
            self.request.slots.first().is_some_and(|first| charge.valid.contains(first.date));
        let is_due = |slot: usize| {
            if is_by_slot(per) { self.is_due_for(charge, slot) } else { slot == 0 && holds_on_arrival }
        };
        (0..self.request.slots.len()).map(|slot| if is_due(slot) { count } else { 0 }).collect()
    }

    /// Adds what is due for each slot of each unit by what it costs per guest.
    fn add_by_bands(&self, sum: &mut Sum, charge: &Charge, bands: &[Band], parts: &[Part<'_>]) {
        for ((slot, unit), by_whole) in self.prices(charge, parts) {
            let Some(unit) = self.request.units.get(unit) else { continue };
            let guests = i128::from(guest_count(self.card, unit).max(1));
            let payers = i128::from(guests_above(self.card, unit, charge.exempt_to_age));
            let net = total(by_whole.iter().map(|(whole, amount)| Exact::share(*amount, WHOLE, *whole)));
            let is_reached = |band: &&Band| Exact::share(band.from.amount().into(), guests, 1) <= net;
            match bands.iter().rev().find(is_reached).map(|band| band.levy) {
                Some(BandLevy::Amount(amount)) => {
                    sum.add(slot, i128::from(amount.amount()) * payers, (1, 1), true);
                }
                Some(BandLevy::Percent(percentage)) => {
                    for (whole, amount) in by_whole {
                        let fraction = (percentage.ten_thousandths() * payers, whole * guests);
                        sum.add(slot, amount, fraction, true);
                    }
                }
                None => {}
            }
        }
    }

    /// What counts as the price of each slot of each unit, by the whole that it is of: what a slot's places cost, and of what is of no unit, such as a service
    /// charge, if it is named, as much as is of the unit's places.
    fn prices(&self, charge: &Charge, parts: &[Part<'_>]) -> BTreeMap<(usize, usize), BTreeMap<i128, i128>> {
        let mut prices: BTreeMap<(usize, usize), BTreeMap<i128, i128>> = BTreeMap::new();
        let mut add = |slot: usize, unit: usize, whole: i128, amount: i64| {
            *prices.entry((slot, unit)).or_default().entry(whole).or_default() += i128::from(amount);
        };
        let costs = self.places_costs(charge, parts);
        for part in parts.iter().filter(|part| counts_for(charge, part) && self.is_due_for(charge, part.slot))
        {
            let whole = WHOLE + part.included;
            match part.unit {
                Some(unit) if charge.on.is_empty() || charge.on.contains(part.category) => {
                    add(part.slot, unit, whole, part.amount);
                }
                None if charge.on.contains(part.category) => {
                    let of_units = spread(part.amount, 1, costs.get(part.slot).map_or(&[], Vec::as_slice));
                    for (unit, amount) in of_units.into_iter().enumerate() {
                        add(part.slot, unit, whole, amount);
                    }
                }
                Some(_) | None => {}
            }
        }
        prices
    }

    /// What each unit's places cost in each slot, as it counts for a charge.
    fn places_costs(&self, charge: &Charge, parts: &[Part<'_>]) -> Vec<Vec<i128>> {
        let mut costs = vec![vec![0_i128; self.request.units.len()]; self.request.slots.len()];
        for part in parts.iter().filter(|part| counts_for(charge, part)) {
            let of_slot = costs.get_mut(part.slot);
            if let Some(cost) = of_slot.zip(part.unit).and_then(|(costs, unit)| costs.get_mut(unit)) {
                *cost += i128::from(part.amount);
            }
        }
        costs
    }

    /// Notes of each part which percentages it includes.
    fn note_included(&self, lines: &mut Lines<'_>) {
        for part in &mut lines.parts {
            let percent = |charge: &Charge| match (&charge.kind, &charge.levy) {
                (ChargeKind::Tax, Levy::Percent(percentage))
                    if charge.included && self.is_levied_on(charge, part) =>
                {
                    percentage.ten_thousandths()
                }
                (
                    ChargeKind::Tax | ChargeKind::Fee { .. },
                    Levy::Percent(_) | Levy::Amount { .. } | Levy::Bands(_),
                ) => 0,
            };
            part.included = self.card.charges.iter().map(percent).sum();
        }
    }

    /// Adds to each line what it includes of a tax: of the tax's total as much as is levied on the line. An amount is at most what the
    /// places of its slot cost.
    fn include(&self, lines: &mut Lines<'_>, tax: &Charge) {
        let mut by_line = vec![Exact::ZERO; lines.lines.len()];
        let mut note = |line: usize, exact: Exact| {
            if let Some(sum) = by_line.get_mut(line) {
                *sum = sum.plus(exact);
            }
        };
        let total = match &tax.levy {
            Levy::Percent(percentage) => {
                for part in lines.parts.iter().filter(|part| self.is_levied_on(tax, part)) {
                    let whole = WHOLE + part.included;
                    note(part.line, Exact::share(part.amount.into(), percentage.ten_thousandths(), whole));
                }
                self.sum(tax, &lines.parts, |part| WHOLE + part.included).total().rounded(1)
            }
            Levy::Amount { amount, per } => {
                let mut total = 0_i64;
                for (slot, count) in
                    self.counts(tax, *per).into_iter().enumerate().filter(|(_, count)| *count > 0)
                {
                    let of_slot =
                        || lines.parts.iter().filter(|part| part.slot == slot && part.unit.is_some());
                    let price: i64 = of_slot().map(|part| part.amount).sum();
                    let due =
                        i64::try_from(count).unwrap_or(i64::MAX).saturating_mul(amount.amount()).min(price);
                    total = total.saturating_add(due);
                    for part in of_slot() {
                        note(part.line, Exact::share(part.amount.into(), due.into(), price.into()));
                    }
                }
                total
            }
            // A price would have to be known without the tax to know the tax: cards are checked not to have it.
            Levy::Bands(_) => 0,
        };
        for (line, amount) in spread(total, 1, &weights(&by_line)).into_iter().enumerate() {
            if amount != 0 {
                let included = IncludedTax { charge: tax.id.clone(), name: tax.name.clone(), amount };
                lines.include_tax(line, included);
            }
        }
    }
}

/// Whether a part counts for a charge. What a promotion takes off does not for one that goes by prices before that.
fn counts_for(charge: &Charge, part: &Part<'_>) -> bool {
    !(charge.before_discounts && part.is_off)
}

fn total(exacts: impl IntoIterator<Item = Exact>) -> Exact {
    exacts.into_iter().fold(Exact::ZERO, Exact::plus)
}

fn weights(exacts: &[Exact]) -> Vec<i128> {
    exacts.iter().map(|exact| exact.weight()).collect()
}

/// Whether something is counted slot by slot.
pub(super) fn is_by_slot(per: Per) -> bool {
    match per {
        Per::Slot | Per::UnitSlot | Per::GuestSlot => true,
        Per::Stay | Per::Unit | Per::Guest => false,
    }
}

/// Whether something is counted guest by guest.
pub(super) fn is_by_guest(per: Per) -> bool {
    match per {
        Per::Guest | Per::GuestSlot => true,
        Per::Stay | Per::Slot | Per::Unit | Per::UnitSlot => false,
    }
}

/// How many of something there are: in a slot, or in a stay.
pub(super) fn counted(per: Per, units: u64, guests: u64) -> u64 {
    match per {
        Per::Stay | Per::Slot => 1,
        Per::Unit | Per::UnitSlot => units,
        Per::Guest | Per::GuestSlot => guests,
    }
}
