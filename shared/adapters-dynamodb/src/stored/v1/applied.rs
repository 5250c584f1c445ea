//! The rate of an order as version 1 has it.

use holdfast_domain::catalogue::Label;
use holdfast_domain::rates::cancellation::{KeptStep, RefundTerms};
use holdfast_domain::rates::extra::ExtraChoice;
use holdfast_domain::rates::ids::{ExtraId, PlanId, UnitTypeId};
use holdfast_domain::rates::occupancy::{Guests, Unit};
use holdfast_domain::rates::plan::Payment;
use holdfast_domain::rates::price_override::{OverrideReason, PriceOverride};
use holdfast_domain::rates::promotion::{PromotionCode, UseLimits};
use holdfast_domain::rates::quote::AppliedRate;
use holdfast_domain::{GuestId, Money};
use serde::{Deserialize, Serialize};

use crate::stored::reason::Reason;
use crate::stored::v1::price::StoredDue;
use crate::stored::v1::scalar::{Millis, Text};

/// What was applied to an order's price.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredRate {
    plan: Text<PlanId>,
    plan_name: Text<Label>,
    card_version: u64,
    payment: StoredDue,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    included: Vec<Text<Label>>,
    units: Vec<StoredUnits>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    extras: Vec<StoredExtra>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    promotion: Option<Text<PromotionCode>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    promotion_uses_max: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    promotion_uses_per_guest_max: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    price_override: Option<StoredOverride>,
    refunds: StoredRefunds,
    priced_at: Millis,
}

/// A price that staff set.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredOverride {
    amount: Text<Money>,
    reason: String,
    by: Text<GuestId>,
}

impl StoredOverride {
    fn read(self) -> Result<PriceOverride, Reason> {
        let reason = OverrideReason::parse(&self.reason).map_err(|error| format!("the reason {error}"))?;
        Ok(PriceOverride { amount: self.amount.0, reason, by: self.by.0 })
    }
}

/// Neighbouring units that are alike.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredUnits {
    count: u32,
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    unit_type: Option<Text<UnitTypeId>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    guests: Option<StoredGuests>,
}

/// The guests of a unit.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredGuests {
    adults: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    child_ages: Vec<u8>,
}

/// How many of an extra are chosen.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredExtra {
    extra: Text<ExtraId>,
    quantity: u32,
}

/// What a cancellation keeps.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredRefunds {
    /// Left out if it is 0.
    #[serde(default, skip_serializing_if = "is_none")]
    free_hours: u32,
    kept_always: Text<Money>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    steps: Vec<StoredKept>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_none(hours: &u32) -> bool {
    *hours == 0
}

/// What is kept up to an instant.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredKept {
    until: Millis,
    kept: Text<Money>,
}

impl From<&AppliedRate> for StoredRate {
    fn from(rate: &AppliedRate) -> Self {
        let extra = |choice: &ExtraChoice| StoredExtra {
            extra: Text(choice.extra.clone()),
            quantity: choice.quantity,
        };
        let kept = |step: &KeptStep| StoredKept { until: Millis(step.until), kept: Text(step.kept) };
        Self {
            plan: Text(rate.plan.clone()),
            plan_name: Text(rate.plan_name.clone()),
            card_version: rate.card_version,
            payment: match rate.payment {
                Payment::Now => StoredDue::Now,
                Payment::AtProperty => StoredDue::AtProperty,
            },
            included: rate.included.iter().cloned().map(Text).collect(),
            units: store_units(&rate.units),
            extras: rate.extras.iter().map(extra).collect(),
            promotion: rate.promotion.clone().map(Text),
            promotion_uses_max: rate.promotion_limits.in_all,
            promotion_uses_per_guest_max: rate.promotion_limits.per_guest,
            price_override: rate.price_override.as_ref().map(|set| StoredOverride {
                amount: Text(set.amount),
                reason: set.reason.as_str().to_owned(),
                by: Text(set.by.clone()),
            }),
            refunds: StoredRefunds {
                free_hours: rate.refunds.free_hours_after_booking,
                kept_always: Text(rate.refunds.kept_always),
                steps: rate.refunds.steps.iter().map(kept).collect(),
            },
            priced_at: Millis(rate.priced_at),
        }
    }
}

impl StoredRate {
    /// The rate of an order of as many units.
    pub(crate) fn read(self, quantity: u32) -> Result<AppliedRate, Reason> {
        let extra = |StoredExtra { extra: Text(extra), quantity }| ExtraChoice { extra, quantity };
        let kept = |StoredKept { until, kept }| KeptStep { until: until.0, kept: kept.0 };
        let steps: Vec<KeptStep> = self.refunds.steps.into_iter().map(kept).collect();
        if !steps.is_sorted_by_key(|step| step.until) {
            return Err("cancellation steps out of order".to_owned());
        }
        Ok(AppliedRate {
            plan: self.plan.0,
            plan_name: self.plan_name.0,
            card_version: self.card_version,
            payment: match self.payment {
                StoredDue::Now => Payment::Now,
                StoredDue::AtProperty => Payment::AtProperty,
            },
            included: self.included.into_iter().map(|Text(label)| label).collect(),
            units: read_units(self.units, quantity)?,
            extras: self.extras.into_iter().map(extra).collect(),
            promotion: self.promotion.map(|Text(code)| code),
            promotion_limits: UseLimits {
                in_all: self.promotion_uses_max,
                per_guest: self.promotion_uses_per_guest_max,
            },
            price_override: self.price_override.map(StoredOverride::read).transpose()?,
            refunds: RefundTerms {
                free_hours_after_booking: self.refunds.free_hours,
                steps,
                kept_always: self.refunds.kept_always.0,
            },
            priced_at: self.priced_at.0,
        })
    }
}

fn store_units(units: &[Unit]) -> Vec<StoredUnits> {
    let alike = units.chunk_by(|a, b| a == b);
    alike
        .map(|alike| StoredUnits {
            count: u32::try_from(alike.len()).unwrap_or(u32::MAX),
            unit_type: alike[0].unit_type.clone().map(Text),
            guests: alike[0]
                .guests
                .as_ref()
                .map(|guests| StoredGuests { adults: guests.adults, child_ages: guests.child_ages.clone() }),
        })
        .collect()
}

/// As many units as were ordered: a count that is not checked would be memory without a bound.
fn read_units(stored: Vec<StoredUnits>, quantity: u32) -> Result<Vec<Unit>, Reason> {
    let count = stored.iter().try_fold(0_u32, |sum, alike| sum.checked_add(alike.count));
    if count != Some(quantity) {
        return Err("units that are not the quantity".to_owned());
    }
    let alike = stored.into_iter().map(|StoredUnits { count, unit_type, guests }| {
        let guests = guests.map(|StoredGuests { adults, child_ages }| Guests { adults, child_ages });
        let unit = Unit { unit_type: unit_type.map(|Text(name)| name), guests };
        std::iter::repeat_n(unit, usize::try_from(count).unwrap_or_default())
    });
    Ok(alike.flatten().collect())
}
