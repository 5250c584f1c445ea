//! Search and calendars on the wire.

use std::collections::BTreeMap;

use holdfast_app::catalogue::CalendarSlot;
use holdfast_app::search::{LIMIT_MAX, Missed, Offer, Query as Question, Sort};
use holdfast_domain::catalogue::{CAPACITY_MAX, Label};
use holdfast_domain::rates::sale::Sale;
use holdfast_domain::{ResourceId, When};
use holdfast_http::read::fields::{date, when, without_card};
use holdfast_http::read::query::{Query, number, with_plus};
use holdfast_http::{Refusal, paging};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::catalogue::wire::{AttributeBody, attributes};
use crate::rates::quotes::ReasonBody;
use crate::wire::{MoneyBody, instant};
use crate::words::words;

/// The order of results.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Sort)]
pub enum SortName {
    /// Cheapest first.
    Price,
    /// Best first.
    Rating,
    /// Nearest to `near` first.
    Distance,
}

/// Parameters of search.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct SearchParameters {
    /// Kind of resource.
    #[param(format = "label", example = "hotel")]
    pub resource_type: String,
    /// Where.
    #[param(format = "label", example = "NYC")]
    pub location: String,
    /// First moment (RFC 3339), or a local date.
    #[param(format = "when", example = "2027-06-01")]
    pub start: String,
    /// Moment or local date after the last.
    #[param(format = "when", example = "2027-06-03")]
    pub end: String,
    /// Units.
    #[param(required = false, default = 1, minimum = 1, maximum = 100_000)]
    pub quantity: u32,
    /// Order of results; by price if left out.
    #[param(required = false, inline)]
    pub sort: SortName,
    /// `latitude,longitude` in degrees; required to sort by distance.
    #[param(required = false, format = "position", example = "40.7,-74.0")]
    pub near: String,
    /// The most results of the page.
    #[param(required = false, default = 20, minimum = 1, maximum = 100)]
    pub limit: u32,
    /// `nextCursor` of an earlier answer to the same question.
    #[param(required = false, format = "cursor")]
    pub cursor: String,
}

impl SearchParameters {
    /// Reads the query string of `GET /api/availability`.
    ///
    /// # Errors
    /// 422 naming every parameter that is wrong.
    pub fn read(query: &str) -> Result<Question, Refusal> {
        let query = Query::parse(query);
        let label = |text: &str| {
            without_card(text)?;
            Label::parse(text).map(|label| label.as_str().to_owned()).map_err(|error| error.to_string())
        };
        let resource_type = query.required("resourceType", label);
        let location = query.required("location", label);
        let start = query.required("start", |text| when(&with_plus(text)));
        let end = query.required("end", |text| when(&with_plus(text)));
        if !ordered(start, end) {
            query.errors.push("/end", "must be after start");
        }
        let quantity = query.optional("quantity", number(1..=CAPACITY_MAX)).unwrap_or(1);
        let near = query.optional("near", position);
        let by_distance = || match near {
            Some((latitude, longitude)) => Sort::Distance(latitude, longitude),
            None => {
                query.errors.push("/near", "must say where to measure from: latitude,longitude");
                Sort::Price
            }
        };
        let sort = query
            .optional("sort", |text| match text {
                "price" => Ok(Sort::Price),
                "rating" => Ok(Sort::Rating),
                "distance" => Ok(by_distance()),
                _ => Err("must be price, rating or distance".to_owned()),
            })
            .unwrap_or(Sort::Price);
        let limit = paging::limit(&query, paging::LIMIT_DEFAULT, LIMIT_MAX);
        let cursor = query.optional("cursor", paging::cursor);
        let question = || {
            Some(Question {
                resource_type: resource_type?,
                location: location?,
                start: start?,
                end: end?,
                quantity,
                sort,
                limit,
                cursor,
            })
        };
        let question = question();
        query.finish(question)
    }
}

/// Whether a range may be in order. A date and an instant can be compared only where the resource is.
fn ordered(start: Option<When>, end: Option<When>) -> bool {
    match (start, end) {
        (Some(When::Date(start)), Some(When::Date(end))) => start < end,
        (Some(When::Instant(start)), Some(When::Instant(end))) => start < end,
        (Some(When::Date(_)), Some(When::Instant(_)))
        | (Some(When::Instant(_)), Some(When::Date(_)))
        | (None, _)
        | (_, None) => true,
    }
}

/// `latitude,longitude` in degrees.
fn position(text: &str) -> Result<(f64, f64), String> {
    let degrees = |text: &str, most: f64| {
        let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.'));
        text.parse::<f64>().ok().filter(|degrees| plain && degrees.abs() <= most)
    };
    text.split_once(',')
        .and_then(|(latitude, longitude)| {
            Some((degrees(latitude.trim(), 90.0)?, degrees(longitude.trim(), 180.0)?))
        })
        .ok_or_else(|| "must be latitude,longitude in degrees, such as 40.7,-74.0".to_owned())
}

/// Parameters of a calendar.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CalendarParameters {
    /// First local date of the resource.
    #[param(format = Date, example = "2027-06-01")]
    pub start: String,
    /// Local date after the last.
    #[param(format = Date, example = "2027-07-01")]
    pub end: String,
    /// `nextCursor` of an earlier answer to the same question.
    #[param(required = false, format = "cursor")]
    pub cursor: String,
}

/// What a calendar is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CalendarQuestion {
    /// First local date.
    pub start: Date,
    /// Local date after the last.
    pub end: Date,
    /// When the first slot starts, if not at the beginning.
    pub first: Option<Timestamp>,
}

impl CalendarParameters {
    /// Reads the query string of `GET /api/resources/{resourceId}/availability`.
    ///
    /// # Errors
    /// 422 naming every parameter that is wrong.
    pub fn read(query: &str, id: &ResourceId) -> Result<CalendarQuestion, Refusal> {
        let query = Query::parse(query);
        let start = query.required("start", date);
        let end = query.required("end", date);
        if start.is_some() && end.is_some() && start >= end {
            query.errors.push("/end", "must be after start");
        }
        let first = query.optional("cursor", |cursor| {
            let first = paging::opened(cursor, &cursor_owner(id))?;
            first.parse::<Timestamp>().map_err(|_| "is not a cursor of this calendar".to_owned())
        });
        let question = start.zip(end).map(|(start, end)| CalendarQuestion { start, end, first });
        query.finish(question)
    }
}

/// The cursor of the rest of a resource's calendar, whose first slot starts at `next`.
pub(crate) fn calendar_cursor(next: Timestamp, id: &ResourceId) -> String {
    paging::opaque(&next.to_string(), &cursor_owner(id))
}

fn cursor_owner(id: &ResourceId) -> String {
    format!("calendar of {id}")
}

/// A resource that is free for the whole range, or of a single date with breaks for a part of it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Offer)]
pub struct OfferBody {
    /// The resource.
    pub resource_id: String,
    /// The property that it belongs to, if it does to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub property_id: Option<String>,
    /// Its name.
    pub name: String,
    /// Kind of resource.
    pub resource_type: String,
    /// Where it is.
    pub location: String,
    /// Units that could be held in every slot from `startTime` to `endTime`.
    pub available: u32,
    /// From `startTime` to `endTime`, for the quantity asked for: under the default plan, with everything that is due, also at the property.
    /// A quote and a hold say apart what is paid with the booking (`price`) and what at the property (`payAtProperty`).
    pub price: MoneyBody,
    /// First moment of what one hold can take: give it to `POST /api/holds`.
    #[schema(format = DateTime)]
    pub start_time: String,
    /// Moment after the last.
    #[schema(format = DateTime)]
    pub end_time: String,
    /// Further facts.
    pub attributes: BTreeMap<String, AttributeBody>,
}

impl From<&Offer> for OfferBody {
    fn from(offer: &Offer) -> Self {
        let terms = &offer.resource.terms;
        Self {
            resource_id: offer.resource.id.to_string(),
            property_id: terms.property.as_ref().map(ToString::to_string),
            name: terms.name.as_str().to_owned(),
            resource_type: terms.resource_type.as_str().to_owned(),
            location: terms.location.as_str().to_owned(),
            available: offer.available,
            price: offer.price.into(),
            start_time: instant(offer.stay.start),
            end_time: instant(offer.stay.end),
            attributes: attributes(terms),
        }
    }
}

/// A page of offers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OfferList {
    /// The offers, in the order asked for.
    pub results: Vec<OfferBody>,
    /// Where the next page begins; null on the last.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
    /// Where nothing is offered: why, by how many resources of that kind and place; empty if there are none. Left out where something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_items = 16)]
    pub reasons: Option<Vec<MissedBody>>,
    /// When this was asked of the read model.
    #[schema(format = DateTime)]
    pub as_of: String,
}

/// Why resources are not offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NoOfferReason)]
pub struct MissedBody {
    /// Which.
    pub reason: MissedName,
    /// Of how many resources it is true. One counts for each of its reasons.
    pub resources: u32,
}

words! {
    /// Why a resource is not offered.
    #[schema(as = NoOfferReasonName)]
    pub enum MissedName {
        /// The range does not fit its schedule, or is longer than one hold.
        Range = "range",
        /// The range has begun.
        Past = "past",
        /// Its operator has closed a date of the range.
        Closed = "closed",
        /// It has fewer places than `quantity`.
        Full = "full",
        /// Its default plan is not sold here.
        Channel = "channel",
        /// A longer stay is asked for.
        StayMin = "stay_min",
        /// A shorter stay is asked for.
        StayMax = "stay_max",
        /// No arrival on that date.
        ClosedToArrival = "closed_to_arrival",
        /// No departure on that date.
        ClosedToDeparture = "closed_to_departure",
        /// Nothing is sold on a date of the range.
        StopSell = "stop_sell",
        /// It had to be booked earlier.
        NoticeMin = "notice_min",
        /// It is too early to book it.
        WindowMax = "window_max",
        /// More units have to be asked for.
        QuantityMin = "quantity_min",
        /// Fewer units have to be asked for.
        QuantityMax = "quantity_max",
        /// Dates are sold together.
        SoldTogether = "sold_together",
        /// The price cannot be paid.
        OutOfRange = "out_of_range",
    }
}

impl From<Missed> for MissedName {
    fn from(missed: Missed) -> Self {
        match missed {
            Missed::Range => Self::Range,
            Missed::Past => Self::Past,
            Missed::Closed => Self::Closed,
            Missed::Full => Self::Full,
            Missed::Channel => Self::Channel,
            Missed::StayMin => Self::StayMin,
            Missed::StayMax => Self::StayMax,
            Missed::ClosedToArrival => Self::ClosedToArrival,
            Missed::ClosedToDeparture => Self::ClosedToDeparture,
            Missed::StopSell => Self::StopSell,
            Missed::NoticeMin => Self::NoticeMin,
            Missed::WindowMax => Self::WindowMax,
            Missed::QuantityMin => Self::QuantityMin,
            Missed::QuantityMax => Self::QuantityMax,
            Missed::SoldTogether => Self::SoldTogether,
            Missed::OutOfRange => Self::OutOfRange,
        }
    }
}

impl MissedBody {
    /// The reasons of an answer without offers.
    pub(crate) fn all(missed: &BTreeMap<Missed, u32>) -> Vec<Self> {
        missed
            .iter()
            .map(|(reason, resources)| Self { reason: (*reason).into(), resources: *resources })
            .collect()
    }
}

/// The most reasons that are named of one slot.
const REASONS_MAX: usize = 4;

words! {
    /// Whether stays begin, or end, somewhere.
    #[schema(as = OpenOrClosed)]
    pub enum OpenName {
        /// They do.
        Open = "open",
        /// They do not.
        Closed = "closed",
    }
}

impl OpenName {
    fn of(is_open: bool) -> Self {
        if is_open { Self::Open } else { Self::Closed }
    }
}

/// One slot of a calendar.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CalendarSlot)]
pub struct CalendarSlotBody {
    /// When it begins.
    #[schema(format = DateTime)]
    pub start: String,
    /// When it ends.
    #[schema(format = DateTime)]
    pub end: String,
    /// Places.
    pub capacity: u32,
    /// Places that could be held now; none once it has begun. A night can be held until its local date is over. Restrictions of rates do not
    /// change it.
    pub available: u32,
    /// What the slot costs by itself, for one unit: under the default plan, with everything that is due, also at the property. Left out where
    /// the default plan is not sold there now: of a slot that is stopped (`stop_sell`), or for the start of which it is too late
    /// (`notice_min`) or too early (`window_max`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub price: Option<MoneyBody>,
    /// Of a resource with a rate card: whether a stay under the default plan may begin with it, wherever places are free.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub arrival: Option<OpenName>,
    /// Of a resource with a rate card: whether a stay under the default plan may end with it, that is, when it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub departure: Option<OpenName>,
    /// With an open arrival: how many slots the shortest stay has that begins with it. A quote of it is not refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub stay_min: Option<u32>,
    /// With an open arrival, if it is limited: the most slots of a stay that begins with it. Something else may be against one as long.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub stay_max: Option<u32>,
    /// With an open arrival, if it is limited: the least units.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub quantity_min: Option<u32>,
    /// With an open arrival, if it is limited: the most units.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub quantity_max: Option<u32>,
    /// With a closed arrival: why, at most four reasons. They are those of a quote.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub reasons: Vec<ReasonBody>,
}

impl From<&CalendarSlot> for CalendarSlotBody {
    fn from(slot: &CalendarSlot) -> Self {
        let arrival = slot.sale.as_ref().map(|sale: &Sale| &sale.arrival);
        let stays = arrival.and_then(|arrival| arrival.as_ref().ok());
        let reasons = arrival.and_then(|arrival| arrival.as_ref().err());
        let reasons = reasons.into_iter().flatten().take(REASONS_MAX);
        Self {
            start: instant(slot.slot.start),
            end: instant(slot.slot.end),
            capacity: slot.capacity,
            available: slot.available,
            price: slot.price.map(Into::into),
            arrival: arrival.map(|arrival| OpenName::of(arrival.is_ok())),
            departure: slot.sale.as_ref().map(|sale| OpenName::of(sale.departs)),
            stay_min: stays.map(|stays| stays.slots_min),
            stay_max: stays.and_then(|stays| stays.slots_max),
            quantity_min: stays.and_then(|stays| stays.quantity_min),
            quantity_max: stays.and_then(|stays| stays.quantity_max),
            reasons: reasons.map(Into::into).collect(),
        }
    }
}

/// A calendar, or a part of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Calendar {
    /// Its slots, in time order; at most 1,000.
    pub slots: Vec<CalendarSlotBody>,
    /// Where the next part begins; null on the last.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}
