//! What several parts of a rate card have: names, and dates.

use std::fmt::Display;

use holdfast_domain::rates::condition::DateRange;
use serde::Serialize;
use serde_json::Number;
use utoipa::ToSchema;

/// Local dates from `from` up to, not including, `to`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DateRange)]
pub struct DateRangeBody {
    /// The first.
    #[schema(format = Date, example = "2027-06-01")]
    pub from: String,
    /// The one after the last: itself not included.
    #[schema(format = Date, example = "2027-09-01")]
    pub to: String,
}

impl From<&DateRange> for DateRangeBody {
    fn from(range: &DateRange) -> Self {
        Self { from: range.from.to_string(), to: range.to.to_string() }
    }
}

/// Local dates, both included; without an end where one is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Validity)]
pub struct ValidityBody {
    /// The first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Date, example = "2027-06-01")]
    pub from: Option<String>,
    /// The last, itself included.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Date, example = "2027-08-31")]
    pub until: Option<String>,
}

/// The name of a part of a rate card: 1 to 40 small letters, digits and `-`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = "rate-name", example = "flexible")]
pub struct RateName(pub String);

/// A share of something in percent, from 0 to 100, with at most four decimals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(as = Share, value_type = f64, format = "share", example = 7.5)]
pub struct ShareBody(pub Number);

/// A change of a price in percent of it, from -100 to 900, with at most four decimals: -15 makes it cheaper by 15 %.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(as = PercentChange, value_type = f64, format = "percent-change", example = -15)]
pub struct PercentChangeBody(pub Number);

/// The names of parts, in their order.
pub(super) fn rate_names<'a, T: Display + 'a>(all: impl IntoIterator<Item = &'a T>) -> Vec<RateName> {
    all.into_iter().map(|name| RateName(name.to_string())).collect()
}
