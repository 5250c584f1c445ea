//! Rules, restrictions, and when they apply.

use holdfast_domain::rates::condition::{Bounds, Condition};
use holdfast_domain::rates::restriction::{Limits, Restriction};
use holdfast_domain::rates::rule::Rule;
use serde::Serialize;
use utoipa::ToSchema;

use crate::catalogue::Day;
use crate::rates::wire::parts::{DateRangeBody, PercentChangeBody, RateName, rate_names};
use crate::rates::wire::plan::adjusted;
use crate::rates::wire::{is_no, local};

/// A rule: where it applies, it changes the running price of one slot of one unit by one of `percent`, `amount` and `set`.
/// Rules apply by ascending `priority`; those of one priority in the order `set`, `percent`, `amount`, and by name among these.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Rule)]
pub struct RuleBody {
    /// Its name in requests: 1 to 40 small letters, digits and `-`.
    #[schema(format = "rate-name", example = "summer-weekend")]
    pub rule_id: String,
    /// Its name for people.
    #[schema(format = "label", example = "Weekends in summer")]
    pub name: String,
    /// Lower ones apply first.
    #[schema(maximum = 65_535, example = 10)]
    pub priority: u16,
    /// When it applies; always, if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<ConditionBody>,
    /// The price changes by so much of itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<PercentChangeBody>,
    /// The price changes by this many minor units, not below nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -99_999_999_999_i64, maximum = 99_999_999_999_i64, example = 1000)]
    pub amount: Option<i64>,
    /// The price becomes this.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 99_999_999_999_i64, example = 24_900)]
    pub set: Option<i64>,
    /// Of the rules of one group that apply to a slot, only the one of the lowest priority does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "rate-name", example = "season")]
    pub group: Option<String>,
}

/// What has to be so for one slot of a stay; what is left out may be as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = RateCondition)]
pub struct ConditionBody {
    /// The slot's local date is in one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 50)]
    pub dates: Vec<DateRangeBody>,
    /// The slot's local date is one of these days of the week.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 7)]
    pub weekdays: Vec<Day>,
    /// The slot's local date is in this one of the card's calendars.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "rate-name", example = "school-holidays")]
    pub calendar: Option<String>,
    /// When the slot begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<TimesBody>,
    /// Slots of the stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slots: Option<SlotBoundsBody>,
    /// The slot is this one of the stay, counted from 1, or a later one: with 8 a change is for the nights after the seventh alone, and not for
    /// all nights of a stay that has as many.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 2, maximum = 366, example = 8)]
    pub from_slot: Option<u32>,
    /// Local dates between that of the quote and that of the stay's start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_days: Option<BoundsBody>,
    /// Percent of the slot's places that are taken before this unit, rounded down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sold_percent: Option<SoldPercentBoundsBody>,
    /// Guests of the unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guests: Option<BoundsBody>,
    /// Units that are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<BoundsBody>,
    /// The channel is one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 40)]
    pub channels: Vec<RateName>,
    /// The plan is one of these; a plan that derives its price meets the rules of the plan it derives from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 20)]
    pub plans: Vec<RateName>,
}

/// Local times of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TimesOfDay)]
pub struct TimesBody {
    /// At or after this, `HH:MM`.
    #[schema(format = "local-time", example = "18:00")]
    pub from: String,
    /// Before this.
    #[schema(format = "local-time", example = "22:00")]
    pub to: String,
}

/// Numbers from `min` to `max`, both included, where given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NumberBounds)]
pub struct BoundsBody {
    /// The least.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 1_000_000, example = 3)]
    pub min: Option<u32>,
    /// The greatest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 1_000_000, example = 6)]
    pub max: Option<u32>,
}

impl From<Bounds> for BoundsBody {
    fn from(bounds: Bounds) -> Self {
        Self { min: bounds.min, max: bounds.max }
    }
}

/// Slots of a stay from `min` to `max`, both included, where given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SlotBounds)]
pub struct SlotBoundsBody {
    /// The least.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "slots-from", example = 3)]
    pub min: Option<u32>,
    /// The greatest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 1_000_000, example = 6)]
    pub max: Option<u32>,
}

impl From<Bounds> for SlotBoundsBody {
    fn from(bounds: Bounds) -> Self {
        Self { min: bounds.min, max: bounds.max }
    }
}

/// Percent of a slot's places from `min` to `max`, both included, where given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SoldPercentBounds)]
pub struct SoldPercentBoundsBody {
    /// The least.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "sold-percent-from", example = 80)]
    pub min: Option<u32>,
    /// The greatest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 1_000_000, example = 100)]
    pub max: Option<u32>,
}

impl From<Bounds> for SoldPercentBoundsBody {
    fn from(bounds: Bounds) -> Self {
        Self { min: bounds.min, max: bounds.max }
    }
}

impl From<&Condition> for ConditionBody {
    fn from(when: &Condition) -> Self {
        let bounds = |bounds: Option<Bounds>| bounds.map(Into::into);
        Self {
            dates: when.dates.iter().map(Into::into).collect(),
            weekdays: when.weekdays.iter().copied().map(Into::into).collect(),
            calendar: when.calendar.as_ref().map(ToString::to_string),
            times: when.times.map(|(from, to)| TimesBody { from: local(from), to: local(to) }),
            slots: when.slots.map(Into::into),
            from_slot: when.from_slot,
            lead_days: bounds(when.lead_days),
            sold_percent: when.sold_percent.map(Into::into),
            guests: bounds(when.guests),
            quantity: bounds(when.quantity),
            channels: rate_names(&when.channels),
            plans: rate_names(&when.plans),
        }
    }
}

impl From<&Rule> for RuleBody {
    fn from(rule: &Rule) -> Self {
        let (percent, amount, set) = adjusted(rule.adjustment);
        Self {
            rule_id: rule.id.to_string(),
            name: rule.name.as_str().to_owned(),
            priority: rule.priority,
            when: (rule.when != Condition::default()).then(|| (&rule.when).into()),
            percent,
            amount,
            set,
            group: rule.group.as_ref().map(ToString::to_string),
        }
    }
}

/// A restriction: on some dates, under some plans, some limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Restriction)]
pub struct RestrictionBody {
    /// Its name in requests: 1 to 40 small letters, digits and `-`.
    #[schema(format = "rate-name", example = "fair")]
    pub restriction_id: String,
    /// Its name for people.
    #[schema(format = "label", example = "Trade fair")]
    pub name: String,
    /// Its dates; all if left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 50)]
    pub dates: Vec<DateRangeBody>,
    /// Its days of the week; all if left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 7)]
    pub weekdays: Vec<Day>,
    /// Its plans; all if left out. A derived plan has the restrictions of the plan it derives from, but where it is one of `notPlans`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 20)]
    pub plans: Vec<RateName>,
    /// Plans that it does not concern, whatever they derive from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 20)]
    pub not_plans: Vec<RateName>,
    /// Its channels; all if left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 40)]
    pub channels: Vec<RateName>,
    /// What it limits: one limit at least, beside `fillsGaps`.
    pub limits: LimitsBody,
}

/// Limits of a date; what is left out is not limited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = DateLimits)]
pub struct LimitsBody {
    /// The least slots of a stay that arrives on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "slots", example = 2)]
    pub stay_min_on_arrival: Option<u32>,
    /// The least slots of a stay that has a slot on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "slots", example = 3)]
    pub stay_min_through: Option<u32>,
    /// The most slots of a stay that arrives on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "slots", example = 14)]
    pub stay_max_on_arrival: Option<u32>,
    /// The most slots of a stay that has a slot on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "slots", example = 21)]
    pub stay_max_through: Option<u32>,
    /// Whether the least slots do not count where the stay fills all that is free around it.
    #[serde(skip_serializing_if = "is_no")]
    #[schema(required = false, default = false)]
    pub fills_gaps: bool,
    /// No stay arrives on it.
    #[serde(skip_serializing_if = "is_no")]
    #[schema(required = false, default = false)]
    pub closed_to_arrival: bool,
    /// No stay departs on it.
    #[serde(skip_serializing_if = "is_no")]
    #[schema(required = false, default = false)]
    pub closed_to_departure: bool,
    /// No stay has a slot on it.
    #[serde(skip_serializing_if = "is_no")]
    #[schema(required = false, default = false)]
    pub stop_sell: bool,
    /// The least minutes between the booking and a start on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "notice-minutes", example = 120)]
    pub notice_minutes_min: Option<u32>,
    /// The most days between the booking's date and a start on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "window-days", example = 365)]
    pub window_days_max: Option<u32>,
    /// The least units of an order that arrives on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "units", example = 1)]
    pub quantity_min: Option<u32>,
    /// The most units of an order that arrives on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "units", example = 4)]
    pub quantity_max: Option<u32>,
    /// A stay that has one slot on a date of the restriction's range has one on every date of that range.
    #[serde(skip_serializing_if = "is_no")]
    #[schema(required = false, default = false)]
    pub sold_together: bool,
}

impl From<&Limits> for LimitsBody {
    fn from(limits: &Limits) -> Self {
        let Limits {
            stay_min_on_arrival,
            stay_min_through,
            stay_max_on_arrival,
            stay_max_through,
            fills_gaps,
            closed_to_arrival,
            closed_to_departure,
            stop_sell,
            notice_minutes_min,
            window_days_max,
            quantity_min,
            quantity_max,
            sold_together,
        } = *limits;
        Self {
            stay_min_on_arrival,
            stay_min_through,
            stay_max_on_arrival,
            stay_max_through,
            fills_gaps,
            closed_to_arrival,
            closed_to_departure,
            stop_sell,
            notice_minutes_min,
            window_days_max,
            quantity_min,
            quantity_max,
            sold_together,
        }
    }
}

impl From<&Restriction> for RestrictionBody {
    fn from(restriction: &Restriction) -> Self {
        Self {
            restriction_id: restriction.id.to_string(),
            name: restriction.name.as_str().to_owned(),
            dates: restriction.dates.iter().map(Into::into).collect(),
            weekdays: restriction.weekdays.iter().copied().map(Into::into).collect(),
            plans: rate_names(&restriction.plans),
            not_plans: rate_names(&restriction.not_plans),
            channels: rate_names(&restriction.channels),
            limits: (&restriction.limits).into(),
        }
    }
}
