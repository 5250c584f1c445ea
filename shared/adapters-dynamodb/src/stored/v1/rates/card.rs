//! A rate card, and the cards of a resource.

use std::collections::BTreeMap;

use holdfast_domain::Currency;
use holdfast_domain::catalogue::Label;
use holdfast_domain::rates::card::{CardVersion, RateCard};
use holdfast_domain::rates::extra::Extra;
use holdfast_domain::rates::ids::{
    CalendarId, ExtraId, PlanId, RestrictionId, RuleId, TaxCategory, UnitTypeId,
};
use holdfast_domain::rates::occupancy::{ChildBand, Occupancy, UnitType};
use holdfast_domain::rates::restriction::Restriction;
use holdfast_domain::rates::rule::Rule;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::stored::reason::Reason;
use crate::stored::v1::rates::charge::{StoredCharge, StoredDue, StoredPer};
use crate::stored::v1::rates::condition::{StoredAdjustment, StoredCondition, StoredLimits, StoredRange};
use crate::stored::v1::rates::plan::StoredPlan;
use crate::stored::v1::rates::promotion::StoredPromotion;
use crate::stored::v1::rates::{is_no, money, plain, read_weekdays, some_money, store_weekdays, texts};
use crate::stored::v1::scalar::{Millis, Text};

/// The cards of a resource that hold and will, and the draft.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredRates {
    versions: Vec<StoredVersion>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    draft: Option<StoredCard>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredVersion {
    number: u64,
    valid_from: Millis,
    card: StoredCard,
}

impl StoredRates {
    pub(crate) fn of(versions: &[CardVersion], draft: Option<&RateCard>) -> Self {
        let version = |version: &CardVersion| StoredVersion {
            number: version.number,
            valid_from: Millis(version.valid_from),
            card: (&version.card).into(),
        };
        Self { versions: versions.iter().map(version).collect(), draft: draft.map(Into::into) }
    }

    pub(crate) fn read(self) -> Result<(Vec<CardVersion>, Option<RateCard>), Reason> {
        let version = |StoredVersion { number, valid_from: Millis(valid_from), card }| {
            Ok(CardVersion { number, valid_from, card: card.read()? })
        };
        let versions = self.versions.into_iter().map(version).collect::<Result<Vec<_>, Reason>>()?;
        let in_order = versions.windows(2).all(|pair| matches!(pair, [a, b] if a.valid_from < b.valid_from));
        if !in_order {
            return Err("versions that are not in the order in which they hold".to_owned());
        }
        Ok((versions, self.draft.map(StoredCard::read).transpose()?))
    }
}

/// Everything an operator says of the prices of a resource.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredCard {
    currency: Text<Currency>,
    plans: Vec<StoredPlan>,
    default_plan: Text<PlanId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unit_types: Vec<StoredUnitType>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    occupancy: Option<StoredOccupancy>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    calendars: BTreeMap<Text<CalendarId>, Vec<Text<Date>>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rules: Vec<StoredRule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    price_min: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    price_max: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    charges: Vec<StoredCharge>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    restrictions: Vec<StoredRestriction>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    extras: Vec<StoredExtra>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    promotions: Vec<StoredPromotion>,
}

impl From<&RateCard> for StoredCard {
    fn from(card: &RateCard) -> Self {
        let amount = |money: &holdfast_domain::Money| money.amount();
        Self {
            currency: Text(card.currency),
            plans: card.plans.iter().map(Into::into).collect(),
            default_plan: Text(card.default_plan.clone()),
            unit_types: card.unit_types.iter().map(Into::into).collect(),
            occupancy: card.occupancy.as_ref().map(Into::into),
            calendars: card.calendars.iter().map(|(id, dates)| (Text(id.clone()), texts(dates))).collect(),
            rules: card.rules.iter().map(Into::into).collect(),
            price_min: card.price_min.as_ref().map(amount),
            price_max: card.price_max.as_ref().map(amount),
            charges: card.charges.iter().map(Into::into).collect(),
            restrictions: card.restrictions.iter().map(Into::into).collect(),
            extras: card.extras.iter().map(Into::into).collect(),
            promotions: card.promotions.iter().map(Into::into).collect(),
        }
    }
}

impl StoredCard {
    pub(crate) fn read(self) -> Result<RateCard, Reason> {
        let Text(currency) = self.currency;
        Ok(RateCard {
            currency,
            plans: self.plans.into_iter().map(|plan| plan.read(currency)).collect::<Result<_, _>>()?,
            default_plan: self.default_plan.0,
            unit_types: self.unit_types.into_iter().map(Into::into).collect(),
            occupancy: self.occupancy.map(|occupancy| occupancy.read(currency)).transpose()?,
            calendars: self.calendars.into_iter().map(|(Text(id), dates)| (id, plain(dates))).collect(),
            rules: self.rules.into_iter().map(|rule| rule.read(currency)).collect::<Result<_, _>>()?,
            price_min: some_money(self.price_min, currency)?,
            price_max: some_money(self.price_max, currency)?,
            charges: self
                .charges
                .into_iter()
                .map(|charge| charge.read(currency))
                .collect::<Result<_, _>>()?,
            restrictions: self
                .restrictions
                .into_iter()
                .map(StoredRestriction::read)
                .collect::<Result<_, _>>()?,
            extras: self.extras.into_iter().map(|extra| extra.read(currency)).collect::<Result<_, _>>()?,
            promotions: self
                .promotions
                .into_iter()
                .map(|promotion| promotion.read(currency))
                .collect::<Result<_, _>>()?,
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredUnitType {
    id: Text<UnitTypeId>,
    name: Text<Label>,
    percent: u16,
}

impl From<&UnitType> for StoredUnitType {
    fn from(kind: &UnitType) -> Self {
        Self { id: Text(kind.id.clone()), name: Text(kind.name.clone()), percent: kind.percent }
    }
}

impl From<StoredUnitType> for UnitType {
    fn from(stored: StoredUnitType) -> Self {
        Self { id: stored.id.0, name: stored.name.0, percent: stored.percent }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredOccupancy {
    included_adults: u32,
    guests_max: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cots_max: Option<u32>,
    extra_adult: i64,
    missing_adult: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    child_bands: Vec<StoredChildBand>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredChildBand {
    from_age: u8,
    to_age: u8,
    price: i64,
    #[serde(default, skip_serializing_if = "is_no")]
    in_cot: bool,
}

impl From<&Occupancy> for StoredOccupancy {
    fn from(occupancy: &Occupancy) -> Self {
        let band = |band: &ChildBand| StoredChildBand {
            from_age: band.from_age,
            to_age: band.to_age,
            price: band.price.amount(),
            in_cot: band.in_cot,
        };
        Self {
            included_adults: occupancy.included_adults,
            guests_max: occupancy.guests_max,
            cots_max: occupancy.cots_max,
            extra_adult: occupancy.extra_adult.amount(),
            missing_adult: occupancy.missing_adult.amount(),
            child_bands: occupancy.child_bands.iter().map(band).collect(),
        }
    }
}

impl StoredOccupancy {
    fn read(self, currency: Currency) -> Result<Occupancy, Reason> {
        let band = |StoredChildBand { from_age, to_age, price, in_cot }| {
            Ok(ChildBand { from_age, to_age, price: money(price, currency)?, in_cot })
        };
        Ok(Occupancy {
            included_adults: self.included_adults,
            guests_max: self.guests_max,
            cots_max: self.cots_max,
            extra_adult: money(self.extra_adult, currency)?,
            missing_adult: money(self.missing_adult, currency)?,
            child_bands: self.child_bands.into_iter().map(band).collect::<Result<_, Reason>>()?,
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredRule {
    id: Text<RuleId>,
    name: Text<Label>,
    priority: u16,
    #[serde(default, skip_serializing_if = "StoredCondition::is_empty")]
    when: StoredCondition,
    adjustment: StoredAdjustment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<Text<RuleId>>,
}

impl From<&Rule> for StoredRule {
    fn from(rule: &Rule) -> Self {
        Self {
            id: Text(rule.id.clone()),
            name: Text(rule.name.clone()),
            priority: rule.priority,
            when: (&rule.when).into(),
            adjustment: rule.adjustment.into(),
            group: rule.group.clone().map(Text),
        }
    }
}

impl StoredRule {
    fn read(self, currency: Currency) -> Result<Rule, Reason> {
        Ok(Rule {
            id: self.id.0,
            name: self.name.0,
            priority: self.priority,
            when: self.when.read()?,
            adjustment: self.adjustment.read(currency)?,
            group: self.group.map(|Text(group)| group),
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredRestriction {
    id: Text<RestrictionId>,
    name: Text<Label>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    dates: Vec<StoredRange>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    weekdays: Vec<i8>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    plans: Vec<Text<PlanId>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    not_plans: Vec<Text<PlanId>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    channels: Vec<Text<holdfast_domain::rates::ids::Channel>>,
    limits: StoredLimits,
}

impl From<&Restriction> for StoredRestriction {
    fn from(restriction: &Restriction) -> Self {
        Self {
            id: Text(restriction.id.clone()),
            name: Text(restriction.name.clone()),
            dates: restriction.dates.iter().copied().map(Into::into).collect(),
            weekdays: store_weekdays(&restriction.weekdays),
            plans: texts(&restriction.plans),
            not_plans: texts(&restriction.not_plans),
            channels: texts(&restriction.channels),
            limits: restriction.limits.clone().into(),
        }
    }
}

impl StoredRestriction {
    fn read(self) -> Result<Restriction, Reason> {
        Ok(Restriction {
            id: self.id.0,
            name: self.name.0,
            dates: self.dates.into_iter().map(Into::into).collect(),
            weekdays: read_weekdays(self.weekdays)?,
            plans: plain(self.plans),
            not_plans: plain(self.not_plans),
            channels: plain(self.channels),
            limits: self.limits.into(),
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredExtra {
    id: Text<ExtraId>,
    name: Text<Label>,
    price: i64,
    per: StoredPer,
    quantity_max: u32,
    category: Text<TaxCategory>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    plans: Vec<Text<PlanId>>,
    #[serde(default, skip_serializing_if = "is_no")]
    refundable: bool,
    due: StoredDue,
}

impl From<&Extra> for StoredExtra {
    fn from(extra: &Extra) -> Self {
        Self {
            id: Text(extra.id.clone()),
            name: Text(extra.name.clone()),
            price: extra.price.amount(),
            per: extra.per.into(),
            quantity_max: extra.quantity_max,
            category: Text(extra.category.clone()),
            plans: texts(&extra.plans),
            refundable: extra.refundable,
            due: extra.due.into(),
        }
    }
}

impl StoredExtra {
    fn read(self, currency: Currency) -> Result<Extra, Reason> {
        Ok(Extra {
            id: self.id.0,
            name: self.name.0,
            price: money(self.price, currency)?,
            per: self.per.into(),
            quantity_max: self.quantity_max,
            category: self.category.0,
            plans: plain(self.plans),
            refundable: self.refundable,
            due: self.due.into(),
        })
    }
}
