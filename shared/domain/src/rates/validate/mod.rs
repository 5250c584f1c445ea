//! What a rate card has to be before it enters the system.

mod charges;
mod fault;
mod plans;
mod restrictions;
mod rules;

use std::collections::BTreeSet;
use std::fmt;

use jiff::civil::Weekday;

use crate::money::{AMOUNT_MAX, Currency, Money};
use crate::rates::card::{
    CALENDAR_DATES_MAX, CALENDARS_MAX, CHARGES_MAX, EXTRAS_MAX, PLANS_MAX, PROMOTIONS_MAX, RESTRICTIONS_MAX,
    RULES_MAX, RateCard, UNIT_TYPES_MAX,
};
use crate::rates::condition::DateRange;
use crate::rates::dated_edit::{Change, DatedEdit};
use crate::rates::ids::PlanId;
use crate::rates::restriction::Limits;

pub use fault::{CardFault, CardProblem};

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

impl RateCard {
    /// The card, if nothing is wrong with it.
    ///
    /// # Errors
    /// Every problem there is, in the order of the card; of one that has too much of something only that.
    pub fn checked(self, context: CardContext) -> Result<Self, Vec<CardProblem>> {
        let mut check = Check::new(context);
        self.count(&mut check);
        if check.problems.is_empty() {
            if self.currency != context.currency {
                check.problem("/currency", None, CardFault::Currency(context.currency));
            }
            plans::check(&self, &mut check);
            rules::check(&self, &mut check);
            charges::check(&self, &mut check);
            restrictions::check(&self, &mut check);
        }
        if check.problems.is_empty() { Ok(self) } else { Err(check.problems) }
    }

    /// Checks how many there are of everything.
    fn count(&self, check: &mut Check) {
        check.at_most("/plans", self.plans.len(), PLANS_MAX);
        check.at_most("/unitTypes", self.unit_types.len(), UNIT_TYPES_MAX);
        check.at_most("/calendars", self.calendars.len(), CALENDARS_MAX);
        for (id, dates) in &self.calendars {
            check.at_most(&format!("/calendars/{id}"), dates.len(), CALENDAR_DATES_MAX);
        }
        check.at_most("/rules", self.rules.len(), RULES_MAX);
        check.at_most("/charges", self.charges.len(), CHARGES_MAX);
        check.at_most("/restrictions", self.restrictions.len(), RESTRICTIONS_MAX);
        check.at_most("/extras", self.extras.len(), EXTRAS_MAX);
        check.at_most("/promotions", self.promotions.len(), PROMOTIONS_MAX);
    }
}

impl DatedEdit {
    /// The edit, if what it sets could be said by that card: its plan, its currency, its limits.
    ///
    /// # Errors
    /// Every problem there is, each with where it is in the edit.
    pub fn checked(self, card: &RateCard, context: CardContext) -> Result<Self, Vec<CardProblem>> {
        let mut check = Check::new(context);
        check.plan("/plan", None, &self.plan, card);
        check.range("/dates", None, self.dates);
        if let Change::Set(price) = &self.price {
            check.money("/price", None, price);
        }
        restrictions::check_limits("/limits", None, &self.limits.of(&Limits::default()), &mut check);
        if check.problems.is_empty() { Ok(self) } else { Err(check.problems) }
    }
}

/// The problems found so far.
struct Check {
    context: CardContext,
    problems: Vec<CardProblem>,
}

impl Check {
    fn new(context: CardContext) -> Self {
        let context = CardContext { step: context.step.max(1), ..context };
        Self { context, problems: Vec::new() }
    }

    fn problem(&mut self, path: &str, id: Option<&str>, fault: CardFault) {
        self.problems.push(CardProblem { path: path.to_owned(), id: id.map(str::to_owned), fault });
    }

    fn at_most(&mut self, path: &str, count: usize, max: usize) {
        if count > max {
            self.problem(path, None, CardFault::TooMany { max });
        }
    }

    /// Each name once.
    fn unique<'a, T: Ord + fmt::Display + 'a>(
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

    fn money(&mut self, path: &str, id: Option<&str>, money: &Money) {
        if money.currency() != self.context.currency {
            self.problem(path, id, CardFault::Currency(self.context.currency));
        }
        self.multiple(path, id, money.amount());
    }

    /// An amount that can be charged, or taken off.
    fn multiple(&mut self, path: &str, id: Option<&str>, amount: i64) {
        if amount % self.context.step != 0 {
            self.problem(path, id, CardFault::Step(self.context.step));
        }
        if amount.abs() > AMOUNT_MAX {
            self.problem(path, id, CardFault::OutOfBounds { min: -AMOUNT_MAX, max: AMOUNT_MAX });
        }
    }

    fn within(&mut self, path: &str, id: Option<&str>, number: u32, (min, max): (u32, u32)) {
        if !(min..=max).contains(&number) {
            self.problem(path, id, CardFault::OutOfBounds { min: min.into(), max: max.into() });
        }
    }

    fn range(&mut self, path: &str, id: Option<&str>, range: DateRange) {
        if range.to <= range.from {
            self.problem(path, id, CardFault::EmptyRange);
        }
    }

    fn ranges(&mut self, path: &str, id: Option<&str>, ranges: &[DateRange]) {
        self.at_most(path, ranges.len(), DATE_RANGES_MAX);
        for (index, range) in ranges.iter().enumerate() {
            self.range(&format!("{path}/{index}"), id, *range);
        }
    }

    fn weekdays(&mut self, path: &str, id: Option<&str>, days: &[Weekday]) {
        let distinct: BTreeSet<i8> = days.iter().map(|day| day.to_monday_one_offset()).collect();
        if distinct.len() < days.len() {
            self.problem(path, id, CardFault::Duplicate);
        }
    }

    fn plan(&mut self, path: &str, id: Option<&str>, plan: &PlanId, card: &RateCard) {
        if !card.plans.iter().any(|known| known.id == *plan) {
            self.problem(path, id, CardFault::UnknownPlan(plan.clone()));
        }
    }

    fn plans<'a>(
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
