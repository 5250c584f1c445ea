//! What a slot of a unit costs, and why.
//!
//! A plan with a price of its own, or with one that is set for the date, starts from it: the kind of unit, the guests and the rules change
//! it. A derived plan starts from what the slot of the unit costs under the plan it derives from, with all of that; beside its change only
//! rules apply that name it and no plan it derives from. Then come the least and the greatest price, and the one rounding, to what can be
//! charged. A plan whose change lowers a price never costs more than the plan it derives from, whatever its rules or dates say.

use std::collections::BTreeSet;

use jiff::civil::Time;

use crate::money::Money;
use crate::rates::card::RateCard;
use crate::rates::condition::Condition;
use crate::rates::dated::DatedRates;
use crate::rates::exact::Exact;
use crate::rates::ids::{PlanId, RuleId};
use crate::rates::plan::{PlanPrice, RatePlan};
use crate::rates::quote::{Cause, PriceStep, SlotPrice};
use crate::rates::request::{RateRequest, StaySlot};
use crate::rates::rule::{Adjustment, Rule};
use crate::rates::units::{guest_count, guests_cost, unit_type};

/// A price is more than an amount can be.
#[derive(Debug)]
pub(super) struct OutOfRange;

/// A question, and all that its answers share.
pub(super) struct Pricing<'a> {
    card: &'a RateCard,
    dated: &'a DatedRates,
    step: i64,
    request: &'a RateRequest,
    /// The rules that can apply to the stay, in the order in which they do.
    rules: Vec<&'a Rule>,
    /// The local time at which each slot begins.
    times: Vec<Time>,
    units: Vec<UnitFacts>,
}

struct UnitFacts {
    /// The share of the plan's price that its kind costs.
    percent: Option<u16>,
    /// What its guests cost beyond the plan's price.
    guests_cost: i64,
    guests: u32,
}

impl<'a> Pricing<'a> {
    pub(super) fn new(
        card: &'a RateCard,
        dated: &'a DatedRates,
        step: i64,
        request: &'a RateRequest,
    ) -> Self {
        let mut rules: Vec<&Rule> =
            card.rules.iter().filter(|rule| is_for_stay(&rule.when, request)).collect();
        rules.sort_by(|one, other| order(one).cmp(&order(other)));
        let local_time = |slot: &StaySlot| request.zone.to_datetime(slot.slot.start).time();
        let facts = |unit| UnitFacts {
            percent: unit_type(card, unit).map(|unit_type| unit_type.percent),
            guests_cost: guests_cost(card, unit),
            guests: guest_count(card, unit),
        };
        Self {
            card,
            dated,
            step,
            request,
            rules,
            times: request.slots.iter().map(local_time).collect(),
            units: request.units.iter().map(facts).collect(),
        }
    }

    /// What each slot of each unit costs under the first plan of a lineage, in the order of slots, then units.
    pub(super) fn of(&self, lineage: &[&RatePlan]) -> Result<Vec<SlotPrice>, OutOfRange> {
        let Some((plan, ancestors)) = lineage.split_first() else { return Err(OutOfRange) };
        let parent = if ancestors.is_empty() { None } else { Some(self.of(ancestors)?) };
        let is_named = |plans: &BTreeSet<PlanId>| plans.contains(&plan.id);
        let inherits = |rule: &&Rule| ancestors.iter().any(|other| rule.when.plans.contains(&other.id));
        let all: Vec<&Rule> = self
            .rules
            .iter()
            .filter(|rule| rule.when.plans.is_empty() || is_named(&rule.when.plans) || inherits(rule))
            .copied()
            .collect();
        let own: Vec<&Rule> =
            all.iter().filter(|rule| is_named(&rule.when.plans) && !inherits(rule)).copied().collect();
        let mut prices = Vec::with_capacity(self.request.slots.len() * self.units.len());
        for slot in 0..self.request.slots.len() {
            for unit in 0..self.units.len() {
                let above = parent.as_ref().and_then(|above| above.get(prices.len()));
                prices.push(self.price(plan, above, slot, unit, (&all, &own))?);
            }
        }
        Ok(prices)
    }

    fn price(
        &self,
        plan: &RatePlan,
        parent: Option<&SlotPrice>,
        slot: usize,
        unit: usize,
        (all, own): (&[&'a Rule], &[&'a Rule]),
    ) -> Result<SlotPrice, OutOfRange> {
        let stay_slot = &self.request.slots[slot];
        let set = self.dated.of(stay_slot.date, &plan.id).and_then(|rates| rates.price);
        let mut running = match (set, &plan.price, parent) {
            (Some(price), _, _) => self.first(price, Cause::DatedPrice(plan.id.clone()), unit)?,
            (None, PlanPrice::Base(price), _) => self.first(*price, Cause::Base(plan.id.clone()), unit)?,
            (None, PlanPrice::Derived { adjustment, .. }, Some(parent)) => {
                let steps = parent.steps.clone();
                let mut running = Running { exact: Exact::of(parent.amount), steps };
                running.adjust(*adjustment, Cause::Derived(plan.id.clone()))?;
                running
            }
            (None, PlanPrice::Derived { .. }, None) => return Err(OutOfRange),
        };
        let derives = set.is_none() && parent.is_some();
        let mut used: Vec<&RuleId> = if derives { self.groups_of(&running.steps) } else { Vec::new() };
        for rule in if derives { own } else { all } {
            let is_used = rule.group.as_ref().is_some_and(|group| used.contains(&group));
            if !is_used && self.applies(&rule.when, slot, unit) {
                running.adjust(rule.adjustment, Cause::Rule(rule.id.clone()))?;
                used.extend(rule.group.as_ref());
            }
        }
        let least = self.card.price_min.map(|least| Exact::of(least.amount()));
        running.fence(least.filter(|least| running.exact < *least), Cause::PriceMin);
        let most = self.card.price_max.map(|most| Exact::of(most.amount()));
        running.fence(most.filter(|most| running.exact > *most), Cause::PriceMax);
        let amount = Exact::of(running.exact.rounded(self.step));
        running.fence(Some(amount).filter(|amount| *amount != running.exact), Cause::Rounding);
        let above = parent.filter(|_| lowers(&plan.price)).map(|parent| Exact::of(parent.amount));
        running.fence(above.filter(|above| running.exact > *above), Cause::NotAboveParent);
        running.exact.in_range().ok_or(OutOfRange)?;
        Ok(SlotPrice {
            start: stay_slot.slot.start,
            date: stay_slot.date,
            unit: u32::try_from(unit).unwrap_or(u32::MAX),
            amount: running.exact.rounded(1),
            steps: running.steps,
        })
    }

    /// A plan's own price, for the kind of unit and its guests.
    fn first(&self, price: Money, cause: Cause, unit: usize) -> Result<Running, OutOfRange> {
        let facts = &self.units[unit];
        let mut running = Running { exact: Exact::of(price.amount()), steps: Vec::new() };
        running.note(cause);
        if let Some(percent) = facts.percent {
            running.exact =
                running.exact.part(i128::from(percent) * 10_000, 1, 1).in_range().ok_or(OutOfRange)?;
            running.note(Cause::UnitType);
        }
        if facts.guests_cost != 0 {
            running.adjust(Adjustment::Amount(facts.guests_cost), Cause::Guests)?;
        }
        Ok(running)
    }

    /// The groups of the rules that made a price.
    fn groups_of(&self, steps: &[PriceStep]) -> Vec<&'a RuleId> {
        let made =
            |rule: &&&Rule| steps.iter().any(|step| matches!(&step.cause, Cause::Rule(id) if *id == rule.id));
        self.rules.iter().filter(made).filter_map(|rule| rule.group.as_ref()).collect()
    }

    /// Whether what a condition says of one slot of a unit is so.
    fn applies(&self, when: &Condition, slot: usize, unit: usize) -> bool {
        let stay_slot = &self.request.slots[slot];
        let (date, time) = (stay_slot.date, self.times[slot]);
        let number = u32::try_from(slot).unwrap_or(u32::MAX).saturating_add(1);
        when.is_on(date, &self.card.calendars)
            && when.from_slot.is_none_or(|from| from <= number)
            && when.times.is_none_or(|times| is_between(time, times))
            && when.guests.is_none_or(|bounds| bounds.contain(self.units[unit].guests))
            && when.sold_percent.is_none_or(|bounds| bounds.contain(sold_percent(stay_slot, unit)))
    }
}

/// A price on its way.
struct Running {
    exact: Exact,
    steps: Vec<PriceStep>,
}

impl Running {
    fn adjust(&mut self, adjustment: Adjustment, cause: Cause) -> Result<(), OutOfRange> {
        let adjusted = match adjustment {
            Adjustment::Price(price) => Some(Exact::of(price.amount())),
            Adjustment::Percent(percentage) => self.exact.changed_by(percentage),
            Adjustment::Amount(amount) => self.exact.plus(Exact::of(amount)).or_nothing().in_range(),
        };
        self.exact = adjusted.ok_or(OutOfRange)?;
        self.note(cause);
        Ok(())
    }

    /// It is another one, if one is given.
    fn fence(&mut self, other: Option<Exact>, cause: Cause) {
        if let Some(other) = other {
            self.exact = other;
            self.note(cause);
        }
    }

    fn note(&mut self, cause: Cause) {
        self.steps.push(PriceStep { cause, amount: self.exact.rounded(1) });
    }
}

/// Whether a plan's price is a lower one than that of the plan it derives from.
fn lowers(price: &PlanPrice) -> bool {
    match price {
        PlanPrice::Base(_) => false,
        PlanPrice::Derived { adjustment, .. } => match adjustment {
            Adjustment::Price(_) => false,
            Adjustment::Percent(percentage) => percentage.ten_thousandths() < 0,
            Adjustment::Amount(amount) => *amount < 0,
        },
    }
}

/// In which order a rule applies, see [`Rule`].
pub(super) fn order(rule: &Rule) -> (u16, u8, &RuleId) {
    let kind = match rule.adjustment {
        Adjustment::Price(_) => 0,
        Adjustment::Percent(_) => 1,
        Adjustment::Amount(_) => 2,
    };
    (rule.priority, kind, &rule.id)
}

/// Whether what a condition says of the stay as a whole is so.
fn is_for_stay(when: &Condition, request: &RateRequest) -> bool {
    let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    when.slots.is_none_or(|bounds| bounds.contain(count(request.slots.len())))
        && when.quantity.is_none_or(|bounds| bounds.contain(count(request.units.len())))
        && when.lead_days.is_none_or(|bounds| bounds.contain(request.lead_days()))
        && (when.channels.is_empty() || when.channels.contains(&request.channel))
}

/// Whether a time is at or after the first and before the second, which may be on the next date.
pub(super) fn is_between(time: Time, (from, to): (Time, Time)) -> bool {
    if from < to { from <= time && time < to } else { from <= time || time < to }
}

/// Percent of a slot's places that are taken before a unit, rounded down; at most 100, and 100 where there are none, so that what is
/// sold beyond them is as dear as the last of any.
fn sold_percent(slot: &StaySlot, unit: usize) -> u32 {
    let Some(places) = slot.places else { return 0 };
    let taken = u64::from(slot.taken).saturating_add(u64::try_from(unit).unwrap_or(u64::MAX));
    let percent = taken.saturating_mul(100).checked_div(u64::from(places)).unwrap_or(100);
    u32::try_from(percent.min(100)).unwrap_or(100)
}
