//! What plans cost for a stay: the question as a whole.
//!
//! The places' prices come first, or the price that staff set is spread over them; then what a promotion takes off their sum, then extras, and fees and taxes on all of these. Every amount
//! of a line is a multiple of what can be charged: prices, discounts, fees and taxes on top are rounded to it, and amounts of cards are
//! checked to be multiples. The total needs no rounding of its own.

use crate::bookings::PriceLineKind;
use crate::money::{AMOUNT_MAX, Money};
use crate::rates::card::{CardVersion, RateCard};
use crate::rates::charge::Due;
use crate::rates::dated::DatedRates;
use crate::rates::exact::{Exact, WHOLE, spread};
use crate::rates::extra::{Extra, ExtraChoice};
use crate::rates::ids::{PlanId, TaxCategory};
use crate::rates::lines::{Lines, Part, Said, stay_lines};
use crate::rates::night::{OutOfRange, Pricing};
use crate::rates::plan::{Payment, RatePlan, lineage};
use crate::rates::price_override::check_override;
use crate::rates::promotion::{Discount, Promotion, UseLimits};
use crate::rates::quote::{
    AppliedRate, Cause, PlanQuote, PriceStep, REASONS_MAX, Reason, SlotPrice, Unavailable,
};
use crate::rates::refunds::{Paid, resolve};
use crate::rates::request::RateRequest;
use crate::rates::taxes::{Levied, counted, is_by_slot};
use crate::rates::{restrict, units};

/// The most prices of slots of units that one question has: the longest stay of ten units. Anybody may ask it, for every plan of a card.
pub const PRICES_MAX: usize = 3_660;

/// What a plan costs for a stay, or why it cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanOffer {
    /// The plan.
    pub plan: PlanId,
    /// Its quote.
    pub result: Result<PlanQuote, Unavailable>,
}

/// What a plan costs for a stay, by a card that passed [`RateCard::checked`]. Every amount that is paid is a multiple of `step` minor
/// units: what can be charged. `dated` has the months of the stay's slots and of its departure; limits of use of promotions are counted
/// elsewhere.
///
/// # Errors
/// [`Unavailable`], with every reason there is. A plan that the caller may not see is no plan.
pub fn quote(
    card: &CardVersion,
    dated: &DatedRates,
    step: i64,
    request: &RateRequest,
    plan: &PlanId,
) -> Result<PlanQuote, Unavailable> {
    let lineage =
        visible(&card.card, request, plan).ok_or_else(|| Unavailable { reasons: vec![Reason::NoPlan] })?;
    let question = Question { card, step: step.max(1), request, lineage };
    let reasons = question.reasons(dated);
    if !reasons.is_empty() {
        return Err(Unavailable { reasons });
    }
    question.price(dated).map_err(|OutOfRange| Unavailable { reasons: vec![Reason::OutOfRange] })
}

/// What a stay costs in all under the default plan, whatever restrictions say: what a calendar shows of a slot that is on sale, see
/// [`sales`](crate::rates::sale::sales). `None` where it has no price.
#[must_use]
pub fn shown_price(
    card: &CardVersion,
    dated: &DatedRates,
    step: i64,
    request: &RateRequest,
) -> Option<Money> {
    let lineage = lineage(&card.card.plans, &card.card.default_plan)?;
    let question = Question { card, step: step.max(1), request, lineage };
    question.price(dated).ok()?.price.whole().ok()
}

/// What each plan that the caller may see costs for a stay, in the card's order; see [`quote`].
#[must_use]
pub fn offers(card: &CardVersion, dated: &DatedRates, step: i64, request: &RateRequest) -> Vec<PlanOffer> {
    let seen = card.card.plans.iter().filter(|plan| visible(&card.card, request, &plan.id).is_some());
    let offer = |plan: &RatePlan| PlanOffer {
        plan: plan.id.clone(),
        result: quote(card, dated, step, request, &plan.id),
    };
    seen.map(offer).collect()
}

/// The plan and those it derives from, where the caller may see the plan.
fn visible<'a>(card: &'a RateCard, request: &RateRequest, plan: &PlanId) -> Option<Vec<&'a RatePlan>> {
    let lineage = lineage(&card.plans, plan)?;
    lineage.first()?.audience.has(&request.groups).then_some(lineage)
}

struct Question<'a> {
    card: &'a CardVersion,
    step: i64,
    request: &'a RateRequest,
    /// The plan, and those it derives from.
    lineage: Vec<&'a RatePlan>,
}

impl<'a> Question<'a> {
    /// Why the plan cannot be had.
    fn reasons(&self, dated: &DatedRates) -> Vec<Reason> {
        let (card, request) = (&self.card.card, self.request);
        let Some(plan) = self.lineage.first() else { return vec![Reason::NoPlan] };
        let is_sold = plan.channels.is_empty() || plan.channels.contains(&request.channel);
        let mut reasons: Vec<Reason> = (!is_sold).then_some(Reason::Channel).into_iter().collect();
        let mut others = units::reasons(card, &request.units);
        for choice in self.choices() {
            let has = |extra: &&Extra| extra.is_offered(&choice, plan);
            if !card.extras.iter().any(|extra| has(&extra)) {
                others.push(Reason::Extra(choice.extra));
            }
        }
        let is_overridden = request.price_override.is_some();
        if request.promotion.is_some() && (is_overridden || self.promotion().is_none()) {
            others.push(Reason::Promotion);
        }
        let set = request.price_override.as_ref().map(|set| set.amount);
        if set.is_some_and(|amount| check_override(amount, card.currency, self.step).is_err()) {
            others.push(Reason::OutOfRange);
        }
        let prices = request.slots.len().saturating_mul(request.units.len());
        if prices == 0 || prices > PRICES_MAX {
            others.push(Reason::OutOfRange);
        }
        // However many restrictions there are, what else is wrong is named.
        let restricted = restrict::reasons(card, dated, request, &self.lineage);
        let room = REASONS_MAX.saturating_sub(reasons.len() + others.len());
        reasons.extend(restricted.into_iter().take(room));
        reasons.append(&mut others);
        reasons.truncate(REASONS_MAX);
        reasons
    }

    /// What is chosen, each extra once, in the card's order; after these what the card does not have.
    fn choices(&self) -> Vec<ExtraChoice> {
        let mut choices: Vec<ExtraChoice> = Vec::new();
        for choice in &self.request.extras {
            match choices.iter_mut().find(|known| known.extra == choice.extra) {
                Some(known) => known.quantity = known.quantity.saturating_add(choice.quantity),
                None => choices.push(choice.clone()),
            }
        }
        let place =
            |choice: &ExtraChoice| self.card.card.extras.iter().position(|extra| extra.id == choice.extra);
        choices.sort_by_key(|choice| (place(choice).unwrap_or(usize::MAX), choice.extra.clone()));
        choices
    }

    /// The promotion whose code is given, where it can be used for the stay and the plan.
    fn promotion(&self) -> Option<&'a Promotion> {
        let code = self.request.promotion.as_ref()?;
        let promotion = self.card.card.promotion(code)?;
        let plan = self.lineage.first()?;
        let arrival = self.request.slots.first()?.date;
        let is_usable = (promotion.plans.is_empty() || promotion.plans.contains(&plan.id))
            && promotion.stays.contains(arrival)
            && promotion.from.is_none_or(|from| from <= self.request.at)
            && promotion.to.is_none_or(|to| self.request.at < to);
        is_usable.then_some(promotion)
    }

    fn price(&self, dated: &DatedRates) -> Result<PlanQuote, OutOfRange> {
        let (card, request) = (&self.card.card, self.request);
        let plan = *self.lineage.first().ok_or(OutOfRange)?;
        let usual = Pricing::new(card, dated, self.step, request).of(&self.lineage)?;
        let slots = match &request.price_override {
            Some(set) => overridden(usual, set.amount.amount(), self.step),
            None => usual,
        };
        let levied = Levied {
            card,
            request,
            step: self.step,
            is_all_at_property: plan.payment == Payment::AtProperty,
        };
        let stay = TaxCategory::stay();
        let mut lines = Lines::default();
        let discounted = self.add_stay(&mut lines, plan, &slots, levied.due(Due::Now), &stay)?;
        self.add_extras(&mut lines, &levied)?;
        let taxes_by_slot = levied.charge(&mut lines)?;
        let kept_always = lines.kept_always();
        let price = lines.price(card.currency).map_err(|_| OutOfRange)?;
        let of_slots = discounted.chunks(request.units.len().max(1)).zip(&taxes_by_slot);
        let paid = Paid {
            currency: card.currency,
            total: price.total().amount(),
            kept_always,
            by_slot: of_slots
                .map(|(prices, taxes)| prices.iter().sum::<i64>().saturating_add(*taxes))
                .collect(),
            step: self.step,
        };
        let start = request.slots.first().ok_or(OutOfRange)?.slot.start;
        let applied = AppliedRate {
            plan: plan.id.clone(),
            plan_name: plan.name.clone(),
            card_version: self.card.number,
            payment: plan.payment,
            included: plan.included.iter().map(|included| included.name.clone()).collect(),
            units: request.units.clone(),
            extras: self.choices(),
            promotion: self.promotion().map(|promotion| promotion.code.clone()),
            promotion_limits: self.promotion().map(UseLimits::of).unwrap_or_default(),
            price_override: request.price_override.clone(),
            refunds: resolve(&plan.cancellation, start, &request.zone, &paid),
            priced_at: request.at,
        };
        Ok(PlanQuote { price, applied, slots })
    }

    /// Adds the lines of the places and of what a promotion takes off, and gives what each slot of each unit costs after that.
    fn add_stay<'b>(
        &self,
        lines: &mut Lines<'b>,
        plan: &'b RatePlan,
        slots: &[SlotPrice],
        due: Due,
        stay: &'b TaxCategory,
    ) -> Result<Vec<i64>, OutOfRange> {
        let units = self.request.units.len();
        let line_of = stay_lines(lines, slots, units, plan, due);
        let amounts: Vec<i64> = slots.iter().map(|slot| slot.amount).collect();
        let sum = amounts.iter().copied().fold(0, i64::saturating_add);
        if sum > AMOUNT_MAX {
            return Err(OutOfRange);
        }
        let discount = self.promotion().map_or(0, |promotion| taken_off(promotion, sum, self.step));
        let weights: Vec<i128> = amounts.iter().map(|amount| i128::from(*amount)).collect();
        let off = if discount == 0 { vec![0; amounts.len()] } else { spread(discount, self.step, &weights) };
        let discount_line = self.promotion().filter(|_| discount > 0).map(|promotion| {
            let (code, name) = (promotion.code.as_str(), &promotion.name);
            lines.add(
                PriceLineKind::Discount,
                -discount,
                &Said { code, name, dates: None, count: 1, due, refundable: true },
            )
        });
        for (index, ((amount, off), line)) in amounts.iter().zip(&off).zip(line_of).enumerate() {
            let (slot, unit) = (index / units.max(1), index % units.max(1));
            let guests =
                self.request.units.get(unit).map_or(1, |unit| units::guest_count(&self.card.card, unit));
            let full = by_category(plan, *amount, guests, stay);
            let left = by_category(plan, amount - off, guests, stay);
            for ((category, full), (_, left)) in full.into_iter().zip(left) {
                let unit = Some(unit);
                let part = Part { line, slot, unit, category, amount: full, is_off: false, included: 0 };
                lines.parts.push(part.clone());
                if let Some(line) = discount_line.filter(|_| left != full) {
                    lines.parts.push(Part { line, amount: left - full, is_off: true, ..part });
                }
            }
        }
        Ok(amounts.iter().zip(&off).map(|(amount, off)| amount - off).collect())
    }

    /// Adds the lines of what is chosen.
    fn add_extras(&self, lines: &mut Lines<'a>, levied: &Levied<'_>) -> Result<(), OutOfRange> {
        let (card, request) = (&self.card.card, self.request);
        let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
        let guests = request.units.iter().map(|unit| u64::from(units::guest_count(card, unit))).sum();
        for choice in self.choices() {
            let Some(extra) = card.extras.iter().find(|extra| extra.id == choice.extra) else { continue };
            let each = counted(extra.per, count(request.units.len()), guests)
                .saturating_mul(u64::from(choice.quantity));
            let slots = if is_by_slot(extra.per) { request.slots.len() } else { 1 };
            let of_slot: Money = extra.price.times(each).map_err(|_| OutOfRange)?;
            let amount = of_slot.times(count(slots)).map_err(|_| OutOfRange)?.amount();
            let due = levied.due(extra.due);
            let said = Said {
                code: extra.id.as_str(),
                name: &extra.name,
                dates: None,
                count: each.saturating_mul(count(slots)),
                due,
                refundable: extra.refundable,
            };
            let line = lines.add(PriceLineKind::Extra, amount, &said);
            lines.add_parts(line, &extra.category, std::iter::repeat_n(of_slot.amount(), slots));
        }
        Ok(())
    }
}

impl Extra {
    /// Whether that much of it can be chosen with a plan.
    fn is_offered(&self, choice: &ExtraChoice, plan: &RatePlan) -> bool {
        self.id == choice.extra
            && (self.plans.is_empty() || self.plans.contains(&plan.id))
            && (1..=self.quantity_max).contains(&choice.quantity)
    }
}

/// An amount, a multiple of `step`, over prices as they are to each other; in equal parts where all of them are nothing. So each night has a
/// part of it that can be charged, taxed and given back.
fn overridden(mut prices: Vec<SlotPrice>, amount: i64, step: i64) -> Vec<SlotPrice> {
    let usual: Vec<i128> = prices.iter().map(|price| i128::from(price.amount)).collect();
    let weights = if usual.iter().all(|price| *price == 0) { vec![1; usual.len()] } else { usual };
    for (price, part) in prices.iter_mut().zip(spread(amount, step, &weights)) {
        price.amount = part;
        price.steps.push(PriceStep { cause: Cause::Override, amount: part });
    }
    prices
}

/// What a promotion takes off a price, as much as can be charged; at most the price.
fn taken_off(promotion: &Promotion, price: i64, step: i64) -> i64 {
    let off = match promotion.discount {
        Discount::Percent(percentage) => {
            Exact::share(price.into(), percentage.ten_thousandths(), WHOLE).rounded(step)
        }
        Discount::Amount(amount) => amount.amount(),
    };
    off.clamp(0, price)
}

/// A price by what it is taxed as: what the plan includes and taxes apart, as much as the price has, and the rest.
fn by_category<'b>(
    plan: &'b RatePlan,
    price: i64,
    guests: u32,
    stay: &'b TaxCategory,
) -> Vec<(&'b TaxCategory, i64)> {
    let mut rest = price;
    let mut parts = Vec::with_capacity(1);
    for included in &plan.included {
        if let Some(value) = included.value {
            let part = value.amount().saturating_mul(i64::from(guests)).min(rest);
            rest -= part;
            parts.push((&included.category, part));
        }
    }
    parts.push((stay, rest));
    parts
}
