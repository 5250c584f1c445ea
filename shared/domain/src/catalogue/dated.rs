//! Dated facts: what an operator set for single local dates of a resource. They belong to dates, not to the pages of one
//! schedule, and are there until they are set anew, whatever else of the resource changes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::civil::Date;
use thiserror::Error;

/// Why a text is no [`Month`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("must be a month such as 2026-06")]
pub struct InvalidMonth;

/// A month of the local calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(Date);

impl Month {
    /// The month of a date.
    #[must_use]
    pub fn of(date: Date) -> Self {
        Self(date.first_of_month())
    }

    /// Parses a month as it is written: `2026-06`.
    ///
    /// # Errors
    /// [`InvalidMonth`].
    pub fn parse(text: &str) -> Result<Self, InvalidMonth> {
        let first: Date = format!("{text}-01").parse().map_err(|_| InvalidMonth)?;
        let month = Self(first);
        if month.to_string() == text { Ok(month) } else { Err(InvalidMonth) }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

/// What is set for a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DateFacts {
    /// Places of each slot that starts on the date, if they are others than the resource's.
    pub capacity: Option<u32>,
    /// Whether sale is stopped.
    pub closed: bool,
    /// Places of each slot that may be sold beyond its capacity; at most [`CAPACITY_MAX`](super::CAPACITY_MAX).
    pub overbooking: u32,
}

impl DateFacts {
    /// Places of a slot of the date, of a resource with `default` places per slot.
    #[must_use]
    pub fn capacity_or(self, default: u32) -> u32 {
        self.capacity.unwrap_or(default)
    }

    /// Places of such a slot that may be taken: its capacity and what may be sold beyond it.
    #[must_use]
    pub fn limit_or(self, default: u32) -> u32 {
        self.capacity_or(default).saturating_add(self.overbooking)
    }
}

/// What an edit sets for a date: what is not given stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is the field of that name of `DateFacts`")]
pub struct DateFactsEdit {
    pub capacity: Option<u32>,
    pub closed: Option<bool>,
    pub overbooking: Option<u32>,
}

impl DateFactsEdit {
    fn of(self, before: DateFacts) -> DateFacts {
        DateFacts {
            capacity: self.capacity.or(before.capacity),
            closed: self.closed.unwrap_or(before.closed),
            overbooking: self.overbooking.unwrap_or(before.overbooking),
        }
    }
}

/// The facts of one month, as they are stored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MonthFacts {
    /// Grows by one with every write; 0 of a month for which nothing was ever set.
    pub revision: u64,
    /// The dates for which something is set.
    pub dates: BTreeMap<Date, DateFacts>,
}

/// The facts of some months of one resource. A month that is not named has none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts(BTreeMap<Month, MonthFacts>);

impl Facts {
    /// Of those months.
    #[must_use]
    pub fn new(months: impl IntoIterator<Item = (Month, MonthFacts)>) -> Self {
        Self(months.into_iter().collect())
    }

    /// What is set for a date.
    #[must_use]
    pub fn of(&self, date: Date) -> DateFacts {
        self.0.get(&Month::of(date)).and_then(|month| month.dates.get(&date)).copied().unwrap_or_default()
    }

    /// The revision of a month's facts; 0 if nothing was ever set.
    #[must_use]
    pub fn revision(&self, month: Month) -> u64 {
        self.0.get(&month).map_or(0, |facts| facts.revision)
    }

    /// Each month with its facts.
    pub fn months(&self) -> impl Iterator<Item = (Month, &MonthFacts)> {
        self.0.iter().map(|(month, facts)| (*month, facts))
    }

    /// Each date for which something is set.
    pub fn dates(&self) -> impl Iterator<Item = (Date, DateFacts)> {
        self.0.values().flat_map(|month| month.dates.iter().map(|(date, facts)| (*date, *facts)))
    }

    /// The facts after an edit of some dates: what is not given stays.
    #[must_use]
    pub fn with(&self, dates: impl IntoIterator<Item = Date>, edit: DateFactsEdit) -> Self {
        self.set(dates.into_iter().map(|date| (date, edit.of(self.of(date)))))
    }

    /// What both these facts and `next` allow, of a resource with `default` places per slot: a page under them takes nothing
    /// that either does not. What counts is capacity and overbooking together: a date has both of the side that allows less.
    #[must_use]
    pub fn least(&self, next: &Self, default: u32) -> Self {
        let least = |date: Date| {
            let (before, after) = (self.of(date), next.of(date));
            let lowers = after.limit_or(default) < before.limit_or(default);
            let least = if lowers { after } else { before };
            (date, DateFacts { closed: before.closed || after.closed, ..least })
        };
        let dates: BTreeSet<Date> = self.dates().chain(next.dates()).map(|(date, _)| date).collect();
        self.set(dates.into_iter().map(least))
    }

    /// The facts with those dates as `before` has them, as far as they are still as `least` says: their places, and whether they are closed.
    #[must_use]
    pub fn restored(&self, dates: impl IntoIterator<Item = Date>, before: &Self, least: &Self) -> Self {
        let restored = |date: Date| {
            let (set, least, before) = (self.of(date), least.of(date), before.of(date));
            let places = |facts: DateFacts| (facts.capacity, facts.overbooking);
            let of = if places(set) == places(least) { before } else { set };
            let closed = if set.closed == least.closed { before.closed } else { set.closed };
            (date, DateFacts { closed, ..of })
        };
        self.set(dates.into_iter().map(restored))
    }

    fn set(&self, dates: impl IntoIterator<Item = (Date, DateFacts)>) -> Self {
        let mut facts = self.clone();
        for (date, set) in dates {
            let month = facts.0.entry(Month::of(date)).or_default();
            if set == DateFacts::default() {
                month.dates.remove(&date);
            } else {
                month.dates.insert(date, set);
            }
        }
        facts
    }

    /// The months in which these facts say something else than `before`, each as it is after one write more. A month that only
    /// `before` names has nothing set.
    #[must_use]
    pub fn changed_since(&self, before: &Self) -> BTreeMap<Month, MonthFacts> {
        let none = MonthFacts::default();
        let changed = |month: &Month| {
            let (was, is) = (before.0.get(month).unwrap_or(&none), self.0.get(month).unwrap_or(&none));
            let next = MonthFacts { revision: was.revision + 1, dates: is.dates.clone() };
            (was.dates != is.dates).then_some((*month, next))
        };
        self.0.keys().chain(before.0.keys()).filter_map(changed).collect()
    }

    /// These facts after `months` were written.
    #[must_use]
    pub fn written(mut self, months: &BTreeMap<Month, MonthFacts>) -> Self {
        self.0.extend(months.iter().map(|(month, facts)| (*month, facts.clone())));
        self
    }
}
