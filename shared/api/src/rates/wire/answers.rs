//! What is answered about rates, and the parameters of questions.

use holdfast_app::rates::CardRecord;
use holdfast_domain::rates::card::{CardVersion, ResourceRates};
use holdfast_domain::rates::condition::DateRange;
use holdfast_domain::rates::dated::{DateRates, DatedRates};
use holdfast_domain::rates::ids::PlanId;
use holdfast_domain::rates::restriction::Limits;
use jiff::ToSpan;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::rates::wire::card::RateCardBody;
use crate::rates::wire::rule::LimitsBody;
use crate::wire::{MoneyBody, instant, moment};

/// The rate cards of a resource.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ResourceRates)]
pub struct RatesBody {
    /// The resource.
    #[schema(example = "hotel-nyc-deluxe")]
    pub resource_id: String,
    /// The version that holds, and those that are to, by the moment from which they do; without any if there is only a draft.
    #[schema(max_items = 4)]
    pub versions: Vec<VersionBody>,
    /// A card that can be tried, and does not hold; null without one.
    #[schema(required = true)]
    pub draft: Option<RateCardBody>,
}

/// A version of a rate card.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CardVersion)]
pub struct VersionBody {
    /// Its number: a later one was put later.
    #[schema(example = 7)]
    pub version: u64,
    /// From when on it holds.
    #[schema(format = DateTime, example = "2027-05-01T00:00:00Z")]
    pub valid_from: String,
    /// The card.
    pub card: RateCardBody,
}

impl From<&CardVersion> for VersionBody {
    fn from(version: &CardVersion) -> Self {
        Self {
            version: version.number,
            valid_from: instant(version.valid_from),
            card: (&version.card).into(),
        }
    }
}

impl From<&ResourceRates> for RatesBody {
    fn from(rates: &ResourceRates) -> Self {
        Self {
            resource_id: rates.resource.to_string(),
            versions: rates.versions.iter().map(Into::into).collect(),
            draft: rates.draft.as_ref().map(Into::into),
        }
    }
}

/// Parameters of a card that is put.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct PutParameters {
    /// From when on the card holds: RFC 3339. From now on, if it is left out or has passed. At most 4 versions may hold now or later.
    #[param(required = false, format = DateTime)]
    pub valid_from: String,
    /// `true`: the card is the draft, and does not hold. Not with `validFrom`.
    #[param(required = false, default = false)]
    pub draft: bool,
    /// `true`: the answer is what it would be, and nothing is written.
    #[param(required = false, default = false)]
    pub dry_run: bool,
}

/// Parameters of the history.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct VersionParameters {
    /// The most versions of the page.
    #[param(required = false, default = 10, minimum = 1, maximum = 10)]
    pub limit: u32,
    /// `nextCursor` of an earlier answer.
    #[param(required = false, format = "cursor")]
    pub cursor: String,
}

/// Versions of a resource's rate card, the newest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CardVersionList)]
pub struct VersionList {
    /// The versions.
    pub results: Vec<ListedVersion>,
    /// Where the next page begins; null on the last.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

/// A version with who put it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ListedCardVersion)]
pub struct ListedVersion {
    /// The version.
    #[serde(flatten)]
    pub version: VersionBody,
    /// When it was put.
    #[schema(format = DateTime)]
    pub at: String,
    /// Who put it: `staff/` and the `sub` of the operator's token.
    #[schema(example = "staff/3f0c2a8e-5d3b-4c0e-9a57-1c2d3e4f5a6b")]
    pub actor: String,
}

impl From<&CardRecord> for ListedVersion {
    fn from(record: &CardRecord) -> Self {
        Self { version: (&record.version).into(), at: moment(record.at), actor: record.actor.clone() }
    }
}

/// Parameters of the calendar of rates.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct RateCalendarParameters {
    /// The first local date.
    #[param(format = Date)]
    pub from: String,
    /// The local date after the last: at most 400 days later with `planId`, 62 without.
    #[param(format = Date)]
    pub to: String,
    /// Only this plan.
    #[param(required = false, format = "rate-name")]
    pub plan_id: String,
}

/// What is set for the dates of a range.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RateCalendar {
    /// The resource.
    #[schema(example = "hotel-nyc-deluxe")]
    pub resource_id: String,
    /// The dates for which something is set, in their order. On the others the rate card holds as it is.
    pub dates: Vec<RateDay>,
}

/// What is set for a date.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RateDay {
    /// The local date.
    #[schema(format = Date, example = "2027-06-04")]
    pub date: String,
    /// By plan.
    pub plans: Vec<RatesOfDay>,
}

/// What is set for a date under a plan.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RatesOfDay {
    /// The plan.
    #[schema(example = "flexible")]
    pub plan_id: String,
    /// The price per slot and unit in place of the plan's own, if one is set. Rules still apply to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub price: Option<MoneyBody>,
    /// The limits that are set: each number in place of the card's, each yes beside the card's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub limits: Option<LimitsBody>,
}

impl RateCalendar {
    /// What is set for a range of dates, under one plan or every one.
    pub(crate) fn of(
        resource_id: String,
        range: DateRange,
        plan: Option<&PlanId>,
        rates: &DatedRates,
    ) -> Self {
        let of_plan = |(id, rates): (&PlanId, &DateRates)| {
            plan.is_none_or(|plan| plan == id).then(|| RatesOfDay {
                plan_id: id.to_string(),
                price: rates.price.map(Into::into),
                limits: (rates.limits != Limits::default()).then(|| (&rates.limits).into()),
            })
        };
        let dates = range.from.series(1.day()).take_while(|date| *date < range.to);
        let days = dates.filter_map(|date| {
            let plans: Vec<RatesOfDay> = rates.on(date)?.iter().filter_map(of_plan).collect();
            (!plans.is_empty()).then(|| RateDay { date: date.to_string(), plans })
        });
        Self { resource_id, dates: days.collect() }
    }
}
