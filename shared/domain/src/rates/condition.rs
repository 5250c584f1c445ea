//! When a rule or a restriction applies.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time, Weekday};

use crate::rates::ids::{CalendarId, Channel, PlanId};

/// Dates from `from` up to, not including, `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateRange {
    /// The first.
    pub from: Date,
    /// The one after the last.
    pub to: Date,
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
    /// The slot begins at or after the first and before the second local time.
    pub times: Option<(Time, Time)>,
    /// Slots of the stay.
    pub slots: Option<Bounds>,
    /// Local dates between that of the quote and that of the stay's start.
    pub lead_days: Option<Bounds>,
    /// Percent of the slot's places that are taken before this unit, rounded down.
    pub sold_percent: Option<Bounds>,
    /// Guests of the unit.
    pub guests: Option<Bounds>,
    /// Units that are asked for.
    pub quantity: Option<Bounds>,
    /// The channel is one of these.
    pub channels: BTreeSet<Channel>,
    /// The plan is one of these; a plan that derives its price meets the rules of the plan it derives from.
    pub plans: BTreeSet<PlanId>,
}
