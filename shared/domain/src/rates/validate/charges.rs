//! Taxes, fees, extras and promotions.

use std::collections::BTreeSet;

use super::check::{BANDS_MAX, Check, NAMES_MAX};
use super::fault::CardFault;
use crate::rates::card::RateCard;
use crate::rates::charge::{Band, BandLevy, Charge, ChargeKind, Levy, Validity};
use crate::rates::extra::EXTRA_QUANTITY_MAX;
use crate::rates::ids::TaxCategory;
use crate::rates::percentage::Percentage;
use crate::rates::promotion::{Discount, Promotion};
use crate::rates::taxes::{is_by_guest, is_by_slot};

/// The most slots, and the most uses, that a number may say.
const NUMBER_MAX: u32 = 1_000_000_000;

pub(super) fn check(card: &RateCard, check: &mut Check) {
    let fees: BTreeSet<&TaxCategory> = card.charges.iter().filter_map(fee_category).collect();
    let stay = TaxCategory::stay();
    let included =
        card.plans.iter().flat_map(|plan| &plan.included).filter(|included| included.value.is_some());
    let sold: BTreeSet<&TaxCategory> = included
        .map(|included| &included.category)
        .chain(card.extras.iter().map(|extra| &extra.category))
        .chain([&stay])
        .collect();
    check.unique("charges", "id", card.charges.iter().map(|charge| &charge.id));
    for (index, charge) in card.charges.iter().enumerate() {
        let fault = |category: &TaxCategory| match (sold.contains(category), fees.contains(category)) {
            (true, _) => None,
            (false, true) => fee_on_fee(charge, category),
            (false, false) => Some(CardFault::UnknownCategory(category.clone())),
        };
        check_charge(&format!("/charges/{index}"), charge, fault, check);
    }
    check.unique("extras", "id", card.extras.iter().map(|extra| &extra.id));
    for (index, extra) in card.extras.iter().enumerate() {
        let (path, id) = (format!("/extras/{index}"), Some(extra.id.as_str()));
        check.money(&format!("{path}/price"), id, &extra.price);
        check.within(&format!("{path}/quantityMax"), id, extra.quantity_max, (1, EXTRA_QUANTITY_MAX));
        check.plans(&format!("{path}/plans"), id, &extra.plans, card);
    }
    check.unique("promotions", "code", card.promotions.iter().map(|promotion| &promotion.code));
    for (index, promotion) in card.promotions.iter().enumerate() {
        check_promotion(card, &format!("/promotions/{index}"), promotion, check);
    }
}

/// Of a property nobody knows what its cards sell: a category that none of them has takes nothing.
pub(super) fn check_taxes(taxes: &[Charge], check: &mut Check) {
    let fees: BTreeSet<&TaxCategory> = taxes.iter().filter_map(fee_category).collect();
    let stay = TaxCategory::stay();
    check.unique("taxes", "id", taxes.iter().map(|charge| &charge.id));
    for (index, charge) in taxes.iter().enumerate() {
        let is_of_fee = |category: &TaxCategory| *category != stay && fees.contains(category);
        let fault =
            |category: &TaxCategory| is_of_fee(category).then(|| fee_on_fee(charge, category)).flatten();
        check_charge(&format!("/taxes/{index}"), charge, fault, check);
    }
}

/// What is wrong with a charge on fees of that category.
fn fee_on_fee(charge: &Charge, category: &TaxCategory) -> Option<CardFault> {
    fee_category(charge).map(|_| CardFault::FeeOnFee(category.clone()))
}

fn fee_category(charge: &Charge) -> Option<&TaxCategory> {
    match &charge.kind {
        ChargeKind::Tax => None,
        ChargeKind::Fee { category } => Some(category),
    }
}

fn check_charge(
    path: &str,
    charge: &Charge,
    fault_of: impl Fn(&TaxCategory) -> Option<CardFault>,
    check: &mut Check,
) {
    let id = Some(charge.id.as_str());
    let is_fee = fee_category(charge).is_some();
    if charge.included && is_fee {
        check.problem(&format!("{path}/included"), id, CardFault::FeeIncluded);
    }
    if charge.included && !is_fee && !charge.refundable {
        check.problem(&format!("{path}/refundable"), id, CardFault::IncludedIsKept);
    }
    check_effect(path, charge, check);
    if charge.before_discounts && (charge.included || matches!(charge.levy, Levy::Amount { .. })) {
        check.problem(&format!("{path}/beforeDiscounts"), id, CardFault::BeforeDiscounts);
    }
    match &charge.levy {
        Levy::Percent(percentage) => {
            check_percent(&format!("{path}/levy"), id, *percentage, check);
            if charge.on.is_empty() {
                check.problem(&format!("{path}/on"), id, CardFault::LeviedOnNothing);
            }
        }
        Levy::Amount { amount, .. } => check.money(&format!("{path}/levy/amount"), id, amount),
        Levy::Bands(bands) => {
            if charge.included {
                check.problem(&format!("{path}/included"), id, CardFault::BandsIncluded);
            }
            check_bands(&format!("{path}/levy/bands"), id, bands, check);
        }
    }
    check.at_most(&format!("{path}/on"), charge.on.len(), NAMES_MAX);
    for (index, category) in charge.on.iter().enumerate() {
        if let Some(fault) = fault_of(category) {
            check.problem(&format!("{path}/on/{index}"), id, fault);
        }
    }
    check_validity(&format!("{path}/valid"), id, charge.valid, check);
    if let Some(slots) = charge.slots_max {
        check.within(&format!("{path}/slotsMax"), id, slots, (1, NUMBER_MAX));
    }
}

/// What a charge says that its levy does not go by.
fn check_effect(path: &str, charge: &Charge, check: &mut Check) {
    let (counts_guests, counts_slots, has_base) = match &charge.levy {
        Levy::Percent(_) => (false, true, true),
        Levy::Amount { per, .. } => (is_by_guest(*per), is_by_slot(*per), false),
        Levy::Bands(_) => (true, true, true),
    };
    let without = [
        ("exemptToAge", charge.exempt_to_age.is_some() && !counts_guests, CardFault::ExemptsNobody),
        ("slotsMax", charge.slots_max.is_some() && !counts_slots, CardFault::CountsNoSlots),
        ("on", !charge.on.is_empty() && !has_base, CardFault::LeviedOnCount),
    ];
    for (name, is_without, fault) in without {
        if is_without {
            check.problem(&format!("{path}/{name}"), Some(charge.id.as_str()), fault);
        }
    }
}

fn check_bands(path: &str, id: Option<&str>, bands: &[Band], check: &mut Check) {
    check.at_most(path, bands.len(), BANDS_MAX);
    if bands.is_empty() {
        check.problem(path, id, CardFault::Missing);
    }
    for (index, band) in bands.iter().enumerate() {
        let path = format!("{path}/{index}");
        check.currency(&format!("{path}/from"), id, &band.from);
        let before = index.checked_sub(1).and_then(|before| bands.get(before));
        let follows =
            before.map_or(band.from.amount() == 0, |before| before.from.amount() < band.from.amount());
        if !follows {
            check.problem(&format!("{path}/from"), id, CardFault::BandOrder);
        }
        match &band.levy {
            BandLevy::Amount(amount) => check.money(&format!("{path}/levy"), id, amount),
            BandLevy::Percent(percentage) => check_percent(&format!("{path}/levy"), id, *percentage, check),
        }
    }
}

fn check_promotion(card: &RateCard, path: &str, promotion: &Promotion, check: &mut Check) {
    let id = Some(promotion.code.as_str());
    match &promotion.discount {
        Discount::Percent(percentage) => {
            check_percent(&format!("{path}/discount"), id, *percentage, check);
        }
        Discount::Amount(amount) => check.money(&format!("{path}/discount"), id, amount),
    }
    check.plans(&format!("{path}/plans"), id, &promotion.plans, card);
    check_validity(&format!("{path}/stays"), id, promotion.stays, check);
    if promotion.from.zip(promotion.to).is_some_and(|(from, to)| to <= from) {
        check.problem(&format!("{path}/to"), id, CardFault::EmptyRange);
    }
    for (name, uses) in [("usesMax", promotion.uses_max), ("usesPerGuestMax", promotion.uses_per_guest_max)] {
        if let Some(uses) = uses {
            check.within(&format!("{path}/{name}"), id, uses, (1, NUMBER_MAX));
        }
    }
}

fn check_percent(path: &str, id: Option<&str>, percentage: Percentage, check: &mut Check) {
    if !percentage.is_share() {
        check.problem(path, id, CardFault::Percentage);
    }
}

fn check_validity(path: &str, id: Option<&str>, valid: Validity, check: &mut Check) {
    if valid.from.zip(valid.until).is_some_and(|(from, until)| until < from) {
        check.problem(path, id, CardFault::EmptyRange);
    }
}
