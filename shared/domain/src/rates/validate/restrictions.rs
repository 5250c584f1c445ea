//! Restrictions.

use super::check::{Check, NAMES_MAX, channels_meet, has_day_of};
use super::fault::CardFault;
use crate::catalogue::CAPACITY_MAX;
use crate::rates::card::RateCard;
use crate::rates::plan::{RatePlan, lineage};
use crate::rates::restrict::{SOLD_TOGETHER_MAX, concerns};
use crate::rates::restriction::{Limits, NOTICE_MINUTES_MAX, Restriction, STAY_SLOTS_MAX, WINDOW_DAYS_MAX};

pub(super) fn check(card: &RateCard, check: &mut Check) {
    check.unique("restrictions", "id", card.restrictions.iter().map(|restriction| &restriction.id));
    for (index, restriction) in card.restrictions.iter().enumerate() {
        check_restriction(card, &format!("/restrictions/{index}"), restriction, check);
    }
}

fn check_restriction(card: &RateCard, path: &str, restriction: &Restriction, check: &mut Check) {
    let (before, id) = (check.problems.len(), Some(restriction.id.as_str()));
    check.ranges(&format!("{path}/dates"), id, &restriction.dates);
    check.weekdays(&format!("{path}/weekdays"), id, &restriction.weekdays);
    check.plans(&format!("{path}/plans"), id, &restriction.plans, card);
    check.plans(&format!("{path}/notPlans"), id, &restriction.not_plans, card);
    check.at_most(&format!("{path}/channels"), restriction.channels.len(), NAMES_MAX);
    if check.problems.len() == before && !(is_on_a_date(restriction) && concerns_a_plan(card, restriction)) {
        check.problem(path, id, CardFault::ConcernsNoStay);
    }
    let limits = &restriction.limits;
    let nothing = Limits { fills_gaps: limits.fills_gaps, ..Limits::default() };
    if *limits == nothing {
        check.problem(&format!("{path}/limits"), id, CardFault::NoLimit);
    }
    check_limits(&format!("{path}/limits"), id, limits, check);
    if limits.sold_together {
        let days = |index: usize| {
            let range = restriction.dates.get(index)?;
            range.from.until(range.to).ok().map(|span| span.get_days())
        };
        let fit = (0..restriction.dates.len())
            .all(|index| days(index).is_some_and(|days| days <= SOLD_TOGETHER_MAX));
        if restriction.dates.is_empty() || !fit {
            check.problem(&format!("{path}/limits/soldTogether"), id, CardFault::SoldTogether);
        }
    }
}

/// Whether one of its dates is one of its days of the week.
fn is_on_a_date(restriction: &Restriction) -> bool {
    let dates = &restriction.dates;
    dates.is_empty() || dates.iter().any(|range| has_day_of(*range, &restriction.weekdays))
}

/// Whether it concerns a plan that is sold in a channel that it names.
fn concerns_a_plan(card: &RateCard, restriction: &Restriction) -> bool {
    let is_sold = |plan: &RatePlan| {
        let line = lineage(&card.plans, &plan.id);
        line.is_none_or(|line| concerns(restriction, &line))
            && channels_meet(&plan.channels, &restriction.channels)
    };
    // Without a plan that is what is wrong.
    card.plans.is_empty() || card.plans.iter().any(is_sold)
}

/// Checks numbers of limits, each and with each other.
pub(super) fn check_limits(path: &str, id: Option<&str>, limits: &Limits, check: &mut Check) {
    let numbers = [
        ("stayMinOnArrival", limits.stay_min_on_arrival, (1, STAY_SLOTS_MAX)),
        ("stayMinThrough", limits.stay_min_through, (1, STAY_SLOTS_MAX)),
        ("stayMaxOnArrival", limits.stay_max_on_arrival, (1, STAY_SLOTS_MAX)),
        ("stayMaxThrough", limits.stay_max_through, (1, STAY_SLOTS_MAX)),
        ("noticeMinutesMin", limits.notice_minutes_min, (0, NOTICE_MINUTES_MAX)),
        ("windowDaysMax", limits.window_days_max, (0, WINDOW_DAYS_MAX)),
        ("quantityMin", limits.quantity_min, (1, CAPACITY_MAX)),
        ("quantityMax", limits.quantity_max, (1, CAPACITY_MAX)),
    ];
    for (name, number, bounds) in numbers {
        if let Some(number) = number {
            check.within(&format!("{path}/{name}"), id, number, bounds);
        }
    }
    let crossed = |min: Option<u32>, max: Option<u32>| min.zip(max).is_some_and(|(min, max)| min > max);
    let mosts = [limits.stay_max_on_arrival, limits.stay_max_through];
    if mosts.iter().any(|most| crossed(limits.stay_min_on_arrival, *most)) {
        check.problem(&format!("{path}/stayMinOnArrival"), id, CardFault::EmptyBounds);
    }
    if crossed(limits.stay_min_through, limits.stay_max_through) {
        check.problem(&format!("{path}/stayMinThrough"), id, CardFault::EmptyBounds);
    }
    if crossed(limits.quantity_min, limits.quantity_max) {
        check.problem(&format!("{path}/quantityMin"), id, CardFault::EmptyBounds);
    }
}
