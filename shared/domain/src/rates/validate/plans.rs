//! Plans, kinds of units, and what guests cost.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use jiff::civil::Time;

use super::check::{BANDS_MAX, Check, INCLUDED_MAX, NAMES_MAX};
use super::fault::CardFault;
use crate::bookings::HOURS_BEFORE_MAX;
use crate::rates::cancellation::{
    CANCELLATION_STEPS_MAX, CancellationTerms, Deadline, FREE_HOURS_MAX, Penalty,
};
use crate::rates::card::RateCard;
use crate::rates::ids::PlanId;
use crate::rates::occupancy::{CHILD_AGE_MAX, GUESTS_PER_UNIT_MAX, Occupancy};
use crate::rates::plan::{Audience, PlanPrice, RatePlan, lineage};
use crate::rates::restriction::STAY_SLOTS_MAX;
use crate::rates::rule::Adjustment;

/// The greatest share of a plan's price that a kind of unit costs, in percent.
const UNIT_PERCENT_MAX: u32 = 1_000;

pub(super) fn check(card: &RateCard, check: &mut Check) {
    if card.plans.is_empty() {
        check.problem("/plans", None, CardFault::Missing);
    }
    check.unique("plans", "id", card.plans.iter().map(|plan| &plan.id));
    for (index, plan) in card.plans.iter().enumerate() {
        check_plan(card, &format!("/plans/{index}"), plan, check);
    }
    check.plan("/defaultPlan", None, &card.default_plan, card);
    let default = card.plans.iter().find(|plan| plan.id == card.default_plan);
    if default.is_some_and(|plan| plan.audience != Audience::Everyone || !plan.channels.is_empty()) {
        check.problem("/defaultPlan", Some(card.default_plan.as_str()), CardFault::DefaultIsPrivate);
    }
    check.unique("unitTypes", "id", card.unit_types.iter().map(|unit_type| &unit_type.id));
    for (index, unit_type) in card.unit_types.iter().enumerate() {
        let path = format!("/unitTypes/{index}/percent");
        check.within(&path, Some(unit_type.id.as_str()), unit_type.percent.into(), (0, UNIT_PERCENT_MAX));
    }
    if let Some(occupancy) = &card.occupancy {
        check_occupancy(occupancy, check);
    }
}

fn check_plan(card: &RateCard, path: &str, plan: &RatePlan, check: &mut Check) {
    let id = Some(plan.id.as_str());
    match &plan.price {
        PlanPrice::Base(price) => check.money(&format!("{path}/price"), id, price),
        PlanPrice::Derived { from, adjustment } => {
            if let Some(fault) = derivation_fault(card, &plan.id, from) {
                check.problem(&format!("{path}/price/from"), id, fault);
            }
            let path = format!("{path}/price/adjustment");
            match adjustment {
                Adjustment::Price(_) => check.problem(&path, id, CardFault::FixedDerivation),
                Adjustment::Percent(_) => {}
                Adjustment::Amount(amount) => check.multiple(&path, id, *amount),
            }
        }
    }
    check_cancellation(&format!("{path}/cancellation"), id, &plan.cancellation, check);
    check.at_most(&format!("{path}/included"), plan.included.len(), INCLUDED_MAX);
    for (index, included) in plan.included.iter().enumerate() {
        if let Some(value) = &included.value {
            check.currency(&format!("{path}/included/{index}/value"), id, value);
        }
    }
    check.at_most(&format!("{path}/channels"), plan.channels.len(), NAMES_MAX);
}

/// What is wrong with the plan that another derives its price from.
fn derivation_fault(card: &RateCard, plan: &PlanId, from: &PlanId) -> Option<CardFault> {
    if lineage(&card.plans, plan).is_some() {
        return None;
    }
    let mut seen = BTreeSet::from([plan]);
    let mut next = from;
    // Ends when a plan comes again, at the latest: there are only so many.
    loop {
        let Some(parent) = card.plans.iter().find(|known| known.id == *next) else {
            return Some(CardFault::UnknownPlan(next.clone()));
        };
        if !seen.insert(&parent.id) {
            return Some(CardFault::Loop);
        }
        match &parent.price {
            PlanPrice::Base(_) => return Some(CardFault::TooDeep),
            PlanPrice::Derived { from, .. } => next = from,
        }
    }
}

fn check_cancellation(path: &str, id: Option<&str>, terms: &CancellationTerms, check: &mut Check) {
    let hours = terms.free_hours_after_booking;
    check.within(&format!("{path}/freeHoursAfterBooking"), id, hours, (0, FREE_HOURS_MAX));
    check.at_most(&format!("{path}/steps"), terms.steps.len(), CANCELLATION_STEPS_MAX);
    for (index, step) in terms.steps.iter().enumerate() {
        let deadline = format!("{path}/steps/{index}/deadline");
        match step.deadline {
            Deadline::HoursBefore(hours) => check.within(&deadline, id, hours, (0, HOURS_BEFORE_MAX)),
            Deadline::DaysBefore { days, .. } => {
                check.within(&deadline, id, days, (0, HOURS_BEFORE_MAX / 24))
            }
        }
        let before = index.checked_sub(1).and_then(|before| terms.steps.get(before));
        if before.is_some_and(|before| !is_later(step.deadline, before.deadline)) {
            check.problem(&deadline, id, CardFault::DeadlineOrder);
        }
        let penalty = format!("{path}/steps/{index}/penalty");
        match &step.penalty {
            Penalty::Percent(_) => {}
            Penalty::FirstSlots(slots) => {
                check.within(&penalty, id, *slots, (1, STAY_SLOTS_MAX));
            }
            Penalty::Amount(amount) => check.money(&penalty, id, amount),
        }
    }
}

/// Whether a deadline is later than another, as far as deadlines of two kinds can be compared without a stay.
fn is_later(deadline: Deadline, other: Deadline) -> bool {
    let of_day = |days: u32, time: Option<Time>| (Reverse(days), time.is_none(), time);
    match (deadline, other) {
        (Deadline::HoursBefore(hours), Deadline::HoursBefore(other)) => hours < other,
        (Deadline::DaysBefore { days, time }, Deadline::DaysBefore { days: other_days, time: other }) => {
            of_day(days, time) > of_day(other_days, other)
        }
        (Deadline::HoursBefore(_), Deadline::DaysBefore { .. })
        | (Deadline::DaysBefore { .. }, Deadline::HoursBefore(_)) => true,
    }
}

fn check_occupancy(occupancy: &Occupancy, check: &mut Check) {
    check.within("/occupancy/guestsMax", None, occupancy.guests_max, (1, GUESTS_PER_UNIT_MAX));
    if let Some(cots) = occupancy.cots_max {
        check.within("/occupancy/cotsMax", None, cots, (0, GUESTS_PER_UNIT_MAX));
    }
    let included = occupancy.included_adults;
    check.within("/occupancy/includedAdults", None, included, (1, occupancy.guests_max.max(1)));
    check.money("/occupancy/extraAdult", None, &occupancy.extra_adult);
    check.money("/occupancy/missingAdult", None, &occupancy.missing_adult);
    check.at_most("/occupancy/childBands", occupancy.child_bands.len(), BANDS_MAX);
    let mut free_from = 0;
    for (index, band) in occupancy.child_bands.iter().enumerate() {
        let path = format!("/occupancy/childBands/{index}");
        if band.from_age < free_from || band.to_age < band.from_age {
            check.problem(&path, None, CardFault::AgeBands);
        }
        check.within(&format!("{path}/toAge"), None, band.to_age.into(), (0, CHILD_AGE_MAX.into()));
        check.money(&format!("{path}/price"), None, &band.price);
        free_from = band.to_age.saturating_add(1);
    }
}
