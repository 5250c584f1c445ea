//! The rate card of a resource.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::ids::ResourceId;
use crate::money::{Currency, Money};
use crate::rates::charge::Charge;
use crate::rates::extra::Extra;
use crate::rates::ids::{CalendarId, PlanId};
use crate::rates::occupancy::{Occupancy, UnitType};
use crate::rates::plan::RatePlan;
use crate::rates::promotion::{Promotion, PromotionCode};
use crate::rates::restriction::Restriction;
use crate::rates::rule::Rule;

/// The most plans of a card.
pub const PLANS_MAX: usize = 20;
/// The most rules of a card.
pub const RULES_MAX: usize = 200;
/// The most taxes and fees of a card.
pub const CHARGES_MAX: usize = 40;
/// The most restrictions of a card.
pub const RESTRICTIONS_MAX: usize = 200;
/// The most extras of a card.
pub const EXTRAS_MAX: usize = 40;
/// The most promotions of a card.
pub const PROMOTIONS_MAX: usize = 100;
/// The most kinds of units of a card.
pub const UNIT_TYPES_MAX: usize = 20;
/// The most calendars of a card.
pub const CALENDARS_MAX: usize = 20;
/// The most dates of one calendar.
pub const CALENDAR_DATES_MAX: usize = 400;

/// Everything an operator says of the prices of a resource. What enters the system passes [`RateCard::checked`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateCard {
    /// The currency of every amount: that of the resource.
    pub currency: Currency,
    /// The plans, in the order in which they are shown.
    pub plans: Vec<RatePlan>,
    /// The plan of a request that names none, which is also the price of a search.
    pub default_plan: PlanId,
    /// Kinds of units; all units are alike if empty.
    pub unit_types: Vec<UnitType>,
    /// What guests cost; all guests cost the same if absent.
    pub occupancy: Option<Occupancy>,
    /// Sets of dates that conditions name.
    pub calendars: BTreeMap<CalendarId, BTreeSet<Date>>,
    /// Rules, in any order.
    pub rules: Vec<Rule>,
    /// The least price of a slot of a unit, after all rules.
    pub price_min: Option<Money>,
    /// The greatest price of a slot of a unit, after all rules.
    pub price_max: Option<Money>,
    /// Taxes and fees, in the order in which they are shown.
    pub charges: Vec<Charge>,
    /// Restrictions.
    pub restrictions: Vec<Restriction>,
    /// Extras, in the order in which they are shown.
    pub extras: Vec<Extra>,
    /// Promotions.
    pub promotions: Vec<Promotion>,
}

/// A version of a card. Versions are never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardVersion {
    /// The revision of the rates with which it was written: no two versions of a resource have the same, and later ones have greater.
    pub number: u64,
    /// From when on it holds.
    pub valid_from: Timestamp,
    /// What it says.
    pub card: RateCard,
}

/// The rate cards of a resource, as they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceRates {
    /// Of which resource.
    pub resource: ResourceId,
    /// Grows by one with every write, drafts among them.
    pub revision: u64,
    /// The versions that hold, and will, by the moment from which they do: the one that holds now first.
    pub versions: Vec<CardVersion>,
    /// A card that can be tried, and does not hold.
    pub draft: Option<RateCard>,
}

impl RateCard {
    /// The promotion of a code, if the card has one.
    #[must_use]
    pub fn promotion(&self, code: &PromotionCode) -> Option<&Promotion> {
        self.promotions.iter().find(|promotion| promotion.code == *code)
    }
}

impl CardVersion {
    /// The version as if nobody had written the promotion of a code: what it is to one for whom no use of it is left.
    #[must_use]
    pub fn without_promotion(&self, code: &PromotionCode) -> Self {
        let others = self.card.promotions.iter().filter(|promotion| promotion.code != *code);
        let card = RateCard { promotions: others.cloned().collect(), ..self.card.clone() };
        Self { number: self.number, valid_from: self.valid_from, card }
    }
}
