//! Rates on the wire: answers and schemas. Requests are read in `crate::rates::read`.
//!
//! Amounts are integers in the minor unit of the card's `currency`, percentages numbers of at most four decimals. What is not said is
//! left out of answers.

mod answers;
mod card;
mod charge;
mod dated;
mod parts;
mod plan;
mod rule;

use std::fmt::Display;

use holdfast_domain::Money;
use holdfast_domain::rates::percentage::Percentage;
use jiff::civil::Time;
use serde_json::Number;

pub use answers::{
    ListedVersion, PutParameters, RateCalendar, RateCalendarParameters, RateDay, RatesBody, RatesOfDay,
    VersionBody, VersionList, VersionParameters,
};
pub use card::{ChildBandBody, ExtraBody, OccupancyBody, PromotionBody, RateCardBody, UnitTypeBody};
pub use charge::{BandBody, ChargeBody, ChargeKindName, DueName, PerName};
pub use dated::{
    DatedLimits, DatedLine, DatedRatesBody, LineResult, LineResults, LineStatus, ResourceIdText,
};
pub use parts::{DateRangeBody, PercentChangeBody, RateName, ShareBody, ValidityBody};
pub use plan::{CancellationBody, IncludedBody, PaymentName, PlanBody, PlanPriceBody, StepBody};
pub use rule::{
    BoundsBody, ConditionBody, LimitsBody, RestrictionBody, RuleBody, SlotBoundsBody, SoldPercentBoundsBody,
    TimesBody,
};

/// The names of parts, in their order.
fn names<'a, T: Display + 'a>(all: impl IntoIterator<Item = &'a T>) -> Vec<String> {
    all.into_iter().map(ToString::to_string).collect()
}

/// An amount without its currency, which is the card's.
fn amount(money: Money) -> i64 {
    money.amount()
}

/// A percentage as a number. What has four decimals at most, a double says as it was written.
fn number(percent: Percentage) -> Number {
    percent.to_string().parse().unwrap_or_else(|_| Number::from(0))
}

/// A local time, `HH:MM`.
fn local(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_no(flag: &bool) -> bool {
    !flag
}
