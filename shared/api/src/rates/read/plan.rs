//! Rate plans: prices, cancellation, payment.

use holdfast_domain::bookings::HOURS_BEFORE_MAX;
use holdfast_domain::catalogue::Label;
use holdfast_domain::money::{AMOUNT_MAX, Percent};
use holdfast_domain::rates::cancellation::{
    CANCELLATION_STEPS_MAX, CancellationStep, CancellationTerms, Deadline, FREE_HOURS_MAX, Penalty,
};
use holdfast_domain::rates::ids::{PlanId, RateGroup, TaxCategory};
use holdfast_domain::rates::plan::{Audience, Included, Payment, PlanPrice, RatePlan};
use holdfast_domain::rates::rule::Adjustment;
use holdfast_domain::rates::validate::INCLUDED_MAX;
use holdfast_http::read::body::Object;
use holdfast_http::read::fields::{integer, parsed, text, time_of_day, unsigned};
use serde_json::Value;

use crate::rates::read::{Reading, channels, is_given, list, percentage, slots};

/// The most local dates before a stay that a deadline names: ten years, as with hours.
const DAYS_BEFORE_MAX: u32 = 3650;

pub(super) fn plan(value: &Value, at: String, reading: Reading<'_>) -> Option<RatePlan> {
    let errors = reading.errors;
    let mut fields = Object::new(value, at, errors)?;
    let id = fields.required("planId", parsed(PlanId::parse));
    let name = fields.required("name", parsed(Label::parse));
    let at = fields.at("price");
    let price = fields.object("price").and_then(|fields| price(fields, &at, reading));
    let at = fields.at("cancellation");
    let cancellation = match fields.value("cancellation") {
        Some(value) => Object::new(value, at, errors).and_then(|fields| terms(fields, reading)),
        None => Some(CancellationTerms::default()),
    };
    let payment = fields.required("payment", |value| match text(value)? {
        "now" => Ok(Payment::Now),
        "at_property" => Ok(Payment::AtProperty),
        _ => Err("must be now or at_property".to_owned()),
    });
    let included = list(&mut fields, "included", INCLUDED_MAX, |value, at| included(value, at, reading));
    let group = fields.optional("group", parsed(RateGroup::parse));
    let channels = channels(&mut fields, errors);
    fields.close();
    Some(RatePlan {
        id: id?,
        name: name?,
        price: price?,
        cancellation: cancellation?,
        payment: payment?,
        included: included?,
        audience: group.map_or(Audience::Everyone, Audience::Group),
        channels: channels?,
    })
}

fn price(mut fields: Object<'_>, at: &str, reading: Reading<'_>) -> Option<PlanPrice> {
    let given = ["base", "derivedFrom"].map(|name| (name, is_given(&mut fields, name)));
    let is_derived = given[1].1;
    let base = fields.optional("base", reading.amount());
    let from = fields.optional("derivedFrom", parsed(PlanId::parse));
    let is_one = reading.exactly_one(at, &given);
    let adjustment = if is_derived {
        derivation(&mut fields, at, reading)
    } else {
        // What changes a price has nothing to change here.
        let stray = ["percent", "amount"].into_iter().filter(|name| is_given(&mut fields, name));
        let stray: Vec<&str> = stray.collect();
        for name in stray {
            reading.errors.push(fields.at(name), "needs derivedFrom");
        }
        None
    };
    fields.close();
    match (is_one, is_derived) {
        (false, _) => None,
        (true, true) => Some(PlanPrice::Derived { from: from?, adjustment: adjustment? }),
        (true, false) => Some(PlanPrice::Base(base?)),
    }
}

/// A change of a price: one of three fields.
pub(super) fn adjustment(fields: &mut Object<'_>, at: &str, reading: Reading<'_>) -> Option<Adjustment> {
    let given = ["percent", "amount", "set"].map(|name| (name, is_given(fields, name)));
    let change = change(fields);
    let set = fields.optional("set", reading.amount()).map(Adjustment::Price);
    if reading.exactly_one(at, &given) { change.or(set) } else { None }
}

/// How a plan's price differs from the one that it derives from: one of two fields.
fn derivation(fields: &mut Object<'_>, at: &str, reading: Reading<'_>) -> Option<Adjustment> {
    let given = ["percent", "amount"].map(|name| (name, is_given(fields, name)));
    let change = change(fields);
    if reading.exactly_one(at, &given) { change } else { None }
}

/// A change of a price by a part of it or by an amount.
fn change(fields: &mut Object<'_>) -> Option<Adjustment> {
    let percent = fields.optional("percent", percentage).map(Adjustment::Percent);
    let amount = fields.optional("amount", integer(-AMOUNT_MAX..=AMOUNT_MAX)).map(Adjustment::Amount);
    percent.or(amount)
}

fn terms(mut fields: Object<'_>, reading: Reading<'_>) -> Option<CancellationTerms> {
    let free_hours = fields.optional("freeHoursAfterBooking", unsigned(0..=FREE_HOURS_MAX));
    let steps = list(&mut fields, "steps", CANCELLATION_STEPS_MAX, |value, at| step(value, at, reading));
    fields.close();
    Some(CancellationTerms { free_hours_after_booking: free_hours.unwrap_or(0), steps: steps? })
}

fn step(value: &Value, at: String, reading: Reading<'_>) -> Option<CancellationStep> {
    let mut fields = Object::new(value, at.as_str(), reading.errors)?;
    let deadlines = ["hoursBefore", "daysBefore"].map(|name| (name, is_given(&mut fields, name)));
    let hours = fields.optional("hoursBefore", unsigned(0..=HOURS_BEFORE_MAX));
    let days = fields.optional("daysBefore", unsigned(0..=DAYS_BEFORE_MAX));
    let time = fields.optional("time", parsed(time_of_day));
    if time.is_some() && !deadlines[1].1 {
        reading.errors.push(fields.at("time"), "needs daysBefore");
    }
    let penalties =
        ["keepPercent", "keepSlots", "keepAmount"].map(|name| (name, is_given(&mut fields, name)));
    let percent = fields.optional("keepPercent", unsigned::<u8>(0..=100)).and_then(Percent::new);
    let slots = fields.optional("keepSlots", slots);
    let amount = fields.optional("keepAmount", reading.amount());
    let is_one = [reading.exactly_one(&at, &deadlines), reading.exactly_one(&at, &penalties)];
    fields.close();
    let days = days.map(|days| Deadline::DaysBefore { days, time });
    let deadline = hours.map(Deadline::HoursBefore).or(days);
    let slots = slots.map(Penalty::FirstSlots);
    let penalty = percent.map(Penalty::Percent).or(slots).or(amount.map(Penalty::Amount));
    (is_one == [true; 2]).then_some(CancellationStep { deadline: deadline?, penalty: penalty? })
}

fn included(value: &Value, at: String, reading: Reading<'_>) -> Option<Included> {
    let mut fields = Object::new(value, at, reading.errors)?;
    let name = fields.required("name", parsed(Label::parse));
    let category = fields.required("category", parsed(TaxCategory::parse));
    let value = fields.optional("value", reading.amount());
    fields.close();
    Some(Included { name: name?, category: category?, value })
}
