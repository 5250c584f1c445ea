//! What a rate card has to be before it enters the system.

mod charges;
mod check;
mod fault;
mod plans;
mod restrictions;
mod rules;

use jiff::civil::Date;

use crate::rates::card::{
    CALENDAR_DATES_MAX, CALENDARS_MAX, CHARGES_MAX, EXTRAS_MAX, PLANS_MAX, PROMOTIONS_MAX, RESTRICTIONS_MAX,
    RULES_MAX, RateCard, UNIT_TYPES_MAX,
};
use crate::rates::charge::Charge;
use crate::rates::dated::DatedRates;
use crate::rates::dated_edit::{Change, DatedEdit, LimitsEdit};
use crate::rates::property_taxes::PROPERTY_TAXES_MAX;
use crate::rates::restriction::Limits;

pub use check::{BANDS_MAX, CardContext, DATE_RANGES_MAX, INCLUDED_MAX, NAMES_MAX};
use check::{Check, has_day_of};
pub use fault::{CardFault, CardProblem};

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
                check.is_currency_told = true;
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

/// What is wrong with the taxes and fees of a property, each with its pointer into the property's terms: `/taxes/0/levy`. `context` has
/// the property's currency. If there are too many, only that.
#[must_use]
pub fn problems_of_taxes(taxes: &[Charge], context: CardContext) -> Vec<CardProblem> {
    let mut check = Check::new(context);
    check.at_most("/taxes", taxes.len(), PROPERTY_TAXES_MAX);
    if check.problems.is_empty() {
        charges::check_taxes(taxes, &mut check);
    }
    check.problems
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
        if self.price == Change::Keep && self.limits == LimitsEdit::default() {
            check.problem("", None, CardFault::SetsNothing);
        }
        if !has_day_of(self.dates, &self.weekdays) {
            check.problem("/weekdays", None, CardFault::NoSuchDay);
        }
        if let Change::Set(price) = &self.price {
            check.money("/price", None, price);
        }
        restrictions::check_limits("/limits", None, &self.limits.of(&Limits::default()), &mut check);
        if check.problems.is_empty() { Ok(self) } else { Err(check.problems) }
    }

    /// The first of its dates on which other limits hold `after` it, and after all that is edited with it, than did `before`, and contradict
    /// each other; and how. None if it edits no limits.
    #[must_use]
    pub fn contradiction(
        &self,
        before: &DatedRates,
        after: &DatedRates,
        context: CardContext,
    ) -> Option<(Date, Vec<CardProblem>)> {
        if self.limits == LimitsEdit::default() {
            return None;
        }
        let limits = |rates: &DatedRates, date| rates.of(date, &self.plan).map(|set| set.limits.clone());
        let problems = |date: Date| {
            let changed = limits(after, date).filter(|set| limits(before, date).as_ref() != Some(set))?;
            let mut check = Check::new(context);
            restrictions::check_limits("/limits", None, &changed, &mut check);
            (!check.problems.is_empty()).then_some((date, check.problems))
        };
        self.dates.dates().filter(|date| self.is_on(*date)).find_map(problems)
    }
}
