//! Prices and restrictions of single dates, set in bulk.

use holdfast_app::rates::LineOutcome;
use serde::Serialize;
use utoipa::ToSchema;

use crate::catalogue::Day;
use crate::rates::wire::parts::DateRangeBody;
use crate::words::words;

/// Prices and restrictions of dates, of many resources at once.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = DatedRates, example = json!({
    "currency": "USD",
    "lines": [
        {
            "resourceIds": ["hotel-nyc-deluxe", "hotel-nyc-suite"], "planId": "flexible", "from": "2027-06-01", "to": "2027-09-01",
            "weekdays": ["fri", "sat"], "price": 18_900, "limits": { "stayMinOnArrival": 2, "closedToArrival": false }
        },
        {
            "resourceIds": ["hotel-nyc-deluxe"], "from": "2028-05-30",
            "copyFrom": { "from": "2027-06-01", "to": "2027-09-01" }
        }
    ]
}))]
pub struct DatedRatesBody {
    /// ISO 4217: the currency of the prices, and of the resources that they are for. Required where a line has a price.
    #[schema(required = false, format = "currency")]
    pub currency: Option<String>,
    /// The lines, at most 2000 counted once for each of their resources. Those of a resource are done in their order, and may read and
    /// write dates of at most 36 of its months.
    #[schema(min_items = 1, max_items = 500)]
    pub lines: Vec<DatedLine>,
}

/// For some resources either what is set for dates under a plan (`planId`, `from`, `to`), or a copy of what is set for other dates under
/// every plan (`from`, `copyFrom`). A copy goes date by date: from a Friday to a Friday if `from` is the day of the week that `copyFrom` begins with.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DatedLine {
    /// The resources; they may differ from line to line.
    #[schema(min_items = 1, max_items = 100)]
    pub resource_ids: Vec<ResourceIdText>,
    /// The plan.
    #[schema(required = false, format = "rate-name", example = "flexible")]
    pub plan_id: Option<String>,
    /// The first local date.
    #[schema(format = Date, example = "2027-06-01")]
    pub from: String,
    /// The local date after the last, at most 400 days later.
    #[schema(required = false, format = Date, example = "2027-09-01")]
    pub to: Option<String>,
    /// Only those of these days of the week; all if left out.
    #[schema(required = false, max_items = 7)]
    pub weekdays: Vec<Day>,
    /// The price per slot and unit, in place of the plan's own, be that a `base` or derived. Null: it is set no more; left out: it stays.
    #[schema(required = false, minimum = 0, maximum = 99_999_999_999_i64, example = 18_900)]
    pub price: Option<i64>,
    /// Limits: a number takes the place of the card's, a yes is added to the card's, and a no opens nothing that the card closes. Null: none
    /// is set any more; left out: they stay.
    #[schema(required = false)]
    pub limits: Option<DatedLimits>,
    /// The dates whose prices and limits are copied to as many dates from `from` on: date by date, not by day of the week. What was set for
    /// those is replaced, also by nothing. The dates that are read may not be written by this
    /// line or a later one.
    #[schema(required = false)]
    pub copy_from: Option<DateRangeBody>,
}

/// The id of a resource.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = "id", example = "hotel-nyc-deluxe")]
pub struct ResourceIdText(pub String);

/// Limits of dates, also for plans that derive from the line's. One that is null is set no more, one that is left out stays. A number takes
/// the place of the card's of its kind, a yes is added to the card's; `false` takes back a yes that was set for the date, and opens nothing
/// that the card closes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DatedLimits {
    /// The least slots of a stay that arrives on the date.
    #[schema(required = false, format = "slots", example = 2)]
    pub stay_min_on_arrival: Option<u32>,
    /// The least slots of a stay that has a slot on it.
    #[schema(required = false, format = "slots", example = 3)]
    pub stay_min_through: Option<u32>,
    /// The most slots of a stay that arrives on it.
    #[schema(required = false, format = "slots", example = 14)]
    pub stay_max_on_arrival: Option<u32>,
    /// The most slots of a stay that has a slot on it.
    #[schema(required = false, format = "slots", example = 21)]
    pub stay_max_through: Option<u32>,
    /// Whether the least slots do not count where the stay fills all that is free around it: those that are set with it or under a plan
    /// from which the line's derives, or else the card's.
    #[schema(required = false)]
    pub fills_gaps: Option<bool>,
    /// Whether no stay arrives on it.
    #[schema(required = false)]
    pub closed_to_arrival: Option<bool>,
    /// Whether no stay departs on it.
    #[schema(required = false)]
    pub closed_to_departure: Option<bool>,
    /// Whether no stay has a slot on it.
    #[schema(required = false)]
    pub stop_sell: Option<bool>,
    /// The least minutes between the booking and a start on it.
    #[schema(required = false, format = "notice-minutes", example = 120)]
    pub notice_minutes_min: Option<u32>,
    /// The most days between the booking's date and a start on it.
    #[schema(required = false, format = "window-days", example = 365)]
    pub window_days_max: Option<u32>,
    /// The least units of an order that arrives on it.
    #[schema(required = false, format = "units", example = 1)]
    pub quantity_min: Option<u32>,
    /// The most units of an order that arrives on it.
    #[schema(required = false, format = "units", example = 4)]
    pub quantity_max: Option<u32>,
    /// Whether it is sold only together with the dates beside it that are too.
    #[schema(required = false)]
    pub sold_together: Option<bool>,
}

/// What the lines did, in their order.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineResults {
    /// Lines that were done, counted once for each of their resources.
    pub done: usize,
    /// Lines that were refused, likewise.
    pub refused: usize,
    /// What each line did for each of its resources.
    pub lines: Vec<LineResult>,
}

/// What a line did for a resource.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineResult {
    /// The line's position, from 0.
    #[schema(example = 0)]
    pub line: usize,
    /// The resource.
    #[schema(example = "hotel-nyc-deluxe")]
    pub resource_id: String,
    /// Whether it was done.
    pub status: LineStatus,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "the resource has no plan flexible")]
    pub detail: Option<String>,
}

words! {
    /// Whether a line was done.
    #[schema(as = LineStatus)]
    pub enum LineStatus {
        /// It was, or everything was as it says already.
        Ok = "ok",
        /// It was not, and nothing was changed by it.
        Refused = "refused",
    }
}

impl From<LineOutcome> for LineResult {
    fn from(outcome: LineOutcome) -> Self {
        Self {
            line: outcome.line,
            resource_id: outcome.resource.to_string(),
            status: if outcome.fault.is_some() { LineStatus::Refused } else { LineStatus::Ok },
            detail: outcome.fault.map(|fault| fault.to_string()),
        }
    }
}

impl From<Vec<LineOutcome>> for LineResults {
    fn from(outcomes: Vec<LineOutcome>) -> Self {
        let refused = outcomes.iter().filter(|outcome| outcome.fault.is_some()).count();
        Self {
            done: outcomes.len() - refused,
            refused,
            lines: outcomes.into_iter().map(Into::into).collect(),
        }
    }
}
