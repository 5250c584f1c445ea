//! Reading what operators say of resources.

use std::collections::BTreeMap;

use holdfast_app::catalogue::{DatesEdit, Run};
use holdfast_domain::bookings::{HOURS_BEFORE_MAX, TIERS_MAX, Tier};
use holdfast_domain::catalogue::{
    ATTRIBUTES_MAX, AttributeValue, CAPACITY_MAX, DateFactsEdit, HOLD_TTL_SECONDS, InvalidSchedule, Label,
    OPENINGS_MAX, Opening, ResourceTerms, SLOT_MINUTES_MAX, SlotSchedule,
};
use holdfast_domain::inventory::COOL_DOWN_SECONDS_MAX;
use holdfast_domain::money::{AMOUNT_MAX, Percent};
use holdfast_domain::{CancellationPolicy, Currency, HoldLimits, Money, PropertyId, Schedule};
use holdfast_http::Refusal;
use holdfast_http::read::body::{Object, kind, pointer};
use holdfast_http::read::errors::Errors;
use holdfast_http::read::fields::{
    date, flag, instant, integer, parsed, shaped_text, text, time_of_day, unsigned, without_card,
};
use holdfast_http::read::query::Query;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::catalogue::wire::{
    EditParameters, InventoryBody, InventorySet, NUMBER_MAX, StopBody, TermsBody, iso,
};

impl TermsBody {
    /// Reads the body of `PUT /api/resources/{resourceId}`.
    ///
    /// # Errors
    /// 422 naming every field that is wrong.
    pub fn read(body: &Value) -> Result<ResourceTerms, Refusal> {
        let errors = Errors::default();
        let terms = Object::new(body, "", &errors).and_then(|mut fields| {
            let property = fields.optional("propertyId", parsed(PropertyId::parse));
            let resource_type = fields.required("resourceType", parsed(Label::parse));
            let name = fields.required("name", parsed(Label::parse));
            let location = fields.required("location", parsed(Label::parse));
            let time_zone = fields.required("timeZone", parsed(zone));
            let schedule = fields.object("schedule").and_then(|fields| schedule(fields, &errors));
            let capacity = fields.required("capacity", unsigned(1..=CAPACITY_MAX));
            let hold_ttl_seconds = fields.required("holdTtlSeconds", unsigned(HOLD_TTL_SECONDS));
            let at = fields.at("holdLimits");
            let hold_limits = match fields.value("holdLimits") {
                Some(value) => Object::new(value, at, &errors).map(hold_limits),
                None => Some(HoldLimits::default()),
            };
            let base_price = fields.object("pricing").and_then(|fields| pricing(fields, &errors));
            let policy = fields.object("cancellationPolicy").and_then(|fields| policy(fields, &errors));
            let at = fields.at("attributes");
            let attributes = match fields.value("attributes") {
                Some(value) => attributes(value, &at, &errors),
                None => Some(BTreeMap::new()),
            };
            fields.close();
            let terms = ResourceTerms {
                property,
                resource_type: resource_type?,
                name: name?,
                location: location?,
                time_zone: time_zone?,
                schedule: schedule?,
                capacity: capacity?,
                hold_ttl_seconds: hold_ttl_seconds?,
                hold_limits: hold_limits?,
                base_price: base_price?,
                cancellation_policy: policy?,
                attributes: attributes?,
            };
            terms.checked().map_err(|error| errors.push("", error.to_string())).ok()
        });
        errors.finish(terms)
    }
}

pub(crate) fn zone(name: &str) -> Result<TimeZone, String> {
    let wrong = || "must be an IANA time zone, such as America/New_York".to_owned();
    let zone = TimeZone::get(name).map_err(|_| wrong())?;
    if zone.is_unknown() || zone.iana_name().is_none() { Err(wrong()) } else { Ok(zone) }
}

fn schedule(mut fields: Object<'_>, errors: &Errors) -> Option<Schedule> {
    let kind = fields.required("kind", |value| match text(value)? {
        kind @ ("nightly" | "slots" | "event") => Ok(kind),
        _ => Err("must be nightly, slots or event".to_owned()),
    })?;
    let schedule = match kind {
        "nightly" => {
            let check_in = fields.required("checkIn", parsed(time_of_day));
            let check_out = fields.required("checkOut", parsed(time_of_day));
            check_in.zip(check_out).map(|(check_in, check_out)| Schedule::Nightly { check_in, check_out })
        }
        "slots" => slots(&mut fields, errors),
        _ => {
            let start = fields.required("start", |value| instant(shaped_text(value)?));
            let end = fields.required("end", |value| instant(shaped_text(value)?));
            start.zip(end).and_then(|(start, end)| {
                Schedule::event(start, end)
                    .map_err(|error| errors.push(fields.at("end"), error.to_string()))
                    .ok()
            })
        }
    };
    fields.close();
    schedule
}

fn slots(fields: &mut Object<'_>, errors: &Errors) -> Option<Schedule> {
    let slot_minutes = fields.required("slotMinutes", integer(1..=i64::from(SLOT_MINUTES_MAX)));
    let missing = fields.value("bufferMinutes").is_none();
    let buffer_minutes = fields.optional("bufferMinutes", integer(0..=i64::from(SLOT_MINUTES_MAX)));
    let buffer_minutes = if missing { Some(0) } else { buffer_minutes };
    let openings = fields.items("opening", OPENINGS_MAX)?;
    let openings = all(openings, |at, value| opening(value, at, errors));
    let minutes = |minutes: i64| u16::try_from(minutes).ok();
    let (slot_minutes, buffer_minutes) = (minutes(slot_minutes?)?, minutes(buffer_minutes?)?);
    SlotSchedule::new(slot_minutes, buffer_minutes, openings?)
        .and_then(SlotSchedule::with_room_for_buffers)
        .map(Schedule::Slots)
        .map_err(|error| {
            let field = match error {
                InvalidSchedule::SlotMinutes => "slotMinutes",
                InvalidSchedule::BufferMinutes | InvalidSchedule::NoRoomForBuffers => "bufferMinutes",
                InvalidSchedule::NeverOpen
                | InvalidSchedule::TooManyOpenings
                | InvalidSchedule::Opening
                | InvalidSchedule::TooManySlots => "opening",
                InvalidSchedule::EventRange => "end",
            };
            errors.push(fields.at(field), error.to_string());
        })
        .ok()
}

/// Reads every item, so that each wrong one is named; `None` if any is wrong.
fn all<T>(items: Vec<(String, &Value)>, read: impl Fn(String, &Value) -> Option<T>) -> Option<Vec<T>> {
    let count = items.len();
    let read: Vec<T> = items.into_iter().filter_map(|(at, value)| read(at, value)).collect();
    (read.len() == count).then_some(read)
}

fn opening(value: &Value, at: String, errors: &Errors) -> Option<Opening> {
    let mut fields = Object::new(value, at, errors)?;
    let days = fields.items("days", 7).and_then(|days| {
        let mut known = Vec::new();
        for (at, value) in &days {
            match text(value).and_then(weekday) {
                Ok(day) if known.contains(&day) => errors.push(at.as_str(), "is named twice"),
                Ok(day) => known.push(day),
                Err(detail) => errors.push(at.as_str(), detail),
            }
        }
        (known.len() == days.len()).then_some(known)
    });
    let from = fields.required("from", parsed(time_of_day));
    let to = fields.required("to", parsed(time_of_day));
    fields.close();
    Some(Opening { days: days?, from: from?, to: to? })
}

/// A day of the week.
pub(crate) fn weekday(name: &str) -> Result<Weekday, String> {
    match name {
        "mon" => Ok(Weekday::Monday),
        "tue" => Ok(Weekday::Tuesday),
        "wed" => Ok(Weekday::Wednesday),
        "thu" => Ok(Weekday::Thursday),
        "fri" => Ok(Weekday::Friday),
        "sat" => Ok(Weekday::Saturday),
        "sun" => Ok(Weekday::Sunday),
        _ => Err("must be mon, tue, wed, thu, fri, sat or sun".to_owned()),
    }
}

/// What the payment provider can charge of it is the use case's to decide.
fn pricing(mut fields: Object<'_>, _errors: &Errors) -> Option<Money> {
    let currency = fields.required("currency", parsed(Currency::parse));
    let base = fields.required("base", integer(0..=AMOUNT_MAX));
    fields.close();
    Money::new(base?, currency?).ok()
}

/// What is left out is as if there were no `holdLimits`.
fn hold_limits(mut fields: Object<'_>) -> HoldLimits {
    let default = HoldLimits::default();
    let holds = || unsigned(1..=HoldLimits::HOLDS_MAX);
    let limits = HoldLimits {
        per_guest: fields.optional("perGuest", holds()),
        per_slot: fields.optional("perSlot", holds()).unwrap_or(default.per_slot),
        places_per_slot: fields.optional("placesPerSlot", unsigned(1..=CAPACITY_MAX)),
        cool_down_seconds: fields.optional("coolDownSeconds", unsigned(0..=COOL_DOWN_SECONDS_MAX)),
    };
    fields.close();
    limits
}

fn policy(mut fields: Object<'_>, errors: &Errors) -> Option<CancellationPolicy> {
    let items = fields.items("tiers", TIERS_MAX);
    let at = fields.at("tiers");
    fields.close();
    let tiers = all(items?, |at, value| tier(value, at, errors));
    let policy = CancellationPolicy::new(tiers?);
    if policy.is_none() {
        errors.push(at, "must not have two tiers for the same hoursBefore");
    }
    policy
}

fn tier(value: &Value, at: String, errors: &Errors) -> Option<Tier> {
    let mut fields = Object::new(value, at, errors)?;
    let hours_before = fields.required("hoursBefore", unsigned(0..=HOURS_BEFORE_MAX));
    let refund = fields.required("refundPercent", integer(0..=100));
    fields.close();
    let refund = u8::try_from(refund?).ok().and_then(Percent::new);
    Some(Tier { hours_before: hours_before?, refund: refund? })
}

fn attributes(value: &Value, at: &str, errors: &Errors) -> Option<BTreeMap<String, AttributeValue>> {
    let Value::Object(fields) = value else {
        errors.push(at, format!("must be an object, not {}", kind(value)));
        return None;
    };
    if fields.len() > ATTRIBUTES_MAX {
        errors.push(at, format!("must have at most {ATTRIBUTES_MAX} fields"));
        return None;
    }
    let mut known = BTreeMap::new();
    for (name, value) in fields {
        match attribute(name, value) {
            Ok(value) => {
                known.insert(name.clone(), value);
            }
            Err(detail) => errors.push(pointer(at, name), detail),
        }
    }
    (known.len() == fields.len()).then_some(known)
}

fn attribute(name: &str, value: &Value) -> Result<AttributeValue, String> {
    without_card(name)?;
    let value = match value {
        Value::String(_) => AttributeValue::Text(text(value)?.to_owned()),
        Value::Number(number) => {
            // A number that JSON can say and a double cannot is none here.
            let number = number.as_f64().unwrap_or(f64::NAN);
            if number.abs() > NUMBER_MAX {
                return Err(format!("must be a number between -{NUMBER_MAX} and {NUMBER_MAX}, or a string"));
            }
            without_card(&format!("{:.0}", number.trunc()))?;
            AttributeValue::Number(number)
        }
        Value::Bool(flag) => AttributeValue::Flag(*flag),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            return Err(format!("must be a string, a number or a boolean, not {}", kind(value)));
        }
    };
    value.checked(name).map_err(|error| error.to_string())
}

impl InventoryBody {
    /// Reads the body of `PATCH /api/resources/{resourceId}/inventory`.
    ///
    /// # Errors
    /// 422 naming every field that is wrong.
    pub fn read(body: &Value) -> Result<DatesEdit, Refusal> {
        let errors = Errors::default();
        let edit = Object::new(body, "", &errors).and_then(|mut fields| {
            let from = fields.required("from", parsed(date));
            let to = fields.required("to", parsed(date));
            if from.is_some() && to.is_some() && from >= to {
                errors.push("/to", "must be after from");
            }
            let capacity = fields.optional("capacity", unsigned(0..=CAPACITY_MAX));
            let closed = fields.optional("closed", flag);
            let overbooking = fields.optional("overbooking", unsigned(0..=CAPACITY_MAX));
            fields.close();
            let set = DateFactsEdit { capacity, closed, overbooking };
            Some(DatesEdit { from: from?, to: to?, set })
        });
        errors.finish(edit)
    }
}

impl StopBody {
    /// Reads the body of `PUT /api/stop` and of `PUT /api/resources/{resourceId}/stop`: whether new holds are to be stopped.
    ///
    /// # Errors
    /// 422 naming every field that is wrong.
    pub fn read(body: &Value) -> Result<bool, Refusal> {
        let errors = Errors::default();
        let stopped = Object::new(body, "", &errors).and_then(|mut fields| {
            let stopped = fields.required("stopped", flag);
            fields.close();
            stopped
        });
        errors.finish(stopped)
    }
}

impl EditParameters {
    /// Reads the query string of an edit.
    ///
    /// # Errors
    /// 422 naming the parameter that is wrong.
    pub fn read(query: &str) -> Result<Run, Refusal> {
        let query = Query::parse(query);
        let run = dry_run(&query);
        query.finish(Some(run))
    }
}

/// The parameter `dryRun` of an edit.
pub(crate) fn dry_run(query: &Query) -> Run {
    let dry = query.optional("dryRun", |text| match text {
        "true" => Ok(Run::Dry),
        "false" => Ok(Run::Real),
        _ => Err("must be true or false".to_owned()),
    });
    dry.unwrap_or(Run::Real)
}

/// The answer to an edit of dates.
pub(crate) fn inventory_answer(edit: &DatesEdit, resource_id: &str) -> InventorySet {
    InventorySet {
        resource_id: resource_id.to_owned(),
        change: InventoryBody {
            from: iso(edit.from),
            to: iso(edit.to),
            capacity: edit.set.capacity,
            closed: edit.set.closed,
            overbooking: edit.set.overbooking,
        },
    }
}
