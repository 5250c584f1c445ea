//! Rate plans and their cancellation terms.

use holdfast_domain::Currency;
use holdfast_domain::catalogue::Label;
use holdfast_domain::money::Percent;
use holdfast_domain::rates::cancellation::{CancellationStep, CancellationTerms, Deadline, Penalty};
use holdfast_domain::rates::ids::{Channel, PlanId, RateGroup, TaxCategory};
use holdfast_domain::rates::plan::{Audience, Included, Payment, PlanPrice, RatePlan};
use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use crate::stored::reason::Reason;
use crate::stored::v1::rates::condition::StoredAdjustment;
use crate::stored::v1::rates::{money, plain, some_money, texts};
use crate::stored::v1::scalar::Text;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredPlan {
    id: Text<PlanId>,
    name: Text<Label>,
    price: StoredPlanPrice,
    #[serde(default, skip_serializing_if = "is_zero")]
    free_hours: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    cancellation: Vec<StoredStep>,
    payment: StoredPayment,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    included: Vec<StoredIncluded>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<Text<RateGroup>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    channels: Vec<Text<Channel>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The plan's own price, or that of another plan, changed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum StoredPlanPrice {
    Base(i64),
    Derived { from: Text<PlanId>, adjustment: StoredAdjustment },
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredPayment {
    Now,
    AtProperty,
}

/// Up to when, and what is kept then.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredStep {
    until: StoredDeadline,
    keeps: StoredPenalty,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum StoredDeadline {
    Hours(u32),
    Days(u32),
    DaysAt { days: u32, time: Text<Time> },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum StoredPenalty {
    Percent(u8),
    Slots(u32),
    Amount(i64),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredIncluded {
    name: Text<Label>,
    category: Text<TaxCategory>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<i64>,
}

impl From<&RatePlan> for StoredPlan {
    fn from(plan: &RatePlan) -> Self {
        let included = |included: &Included| StoredIncluded {
            name: Text(included.name.clone()),
            category: Text(included.category.clone()),
            value: included.value.map(|value| value.amount()),
        };
        Self {
            id: Text(plan.id.clone()),
            name: Text(plan.name.clone()),
            price: match &plan.price {
                PlanPrice::Base(price) => StoredPlanPrice::Base(price.amount()),
                PlanPrice::Derived { from, adjustment } => {
                    StoredPlanPrice::Derived { from: Text(from.clone()), adjustment: (*adjustment).into() }
                }
            },
            free_hours: plan.cancellation.free_hours_after_booking,
            cancellation: plan.cancellation.steps.iter().copied().map(Into::into).collect(),
            payment: match plan.payment {
                Payment::Now => StoredPayment::Now,
                Payment::AtProperty => StoredPayment::AtProperty,
            },
            included: plan.included.iter().map(included).collect(),
            group: match &plan.audience {
                Audience::Everyone => None,
                Audience::Group(group) => Some(Text(group.clone())),
            },
            channels: texts(&plan.channels),
        }
    }
}

impl StoredPlan {
    pub(crate) fn read(self, currency: Currency) -> Result<RatePlan, Reason> {
        let included = |StoredIncluded { name: Text(name), category: Text(category), value }| {
            Ok(Included { name, category, value: some_money(value, currency)? })
        };
        Ok(RatePlan {
            id: self.id.0,
            name: self.name.0,
            price: match self.price {
                StoredPlanPrice::Base(price) => PlanPrice::Base(money(price, currency)?),
                StoredPlanPrice::Derived { from: Text(from), adjustment } => {
                    PlanPrice::Derived { from, adjustment: adjustment.read(currency)? }
                }
            },
            cancellation: CancellationTerms {
                free_hours_after_booking: self.free_hours,
                steps: self
                    .cancellation
                    .into_iter()
                    .map(|step| step.read(currency))
                    .collect::<Result<_, _>>()?,
            },
            payment: match self.payment {
                StoredPayment::Now => Payment::Now,
                StoredPayment::AtProperty => Payment::AtProperty,
            },
            included: self.included.into_iter().map(included).collect::<Result<_, Reason>>()?,
            audience: match self.group {
                None => Audience::Everyone,
                Some(Text(group)) => Audience::Group(group),
            },
            channels: plain(self.channels),
        })
    }
}

impl From<CancellationStep> for StoredStep {
    fn from(step: CancellationStep) -> Self {
        let until = match step.deadline {
            Deadline::HoursBefore(hours) => StoredDeadline::Hours(hours),
            Deadline::DaysBefore { days, time: None } => StoredDeadline::Days(days),
            Deadline::DaysBefore { days, time: Some(time) } => {
                StoredDeadline::DaysAt { days, time: Text(time) }
            }
        };
        let keeps = match step.penalty {
            Penalty::Percent(percent) => StoredPenalty::Percent(percent.value()),
            Penalty::FirstSlots(slots) => StoredPenalty::Slots(slots),
            Penalty::Amount(amount) => StoredPenalty::Amount(amount.amount()),
        };
        Self { until, keeps }
    }
}

impl StoredStep {
    fn read(self, currency: Currency) -> Result<CancellationStep, Reason> {
        let deadline = match self.until {
            StoredDeadline::Hours(hours) => Deadline::HoursBefore(hours),
            StoredDeadline::Days(days) => Deadline::DaysBefore { days, time: None },
            StoredDeadline::DaysAt { days, time: Text(time) } => {
                Deadline::DaysBefore { days, time: Some(time) }
            }
        };
        let penalty = match self.keeps {
            StoredPenalty::Percent(percent) => {
                Penalty::Percent(Percent::new(percent).ok_or("a percentage above 100")?)
            }
            StoredPenalty::Slots(slots) => Penalty::FirstSlots(slots),
            StoredPenalty::Amount(amount) => Penalty::Amount(money(amount, currency)?),
        };
        Ok(CancellationStep { deadline, penalty })
    }
}
