//! Explanations of prices on the wire: why each slot of a stay costs what it costs, for operators.

use std::fmt::Display;

use holdfast_app::rates::{QuoteRequest, Quoted, QuotedPlans, RateChoice};
use holdfast_domain::ResourceId;
use holdfast_domain::rates::ids::{Channel, PlanId, UnitTypeId};
use holdfast_domain::rates::occupancy::{CHILD_AGE_MAX, GUESTS_PER_UNIT_MAX, Guests, Unit};
use holdfast_domain::rates::quote::{Cause, SlotPrice};
use holdfast_http::Refusal;
use holdfast_http::read::fields::{instant as read_instant, when, without_card};
use holdfast_http::read::query::{Query, number};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::rates::applied::{PriceLineBody, lines};
use crate::rates::quotes::{ReasonBody, RulesName, is_draft};
use crate::wire::{MoneyBody, instant};
use crate::words::words;

/// The most units of which is explained what they cost.
const EXPLAINED_UNITS_MAX: u32 = 5;

/// Parameters of an explanation.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct ExplainParameters {
    /// First moment (RFC 3339), or a local date of the resource.
    #[param(format = "when", example = "2027-06-01")]
    pub start: String,
    /// Moment or local date after the last; at most 31 slots after `start`.
    #[param(format = "when", example = "2027-06-03")]
    pub end: String,
    /// Units.
    #[param(required = false, default = 1, minimum = 1, maximum = 5)]
    pub quantity: u32,
    /// The rate plan; the default one if left out.
    #[param(required = false, format = "rate-name")]
    pub rate_plan_id: String,
    /// Adults in each unit. Where neither these nor `childAges` are given, as many as the price is for; beside `childAges` none, if left out.
    #[param(required = false, minimum = 0, maximum = 100)]
    pub adults: u32,
    /// The age of each child in each unit on the day of arrival, in years, with commas between them.
    #[param(required = false, format = "child-ages", example = "4,11")]
    pub child_ages: String,
    /// The kind of each unit; the card's first if left out.
    #[param(required = false, format = "rate-name")]
    pub unit_type: String,
    /// Through which channel it is sold; the usual one if left out.
    #[param(required = false, format = "rate-name", example = "web")]
    pub channel: String,
    /// For which moment the price is asked, in place of now: none before the last minute, which counts as now.
    #[param(required = false, format = DateTime)]
    pub as_of: String,
    /// Which rates are asked: `draft` for those that are not in force yet.
    #[param(required = false, inline)]
    pub rules: RulesName,
}

impl ExplainParameters {
    /// Reads the query string of `GET /api/resources/{resourceId}/rates/explain`.
    ///
    /// # Errors
    /// 422 naming every parameter that is wrong.
    pub fn read(query: &str, id: &ResourceId) -> Result<QuoteRequest, Refusal> {
        let query = Query::parse(query);
        let start = query.required("start", when);
        let end = query.required("end", when);
        let quantity = query.optional("quantity", number(1..=EXPLAINED_UNITS_MAX)).unwrap_or(1);
        let plan = query.optional("ratePlanId", named(PlanId::parse));
        let unit = read_unit(&query);
        let channel = query.optional("channel", named(Channel::parse));
        let as_of = query.optional("asOf", read_instant);
        let draft = query.optional("rules", is_draft).unwrap_or(false);
        let request = start.zip(end).map(|(start, end)| QuoteRequest {
            resource: id.clone(),
            start,
            end,
            quantity,
            choice: RateChoice { plan, units: units_of(unit, quantity), channel, ..RateChoice::default() },
            plans: QuotedPlans::Default,
            as_of,
            draft,
            address: None,
        });
        query.finish(request)
    }
}

/// A name of a part of a card, in a query.
fn named<T, E: Display>(parse: fn(&str) -> Result<T, E>) -> impl FnOnce(&str) -> Result<T, String> {
    move |text| {
        without_card(text)?;
        parse(text).map_err(|error| error.to_string())
    }
}

/// What is said of each unit; nothing if nothing is.
fn read_unit(query: &Query) -> Option<Unit> {
    let adults = query.optional("adults", number(0..=GUESTS_PER_UNIT_MAX));
    let child_ages = query.optional("childAges", read_child_ages);
    let unit_type = query.optional("unitType", named(UnitTypeId::parse));
    let guests = (adults.is_some() || child_ages.is_some())
        .then(|| Guests { adults: adults.unwrap_or(0), child_ages: child_ages.unwrap_or_default() });
    (guests.is_some() || unit_type.is_some()).then_some(Unit { unit_type, guests })
}

/// As many units alike.
fn units_of(unit: Option<Unit>, quantity: u32) -> Vec<Unit> {
    let count = usize::try_from(quantity).unwrap_or(usize::MAX);
    unit.map_or_else(Vec::new, |unit| std::iter::repeat_n(unit, count).collect())
}

/// Ages with commas between them, without leading zeros.
fn read_child_ages(text: &str) -> Result<Vec<u8>, String> {
    let age = |text: &str| {
        let age = text.parse::<u8>().ok().filter(|age| *age <= CHILD_AGE_MAX && age.to_string() == text);
        age.ok_or_else(|| format!("must be ages of 0 to {CHILD_AGE_MAX}, with commas between them"))
    };
    let ages: Vec<u8> = text.split(',').map(age).collect::<Result<_, _>>()?;
    let most = usize::try_from(GUESTS_PER_UNIT_MAX).unwrap_or(usize::MAX);
    if ages.len() <= most { Ok(ages) } else { Err(format!("must be at most {most} ages")) }
}

/// Why the slots of a stay cost what they cost, under one plan.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RateExplanation)]
pub struct ExplanationBody {
    /// The resource.
    pub resource_id: String,
    /// The plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub plan_id: Option<String>,
    /// What is paid with the booking; left out if the plan cannot be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub price: Option<MoneyBody>,
    /// What is paid at the place; likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub pay_at_property: Option<MoneyBody>,
    /// What both are made of.
    pub lines: Vec<PriceLineBody>,
    /// Why each slot of each unit costs what it costs, in the order of slots, then units.
    pub slots: Vec<SlotPriceBody>,
    /// Why the plan cannot be had; empty if it can.
    pub reasons: Vec<ReasonBody>,
    /// The moment that the price is for.
    #[schema(format = DateTime)]
    pub as_of: String,
}

/// Why a slot of a unit costs what it costs.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SlotPrice)]
pub struct SlotPriceBody {
    /// Its start.
    #[schema(format = DateTime)]
    pub start: String,
    /// Its local date.
    #[schema(format = Date)]
    pub date: String,
    /// Which of the units, from 0.
    pub unit: u32,
    /// What made the price, in order.
    pub steps: Vec<PriceStepBody>,
    /// In the minor unit of the currency.
    pub amount: i64,
}

/// A step of a slot's price.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PriceStep)]
pub struct PriceStepBody {
    /// What it is from.
    pub cause: CauseName,
    /// The plan or the rule, if it is from one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// The running price after it, in the minor unit of the currency.
    pub amount: i64,
}

words! {
    /// What made a step of a price.
    #[schema(as = PriceCause)]
    pub enum CauseName {
        /// The plan's own price.
        Base = "base",
        /// The price that is set for the date.
        DatedPrice = "dated_price",
        /// The plan derives its price.
        Derived = "derived",
        /// The kind of unit.
        UnitType = "unit_type",
        /// The unit's guests.
        Guests = "guests",
        /// A rule.
        Rule = "rule",
        /// The least price.
        PriceMin = "price_min",
        /// The greatest price.
        PriceMax = "price_max",
        /// Rounding to what can be charged.
        Rounding = "rounding",
        /// It never costs more than the plan it derives from.
        NotAboveParent = "not_above_parent",
        /// An operator set what the stay costs.
        Override = "override",
    }
}

fn caused(cause: &Cause) -> (CauseName, Option<String>) {
    match cause {
        Cause::Base(plan) => (CauseName::Base, Some(plan.to_string())),
        Cause::DatedPrice(plan) => (CauseName::DatedPrice, Some(plan.to_string())),
        Cause::Derived(plan) => (CauseName::Derived, Some(plan.to_string())),
        Cause::UnitType => (CauseName::UnitType, None),
        Cause::Guests => (CauseName::Guests, None),
        Cause::Rule(rule) => (CauseName::Rule, Some(rule.to_string())),
        Cause::PriceMin => (CauseName::PriceMin, None),
        Cause::PriceMax => (CauseName::PriceMax, None),
        Cause::Rounding => (CauseName::Rounding, None),
        Cause::NotAboveParent => (CauseName::NotAboveParent, None),
        Cause::Override => (CauseName::Override, None),
    }
}

impl From<&SlotPrice> for SlotPriceBody {
    fn from(slot: &SlotPrice) -> Self {
        let steps = slot.steps.iter().map(|step| {
            let (cause, id) = caused(&step.cause);
            PriceStepBody { cause, id, amount: step.amount }
        });
        Self {
            start: instant(slot.start),
            date: slot.date.to_string(),
            unit: slot.unit,
            steps: steps.collect(),
            amount: slot.amount,
        }
    }
}

impl ExplanationBody {
    /// The explanation of what was asked of one plan.
    #[must_use]
    pub fn of(request: &QuoteRequest, quoted: &Quoted) -> Self {
        let (offer, none) = (quoted.offers.first(), quoted.unavailable.first());
        let plan = offer.map(|offer| &offer.rate.plan);
        Self {
            resource_id: request.resource.to_string(),
            plan_id: plan.or(none.map(|none| &none.plan)).map(ToString::to_string),
            price: offer.map(|offer| offer.price.total().into()),
            pay_at_property: offer.map(|offer| offer.price.at_property().into()),
            lines: offer.map_or_else(Vec::new, |offer| lines(&offer.price)),
            slots: offer.map_or_else(Vec::new, |offer| offer.slots.iter().map(Into::into).collect()),
            reasons: none.map_or_else(Vec::new, |none| none.reasons.iter().map(Into::into).collect()),
            as_of: instant(quoted.as_of),
        }
    }
}
