//! What an operator changed of a resource's rates. A change that changes nothing is none.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::catalogue::Month;
use crate::rates::card::{CardVersion, RateCard};
use crate::rates::condition::DateRange;
use crate::rates::dated::{DateRates, DatedRates};
use crate::rates::ids::PlanId;

/// What was changed of a resource's rates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RatesChange {
    /// A version of the card was put.
    Put {
        /// The version that it follows.
        before: Option<Box<CardVersion>>,
        /// The version.
        after: Box<CardVersion>,
    },
    /// The draft was written, or thrown away.
    Draft {
        /// The draft as it was.
        before: Option<Box<RateCard>>,
        /// The draft as it is.
        after: Option<Box<RateCard>>,
    },
    /// Something was set for dates.
    Dates(Vec<DatedChange>),
}

/// What was changed for a range of dates of one month under a plan, the same for each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatedChange {
    /// First local date.
    pub from: Date,
    /// Local date after the last.
    pub to: Date,
    /// Under which plan.
    pub plan: PlanId,
    /// What was set for each.
    pub before: DateRates,
    /// What is set for each now.
    pub after: DateRates,
}

impl RatesChange {
    /// The name of the kind of change.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Put { .. } => "rates.put",
            Self::Draft { after: Some(_), .. } => "rates.drafted",
            Self::Draft { after: None, .. } => "rates.draft_discarded",
            Self::Dates(_) => "rates.dates_set",
        }
    }
}

impl DatedRates {
    /// The dates and plans for which `after` says something else, by month, plan and date: neighbours of one month with the same change
    /// together.
    #[must_use]
    pub fn differing(&self, after: &Self) -> Vec<DatedChange> {
        let cells: BTreeSet<(Month, &PlanId, Date)> = self.cells().chain(after.cells()).collect();
        let none = DateRates::default();
        let mut changes: Vec<DatedChange> = Vec::new();
        for (month, plan, date) in cells {
            let was = self.of(date, plan).unwrap_or(&none);
            let is = after.of(date, plan).unwrap_or(&none);
            if was == is {
                continue;
            }
            // The last date of the calendar has none after it; nothing is sold then.
            let to = date.tomorrow().unwrap_or(date);
            match changes.last_mut() {
                Some(last)
                    if Month::of(last.from) == month
                        && last.plan == *plan
                        && last.to == date
                        && last.before == *was
                        && last.after == *is =>
                {
                    last.to = to;
                }
                Some(_) | None => changes.push(DatedChange {
                    from: date,
                    to,
                    plan: plan.clone(),
                    before: was.clone(),
                    after: is.clone(),
                }),
            }
        }
        changes
    }

    /// What is set after some changes.
    #[must_use]
    pub fn changed(&self, changes: &[DatedChange]) -> Self {
        let mut rates = self.clone();
        for change in changes {
            for date in (DateRange { from: change.from, to: change.to }).dates() {
                rates.set(date, &change.plan, change.after.clone());
            }
        }
        rates
    }

    /// Each plan and date for which something is set, with its month.
    fn cells(&self) -> impl Iterator<Item = (Month, &PlanId, Date)> {
        self.months().flat_map(|(month, rates)| {
            let dates = rates.dates.iter();
            dates.flat_map(move |(date, plans)| plans.keys().map(move |plan| (month, plan, *date)))
        })
    }
}
