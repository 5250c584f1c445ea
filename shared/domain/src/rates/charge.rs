//! Taxes and fees.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::catalogue::Label;
use crate::money::Money;
use crate::rates::ids::{ChargeId, TaxCategory};
use crate::rates::percentage::Percentage;

/// A tax or a fee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// Its name in requests.
    pub id: ChargeId,
    /// Its name for people.
    pub name: Label,
    /// What it is.
    pub kind: ChargeKind,
    /// Whether prices include it already. A fee never is, nor is a tax by bands or one that is not given back.
    pub included: bool,
    /// How much it is.
    pub levy: Levy,
    /// What it is levied on, if it is a percentage. By bands: what counts as the price, which is what the places cost if empty.
    pub on: BTreeSet<TaxCategory>,
    /// The dates of slots for which it holds; that of the first, if it is counted once for the stay.
    pub valid: Validity,
    /// Guests up to this age, itself included, are exempt, if it counts guests.
    pub exempt_to_age: Option<u8>,
    /// For how many slots from the first of a stay on it is due, whether it holds for each or not, unless it is counted once for the stay.
    pub slots_max: Option<u32>,
    /// Whether a percentage, or the bands, go by what the places cost before a promotion takes something off, instead of after it. Of an amount
    /// and of an included tax it makes no sense.
    pub before_discounts: bool,
    /// Whether it is given back as the price is, or never.
    pub refundable: bool,
    /// Where it is paid.
    pub due: Due,
}

/// What a charge is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChargeKind {
    /// What an authority levies.
    Tax,
    /// What the place takes beside the price; taxes may be levied on it.
    Fee {
        /// What taxes are levied on for it.
        category: TaxCategory,
    },
}

/// Where something is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Due {
    /// With the booking.
    Now,
    /// At the place.
    AtProperty,
}

/// How much a charge is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Levy {
    /// A percentage, from 0 to 100, of what it is levied on: of a fee as that is paid, of a tax without the percentages that are included.
    Percent(Percentage),
    /// An amount for each of something.
    Amount {
        /// The amount.
        amount: Money,
        /// Of what.
        per: Per,
    },
    /// By what a slot of a unit costs per guest, those exempt among them, after discounts ([`Charge::before_discounts`]), without included percentages of tax: that of the last band whose `from` is not above it.
    Bands(Vec<Band>),
}

/// What something is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Per {
    /// Once for the stay.
    Stay,
    /// For each slot, however many units.
    Slot,
    /// For each unit, however many slots.
    Unit,
    /// For each slot of each unit.
    UnitSlot,
    /// For each guest, however many slots.
    Guest,
    /// For each guest and slot.
    GuestSlot,
}

/// What is due for each guest and slot from a price on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Band {
    /// The least price per guest and slot.
    pub from: Money,
    /// What is due per guest and slot.
    pub levy: BandLevy,
}

/// What is due in a band.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BandLevy {
    /// An amount per guest and slot.
    Amount(Money),
    /// A percentage of the price.
    Percent(Percentage),
}

/// Local dates for which something holds, both included; without an end where one is not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Validity {
    /// The first.
    pub from: Option<Date>,
    /// The last.
    pub until: Option<Date>,
}

impl Validity {
    /// Whether a date is within it.
    #[must_use]
    pub fn contains(&self, date: Date) -> bool {
        self.from.is_none_or(|from| from <= date) && self.until.is_none_or(|until| date <= until)
    }
}

/// A part of a line's amount that is a tax.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IncludedTax {
    /// Which.
    pub charge: ChargeId,
    /// Its name, as it was.
    pub name: Label,
    /// Minor units.
    pub amount: i64,
}
