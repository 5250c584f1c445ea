//! Reading what operators say of rates. Everything that is wrong is named, each with its pointer.

mod card;
mod charge;
mod dated;
mod parameters;
mod places;
mod plan;
mod rule;

use std::collections::BTreeSet;
use std::fmt::Display;

use holdfast_domain::catalogue::CAPACITY_MAX;
use holdfast_domain::money::AMOUNT_MAX;
use holdfast_domain::rates::card::PLANS_MAX;
use holdfast_domain::rates::charge::{Due, Per, Validity};
use holdfast_domain::rates::condition::DateRange;
use holdfast_domain::rates::ids::{Channel, PlanId};
use holdfast_domain::rates::percentage::{DECIMALS_MAX, Percentage, SHARE_PERCENT_MAX};
use holdfast_domain::rates::restriction::STAY_SLOTS_MAX;
use holdfast_domain::rates::validate::{DATE_RANGES_MAX, NAMES_MAX};
use holdfast_domain::{Currency, Money};
use holdfast_http::read::body::{Object, kind};
use holdfast_http::read::errors::Errors;
use holdfast_http::read::fields::{date, integer, parsed, text, unsigned};
use jiff::civil::Weekday;
use serde_json::Value;

use crate::catalogue::terms::weekday;

pub(crate) use charge::taxes;
pub use parameters::VersionQuestion;
pub(crate) use parameters::history_of;
pub(crate) use places::place;

/// The greatest count of a request that nothing else bounds: of days, uses, guests.
pub(crate) const COUNT_MAX: u32 = 1_000_000;
const WEEKDAYS_MAX: usize = 7;

/// What everything of a card is read with.
#[derive(Clone, Copy)]
struct Reading<'a> {
    /// What is wrong so far.
    errors: &'a Errors,
    /// Of every amount.
    currency: Currency,
}

impl Reading<'_> {
    /// An amount in the card's currency.
    fn amount(self) -> impl FnOnce(&Value) -> Result<Money, String> {
        move |value| {
            Money::new(integer(0..=AMOUNT_MAX)(value)?, self.currency).map_err(|error| error.to_string())
        }
    }

    /// Refuses an object that has not one of some fields, or more; gives whether it has exactly one.
    fn exactly_one(self, at: &str, fields: &[(&str, bool)]) -> bool {
        let is_one = fields.iter().filter(|(_, given)| *given).count() == 1;
        if !is_one {
            let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
            self.errors.push(at, format!("must have exactly one of {}", names.join(", ")));
        }
        is_one
    }
}

/// A percentage, exactly as its digits say.
fn percentage(value: &Value) -> Result<Percentage, String> {
    match value {
        Value::Number(number) => Percentage::parse(&number.to_string()).map_err(|error| error.to_string()),
        other => Err(format!("must be a number, not {}", kind(other))),
    }
}

/// A percentage of something: not below nothing, and not more than all.
fn share(value: &Value) -> Result<Percentage, String> {
    let share = percentage(value).ok().filter(|percentage| percentage.is_share());
    share.ok_or_else(|| match value {
        Value::Number(_) => {
            format!("must be between 0 and {SHARE_PERCENT_MAX}, with at most {DECIMALS_MAX} decimals")
        }
        other => format!("must be a number, not {}", kind(other)),
    })
}

fn count(value: &Value) -> Result<u32, String> {
    unsigned(0..=COUNT_MAX)(value)
}

/// Slots of a stay.
fn slots(value: &Value) -> Result<u32, String> {
    unsigned(1..=STAY_SLOTS_MAX)(value)
}

/// Units of an order.
fn units(value: &Value) -> Result<u32, String> {
    unsigned(1..=CAPACITY_MAX)(value)
}

fn count_from_one(value: &Value) -> Result<u32, String> {
    unsigned(1..=COUNT_MAX)(value)
}

/// Whether a field is given: missing and null are the same.
fn is_given(fields: &mut Object<'_>, name: &'static str) -> bool {
    fields.value(name).is_some()
}

/// The items of an array that may be left out, read one by one; `None` if one of them is wrong.
fn list<T>(
    fields: &mut Object<'_>,
    name: &'static str,
    most: usize,
    mut read: impl FnMut(&Value, String) -> Option<T>,
) -> Option<Vec<T>> {
    if !is_given(fields, name) {
        return Some(Vec::new());
    }
    all(fields.items(name, most)?, |at, value| read(value, at))
}

/// Reads all of the items; `None` if one of them is wrong.
fn all<'a, T>(
    items: Vec<(String, &'a Value)>,
    mut read: impl FnMut(String, &'a Value) -> Option<T>,
) -> Option<Vec<T>> {
    let count = items.len();
    let known: Vec<T> = items.into_iter().filter_map(|(at, value)| read(at, value)).collect();
    (known.len() == count).then_some(known)
}

/// Texts, each of which something else can parse.
fn texts<T, E: Display>(
    fields: &mut Object<'_>,
    name: &'static str,
    most: usize,
    errors: &Errors,
    parse: fn(&str) -> Result<T, E>,
) -> Option<Vec<T>> {
    list(fields, name, most, |value, at| parsed(parse)(value).map_err(|detail| errors.push(at, detail)).ok())
}

fn plans(fields: &mut Object<'_>, name: &'static str, errors: &Errors) -> Option<BTreeSet<PlanId>> {
    Some(texts(fields, name, PLANS_MAX, errors, PlanId::parse)?.into_iter().collect())
}

fn channels(fields: &mut Object<'_>, errors: &Errors) -> Option<BTreeSet<Channel>> {
    Some(texts(fields, "channels", NAMES_MAX, errors, Channel::parse)?.into_iter().collect())
}

/// Days of the week, each once.
fn weekdays(fields: &mut Object<'_>, errors: &Errors) -> Option<Vec<Weekday>> {
    let at = fields.at("weekdays");
    let days = texts(fields, "weekdays", WEEKDAYS_MAX, errors, weekday)?;
    let is_twice = days.iter().enumerate().find(|(position, day)| days[..*position].contains(day));
    if let Some((position, _)) = is_twice {
        errors.push(format!("{at}/{position}"), "is named twice");
        return None;
    }
    Some(days)
}

fn ranges(fields: &mut Object<'_>, name: &'static str, errors: &Errors) -> Option<Vec<DateRange>> {
    list(fields, name, DATE_RANGES_MAX, |value, at| range(Object::new(value, at, errors)?, errors))
}

/// Dates from the first up to, not including, the second.
fn range(mut fields: Object<'_>, errors: &Errors) -> Option<DateRange> {
    let from = fields.required("from", parsed(date));
    let to = fields.required("to", parsed(date));
    if from.is_some() && to.is_some() && from >= to {
        errors.push(fields.at("to"), "must be after from");
    }
    fields.close();
    Some(DateRange { from: from?, to: to? })
}

/// Local dates, both included; the fields of an object that may have others.
fn validity(fields: &mut Object<'_>) -> Validity {
    Validity { from: fields.optional("from", parsed(date)), until: fields.optional("until", parsed(date)) }
}

fn due(value: &Value) -> Result<Due, String> {
    match text(value)? {
        "now" => Ok(Due::Now),
        "at_property" => Ok(Due::AtProperty),
        _ => Err("must be now or at_property".to_owned()),
    }
}

fn per(value: &Value) -> Result<Per, String> {
    match text(value)? {
        "stay" => Ok(Per::Stay),
        "slot" => Ok(Per::Slot),
        "unit" => Ok(Per::Unit),
        "unit_slot" => Ok(Per::UnitSlot),
        "guest" => Ok(Per::Guest),
        "guest_slot" => Ok(Per::GuestSlot),
        _ => Err("must be stay, slot, unit, unit_slot, guest or guest_slot".to_owned()),
    }
}
