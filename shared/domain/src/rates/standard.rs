//! The one plan of a resource without a rate card: its price per slot and its cancellation policy, as a card has plans. The taxes of the
//! resource's property come to it as they come to cards.
//!
//! Where nothing but the places is charged for, an order keeps its total and the policy alone, as it ever did: what the plan says of it is
//! made of these when it is shown.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::bookings::{CancellationPolicy, LineDetail, Order, Price, PriceLine, PriceLineKind, Tier};
use crate::catalogue::{Label, ResourceTerms};
use crate::money::{Money, Percent};
use crate::rates::cancellation::{
    CancellationStep, CancellationTerms, Deadline, KeptStep, Penalty, RefundTerms,
};
use crate::rates::card::{CardVersion, RateCard};
use crate::rates::charge::Due;
use crate::rates::dated::DatedRates;
use crate::rates::evaluate::quote;
use crate::rates::ids::PlanId;
use crate::rates::occupancy::Unit;
use crate::rates::plan::{Audience, Payment, PlanPrice, RatePlan};
use crate::rates::promotion::UseLimits;
use crate::rates::property_taxes::PropertyTaxes;
use crate::rates::quote::{AppliedRate, PlanQuote, Unavailable};
use crate::rates::request::RateRequest;

/// The number of the card that a resource without one has: no card that is written has it.
pub const STANDARD_VERSION: u64 = 0;

impl PlanId {
    /// The plan of a resource without a rate card.
    #[must_use]
    pub fn standard() -> Self {
        let Ok(id) = Self::parse("standard") else { unreachable!("it is a name of small letters") };
        id
    }
}

/// The name for people of [`PlanId::standard`].
#[must_use]
pub fn standard_name() -> Label {
    let Ok(name) = Label::parse("Standard") else { unreachable!("it is a short text") };
    name
}

/// The card of a resource without one.
#[must_use]
pub fn standard_card(terms: &ResourceTerms) -> CardVersion {
    let step = |tier: &Tier| CancellationStep {
        deadline: Deadline::HoursBefore(tier.hours_before),
        penalty: Penalty::Percent(
            Percent::new(100_u8.saturating_sub(tier.refund.value())).unwrap_or(Percent::ZERO),
        ),
    };
    let plan = RatePlan {
        id: PlanId::standard(),
        name: standard_name(),
        price: PlanPrice::Base(terms.base_price),
        cancellation: CancellationTerms {
            free_hours_after_booking: 0,
            steps: terms.cancellation_policy.tiers().iter().map(step).collect(),
        },
        payment: Payment::Now,
        included: Vec::new(),
        audience: Audience::Everyone,
        channels: BTreeSet::new(),
    };
    let card = RateCard {
        currency: terms.base_price.currency(),
        default_plan: plan.id.clone(),
        plans: vec![plan],
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
    };
    CardVersion { number: STANDARD_VERSION, valid_from: Timestamp::MIN, card }
}

/// What a stay costs under the plan of a resource without a card; see [`quote`]. What a cancellation keeps is what the resource's policy
/// does, to the minor unit.
///
/// # Errors
/// [`Unavailable`].
pub fn standard_quote(
    terms: &ResourceTerms,
    taxes: Option<&PropertyTaxes>,
    step: i64,
    request: &RateRequest,
) -> Result<PlanQuote, Unavailable> {
    let own = standard_card(terms);
    let version = taxes.map_or(Cow::Borrowed(&own), |taxes| own.under(taxes));
    let mut quoted = quote(&version, &DatedRates::default(), step, request, &own.card.default_plan)?;
    let kept_always = quoted.applied.refunds.kept_always;
    if let Some(first) = request.slots.first() {
        let policy = &terms.cancellation_policy;
        quoted.applied.refunds = kept_by_policy(policy, quoted.price.total(), kept_always, first.slot.start);
    }
    if quoted.is_for_places_alone() {
        let count = request.slots.len().saturating_mul(request.units.len());
        let total = quoted.price.total();
        quoted.price = places_price(total, u32::try_from(count).unwrap_or(u32::MAX));
    }
    Ok(quoted)
}

/// The same of a price for the places alone, by no more than the terms: of more places than are priced one by one.
#[must_use]
pub fn standard_total(
    terms: &ResourceTerms,
    total: Money,
    slots: usize,
    quantity: u32,
    start: Timestamp,
    at: Timestamp,
) -> PlanQuote {
    let count = u32::try_from(slots).unwrap_or(u32::MAX).saturating_mul(quantity);
    let kept_always = Money::zero(total.currency());
    let applied = AppliedRate {
        plan: PlanId::standard(),
        plan_name: standard_name(),
        card_version: STANDARD_VERSION,
        payment: Payment::Now,
        included: Vec::new(),
        units: vec![Unit::default(); usize::try_from(quantity).unwrap_or(usize::MAX)],
        extras: Vec::new(),
        promotion: None,
        promotion_limits: UseLimits::default(),
        price_override: None,
        refunds: kept_by_policy(&terms.cancellation_policy, total, kept_always, start),
        priced_at: at,
    };
    PlanQuote { price: places_price(total, count), applied, slots: Vec::new() }
}

impl PlanQuote {
    /// Whether it is of a resource without a card, and for nothing but the places.
    #[must_use]
    pub fn is_for_places_alone(&self) -> bool {
        is_for_places_alone(&self.price, &self.applied)
    }
}

/// Whether a price is of a resource without a card, and for nothing but places of which nothing is said. Of such a price an order keeps the
/// total, and no rate.
#[must_use]
pub fn is_for_places_alone(price: &Price, rate: &AppliedRate) -> bool {
    let is_stay = |line: &PriceLine| {
        let is_bare = |detail: &LineDetail| detail.included_taxes.is_empty();
        line.kind == PriceLineKind::Stay && line.detail.as_ref().is_none_or(is_bare)
    };
    rate.card_version == STANDARD_VERSION
        && matches!(price.lines(), [line] if is_stay(line))
        && rate.units.iter().all(|unit| *unit == Unit::default())
}

/// The price of so many places, each in a slot, with what its line says.
fn places_price(total: Money, count: u32) -> Price {
    let detail = LineDetail {
        code: PlanId::standard().to_string(),
        name: standard_name(),
        dates: None,
        count,
        due: Due::Now,
        refundable: true,
        included_taxes: Vec::new(),
    };
    Price::of_places(total, detail)
}

/// What a policy keeps of a price, of which some is never given back, for a stay from `start` on.
#[must_use]
pub fn kept_by_policy(
    policy: &CancellationPolicy,
    total: Money,
    kept_always: Money,
    start: Timestamp,
) -> RefundTerms {
    let refundable = total.subtract(kept_always).unwrap_or(Money::zero(total.currency()));
    let mut ends: Vec<Timestamp> = policy.last_instants(start).collect();
    ends.sort_unstable();
    ends.dedup();
    let kept = |until: Timestamp| {
        let refund = policy.refund(refundable, start, until);
        KeptStep { until, kept: total.subtract(refund).unwrap_or(total) }
    };
    let mut steps: Vec<KeptStep> = ends.into_iter().map(kept).collect();
    // Two instants of which the same is kept are one step, to the later; past the last step all is kept anyway.
    steps.reverse();
    steps.dedup_by_key(|step| step.kept);
    steps.reverse();
    if steps.last().is_some_and(|last| last.kept == total) {
        steps.pop();
    }
    RefundTerms { free_hours_after_booking: 0, steps, kept_always }
}

impl Order {
    /// What its price is made of, and what a cancellation keeps, also where it has no rate: by its total and its policy then.
    #[must_use]
    pub fn shown_rate(&self) -> (Cow<'_, Price>, Cow<'_, RefundTerms>) {
        if let Some(rate) = &self.rate {
            return (Cow::Borrowed(&self.price), Cow::Borrowed(&rate.refunds));
        }
        let total = self.price.total();
        let places = self.placements.iter().flat_map(|placement| placement.places.iter());
        let count = places.map(|(_, quantity)| quantity).fold(0, u32::saturating_add);
        let refunds = kept_by_policy(&self.policy, total, Money::zero(total.currency()), self.start);
        let is_bare = matches!(self.price.lines(), [line] if line.detail.is_none());
        let price =
            if is_bare { Cow::Owned(places_price(total, count.max(1))) } else { Cow::Borrowed(&self.price) };
        (price, Cow::Owned(refunds))
    }
}
