//! What is set for the dates of a month.

use std::collections::BTreeMap;

use holdfast_domain::Money;
use holdfast_domain::catalogue::Month;
use holdfast_domain::rates::dated::DateRates;
use holdfast_domain::rates::ids::PlanId;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::stored::reason::Reason;
use crate::stored::v1::rates::condition::StoredLimits;
use crate::stored::v1::scalar::Text;

/// By day of the month, such as `07`, then by plan.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct StoredMonthRates(BTreeMap<String, BTreeMap<Text<PlanId>, StoredDateRates>>);

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredDateRates {
    /// With its currency: the card that it is for may be another by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    price: Option<Text<Money>>,
    #[serde(default, skip_serializing_if = "StoredLimits::is_empty")]
    limits: StoredLimits,
}

impl StoredMonthRates {
    pub(crate) fn of(dates: &BTreeMap<Date, BTreeMap<PlanId, DateRates>>) -> Self {
        let set = |(plan, rates): (&PlanId, &DateRates)| {
            let stored =
                StoredDateRates { price: rates.price.map(Text), limits: rates.limits.clone().into() };
            (Text(plan.clone()), stored)
        };
        let date = |(date, plans): (&Date, &BTreeMap<PlanId, DateRates>)| {
            (format!("{:02}", date.day()), plans.iter().map(set).collect())
        };
        Self(dates.iter().map(date).collect())
    }

    pub(crate) fn read(self, month: Month) -> Result<BTreeMap<Date, BTreeMap<PlanId, DateRates>>, Reason> {
        let set = |(Text(plan), stored): (Text<PlanId>, StoredDateRates)| {
            let price = stored.price.map(|Text(price)| price);
            (plan, DateRates { price, limits: stored.limits.into() })
        };
        let date = |(day, plans): (String, BTreeMap<Text<PlanId>, StoredDateRates>)| {
            let date = format!("{month}-{day}").parse().map_err(|_| format!("no day {day}"))?;
            Ok((date, plans.into_iter().map(set).collect()))
        };
        self.0.into_iter().map(date).collect()
    }
}
