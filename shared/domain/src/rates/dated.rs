//! Prices and restrictions of single dates, which an operator sets in bulk. They come before those of the rate card.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::catalogue::Month;
use crate::money::Money;
use crate::rates::ids::PlanId;
use crate::rates::restriction::Limits;

/// What is set for a date under one plan.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DateRates {
    /// The price per slot and unit, in place of the plan's own.
    pub price: Option<Money>,
    /// Limits, each number in place of the card's of its kind, each yes beside them; also for the plans that derive from it.
    pub limits: Limits,
}

/// What is set for the dates of one month, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MonthRates {
    /// Grows by one with every write; 0 of a month for which nothing was ever set.
    pub revision: u64,
    /// By date and plan.
    pub dates: BTreeMap<Date, BTreeMap<PlanId, DateRates>>,
}

/// What is set for the dates of some months. A month that is not named has nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DatedRates(BTreeMap<Month, MonthRates>);

impl DatedRates {
    /// Of those months.
    #[must_use]
    pub fn new(months: impl IntoIterator<Item = (Month, MonthRates)>) -> Self {
        Self(months.into_iter().collect())
    }

    /// With other months beside its own.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// What is set for a date under a plan.
    #[must_use]
    pub fn of(&self, date: Date, plan: &PlanId) -> Option<&DateRates> {
        self.0.get(&Month::of(date))?.dates.get(&date)?.get(plan)
    }

    /// The revision of a month; 0 if nothing was ever set.
    #[must_use]
    pub fn revision(&self, month: Month) -> u64 {
        self.0.get(&month).map_or(0, |rates| rates.revision)
    }

    /// Each month with what is set.
    pub fn months(&self) -> impl Iterator<Item = (Month, &MonthRates)> {
        self.0.iter().map(|(month, rates)| (*month, rates))
    }

    /// Everything that is set for a date, by plan.
    #[must_use]
    pub fn on(&self, date: Date) -> Option<&BTreeMap<PlanId, DateRates>> {
        self.0.get(&Month::of(date))?.dates.get(&date)
    }

    pub(super) fn month(&self, month: Month) -> Option<&MonthRates> {
        self.0.get(&month)
    }

    pub(super) fn month_mut(&mut self, month: Month) -> &mut MonthRates {
        self.0.entry(month).or_default()
    }

    /// What is set under these plans alone.
    #[must_use]
    pub fn of_plans(mut self, plans: &BTreeSet<PlanId>) -> Self {
        for month in self.0.values_mut() {
            month.dates.retain(|_, of_date| {
                of_date.retain(|plan, _| plans.contains(plan));
                !of_date.is_empty()
            });
        }
        self
    }

    /// Under how many plans something is set, of the month with the most of them.
    #[must_use]
    pub fn plans_of_a_month(&self) -> usize {
        let plans =
            |month: &MonthRates| month.dates.values().flat_map(BTreeMap::keys).collect::<BTreeSet<_>>().len();
        self.0.values().map(plans).max().unwrap_or(0)
    }
}
