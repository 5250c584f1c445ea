//! A rate card, with what guests and extras cost and promotions take off.

use std::collections::BTreeMap;

use holdfast_domain::rates::card::RateCard;
use holdfast_domain::rates::charge::Validity;
use holdfast_domain::rates::extra::Extra;
use holdfast_domain::rates::occupancy::{ChildBand, Occupancy, UnitType};
use holdfast_domain::rates::promotion::{Discount, Promotion};
use serde::Serialize;
use utoipa::ToSchema;

use crate::rates::wire::charge::{ChargeBody, DueName, PerName};
use crate::rates::wire::parts::{RateName, ShareBody, ValidityBody, rate_names};
use crate::rates::wire::plan::PlanBody;
use crate::rates::wire::rule::{RestrictionBody, RuleBody};
use crate::rates::wire::{amount, is_no, names, number};
use crate::wire::instant;

/// Everything an operator says of the prices of a resource. Amounts are integers in the minor unit of `currency`.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = RateCard, example = json!({
    "currency": "USD", "defaultPlan": "flexible",
    "plans": [
        {
            "planId": "flexible", "name": "Flexible", "price": { "base": 12900 },
            "cancellation": { "freeHoursAfterBooking": 24, "steps": [
                { "daysBefore": 2, "time": "18:00", "keepPercent": 0 }, { "hoursBefore": 0, "keepSlots": 1 }
            ] },
            "payment": "now"
        },
        {
            "planId": "saver", "name": "Non-refundable", "price": { "derivedFrom": "flexible", "percent": -15 },
            "payment": "now"
        }
    ],
    "occupancy": { "includedAdults": 2, "guestsMax": 3, "extraAdult": 3000, "missingAdult": 0 },
    "rules": [{
        "ruleId": "summer-weekend", "name": "Weekends in summer", "priority": 10,
        "when": { "dates": [{ "from": "2027-06-01", "to": "2027-09-01" }], "weekdays": ["fri", "sat"] },
        "percent": 12.5
    }],
    "priceMin": 9900,
    "charges": [{
        "chargeId": "city-tax", "name": "City tax", "kind": "tax", "amount": 350, "per": "guest_slot",
        "exemptToAge": 17, "slotsMax": 5, "refundable": true, "due": "at_property"
    }],
    "restrictions": [{
        "restrictionId": "fair", "name": "Trade fair", "dates": [{ "from": "2027-06-10", "to": "2027-06-14" }],
        "limits": { "stayMinOnArrival": 2 }
    }]
}))]
pub struct RateCardBody {
    /// ISO 4217: the currency of the resource's `pricing`.
    #[schema(format = "currency", example = "USD")]
    pub currency: String,
    /// The plan of a request that names none, which is also the price of a search. It must be for everybody and in every channel: without
    /// `group` and `channels`.
    #[schema(format = "rate-name", example = "flexible")]
    pub default_plan: String,
    /// The plans, in the order in which they are shown.
    #[schema(min_items = 1, max_items = 20)]
    pub plans: Vec<PlanBody>,
    /// Kinds of units, such as adults' and children's tickets; all units are alike if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 20)]
    pub unit_types: Vec<UnitTypeBody>,
    /// What guests cost. If it is left out, all cost the same, and a unit of which nothing is said has one guest, also for taxes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occupancy: Option<OccupancyBody>,
    /// Sets of local dates that conditions name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false, example = json!({ "school-holidays": ["2027-07-01", "2027-07-02"] }))]
    pub calendars: BTreeMap<String, Vec<String>>,
    /// Rules that change prices, in any order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 200)]
    pub rules: Vec<RuleBody>,
    /// The least price of a slot of a unit, after all rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 99_999_999_999_i64, example = 9900)]
    pub price_min: Option<i64>,
    /// The greatest price of a slot of a unit, after all rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 99_999_999_999_i64, example = 39_900)]
    pub price_max: Option<i64>,
    /// Taxes and fees, in the order in which they are shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 40)]
    pub charges: Vec<ChargeBody>,
    /// Restrictions: which stays are not sold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 200)]
    pub restrictions: Vec<RestrictionBody>,
    /// What can be chosen beside the places, in the order in which it is shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 40)]
    pub extras: Vec<ExtraBody>,
    /// Codes that take something off.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 100)]
    pub promotions: Vec<PromotionBody>,
}

impl From<&RateCard> for RateCardBody {
    fn from(card: &RateCard) -> Self {
        Self {
            currency: card.currency.code().to_owned(),
            default_plan: card.default_plan.to_string(),
            plans: card.plans.iter().map(Into::into).collect(),
            unit_types: card.unit_types.iter().map(Into::into).collect(),
            occupancy: card.occupancy.as_ref().map(Into::into),
            calendars: card.calendars.iter().map(|(id, dates)| (id.to_string(), names(dates))).collect(),
            rules: card.rules.iter().map(Into::into).collect(),
            price_min: card.price_min.map(amount),
            price_max: card.price_max.map(amount),
            charges: card.charges.iter().map(Into::into).collect(),
            restrictions: card.restrictions.iter().map(Into::into).collect(),
            extras: card.extras.iter().map(Into::into).collect(),
            promotions: card.promotions.iter().map(Into::into).collect(),
        }
    }
}

/// A kind of unit, such as a child's ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = UnitType)]
pub struct UnitTypeBody {
    /// Its name in requests: 1 to 40 small letters, digits and `-`.
    #[schema(format = "rate-name", example = "child")]
    pub unit_type_id: String,
    /// Its name for people.
    #[schema(format = "label", example = "Child up to 12")]
    pub name: String,
    /// What share of the plan's price it costs.
    #[schema(minimum = 0, maximum = 1000, example = 50)]
    pub percent: u16,
}

impl From<&UnitType> for UnitTypeBody {
    fn from(kind: &UnitType) -> Self {
        Self { unit_type_id: kind.id.to_string(), name: kind.name.as_str().to_owned(), percent: kind.percent }
    }
}

/// What guests beyond the first cost, per slot and unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Occupancy)]
pub struct OccupancyBody {
    /// Adults that the plan's price is for, and that a unit has of which nothing is said.
    #[schema(minimum = 1, maximum = 100, example = 2)]
    pub included_adults: u32,
    /// The most guests, children among them.
    #[schema(minimum = 1, maximum = 100, example = 4)]
    pub guests_max: u32,
    /// The most children in cots, who take none of these places; not limited by itself if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 100, example = 1)]
    pub cots_max: Option<u32>,
    /// What each further adult costs.
    #[schema(minimum = 0, maximum = 99_999_999_999_i64, example = 3000)]
    pub extra_adult: i64,
    /// What is taken off for each adult that is missing of those included.
    #[schema(minimum = 0, maximum = 99_999_999_999_i64, example = 1500)]
    pub missing_adult: i64,
    /// What children cost, by age. A child of an age that no band has costs as much as a further adult.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 18)]
    pub child_bands: Vec<ChildBandBody>,
}

/// What a child of some age on the day of arrival costs, per slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ChildBand)]
pub struct ChildBandBody {
    /// The lowest age, itself included.
    #[schema(maximum = 17, example = 3)]
    pub from_age: u8,
    /// The highest age, itself included.
    #[schema(maximum = 17, example = 12)]
    pub to_age: u8,
    /// What the child costs.
    #[schema(minimum = 0, maximum = 99_999_999_999_i64, example = 1200)]
    pub price: i64,
    /// Whether the child takes none of the places of `guestsMax`, as an infant in a cot.
    #[serde(skip_serializing_if = "is_no")]
    #[schema(required = false, default = false)]
    pub in_cot: bool,
}

impl From<&Occupancy> for OccupancyBody {
    fn from(occupancy: &Occupancy) -> Self {
        let band = |band: &ChildBand| ChildBandBody {
            from_age: band.from_age,
            to_age: band.to_age,
            price: amount(band.price),
            in_cot: band.in_cot,
        };
        Self {
            included_adults: occupancy.included_adults,
            guests_max: occupancy.guests_max,
            cots_max: occupancy.cots_max,
            extra_adult: amount(occupancy.extra_adult),
            missing_adult: amount(occupancy.missing_adult),
            child_bands: occupancy.child_bands.iter().map(band).collect(),
        }
    }
}

/// An extra: what can be chosen beside the places, without a stock of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Extra)]
pub struct ExtraBody {
    /// Its name in requests: 1 to 40 small letters, digits and `-`.
    #[schema(format = "rate-name", example = "parking")]
    pub extra_id: String,
    /// Its name for people.
    #[schema(format = "label", example = "Parking in the garage")]
    pub name: String,
    /// What one costs, counted by `per`.
    #[schema(minimum = 0, maximum = 99_999_999_999_i64, example = 1800)]
    pub price: i64,
    /// What its price is counted by.
    pub per: PerName,
    /// The most that one order may have.
    #[schema(format = "extra-quantity", example = 2)]
    pub quantity_max: u32,
    /// What taxes are levied on for it: a word of your own that taxes name in `on`, or `stay`.
    #[schema(format = "rate-name", example = "service")]
    pub category: String,
    /// The plans it can be chosen with; all if left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 20)]
    pub plans: Vec<RateName>,
    /// Whether it is given back as the price is, or never.
    #[schema(example = true)]
    pub refundable: bool,
    /// Where it is paid.
    pub due: DueName,
}

/// A promotion: what a code takes off the places' price, after all rules and before taxes that are not included. When it can be used is said by
/// `from`, `to` and `stays`. A price by how early somebody books is a rule (`leadDays`), which needs no code and has no uses.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Promotion)]
pub struct PromotionBody {
    /// Its code: letters, digits and `-`, in capitals in answers; compared without regard to case.
    #[schema(format = "promotion-code", example = "SPRING-27")]
    pub code: String,
    /// Its name for people.
    #[schema(format = "label", example = "Spring 2027")]
    pub name: String,
    /// What it takes off, as a share of the price: 10 makes it cheaper by 10 %. Either this or `amount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<ShareBody>,
    /// An amount that it takes off, at most the price. Either this or `percent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 99_999_999_999_i64, example = 2000)]
    pub amount: Option<i64>,
    /// Plans it can be used with; all if left out. In a quote with the code the others are `unavailable`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 20)]
    pub plans: Vec<RateName>,
    /// The local dates of arrival for which it can be used; all if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stays: Option<ValidityBody>,
    /// The instant from which on it can be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, example = "2027-03-01T00:00:00Z")]
    pub from: Option<String>,
    /// The instant from which on it can be used no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, example = "2027-06-01T00:00:00Z")]
    pub to: Option<String>,
    /// Uses in all, of this code at this resource: other resources with the same code count their own. Without a limit if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_000_000, example = 100)]
    pub uses_max: Option<u32>,
    /// Uses of one guest, of this code at this resource; without a limit if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_000_000, example = 1)]
    pub uses_per_guest_max: Option<u32>,
}

impl From<&Extra> for ExtraBody {
    fn from(extra: &Extra) -> Self {
        Self {
            extra_id: extra.id.to_string(),
            name: extra.name.as_str().to_owned(),
            price: amount(extra.price),
            per: extra.per.into(),
            quantity_max: extra.quantity_max,
            category: extra.category.to_string(),
            plans: rate_names(&extra.plans),
            refundable: extra.refundable,
            due: extra.due.into(),
        }
    }
}

impl From<&Promotion> for PromotionBody {
    fn from(promotion: &Promotion) -> Self {
        let (percent, amount) = match promotion.discount {
            Discount::Percent(percent) => (Some(ShareBody(number(percent))), None),
            Discount::Amount(money) => (None, Some(amount(money))),
        };
        let Validity { from, until } = promotion.stays;
        let stays = ValidityBody {
            from: from.map(|date| date.to_string()),
            until: until.map(|date| date.to_string()),
        };
        Self {
            code: promotion.code.to_string(),
            name: promotion.name.as_str().to_owned(),
            percent,
            amount,
            plans: rate_names(&promotion.plans),
            stays: (promotion.stays != Validity::default()).then_some(stays),
            from: promotion.from.map(instant),
            to: promotion.to.map(instant),
            uses_max: promotion.uses_max,
            uses_per_guest_max: promotion.uses_per_guest_max,
        }
    }
}
