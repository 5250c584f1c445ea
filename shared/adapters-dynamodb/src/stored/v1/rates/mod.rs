//! Rate cards and the rates of single dates as version 1 has them. Amounts are in minor units of the card's currency, which is named
//! once. What is not said is left out, so that a document is about as long as the request that it came by.

pub(crate) mod card;
pub(crate) mod charge;
mod condition;
pub(crate) mod dated;
mod plan;
mod promotion;

use holdfast_domain::rates::ids::{
    CalendarId, Channel, ChargeId, ExtraId, PlanId, RateGroup, RestrictionId, RuleId, TaxCategory, UnitTypeId,
};
use holdfast_domain::rates::percentage::Percentage;
use holdfast_domain::rates::promotion::PromotionCode;
use holdfast_domain::{Currency, Money};
use jiff::civil::{Date, Weekday};

use crate::stored::reason::{Reason, reason};
use crate::stored::v1::scalar::{Scalar, Text, parsed, parsed_text};

parsed_text!(
    CalendarId,
    Channel,
    ChargeId,
    ExtraId,
    PlanId,
    RateGroup,
    RestrictionId,
    RuleId,
    TaxCategory,
    UnitTypeId,
    PromotionCode
);

/// ISO 4217.
/// A number in decimals, such as `12.5`, which a binary fraction could not say.
impl Scalar for Percentage {
    fn write(&self) -> String {
        self.to_string()
    }

    fn read(text: &str) -> Result<Self, Reason> {
        parsed(Self::parse, text)
    }
}

/// A local date, such as `2030-06-01`.
impl Scalar for Date {
    fn write(&self) -> String {
        self.to_string()
    }

    fn read(text: &str) -> Result<Self, Reason> {
        text.parse().map_err(reason)
    }
}

fn money(amount: i64, currency: Currency) -> Result<Money, Reason> {
    Money::new(amount, currency).map_err(reason)
}

fn some_money(amount: Option<i64>, currency: Currency) -> Result<Option<Money>, Reason> {
    amount.map(|amount| money(amount, currency)).transpose()
}

fn texts<'a, T: Clone + 'a>(all: impl IntoIterator<Item = &'a T>) -> Vec<Text<T>> {
    all.into_iter().cloned().map(Text).collect()
}

fn plain<T, C: FromIterator<T>>(stored: Vec<Text<T>>) -> C {
    stored.into_iter().map(|Text(value)| value).collect()
}

/// Days of the week; 1 is Monday.
fn store_weekdays(days: &[Weekday]) -> Vec<i8> {
    days.iter().map(|day| day.to_monday_one_offset()).collect()
}

fn read_weekdays(stored: Vec<i8>) -> Result<Vec<Weekday>, Reason> {
    stored.into_iter().map(|day| Weekday::from_monday_one_offset(day).map_err(reason)).collect()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_no(flag: &bool) -> bool {
    !flag
}
