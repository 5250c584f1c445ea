//! What plans cost for a stay: the question as a whole.

use crate::bookings::{Price, PriceLine, PriceLineKind};
use crate::rates::cancellation::RefundTerms;
use crate::rates::card::CardVersion;
use crate::rates::dated::DatedRates;
use crate::rates::ids::PlanId;
use crate::rates::plan::PlanPrice;
use crate::rates::quote::{AppliedRate, PlanQuote, Reason, Unavailable};
use crate::rates::request::RateRequest;

/// What a plan costs for a stay, or why it cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanOffer {
    /// The plan.
    pub plan: PlanId,
    /// Its quote.
    pub result: Result<PlanQuote, Unavailable>,
}

/// What a plan costs for a stay. Every amount that is paid is a multiple of `step` minor units: what can be charged.
///
/// # Errors
/// [`Unavailable`], with every reason there is.
pub fn quote(
    card: &CardVersion,
    _dated: &DatedRates,
    _step: i64,
    request: &RateRequest,
    plan: &PlanId,
) -> Result<PlanQuote, Unavailable> {
    let none = |reason| Unavailable { reasons: vec![reason] };
    let found = card.card.plans.iter().find(|known| known.id == *plan).ok_or(none(Reason::NoPlan))?;
    let PlanPrice::Base(base) = &found.price else { return Err(none(Reason::NoPlan)) };
    let count = u64::try_from(request.slots.len() * request.units.len()).unwrap_or(u64::MAX);
    let stay = base.times(count).map_err(|_| none(Reason::OutOfRange))?;
    let price = Price::new(vec![PriceLine::plain(PriceLineKind::Stay, stay)]);
    Ok(PlanQuote {
        price: price.map_err(|_| none(Reason::OutOfRange))?,
        applied: AppliedRate {
            plan: plan.clone(),
            plan_name: found.name.clone(),
            card_version: card.number,
            payment: found.payment,
            included: found.included.iter().map(|included| included.name.clone()).collect(),
            units: request.units.clone(),
            extras: request.extras.clone(),
            promotion: request.promotion.clone(),
            refunds: RefundTerms {
                free_hours_after_booking: found.cancellation.free_hours_after_booking,
                steps: Vec::new(),
                kept_always: crate::money::Money::zero(card.card.currency),
            },
            priced_at: request.at,
        },
        slots: Vec::new(),
    })
}

/// What each plan that the caller may see costs for a stay, in the card's order.
#[must_use]
pub fn offers(card: &CardVersion, dated: &DatedRates, step: i64, request: &RateRequest) -> Vec<PlanOffer> {
    let offer = |plan: &PlanId| {
        let result = quote(card, dated, step, request, plan);
        let is_seen = result.as_ref().err().is_none_or(|none| !none.reasons.contains(&Reason::NoPlan));
        is_seen.then(|| PlanOffer { plan: plan.clone(), result })
    };
    card.card.plans.iter().filter_map(|plan| offer(&plan.id)).collect()
}
