//! When rules and restrictions apply, what rules do, and what restrictions limit.

use holdfast_domain::Currency;
use holdfast_domain::money::SignedMoney;
use holdfast_domain::rates::condition::{Bounds, Condition, DateRange};
use holdfast_domain::rates::ids::{CalendarId, Channel, PlanId};
use holdfast_domain::rates::percentage::Percentage;
use holdfast_domain::rates::restriction::Limits;
use holdfast_domain::rates::rule::Adjustment;
use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use crate::stored::reason::{Reason, reason};
use crate::stored::v1::rates::{is_no, money, plain, read_weekdays, store_weekdays, texts};
use crate::stored::v1::scalar::Text;

/// Dates from the first up to, not including, the second.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredRange {
    from: Text<Date>,
    to: Text<Date>,
}

impl From<DateRange> for StoredRange {
    fn from(range: DateRange) -> Self {
        Self { from: Text(range.from), to: Text(range.to) }
    }
}

impl From<StoredRange> for DateRange {
    fn from(stored: StoredRange) -> Self {
        Self { from: stored.from.0, to: stored.to.0 }
    }
}

/// Both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredBounds {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    min: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max: Option<u32>,
}

impl From<Bounds> for StoredBounds {
    fn from(bounds: Bounds) -> Self {
        Self { min: bounds.min, max: bounds.max }
    }
}

impl From<StoredBounds> for Bounds {
    fn from(stored: StoredBounds) -> Self {
        Self { min: stored.min, max: stored.max }
    }
}

/// Local times: at or after the first, before the second.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredTimes {
    from: Text<Time>,
    to: Text<Time>,
}

/// What has to be so for a slot; what is left out may be as it is.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StoredCondition {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dates: Vec<StoredRange>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    weekdays: Vec<i8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    calendar: Option<Text<CalendarId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<StoredTimes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slots: Option<StoredBounds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_slot: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lead_days: Option<StoredBounds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sold_percent: Option<StoredBounds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guests: Option<StoredBounds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quantity: Option<StoredBounds>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    channels: Vec<Text<Channel>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    plans: Vec<Text<PlanId>>,
}

impl From<&Condition> for StoredCondition {
    fn from(when: &Condition) -> Self {
        let bounds = |bounds: Option<Bounds>| bounds.map(Into::into);
        Self {
            dates: when.dates.iter().copied().map(Into::into).collect(),
            weekdays: store_weekdays(&when.weekdays),
            calendar: when.calendar.clone().map(Text),
            times: when.times.map(|(from, to)| StoredTimes { from: Text(from), to: Text(to) }),
            slots: bounds(when.slots),
            from_slot: when.from_slot,
            lead_days: bounds(when.lead_days),
            sold_percent: bounds(when.sold_percent),
            guests: bounds(when.guests),
            quantity: bounds(when.quantity),
            channels: texts(&when.channels),
            plans: texts(&when.plans),
        }
    }
}

impl StoredCondition {
    pub(crate) fn is_empty(&self) -> bool {
        let Self {
            dates,
            weekdays,
            calendar,
            times,
            slots,
            from_slot,
            lead_days,
            sold_percent,
            guests,
            quantity,
            channels,
            plans,
        } = self;
        let bounds = [slots, lead_days, sold_percent, guests, quantity];
        dates.is_empty()
            && weekdays.is_empty()
            && calendar.is_none()
            && times.is_none()
            && from_slot.is_none()
            && bounds.into_iter().all(Option::is_none)
            && channels.is_empty()
            && plans.is_empty()
    }

    pub(crate) fn read(self) -> Result<Condition, Reason> {
        let bounds = |bounds: Option<StoredBounds>| bounds.map(Into::into);
        Ok(Condition {
            dates: self.dates.into_iter().map(Into::into).collect(),
            weekdays: read_weekdays(self.weekdays)?,
            calendar: self.calendar.map(|Text(calendar)| calendar),
            times: self.times.map(|times| (times.from.0, times.to.0)),
            slots: bounds(self.slots),
            from_slot: self.from_slot,
            lead_days: bounds(self.lead_days),
            sold_percent: bounds(self.sold_percent),
            guests: bounds(self.guests),
            quantity: bounds(self.quantity),
            channels: plain(self.channels),
            plans: plain(self.plans),
        })
    }
}

/// A change of a running price.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum StoredAdjustment {
    Price(i64),
    Percent(Text<Percentage>),
    Amount(i64),
}

impl From<Adjustment> for StoredAdjustment {
    fn from(adjustment: Adjustment) -> Self {
        match adjustment {
            Adjustment::Price(price) => Self::Price(price.amount()),
            Adjustment::Percent(percent) => Self::Percent(Text(percent)),
            Adjustment::Amount(amount) => Self::Amount(amount),
        }
    }
}

impl StoredAdjustment {
    pub(crate) fn read(self, currency: Currency) -> Result<Adjustment, Reason> {
        Ok(match self {
            Self::Price(price) => Adjustment::Price(money(price, currency)?),
            Self::Percent(Text(percent)) => Adjustment::Percent(percent),
            Self::Amount(amount) => {
                Adjustment::Amount(SignedMoney::new(amount, currency).map_err(reason)?.amount())
            }
        })
    }
}

/// What is limited; what is left out is not.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StoredLimits {
    #[serde(skip_serializing_if = "Option::is_none")]
    stay_min_on_arrival: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stay_min_through: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stay_max_on_arrival: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stay_max_through: Option<u32>,
    #[serde(skip_serializing_if = "is_no")]
    fills_gaps: bool,
    #[serde(skip_serializing_if = "is_no")]
    closed_to_arrival: bool,
    #[serde(skip_serializing_if = "is_no")]
    closed_to_departure: bool,
    #[serde(skip_serializing_if = "is_no")]
    stop_sell: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    notice_minutes_min: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    window_days_max: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quantity_min: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quantity_max: Option<u32>,
    #[serde(skip_serializing_if = "is_no")]
    sold_together: bool,
}

impl StoredLimits {
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The fields are the same on both sides; one more does not compile before it is stored.
macro_rules! same_limits {
    ($from:ident => $to:ident) => {
        impl From<$from> for $to {
            fn from(limits: $from) -> Self {
                let $from {
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
                } = limits;
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
    };
}

same_limits!(Limits => StoredLimits);
same_limits!(StoredLimits => Limits);
