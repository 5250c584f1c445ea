//! When a rule or a restriction applies.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::{Date, Time, Weekday};

use crate::rates::ids::{CalendarId, Channel, PlanId};

/// All places of a slot, in percent.
pub const SOLD_PERCENT_MAX: u32 = 100;
/// The least slot of a stay from which on a condition is met: from the first on would be for all.
pub const FROM_SLOT_MIN: u32 = 2;

/// Dates from `from` up to, not including, `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateRange {
    /// The first.
    pub from: Date,
    /// The one after the last.
    pub to: Date,
}

impl DateRange {
    /// Whether a date is in it.
    #[must_use]
    pub fn contains(&self, date: Date) -> bool {
        self.from <= date && date < self.to
    }

    /// Its dates, in order.
    pub fn dates(self) -> impl Iterator<Item = Date> {
        self.from.series(1.day()).take_while(move |date| *date < self.to)
    }
}

/// Numbers from `min` to `max`, both included, where given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Bounds {
    /// The least.
    pub min: Option<u32>,
    /// The greatest.
    pub max: Option<u32>,
}

impl Bounds {
    /// Whether a number is within them.
    #[must_use]
    pub fn contain(&self, number: u32) -> bool {
        self.min.is_none_or(|min| min <= number) && self.max.is_none_or(|max| number <= max)
    }
}

/// What has to be so for one slot of a stay; what is not given may be as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Condition {
    /// The slot's local date is in one of these.
    pub dates: Vec<DateRange>,
    /// The slot's local date is one of these days of the week.
    pub weekdays: Vec<Weekday>,
    /// The slot's local date is in this calendar of the card.
    pub calendar: Option<CalendarId>,
    /// The slot begins at or after the first and before the second local time, which is on the next date where it is the earlier one.
    pub times: Option<(Time, Time)>,
    /// Slots of the stay.
    pub slots: Option<Bounds>,
    /// The slot is this one of the stay, counted from 1, or a later one: a change that holds from the eighth night on, instead of for all nights.
    pub from_slot: Option<u32>,
    /// Local dates between that of the quote and that of the stay's start.
    pub lead_days: Option<Bounds>,
    /// Percent of the slot's places that are taken before this unit, rounded down, at most 100.
    pub sold_percent: Option<Bounds>,
    /// Guests of the unit.
    pub guests: Option<Bounds>,
    /// Units that are asked for.
    pub quantity: Option<Bounds>,
    /// The channel is one of these.
    pub channels: BTreeSet<Channel>,
    /// The plan is one of these. A rule of a plan is in the price of the plans that derive theirs from it, and applies to these only once,
    /// also where it names them.
    pub plans: BTreeSet<PlanId>,
}

impl Condition {
    /// How many slots a stay has that has a slot for which it is met.
    pub(super) fn stay_slots(&self) -> Bounds {
        let bounds = self.slots.unwrap_or_default();
        Bounds { min: bounds.min.max(self.from_slot), max: bounds.max }
    }

    /// Whether what it says of dates is so of a date.
    pub(super) fn is_on(&self, date: Date, calendars: &BTreeMap<CalendarId, BTreeSet<Date>>) -> bool {
        (self.dates.is_empty() || self.dates.iter().any(|range| range.contains(date)))
            && (self.weekdays.is_empty() || self.weekdays.contains(&date.weekday()))
            && self
                .calendar
                .as_ref()
                .is_none_or(|id| calendars.get(id).is_some_and(|dates| dates.contains(&date)))
    }
}
