//! Rules, restrictions, and when they apply.

use holdfast_domain::catalogue::Label;
use holdfast_domain::rates::condition::{Bounds, Condition, FROM_SLOT_MIN, SOLD_PERCENT_MAX};
use holdfast_domain::rates::ids::{CalendarId, RestrictionId, RuleId};
use holdfast_domain::rates::restriction::{
    Limits, NOTICE_MINUTES_MAX, Restriction, STAY_SLOTS_MAX, WINDOW_DAYS_MAX,
};
use holdfast_domain::rates::rule::Rule;
use holdfast_http::read::body::Object;
use holdfast_http::read::fields::{flag, parsed, time_of_day, unsigned};
use jiff::civil::Time;
use serde_json::Value;

use crate::rates::read::plan::adjustment;
use crate::rates::read::{COUNT_MAX, Reading, channels, count, plans, ranges, slots, units, weekdays};

pub(super) fn rule(value: &Value, at: String, reading: Reading<'_>) -> Option<Rule> {
    let mut fields = Object::new(value, at.as_str(), reading.errors)?;
    let id = fields.required("ruleId", parsed(RuleId::parse));
    let name = fields.required("name", parsed(Label::parse));
    let priority = fields.required("priority", unsigned(0..=u16::MAX));
    let place = fields.at("when");
    let when = match fields.value("when") {
        Some(value) => {
            Object::new(value, place, reading.errors).and_then(|fields| condition(fields, reading))
        }
        None => Some(Condition::default()),
    };
    let adjustment = adjustment(&mut fields, &at, reading);
    let group = fields.optional("group", parsed(RuleId::parse));
    fields.close();
    Some(Rule { id: id?, name: name?, priority: priority?, when: when?, adjustment: adjustment?, group })
}

fn condition(mut fields: Object<'_>, reading: Reading<'_>) -> Option<Condition> {
    let errors = reading.errors;
    let dates = ranges(&mut fields, "dates", errors);
    let weekdays = weekdays(&mut fields, errors);
    let calendar = fields.optional("calendar", parsed(CalendarId::parse));
    let at = fields.at("times");
    let times = match fields.value("times") {
        Some(value) => Object::new(value, at, errors).and_then(times).map(Some),
        None => Some(None),
    };
    let slots = bounds(&mut fields, "slots", STAY_SLOTS_MAX, reading);
    let from_slot = fields.optional("fromSlot", unsigned(FROM_SLOT_MIN..=STAY_SLOTS_MAX));
    let lead_days = bounds(&mut fields, "leadDays", COUNT_MAX, reading);
    let sold_percent = bounds(&mut fields, "soldPercent", SOLD_PERCENT_MAX, reading);
    let guests = bounds(&mut fields, "guests", COUNT_MAX, reading);
    let quantity = bounds(&mut fields, "quantity", COUNT_MAX, reading);
    let channels = channels(&mut fields, errors);
    let plans = plans(&mut fields, "plans", errors);
    fields.close();
    Some(Condition {
        dates: dates?,
        weekdays: weekdays?,
        calendar,
        times: times?,
        slots,
        from_slot,
        lead_days,
        sold_percent,
        guests,
        quantity,
        channels: channels?,
        plans: plans?,
    })
}

fn times(mut fields: Object<'_>) -> Option<(Time, Time)> {
    let from = fields.required("from", parsed(time_of_day));
    let to = fields.required("to", parsed(time_of_day));
    fields.close();
    Some((from?, to?))
}

/// Bounds of a number that is never more than `most`: what the least is beyond that never applies.
fn bounds(fields: &mut Object<'_>, name: &'static str, most: u32, reading: Reading<'_>) -> Option<Bounds> {
    let at = fields.at(name);
    let mut fields = Object::new(fields.value(name)?, at, reading.errors)?;
    let bounds =
        Bounds { min: fields.optional("min", unsigned(0..=most)), max: fields.optional("max", count) };
    fields.close();
    Some(bounds)
}

pub(super) fn restriction(value: &Value, at: String, reading: Reading<'_>) -> Option<Restriction> {
    let errors = reading.errors;
    let mut fields = Object::new(value, at, errors)?;
    let id = fields.required("restrictionId", parsed(RestrictionId::parse));
    let name = fields.required("name", parsed(Label::parse));
    let dates = ranges(&mut fields, "dates", errors);
    let weekdays = weekdays(&mut fields, errors);
    let own = plans(&mut fields, "plans", errors);
    let not_plans = plans(&mut fields, "notPlans", errors);
    let channels = channels(&mut fields, errors);
    let limits = fields.object("limits").map(limits);
    fields.close();
    Some(Restriction {
        id: id?,
        name: name?,
        dates: dates?,
        weekdays: weekdays?,
        plans: own?,
        not_plans: not_plans?,
        channels: channels?,
        limits: limits?,
    })
}

fn limits(mut fields: Object<'_>) -> Limits {
    let limits = Limits {
        stay_min_on_arrival: fields.optional("stayMinOnArrival", slots),
        stay_min_through: fields.optional("stayMinThrough", slots),
        stay_max_on_arrival: fields.optional("stayMaxOnArrival", slots),
        stay_max_through: fields.optional("stayMaxThrough", slots),
        fills_gaps: fields.optional("fillsGaps", flag).unwrap_or(false),
        closed_to_arrival: fields.optional("closedToArrival", flag).unwrap_or(false),
        closed_to_departure: fields.optional("closedToDeparture", flag).unwrap_or(false),
        stop_sell: fields.optional("stopSell", flag).unwrap_or(false),
        notice_minutes_min: fields.optional("noticeMinutesMin", unsigned(0..=NOTICE_MINUTES_MAX)),
        window_days_max: fields.optional("windowDaysMax", unsigned(0..=WINDOW_DAYS_MAX)),
        quantity_min: fields.optional("quantityMin", units),
        quantity_max: fields.optional("quantityMax", units),
        sold_together: fields.optional("soldTogether", flag).unwrap_or(false),
    };
    fields.close();
    limits
}
