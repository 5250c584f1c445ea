//! Rules: what they say, whether they can apply, and whether two of them contradict each other.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::check::{Check, NAMES_MAX, channels_meet};
use super::fault::CardFault;
use crate::rates::card::RateCard;
use crate::rates::condition::{Bounds, Condition, DateRange, FROM_SLOT_MIN, SOLD_PERCENT_MAX};
use crate::rates::ids::PlanId;
use crate::rates::night::{is_between, order};
use crate::rates::occupancy::{GUESTS_PER_UNIT_MAX, Occupancy};
use crate::rates::plan::{RatePlan, lineage};
use crate::rates::restriction::STAY_SLOTS_MAX;
use crate::rates::rule::{Adjustment, Rule};

pub(super) fn check(card: &RateCard, check: &mut Check) {
    check.unique("rules", "id", card.rules.iter().map(|rule| &rule.id));
    for (index, rule) in card.rules.iter().enumerate() {
        let (path, id) = (format!("/rules/{index}"), Some(rule.id.as_str()));
        check_condition(card, &format!("{path}/when"), id, &rule.when, check);
        match &rule.adjustment {
            Adjustment::Price(price) => check.money(&format!("{path}/adjustment"), id, price),
            Adjustment::Percent(_) => {}
            Adjustment::Amount(amount) => check.multiple(&format!("{path}/adjustment"), id, *amount),
        }
        for other in &card.rules[..index] {
            if let Some(fault) = contradiction(card, rule, other) {
                check.problem(&path, id, fault);
            }
        }
        if let Some(other) = card.rules.iter().find(|other| overwrites(card, other, rule)) {
            check.problem(&path, id, CardFault::Overwritten(other.id.clone()));
        }
        if let Some(other) = card.rules.iter().find(|other| forestalls(card, other, rule)) {
            check.problem(&path, id, CardFault::Forestalled(other.id.clone()));
        }
    }
    for (path, money) in [("/priceMin", &card.price_min), ("/priceMax", &card.price_max)] {
        if let Some(money) = money {
            check.money(path, None, money);
        }
    }
    if card.price_min.zip(card.price_max).is_some_and(|(min, max)| min.amount() > max.amount()) {
        check.problem("/priceMin", None, CardFault::FencesCrossed);
    }
}

fn check_condition(card: &RateCard, path: &str, id: Option<&str>, when: &Condition, check: &mut Check) {
    let before = check.problems.len();
    check.ranges(&format!("{path}/dates"), id, &when.dates);
    check.weekdays(&format!("{path}/weekdays"), id, &when.weekdays);
    if let Some(calendar) = when.calendar.as_ref().filter(|calendar| !card.calendars.contains_key(*calendar))
    {
        check.problem(&format!("{path}/calendar"), id, CardFault::UnknownCalendar(calendar.clone()));
    }
    if when.times.is_some_and(|(from, to)| from == to) {
        check.problem(&format!("{path}/times"), id, CardFault::EmptyRange);
    }
    let bounds = [
        ("slots", when.slots),
        ("leadDays", when.lead_days),
        ("soldPercent", when.sold_percent),
        ("guests", when.guests),
        ("quantity", when.quantity),
    ];
    for (name, bounds) in bounds {
        if bounds.is_some_and(|bounds| !meet(Some(bounds), Some(bounds))) {
            check.problem(&format!("{path}/{name}"), id, CardFault::EmptyBounds);
        }
    }
    if let Some(from) = when.from_slot {
        check.within(&format!("{path}/fromSlot"), id, from, (FROM_SLOT_MIN, STAY_SLOTS_MAX));
    }
    check.at_most(&format!("{path}/channels"), when.channels.len(), NAMES_MAX);
    check.plans(&format!("{path}/plans"), id, &when.plans, card);
    let up_to = |max: u32| Some(Bounds { min: None, max: Some(max) });
    let can_apply = dates_meet(card, when, when)
        && is_sold(card, when)
        && meet(when.guests, up_to(guests_max(card)))
        && meet(Some(when.stay_slots()), up_to(STAY_SLOTS_MAX))
        && meet(when.sold_percent, up_to(SOLD_PERCENT_MAX));
    if check.problems.len() == before && !can_apply {
        check.problem(path, id, CardFault::NeverApplies);
    }
}

/// Why two rules are not both in a card.
fn contradiction(card: &RateCard, rule: &Rule, other: &Rule) -> Option<CardFault> {
    if rule.priority != other.priority {
        return None;
    }
    let is_price = |rule: &Rule| matches!(rule.adjustment, Adjustment::Price(_));
    let same_group = rule.group.is_some() && rule.group == other.group;
    let both_set = is_price(rule) && is_price(other);
    if !(same_group || both_set) || !both_apply(card, &rule.when, &other.when) {
        return None;
    }
    let id = other.id.clone();
    Some(if same_group { CardFault::GroupOverlap(id) } else { CardFault::Overlap(id) })
}

/// Whether a plan that a condition concerns is sold in a channel that it names.
fn is_sold(card: &RateCard, when: &Condition) -> bool {
    let is_sold =
        |plan: &RatePlan| concerns(card, when, &plan.id) && channels_meet(&plan.channels, &when.channels);
    // Without a plan that is what is wrong.
    card.plans.is_empty() || card.plans.iter().any(is_sold)
}

/// The most guests of a unit, those in cots among them.
fn guests_max(card: &RateCard) -> u32 {
    let most = |occupancy: &Occupancy| {
        let has_cots = occupancy.child_bands.iter().any(|band| band.in_cot);
        let in_cots = if has_cots { occupancy.cots_max.unwrap_or(GUESTS_PER_UNIT_MAX) } else { 0 };
        occupancy.guests_max.saturating_add(in_cots)
    };
    card.occupancy.as_ref().map_or(GUESTS_PER_UNIT_MAX, most).min(GUESTS_PER_UNIT_MAX)
}

/// Whether two conditions can be met by one slot of one unit.
fn both_apply(card: &RateCard, one: &Condition, other: &Condition) -> bool {
    let times = match (one.times, other.times) {
        (Some(one), Some(other)) => is_between(one.0, other) || is_between(other.0, one),
        (None, _) | (_, None) => true,
    };
    channels_meet(&one.channels, &other.channels)
        && times
        && meet(Some(one.stay_slots()), Some(other.stay_slots()))
        && meet(one.lead_days, other.lead_days)
        && meet(one.sold_percent, other.sold_percent)
        && meet(one.guests, other.guests)
        && meet(one.quantity, other.quantity)
        && plans_meet(card, one, other)
        && dates_meet(card, one, other)
}

/// Whether some number is within both.
fn meet(one: Option<Bounds>, other: Option<Bounds>) -> bool {
    let (one, other) = (one.unwrap_or_default(), other.unwrap_or_default());
    let least = one.min.unwrap_or(0).max(other.min.unwrap_or(0));
    one.contain(least) && other.contain(least)
}

/// Whether some plan is in the price of which both rules are: a rule of a plan is in that of the plans that derive from it.
fn plans_meet(card: &RateCard, one: &Condition, other: &Condition) -> bool {
    card.plans.iter().any(|plan| concerns(card, one, &plan.id) && concerns(card, other, &plan.id))
}

fn concerns(card: &RateCard, when: &Condition, plan: &PlanId) -> bool {
    let line = lineage(&card.plans, plan).unwrap_or_default();
    when.plans.is_empty() || line.iter().any(|plan| when.plans.contains(&plan.id))
}

/// Whether some date is on both.
fn dates_meet(card: &RateCard, one: &Condition, other: &Condition) -> bool {
    let both = |date: Date| one.is_on(date, &card.calendars) && other.is_on(date, &card.calendars);
    if let Some(calendar) = one.calendar.as_ref().or(other.calendar.as_ref()) {
        return card.calendars.get(calendar).is_some_and(|dates| dates.iter().any(|date| both(*date)));
    }
    let always = [DateRange { from: Date::MIN, to: Date::MAX }];
    let ranges = |when: &Condition| if when.dates.is_empty() { always.to_vec() } else { when.dates.clone() };
    let (of_one, of_other) = (ranges(one), ranges(other));
    let pairs = of_one.iter().flat_map(|one| of_other.iter().map(move |other| (one, other)));
    let mut shared =
        pairs.map(|(one, other)| DateRange { from: one.from.max(other.from), to: one.to.min(other.to) });
    // A week has every day there is.
    shared.any(|range| {
        range.from.series(jiff::Span::new().days(1)).take(7).any(|date| date < range.to && both(date))
    })
}

/// Whether a rule sets the price wherever and after another one applies, as far as their conditions show without a stay.
fn overwrites(card: &RateCard, rule: &Rule, earlier: &Rule) -> bool {
    matches!(rule.adjustment, Adjustment::Price(_))
        && order(rule) > order(earlier)
        && rule.group.is_none()
        && earlier.group.is_none()
        && covers(card, &rule.when, &earlier.when)
}

/// Whether a rule applies wherever another one of its group would, and before it: of a group the first that fits applies.
fn forestalls(card: &RateCard, rule: &Rule, later: &Rule) -> bool {
    rule.group.is_some()
        && rule.group == later.group
        && rule.priority < later.priority
        && covers(card, &rule.when, &later.when)
}

/// Whether a condition is on every date on which another one is.
fn covers_dates(card: &RateCard, when: &Condition, other: &Condition) -> bool {
    let both_or_none = |date: Date| !other.is_on(date, &card.calendars) || when.is_on(date, &card.calendars);
    if let Some(calendar) = &other.calendar {
        return card
            .calendars
            .get(calendar)
            .is_some_and(|dates| dates.iter().all(|date| both_or_none(*date)));
    }
    if when.calendar.is_some() {
        return false;
    }
    // Between two of these each condition has the same ranges: whether its dates are on both is seen by days of the week.
    let always = [DateRange { from: Date::MIN, to: Date::MAX }];
    let ranges = if other.dates.is_empty() { &always[..] } else { &other.dates[..] };
    let ends: BTreeSet<Date> = when.dates.iter().flat_map(|range| [range.from, range.to]).collect();
    // An empty range is wrong for itself.
    ranges.iter().filter(|range| range.from < range.to).all(|range| {
        let within = ends.range(range.from..range.to).copied();
        let mut begins: Vec<Date> = [range.from].into_iter().chain(within).collect();
        begins.dedup();
        let parts = begins.iter().enumerate().map(|(position, from)| DateRange {
            from: *from,
            to: begins.get(position + 1).copied().unwrap_or(range.to),
        });
        parts.into_iter().all(|part| part.dates().take(7).all(both_or_none))
    })
}

/// Whether a condition is met wherever another one is, as far as they show without a stay.
fn covers(card: &RateCard, when: &Condition, other: &Condition) -> bool {
    let is_within = |bounds: Option<Bounds>, outer: Option<Bounds>| {
        let (bounds, outer) = (bounds.unwrap_or_default(), outer.unwrap_or_default());
        outer.min.is_none_or(|min| bounds.min.is_some_and(|least| min <= least))
            && outer.max.is_none_or(|max| bounds.max.is_some_and(|most| most <= max))
    };
    when.plans == other.plans
        && (when.times.is_none() || when.times == other.times)
        && when.from_slot.is_none_or(|from| other.from_slot.is_some_and(|later| from <= later))
        && is_within(Some(other.stay_slots()), when.slots)
        && is_within(other.lead_days, when.lead_days)
        && is_within(other.sold_percent, when.sold_percent)
        && is_within(other.guests, when.guests)
        && is_within(other.quantity, when.quantity)
        && (when.channels.is_empty()
            || (!other.channels.is_empty() && other.channels.is_subset(&when.channels)))
        && dates_meet(card, other, other)
        && covers_dates(card, when, other)
}
