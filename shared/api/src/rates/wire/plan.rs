//! Rate plans: prices, cancellation, payment.

use holdfast_domain::rates::cancellation::{CancellationStep, CancellationTerms, Deadline, Penalty};
use holdfast_domain::rates::plan::{Audience, Included, Payment, PlanPrice, RatePlan};
use holdfast_domain::rates::rule::Adjustment;
use serde::Serialize;
use utoipa::ToSchema;

use crate::rates::wire::parts::{PercentChangeBody, RateName, rate_names};
use crate::rates::wire::{amount, local, number};
use crate::words::words;

/// A rate plan: under which conditions a resource is sold.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = RatePlan)]
pub struct PlanBody {
    /// Its name in requests: 1 to 40 small letters, digits and `-`.
    #[schema(format = "rate-name", example = "flexible")]
    pub plan_id: String,
    /// Its name for people.
    #[schema(format = "label", example = "Flexible with breakfast")]
    pub name: String,
    /// What a slot of a unit costs.
    pub price: PlanPriceBody,
    /// What a cancellation keeps; everything, if it is left out. The `cancellationPolicy` of the resource is not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancellation: Option<CancellationBody>,
    /// When it is paid.
    pub payment: PaymentName,
    /// What the price includes, for people and for taxes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 10)]
    pub included: Vec<IncludedBody>,
    /// The group whose members alone may see and book it; everybody may, if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "rate-name", example = "company-acme")]
    pub group: Option<String>,
    /// Where it is sold; everywhere if left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 40)]
    pub channels: Vec<RateName>,
}

/// What a slot of a unit costs, unless a price is set for its date: `base`, or another plan's price with one of `percent` and
/// `amount`.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = PlanPrice, example = json!({ "derivedFrom": "flexible", "percent": -15 }))]
pub struct PlanPriceBody {
    /// The plan's own price.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 99_999_999_999_i64, example = 12_900)]
    pub base: Option<i64>,
    /// The plan whose price is changed, with its rules. The price never exceeds the other's where the change lowers it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "rate-name", example = "flexible")]
    pub derived_from: Option<String>,
    /// It changes by so much of itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<PercentChangeBody>,
    /// It changes by this many minor units, not below nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -99_999_999_999_i64, maximum = 99_999_999_999_i64, example = -500)]
    pub amount: Option<i64>,
}

/// A change of a price, as one of three fields.
pub(super) fn adjusted(adjustment: Adjustment) -> (Option<PercentChangeBody>, Option<i64>, Option<i64>) {
    match adjustment {
        Adjustment::Percent(percent) => (Some(PercentChangeBody(number(percent))), None, None),
        Adjustment::Amount(amount) => (None, Some(amount), None),
        Adjustment::Price(price) => (None, None, Some(amount(price))),
    }
}

impl From<&PlanPrice> for PlanPriceBody {
    fn from(price: &PlanPrice) -> Self {
        match price {
            PlanPrice::Base(base) => {
                Self { base: Some(amount(*base)), derived_from: None, percent: None, amount: None }
            }
            PlanPrice::Derived { from, adjustment } => {
                // No card that was checked has a plan of a fixed price that derives it.
                let (percent, amount, _) = adjusted(*adjustment);
                Self { base: None, derived_from: Some(from.to_string()), percent, amount }
            }
        }
    }
}

words! {
    /// When a plan is paid.
    #[schema(as = Payment)]
    pub enum PaymentName {
        /// All of it with the booking.
        Now = "now",
        /// All of it at the place.
        AtProperty = "at_property",
    }
}

/// Something that the price includes, such as breakfast.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Included)]
pub struct IncludedBody {
    /// Its name for people.
    #[schema(format = "label", example = "Breakfast")]
    pub name: String,
    /// What taxes are levied on for it: a word of your own that taxes name in `on`, or `stay`.
    #[schema(format = "rate-name", example = "breakfast")]
    pub category: String,
    /// What part of the price it is, per guest and slot; it is taxed as the stay is, if this is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 99_999_999_999_i64, example = 1500)]
    pub value: Option<i64>,
}

/// What a cancellation keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = CancellationTerms)]
pub struct CancellationBody {
    /// Hours after the booking in which everything is given back, as long as the stay has not begun.
    #[schema(required = false, maximum = 168, default = 0, example = 24)]
    pub free_hours_after_booking: u32,
    /// What is kept up to each deadline, the earliest deadline first; past the last, everything is.
    #[schema(required = false, max_items = 16)]
    pub steps: Vec<StepBody>,
}

/// What is kept of a booking that is cancelled at or before a deadline: one of `hoursBefore` and `daysBefore`, and one of
/// `keepPercent`, `keepSlots` and `keepAmount`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = CancellationStep, example = json!({ "daysBefore": 2, "time": "18:00", "keepPercent": 0 }))]
pub struct StepBody {
    /// Hours of elapsed time before the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 87_600, example = 48)]
    pub hours_before: Option<u32>,
    /// Local dates before that of the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 3650, example = 7)]
    pub days_before: Option<u32>,
    /// With `daysBefore`: the local time on that date, `HH:MM`; its end if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "local-time", example = "18:00")]
    pub time: Option<String>,
    /// So much of the refundable price.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 100, example = 0)]
    pub keep_percent: Option<u8>,
    /// The price of the first slots, with what they are taxed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "slots", example = 1)]
    pub keep_slots: Option<u32>,
    /// An amount, at most the refundable price.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 99_999_999_999_i64, example = 5000)]
    pub keep_amount: Option<i64>,
}

impl From<&CancellationStep> for StepBody {
    fn from(step: &CancellationStep) -> Self {
        let (hours_before, days_before, time) = match step.deadline {
            Deadline::HoursBefore(hours) => (Some(hours), None, None),
            Deadline::DaysBefore { days, time } => (None, Some(days), time.map(local)),
        };
        let (keep_percent, keep_slots, keep_amount) = match step.penalty {
            Penalty::Percent(percent) => (Some(percent.value()), None, None),
            Penalty::FirstSlots(slots) => (None, Some(slots), None),
            Penalty::Amount(money) => (None, None, Some(amount(money))),
        };
        Self { hours_before, days_before, time, keep_percent, keep_slots, keep_amount }
    }
}

impl From<&CancellationTerms> for CancellationBody {
    fn from(terms: &CancellationTerms) -> Self {
        Self {
            free_hours_after_booking: terms.free_hours_after_booking,
            steps: terms.steps.iter().map(Into::into).collect(),
        }
    }
}

impl From<&RatePlan> for PlanBody {
    fn from(plan: &RatePlan) -> Self {
        let included = |included: &Included| IncludedBody {
            name: included.name.as_str().to_owned(),
            category: included.category.to_string(),
            value: included.value.map(amount),
        };
        let gives_something_back = plan.cancellation != CancellationTerms::default();
        Self {
            plan_id: plan.id.to_string(),
            name: plan.name.as_str().to_owned(),
            price: (&plan.price).into(),
            cancellation: gives_something_back.then(|| (&plan.cancellation).into()),
            payment: match plan.payment {
                Payment::Now => PaymentName::Now,
                Payment::AtProperty => PaymentName::AtProperty,
            },
            included: plan.included.iter().map(included).collect(),
            group: match &plan.audience {
                Audience::Everyone => None,
                Audience::Group(group) => Some(group.to_string()),
            },
            channels: rate_names(&plan.channels),
        }
    }
}
