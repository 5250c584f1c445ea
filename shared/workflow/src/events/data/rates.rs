//! What the events of rates say. Plans have no names for people here, and the lines of a price neither names nor taxes that they include:
//! what is said is bounded, and reads as well for plans that not everybody may see.

use std::collections::BTreeSet;

use holdfast_domain::bookings::{PriceLine, PriceLineKind};
use holdfast_domain::catalogue::Month;
use holdfast_domain::rates::card::CardVersion;
use holdfast_domain::rates::charge::Due;
use holdfast_domain::rates::dated::MonthRates;
use holdfast_domain::{Booking, PropertyId, ResourceId};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::scalar::{BookingName, Instant, Price, PropertyName, ResourceName, Text};

/// A version of a rate card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PutVersion {
    /// Its number, as `sequence`.
    pub version: u64,
    /// From when on it holds.
    pub valid_from: Instant,
}

/// The data of `rate.updated`: a version that was put, or what is set for a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RateUpdated {
    /// The resource.
    pub resource_id: ResourceName,
    /// The property that it belonged to when the rates were written; left out if to none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub property_id: Option<PropertyName>,
    /// The version of the rate card that was put; left out where something was set for dates. The card itself is in the answer of `readRateVersions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub card: Option<PutVersion>,
    /// The local month, such as 2026-06, for whose dates something was set; left out where a version was put.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub month: Option<String>,
    /// The dates of the month for which another price or restriction is set now than before, at most 31; likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub dates: Option<Vec<String>>,
}

impl RateUpdated {
    fn new((resource, property): (&ResourceId, Option<&PropertyId>)) -> Self {
        Self {
            resource_id: Text(resource.clone()),
            property_id: property.cloned().map(Text),
            card: None,
            month: None,
            dates: None,
        }
    }

    /// A version that was put.
    #[must_use]
    pub fn of_card(of: (&ResourceId, Option<&PropertyId>), put: &CardVersion) -> Self {
        let card = PutVersion { version: put.number, valid_from: Text(put.valid_from) };
        Self { card: Some(card), ..Self::new(of) }
    }

    /// What is set for a month after what was; `None` where it is the same.
    #[must_use]
    pub fn of_month(
        of: (&ResourceId, Option<&PropertyId>),
        month: Month,
        rates: &MonthRates,
        previous: &MonthRates,
    ) -> Option<Self> {
        let dates: BTreeSet<&Date> = rates.dates.keys().chain(previous.dates.keys()).collect();
        let changed = dates.into_iter().filter(|date| rates.dates.get(date) != previous.dates.get(date));
        let changed: Vec<String> = changed.map(ToString::to_string).collect();
        (!changed.is_empty()).then(|| Self {
            month: Some(month.to_string()),
            dates: Some(changed),
            ..Self::new(of)
        })
    }
}

/// What a line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AppliedLineKind {
    /// The places.
    Stay,
    /// What a promotion takes off: below nothing.
    Discount,
    /// Something beside the places.
    Extra,
    /// What the place takes beside the price.
    Fee,
    /// A tax that the other lines do not include.
    Tax,
}

/// When a line is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AppliedLineDue {
    /// With the booking.
    Now,
    /// At the place.
    AtProperty,
}

/// A line of a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AppliedLine {
    /// What it is for.
    pub kind: AppliedLineKind,
    /// The name in the rate card of its plan, promotion, extra, tax or fee.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub code: Option<String>,
    /// How much, in the minor unit of the price's currency; below nothing for a discount.
    pub amount: i64,
    /// Of how many equal parts it is the sum; 1 where it is no such sum.
    pub count: u32,
    /// The local date of the first slot it is for; left out where it is for no dates.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub from: Option<String>,
    /// The local date after the last slot it is for; likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub to: Option<String>,
    /// When it is paid.
    pub due: AppliedLineDue,
    /// Whether a cancellation may give it back, as it may if this is left out; what is not is kept, whatever the plan gives back.
    #[schema(required = false)]
    pub refundable: bool,
}

impl From<&PriceLine> for AppliedLine {
    fn from(line: &PriceLine) -> Self {
        let detail = line.detail.as_ref();
        let dates = detail.and_then(|detail| detail.dates);
        Self {
            kind: match line.kind {
                PriceLineKind::Stay => AppliedLineKind::Stay,
                PriceLineKind::Discount => AppliedLineKind::Discount,
                PriceLineKind::Extra => AppliedLineKind::Extra,
                PriceLineKind::Fee => AppliedLineKind::Fee,
                PriceLineKind::Tax => AppliedLineKind::Tax,
            },
            code: detail.map(|detail| detail.code.clone()),
            amount: line.amount.amount(),
            count: detail.map_or(1, |detail| detail.count),
            from: dates.map(|dates| dates.from.to_string()),
            to: dates.map(|dates| dates.to.to_string()),
            due: match line.due() {
                Due::Now => AppliedLineDue::Now,
                Due::AtProperty => AppliedLineDue::AtProperty,
            },
            refundable: detail.is_none_or(|detail| detail.refundable),
        }
    }
}

/// The data of `rate.applied`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RateApplied {
    /// The booking.
    pub booking_id: BookingName,
    /// The resource.
    pub resource_id: ResourceName,
    /// The property that the resource belonged to when it was ordered; left out if to none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub property_id: Option<PropertyName>,
    /// The rate plan.
    pub rate_plan_id: String,
    /// The version of the rate card that priced it.
    pub card_version: u64,
    /// What is paid with the booking: the sum of the lines that are due `now`.
    pub price: Price,
    /// What is paid at the place: the sum of the others.
    pub pay_at_property: Price,
    /// The promotion's code; left out if none was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub promotion_code: Option<String>,
    /// What both are made of: 500 lines at most. Their names, and taxes that they include, are in the answer of `readBooking`.
    pub lines: Vec<AppliedLine>,
}

impl RateApplied {
    /// The rate of a booking; `None` where no rate card priced it.
    #[must_use]
    pub fn new(booking: &Booking) -> Option<Self> {
        let order = &booking.order;
        let rate = order.rate.as_deref()?;
        Some(Self {
            booking_id: Text(booking.id.clone()),
            resource_id: Text(order.resource.clone()),
            property_id: order.property.clone().map(Text),
            rate_plan_id: rate.plan.to_string(),
            card_version: rate.card_version,
            price: order.price.total().into(),
            pay_at_property: order.price.at_property().into(),
            promotion_code: rate.promotion.as_ref().map(|code| code.as_str().to_owned()),
            lines: order.price.lines().iter().map(AppliedLine::from).collect(),
        })
    }
}
