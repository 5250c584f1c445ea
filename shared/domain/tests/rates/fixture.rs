//! Cards and questions to start from: a hotel in Berlin with one plan at 100.00 a night.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::bookings::{Order, PriceLine};
use holdfast_domain::catalogue::{Label, Month};
use holdfast_domain::rates::cancellation::CancellationTerms;
use holdfast_domain::rates::card::{CardVersion, RateCard};
use holdfast_domain::rates::charge::{Charge, ChargeKind, Due, Levy, Validity};
use holdfast_domain::rates::condition::{Condition, DateRange};
use holdfast_domain::rates::dated::{DateRates, DatedRates, MonthRates};
use holdfast_domain::rates::evaluate;
use holdfast_domain::rates::ids::{Channel, ChargeId, PlanId, RateGroup, RestrictionId, RuleId, TaxCategory};
use holdfast_domain::rates::occupancy::{Guests, Unit};
use holdfast_domain::rates::percentage::Percentage;
use holdfast_domain::rates::plan::{Audience, Payment, PlanPrice, RatePlan};
use holdfast_domain::rates::price_override::{OverrideReason, PriceOverride};
use holdfast_domain::rates::quote::{PlanQuote, Unavailable};
use holdfast_domain::rates::request::{RateRequest, StaySlot};
use holdfast_domain::rates::restriction::{Limits, Restriction};
use holdfast_domain::rates::rule::{Adjustment, Rule};
use holdfast_domain::{CancellationPolicy, Currency, GuestId, Money, ResourceId, Schedule, Slot, When};
use jiff::civil::{Date, time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;

use crate::generate::Case;

pub(crate) const BERLIN: &str = "Europe/Berlin";

pub(crate) fn currency(code: &str) -> Currency {
    Currency::parse(code).expect("a currency")
}

pub(crate) fn money(amount: i64, code: &str) -> Money {
    Money::new(amount, currency(code)).expect("in range")
}

pub(crate) fn eur(cents: i64) -> Money {
    money(cents, "EUR")
}

pub(crate) fn label(text: &str) -> Label {
    Label::parse(text).expect("a label")
}

/// A percentage as it is written: `-12.5`.
pub(crate) fn percent(text: &str) -> Percentage {
    Percentage::new(text.parse::<Decimal>().expect("a number")).expect("a percentage")
}

pub(crate) fn by_percent(text: &str) -> Adjustment {
    Adjustment::Percent(percent(text))
}

pub(crate) fn date(text: &str) -> Date {
    text.parse().expect("a date")
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

pub(crate) fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).expect("a bundled zone")
}

pub(crate) fn dates(from: &str, to: &str) -> DateRange {
    DateRange { from: date(from), to: date(to) }
}

pub(crate) fn plan_id(name: &str) -> PlanId {
    PlanId::parse(name).expect("a name")
}

pub(crate) fn rule_id(name: &str) -> RuleId {
    RuleId::parse(name).expect("a name")
}

pub(crate) fn category(name: &str) -> TaxCategory {
    TaxCategory::parse(name).expect("a name")
}

pub(crate) fn channel(name: &str) -> Channel {
    Channel::parse(name).expect("a name")
}

pub(crate) fn group(name: &str) -> RateGroup {
    RateGroup::parse(name).expect("a name")
}

pub(crate) fn plan(name: &str, price: PlanPrice) -> RatePlan {
    RatePlan {
        id: plan_id(name),
        name: label(name),
        price,
        cancellation: CancellationTerms::default(),
        payment: Payment::Now,
        included: Vec::new(),
        audience: Audience::Everyone,
        channels: BTreeSet::new(),
    }
}

pub(crate) fn derived(name: &str, from: &str, adjustment: Adjustment) -> RatePlan {
    plan(name, PlanPrice::Derived { from: plan_id(from), adjustment })
}

pub(crate) fn card_at(price: Money) -> RateCard {
    RateCard {
        currency: price.currency(),
        plans: vec![plan("flexible", PlanPrice::Base(price))],
        default_plan: plan_id("flexible"),
        unit_types: Vec::new(),
        occupancy: None,
        calendars: BTreeMap::new(),
        rules: Vec::new(),
        price_min: None,
        price_max: None,
        charges: Vec::new(),
        restrictions: Vec::new(),
        extras: Vec::new(),
        promotions: Vec::new(),
    }
}

pub(crate) fn card() -> RateCard {
    card_at(eur(100_00))
}

pub(crate) fn rule(name: &str, adjustment: Adjustment, when: Condition) -> Rule {
    Rule { id: rule_id(name), name: label(name), priority: 10, when, adjustment, group: None }
}

/// A tax on top, given back as the price is, without limits.
pub(crate) fn tax(name: &str, levy: Levy, on: &[&str]) -> Charge {
    Charge {
        id: ChargeId::parse(name).expect("a name"),
        name: label(name),
        kind: ChargeKind::Tax,
        included: false,
        levy,
        on: on.iter().map(|name| category(name)).collect(),
        valid: Validity::default(),
        exempt_to_age: None,
        slots_max: None,
        before_discounts: false,
        refundable: true,
        due: Due::Now,
    }
}

pub(crate) fn included(name: &str, rate: &str, on: &[&str]) -> Charge {
    Charge { included: true, ..tax(name, Levy::Percent(percent(rate)), on) }
}

pub(crate) fn restriction(name: &str, limits: Limits) -> Restriction {
    Restriction {
        id: RestrictionId::parse(name).expect("a name"),
        name: label(name),
        dates: Vec::new(),
        weekdays: Vec::new(),
        plans: BTreeSet::new(),
        not_plans: BTreeSet::new(),
        channels: BTreeSet::new(),
        limits,
    }
}

/// The nights of a stay from 15:00 to 11:00 in a zone; `None` where the zone has no such night.
pub(crate) fn nights(from: Date, to: Date, zone: &TimeZone) -> Option<Vec<StaySlot>> {
    let nightly = Schedule::Nightly { check_in: time(15, 0, 0, 0), check_out: time(11, 0, 0, 0) };
    let slots = nightly.slots(When::Date(from), When::Date(to), zone).ok()?;
    let slot = |slot: Slot| StaySlot { date: slot.local_date(zone), slot, taken: 0, places: None };
    Some(slots.into_iter().map(slot).collect())
}

/// A question for one unit in Berlin, of 1 May 2026 at noon, by the website.
/// A price that staff set.
pub(crate) fn price_override(amount: Money) -> PriceOverride {
    let by = GuestId::parse("staff/desk-1").expect("an id");
    PriceOverride { amount, reason: OverrideReason::parse("Regular guest").expect("a reason"), by }
}

pub(crate) fn request(from: &str, count: i32) -> RateRequest {
    request_in(BERLIN, from, count)
}

pub(crate) fn request_in(name: &str, from: &str, count: i32) -> RateRequest {
    let (zone, from) = (zone(name), date(from));
    RateRequest {
        slots: nights(from, from.checked_add(count.days()).expect("a date"), &zone).expect("nights"),
        zone,
        units: vec![Unit::default()],
        at: at("2026-05-01T10:00:00Z"),
        channel: channel("web"),
        groups: BTreeSet::new(),
        extras: Vec::new(),
        promotion: None,
        price_override: None,
        is_free_before: None,
        is_free_after: None,
    }
}

pub(crate) fn guests(adults: u32, child_ages: &[u8]) -> Unit {
    Unit { unit_type: None, guests: Some(Guests { adults, child_ages: child_ages.to_vec() }) }
}

pub(crate) fn version(card: RateCard) -> CardVersion {
    CardVersion { number: 7, valid_from: Timestamp::UNIX_EPOCH, card }
}

/// What is set for dates, by date and plan.
pub(crate) fn set(entries: &[(&str, &str, DateRates)]) -> DatedRates {
    let mut months: BTreeMap<Month, MonthRates> = BTreeMap::new();
    for (on, plan, rates) in entries {
        let on = date(on);
        let month = months.entry(Month::of(on)).or_default();
        month.dates.entry(on).or_default().insert(plan_id(plan), rates.clone());
    }
    DatedRates::new(months)
}

pub(crate) fn ask(
    card: &RateCard,
    dated: &DatedRates,
    request: &RateRequest,
    plan: &str,
) -> Result<PlanQuote, Unavailable> {
    evaluate::quote(&version(card.clone()), dated, 1, request, &plan_id(plan))
}

/// What the flexible plan costs where multiples of `step` minor units can be charged.
pub(crate) fn ask_step(
    card: &RateCard,
    dated: &DatedRates,
    step: i64,
    request: &RateRequest,
) -> Result<PlanQuote, Unavailable> {
    evaluate::quote(&version(card.clone()), dated, step, request, &plan_id("flexible"))
}

/// What the flexible plan, or another, costs; without anything set for dates.
pub(crate) fn price(card: &RateCard, request: &RateRequest, plan: &str) -> PlanQuote {
    ask(card, &DatedRates::default(), request, plan).expect("it is sold")
}

/// The price of each slot of each unit.
pub(crate) fn amounts(quote: &PlanQuote) -> Vec<i64> {
    quote.slots.iter().map(|slot| slot.amount).collect()
}

/// The amount of each line, by its code.
pub(crate) fn lines(quote: &PlanQuote) -> Vec<(String, i64)> {
    let code = |line: &PriceLine| line.detail.as_ref().map_or_else(String::new, |detail| detail.code.clone());
    quote.price.lines().iter().map(|line| (code(line), line.amount.amount())).collect()
}

/// What a plan costs in a generated case.
pub(crate) fn ask_in(case: &Case, plan: &str) -> Result<PlanQuote, Unavailable> {
    evaluate::quote(&version(case.card.clone()), &case.dated, case.step, &case.request, &plan_id(plan))
}

/// An order at a quote.
pub(crate) fn order(request: &RateRequest, quote: PlanQuote) -> Order {
    let (first, last) = (&request.slots[0], &request.slots[request.slots.len() - 1]);
    Order {
        resource: ResourceId::parse("hotel").expect("an id"),
        resource_name: "Hotel".to_owned(),
        property: None,
        guest: GuestId::parse("guest-1").expect("an id"),
        start: first.slot.start,
        end: last.slot.end,
        quantity: u32::try_from(request.units.len()).expect("few"),
        price: quote.price,
        policy: CancellationPolicy::default(),
        rate: Some(Box::new(quote.applied)),
        placements: Vec::new(),
    }
}
