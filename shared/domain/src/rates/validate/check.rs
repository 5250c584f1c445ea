//! Bounds of cards, and the checks that their parts share.

use std::collections::BTreeSet;
use std::fmt;

use jiff::civil::Weekday;

use super::fault::{CardFault, CardProblem};
use crate::money::{AMOUNT_MAX, Currency, Money};
use crate::rates::card::RateCard;
use crate::rates::condition::DateRange;
use crate::rates::ids::{Channel, PlanId};

/// The most ranges of dates of a rule or a restriction.
pub const DATE_RANGES_MAX: usize = 50;
/// The most names in a set: plans, channels, categories.
pub const NAMES_MAX: usize = 40;
/// The most things that a plan includes.
pub const INCLUDED_MAX: usize = 10;
/// The most bands of a tax, and of children's ages.
pub const BANDS_MAX: usize = 20;

/// What a card is checked against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CardContext {
    /// The currency of the resource.
    pub currency: Currency,
    /// What can be charged, in minor units: amounts are multiples of it.
    pub step: i64,
}

/// The problems found so far.
pub(super) struct Check {
    pub(super) context: CardContext,
    pub(super) problems: Vec<CardProblem>,
    /// Whether it is said of the whole that it is in another currency, and so of no amount.
    pub(super) is_currency_told: bool,
}

impl Check {
    pub(super) fn new(context: CardContext) -> Self {
        let context = CardContext { step: context.step.max(1), ..context };
        Self { context, problems: Vec::new(), is_currency_told: false }
    }

    pub(super) fn problem(&mut self, path: &str, id: Option<&str>, fault: CardFault) {
        self.problems.push(CardProblem { path: path.to_owned(), id: id.map(str::to_owned), fault });
    }

    pub(super) fn at_most(&mut self, path: &str, count: usize, max: usize) {
        if count > max {
            self.problem(path, None, CardFault::TooMany { max });
        }
    }

    /// Each name once.
    pub(super) fn unique<'a, T: Ord + fmt::Display + 'a>(
        &mut self,
        list: &str,
        field: &str,
        names: impl Iterator<Item = &'a T>,
    ) {
        let mut seen = BTreeSet::new();
        for (index, name) in names.enumerate() {
            if !seen.insert(name) {
                let id = name.to_string();
                self.problem(&format!("/{list}/{index}/{field}"), Some(&id), CardFault::Duplicate);
            }
        }
    }

    pub(super) fn money(&mut self, path: &str, id: Option<&str>, money: &Money) {
        self.currency(path, id, money);
        self.multiple(path, id, money.amount());
    }

    pub(super) fn currency(&mut self, path: &str, id: Option<&str>, money: &Money) {
        if money.currency() != self.context.currency && !self.is_currency_told {
            self.problem(path, id, CardFault::Currency(self.context.currency));
        }
    }

    /// An amount that can be charged, or taken off.
    pub(super) fn multiple(&mut self, path: &str, id: Option<&str>, amount: i64) {
        if amount % self.context.step != 0 {
            self.problem(path, id, CardFault::Step(self.context.step));
        }
        if amount.abs() > AMOUNT_MAX {
            self.problem(path, id, CardFault::OutOfBounds { min: -AMOUNT_MAX, max: AMOUNT_MAX });
        }
    }

    pub(super) fn within(&mut self, path: &str, id: Option<&str>, number: u32, (min, max): (u32, u32)) {
        if !(min..=max).contains(&number) {
            self.problem(path, id, CardFault::OutOfBounds { min: min.into(), max: max.into() });
        }
    }

    pub(super) fn range(&mut self, path: &str, id: Option<&str>, range: DateRange) {
        if range.to <= range.from {
            self.problem(path, id, CardFault::EmptyRange);
        }
    }

    pub(super) fn ranges(&mut self, path: &str, id: Option<&str>, ranges: &[DateRange]) {
        self.at_most(path, ranges.len(), DATE_RANGES_MAX);
        for (index, range) in ranges.iter().enumerate() {
            self.range(&format!("{path}/{index}"), id, *range);
        }
    }

    pub(super) fn weekdays(&mut self, path: &str, id: Option<&str>, days: &[Weekday]) {
        let distinct: BTreeSet<i8> = days.iter().map(|day| day.to_monday_one_offset()).collect();
        if distinct.len() < days.len() {
            self.problem(path, id, CardFault::Duplicate);
        }
    }

    pub(super) fn plan(&mut self, path: &str, id: Option<&str>, plan: &PlanId, card: &RateCard) {
        if !card.plans.iter().any(|known| known.id == *plan) {
            self.problem(path, id, CardFault::UnknownPlan(plan.clone()));
        }
    }

    pub(super) fn plans<'a>(
        &mut self,
        path: &str,
        id: Option<&str>,
        plans: impl IntoIterator<Item = &'a PlanId>,
        card: &RateCard,
    ) {
        for (index, plan) in plans.into_iter().enumerate() {
            self.plan(&format!("{path}/{index}"), id, plan, card);
        }
    }
}

/// Whether some channel is in both sets; an empty one has all there are.
pub(super) fn channels_meet(one: &BTreeSet<Channel>, other: &BTreeSet<Channel>) -> bool {
    one.is_empty() || other.is_empty() || !one.is_disjoint(other)
}

/// Whether some date of a range is one of those days of the week; an empty list has all there are, and an empty range is wrong for itself.
pub(super) fn has_day_of(range: DateRange, weekdays: &[Weekday]) -> bool {
    // A week has every day there is.
    let mut week = range.dates().take(7);
    weekdays.is_empty() || range.to <= range.from || week.any(|date| weekdays.contains(&date.weekday()))
}
