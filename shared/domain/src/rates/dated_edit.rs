//! Edits of what is set for single dates: a range at once, and a copy of a range.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use crate::catalogue::{Bound, CALENDAR_DAYS_MAX, Month, RangeError};
use crate::money::Money;
use crate::rates::condition::DateRange;
use crate::rates::dated::{DateRates, DatedRates, MonthRates};
use crate::rates::ids::PlanId;
use crate::rates::restriction::Limits;

/// What happens to something that is set for a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Change<T> {
    /// It stays.
    #[default]
    Keep,
    /// It is set no more.
    Clear,
    /// It becomes this.
    Set(T),
}

impl<T> Change<T> {
    fn of(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }
}

/// What happens to the limits of a date, each of [`Limits`]; a yes-or-no stays where nothing is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LimitsEdit {
    /// The least slots of a stay that arrives on it.
    pub stay_min_on_arrival: Change<u32>,
    /// The least slots of a stay that has a slot on it.
    pub stay_min_through: Change<u32>,
    /// The most slots of a stay that arrives on it.
    pub stay_max_on_arrival: Change<u32>,
    /// The most slots of a stay that has a slot on it.
    pub stay_max_through: Change<u32>,
    /// Whether the least slots do not count where the stay fills all that is free around it.
    pub fills_gaps: Option<bool>,
    /// Whether no stay arrives on it.
    pub closed_to_arrival: Option<bool>,
    /// Whether no stay departs on it.
    pub closed_to_departure: Option<bool>,
    /// Whether no stay has a slot on it.
    pub stop_sell: Option<bool>,
    /// The least minutes between the booking and a start on it.
    pub notice_minutes_min: Change<u32>,
    /// The most days between the booking's date and a start on it.
    pub window_days_max: Change<u32>,
    /// The least units of an order that arrives on it.
    pub quantity_min: Change<u32>,
    /// The most units of an order that arrives on it.
    pub quantity_max: Change<u32>,
    /// Whether it is sold only together with the dates beside it that are too.
    pub sold_together: Option<bool>,
}

impl LimitsEdit {
    /// The limits after the edit.
    #[must_use]
    pub fn of(&self, before: &Limits) -> Limits {
        Limits {
            stay_min_on_arrival: self.stay_min_on_arrival.of(before.stay_min_on_arrival),
            stay_min_through: self.stay_min_through.of(before.stay_min_through),
            stay_max_on_arrival: self.stay_max_on_arrival.of(before.stay_max_on_arrival),
            stay_max_through: self.stay_max_through.of(before.stay_max_through),
            fills_gaps: self.fills_gaps.unwrap_or(before.fills_gaps),
            closed_to_arrival: self.closed_to_arrival.unwrap_or(before.closed_to_arrival),
            closed_to_departure: self.closed_to_departure.unwrap_or(before.closed_to_departure),
            stop_sell: self.stop_sell.unwrap_or(before.stop_sell),
            notice_minutes_min: self.notice_minutes_min.of(before.notice_minutes_min),
            window_days_max: self.window_days_max.of(before.window_days_max),
            quantity_min: self.quantity_min.of(before.quantity_min),
            quantity_max: self.quantity_max.of(before.quantity_max),
            sold_together: self.sold_together.unwrap_or(before.sold_together),
        }
    }
}

/// An edit of what is set for a range of dates under one plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatedEdit {
    /// The plan.
    pub plan: PlanId,
    /// The dates.
    pub dates: DateRange,
    /// Only those of these days of the week; all if empty.
    pub weekdays: Vec<Weekday>,
    /// What happens to the price.
    pub price: Change<Money>,
    /// What happens to the limits.
    pub limits: LimitsEdit,
}

impl DatedEdit {
    pub(super) fn is_on(&self, date: Date) -> bool {
        self.weekdays.is_empty() || self.weekdays.contains(&date.weekday())
    }
}

impl DatedRates {
    /// What is set after an edit.
    ///
    /// # Errors
    /// [`RangeError`] when the range is empty or has more than [`CALENDAR_DAYS_MAX`] days.
    pub fn edited(&self, edit: &DatedEdit) -> Result<Self, RangeError> {
        days_of(edit.dates)?;
        let mut rates = self.clone();
        for date in edit.dates.dates().filter(|date| edit.is_on(*date)) {
            let before = self.of(date, &edit.plan).cloned().unwrap_or_default();
            let price = edit.price.of(before.price);
            rates.set(date, &edit.plan, DateRates { price, limits: edit.limits.of(&before.limits) });
        }
        Ok(rates)
    }

    /// What is set after everything that is set for the dates of a range was copied, under every plan, to as many dates from `start` on, in
    /// place of what was set for those.
    ///
    /// # Errors
    /// [`RangeError`] when the range is empty or has more than [`CALENDAR_DAYS_MAX`] days, or time ends before the copy does.
    pub fn copied(&self, range: DateRange, start: Date) -> Result<Self, RangeError> {
        let days = days_of(range)?;
        start.checked_add(days.days()).map_err(|_| RangeError::NotBookable)?;
        let mut rates = self.clone();
        for (from, to) in range.dates().zip(start.series(1.day())) {
            let plans = self.on(from).cloned().unwrap_or_default();
            let month = rates.month_mut(Month::of(to));
            if plans.is_empty() {
                month.dates.remove(&to);
            } else {
                month.dates.insert(to, plans);
            }
        }
        Ok(rates)
    }

    /// The months in which something else is set than in `before`, each as it is after one write more. A month that only `before` names has
    /// nothing set.
    #[must_use]
    pub fn changed_since(&self, before: &Self) -> BTreeMap<Month, MonthRates> {
        let none = MonthRates::default();
        let changed = |month: Month| {
            let was = before.month(month).unwrap_or(&none);
            let is = self.month(month).unwrap_or(&none);
            let next = MonthRates { revision: was.revision + 1, dates: is.dates.clone() };
            (was.dates != is.dates).then_some((month, next))
        };
        let months = self.months().chain(before.months()).map(|(month, _)| month);
        months.filter_map(changed).collect()
    }

    /// What is set after `months` were written.
    #[must_use]
    pub fn written(mut self, months: &BTreeMap<Month, MonthRates>) -> Self {
        for (month, rates) in months {
            *self.month_mut(*month) = rates.clone();
        }
        self
    }

    pub(super) fn set(&mut self, date: Date, plan: &PlanId, rates: DateRates) {
        let month = self.month_mut(Month::of(date));
        let plans = month.dates.entry(date).or_default();
        if rates == DateRates::default() {
            plans.remove(plan);
        } else {
            plans.insert(plan.clone(), rates);
        }
        if plans.is_empty() {
            month.dates.remove(&date);
        }
    }
}

/// The days of a range that an edit may have.
fn days_of(range: DateRange) -> Result<i32, RangeError> {
    if range.to <= range.from {
        return Err(RangeError::Empty);
    }
    let days = range.from.until(range.to).map_or(i32::MAX, |span| span.get_days());
    if days > CALENDAR_DAYS_MAX { Err(RangeError::TooLong(Bound::Calendar)) } else { Ok(days) }
}
