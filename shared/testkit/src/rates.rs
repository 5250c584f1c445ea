//! Rates: a card of one plan, and orders that such a card prices.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::Money;
use holdfast_domain::bookings::Order;
use holdfast_domain::catalogue::Label;
use holdfast_domain::rates::cancellation::{CancellationTerms, RefundTerms};
use holdfast_domain::rates::card::RateCard;
use holdfast_domain::rates::ids::PlanId;
use holdfast_domain::rates::occupancy::Unit;
use holdfast_domain::rates::plan::{Audience, Payment, PlanPrice, RatePlan};
use holdfast_domain::rates::promotion::UseLimits;
use holdfast_domain::rates::quote::AppliedRate;
use jiff::Timestamp;

const PLAN: &str = "flexible";

fn plan() -> (PlanId, Label) {
    (PlanId::parse(PLAN).expect("a name"), Label::parse(PLAN).expect("a label"))
}

/// A card of one plan for everybody, at that price per slot and unit; a cancellation keeps everything.
#[must_use]
pub fn card_at(price: Money) -> RateCard {
    let (id, name) = plan();
    let plan = RatePlan {
        id: id.clone(),
        name,
        price: PlanPrice::Base(price),
        cancellation: CancellationTerms { free_hours_after_booking: 0, steps: Vec::new() },
        payment: Payment::Now,
        included: Vec::new(),
        audience: Audience::Everyone,
        channels: BTreeSet::new(),
    };
    RateCard {
        currency: price.currency(),
        plans: vec![plan],
        default_plan: id,
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

/// An order at its price under the plan of such a card.
#[must_use]
pub fn rated(order: Order) -> Order {
    let (plan, plan_name) = plan();
    let kept_always = Money::zero(order.price.total().currency());
    let rate = AppliedRate {
        plan,
        plan_name,
        card_version: 1,
        payment: Payment::Now,
        included: Vec::new(),
        units: vec![Unit::default(); usize::try_from(order.quantity).expect("some units")],
        extras: Vec::new(),
        promotion: None,
        promotion_limits: UseLimits::default(),
        price_override: None,
        refunds: RefundTerms { free_hours_after_booking: 0, steps: Vec::new(), kept_always },
        priced_at: Timestamp::UNIX_EPOCH,
    };
    Order { rate: Some(Box::new(rate)), ..order }
}
