//! Quotes on the wire.

use holdfast_app::rates::{NotOffered, Offered, QuoteRequest, Quoted, QuotedPlans};
use holdfast_domain::ResourceId;
use holdfast_domain::catalogue::CAPACITY_MAX;
use holdfast_domain::rates::ids::PlanId;
use holdfast_domain::rates::nearest::Nearest;
use holdfast_domain::rates::plan::Payment;
use holdfast_domain::rates::quote::{Limit, Reason};
use holdfast_domain::rates::words::in_words;
use holdfast_http::Refusal;
use holdfast_http::read::body::Object;
use holdfast_http::read::errors::Errors;
use holdfast_http::read::fields::{instant as read_instant, parsed, shaped_text, text, unsigned, when};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::rates::applied::{ChosenExtraBody, KeptTermsBody, PriceLineBody, UnitBody, lines};
use crate::rates::choice::choice;
use crate::rates::wire::PaymentName;
use crate::wire::{MoneyBody, instant};
use crate::words::words;

/// A stay whose price is asked for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({
    "resourceId": "hotel-nyc-deluxe", "startTime": "2027-06-01", "endTime": "2027-06-03", "quantity": 1
}))]
pub struct NewQuote {
    /// The resource.
    #[schema(format = "id")]
    pub resource_id: String,
    /// First moment (RFC 3339), or a local date of the resource.
    #[schema(format = "when")]
    pub start_time: String,
    /// Moment or local date after the last.
    #[schema(format = "when")]
    pub end_time: String,
    /// Units.
    #[schema(minimum = 1, maximum = 100_000)]
    pub quantity: u32,
    /// The only plan to be quoted; every plan if left out.
    #[schema(format = "rate-name")]
    pub rate_plan_id: Option<String>,
    /// The units one by one: as many as `quantity`. Taxes and prices by guests need it: without it each unit has the adults that the card's
    /// `occupancy` includes, or one guest.
    #[schema(max_items = 100)]
    pub units: Option<Vec<UnitBody>>,
    /// What is chosen beside the places.
    #[schema(max_items = 40)]
    pub extras: Option<Vec<ChosenExtraBody>>,
    /// A promotion's code. Plans for which it is not good are `unavailable` then.
    #[schema(format = "promotion-code")]
    pub promotion_code: Option<String>,
    /// Where the request comes from; `web` if left out.
    #[schema(format = "rate-name")]
    pub channel: Option<String>,
    /// For which moment the price is asked, in place of now: none before the last minute, which counts as now. Only for operators.
    #[schema(format = DateTime)]
    pub as_of: Option<String>,
    /// Which rates are asked: `draft` for those that are not in force yet. Only for operators.
    pub rules: Option<RulesName>,
}

/// Which rates a quote is made by.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Rules)]
pub enum RulesName {
    /// The draft.
    Draft,
}

/// The word of [`RulesName::Draft`].
pub(crate) fn is_draft(text: &str) -> Result<bool, String> {
    if text == "draft" { Ok(true) } else { Err("must be draft".to_owned()) }
}

impl NewQuote {
    /// Reads the body of `POST /api/quotes`.
    ///
    /// # Errors
    /// 422 naming every field that is wrong.
    pub fn read(body: &Value) -> Result<QuoteRequest, Refusal> {
        let errors = Errors::default();
        let request = Object::new(body, "", &errors).and_then(|mut fields| {
            let resource = fields.required("resourceId", parsed(ResourceId::parse));
            let start = fields.required("startTime", |value| when(shaped_text(value)?));
            let end = fields.required("endTime", |value| when(shaped_text(value)?));
            let quantity = fields.required("quantity", unsigned(1..=CAPACITY_MAX));
            let choice = choice(&mut fields, &errors);
            let as_of = fields.optional("asOf", |value| read_instant(shaped_text(value)?));
            let draft = fields.optional("rules", |value| is_draft(text(value)?)).unwrap_or(false);
            fields.close();
            let (resource, start, end) = (resource?, start?, end?);
            let (quantity, plans) = (quantity?, QuotedPlans::Every);
            Some(QuoteRequest { resource, start, end, quantity, choice, plans, as_of, draft, address: None })
        });
        errors.finish(request)
    }
}

/// What a stay costs under each plan.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Quote)]
pub struct QuoteBody {
    /// The resource.
    pub resource_id: String,
    /// First moment.
    #[schema(format = DateTime)]
    pub start_time: String,
    /// Moment after the last.
    #[schema(format = DateTime)]
    pub end_time: String,
    /// Units.
    pub quantity: u32,
    /// Plans that can be had, in the order in which they are shown. A resource without a rate card has the plan `standard`.
    #[schema(max_items = 20)]
    pub offers: Vec<PlanOfferBody>,
    /// Plans that cannot be had for the stay, with every reason: of a code also the plans for which it is not good.
    #[schema(max_items = 20)]
    pub unavailable: Vec<UnavailablePlanBody>,
    /// Plans that can be had and would make the answer too long: ask for each by `ratePlanId`. Left out if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// Where no plan can be had: what would do instead, under whichever of the plans that were asked it is nearest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub nearest: Option<NearestBody>,
    /// The moment that the prices are for.
    #[schema(format = DateTime)]
    pub as_of: String,
}

/// What would do instead of a stay that restrictions keep from being sold: another time (`arrival` of nights, `startTime` and `endTime` of
/// slots), another number (`slots`), or both, each to be chosen by itself. It says nothing of places, which may be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NearestStay)]
pub struct NearestBody {
    /// The plan under which it would be sold.
    pub plan_id: String,
    /// As many nights from this local date of arrival on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Date)]
    pub arrival: Option<String>,
    /// This number of nights or slots from the same start on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub slots: Option<u32>,
    /// As many slots from this moment on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub start_time: Option<String>,
    /// Moment after the last of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub end_time: Option<String>,
}

impl NearestBody {
    pub(crate) fn of(plan: &PlanId, nearest: Nearest) -> Self {
        Self {
            plan_id: plan.to_string(),
            arrival: nearest.arrival.map(|date| date.to_string()),
            slots: nearest.slots,
            start_time: nearest.stay.map(|(start, _)| instant(start)),
            end_time: nearest.stay.map(|(_, end)| instant(end)),
        }
    }
}

/// What a plan costs.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PlanOffer)]
pub struct PlanOfferBody {
    /// The plan's name in requests.
    pub plan_id: String,
    /// The plan's name for people.
    pub name: String,
    /// The version of the rate card that priced it; 0 where the resource has none, and its own `pricing` did.
    pub card_version: u64,
    /// What is paid with the booking.
    pub price: MoneyBody,
    /// What is paid at the place.
    pub pay_at_property: MoneyBody,
    /// What both are made of.
    #[schema(max_items = 500)]
    pub lines: Vec<PriceLineBody>,
    /// What a cancellation keeps.
    pub cancellation_terms: KeptTermsBody,
    /// The same for people, in English, with local dates and times of the resource.
    #[schema(max_length = 4096)]
    pub cancellation_text: String,
    /// What the price includes, for people.
    pub included: Vec<String>,
    /// When the plan is paid.
    pub payment: PaymentName,
    /// By which `createHold` honours the price until `expiresAt`. Left out where nothing is promised: under rates that are not in force,
    /// and of a price with very many different lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub quote_id: Option<String>,
    /// From this instant on `quoteId` is worth nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub expires_at: Option<String>,
}

/// A plan that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UnavailablePlan)]
pub struct UnavailablePlanBody {
    /// The plan.
    pub plan_id: String,
    /// Its name for people, if there is such a plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
    /// Why.
    pub reasons: Vec<ReasonBody>,
}

/// A reason why a plan cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UnavailableReason)]
pub struct ReasonBody {
    /// Which.
    pub reason: ReasonName,
    /// Of a restriction: its name in the rate card; left out for what is set for a date, and for what is of a plan that is not for the caller.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub restriction_id: Option<String>,
    /// Of a restriction: the local date that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Date)]
    pub date: Option<String>,
    /// What it asks: slots of a stay, minutes of notice, days ahead, units, guests or cots.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub limit: Option<u32>,
    /// With `sold_together`: the first local date.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Date)]
    pub from: Option<String>,
    /// With `sold_together`: the local date after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Date)]
    pub to: Option<String>,
    /// With `extra`: which.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub extra_id: Option<String>,
}

words! {
    /// Why a plan cannot be had.
    #[schema(as = UnavailableReasonName)]
    pub enum ReasonName {
        /// There is no such plan, or it is not for the caller.
        NoPlan = "no_plan",
        /// It is not sold there.
        Channel = "channel",
        /// A stay of at least `limit` slots.
        StayMin = "stay_min",
        /// A stay of at most `limit` slots.
        StayMax = "stay_max",
        /// No arrival on the date.
        ClosedToArrival = "closed_to_arrival",
        /// No departure on the date.
        ClosedToDeparture = "closed_to_departure",
        /// Nothing is sold on the date.
        StopSell = "stop_sell",
        /// To be booked `limit` minutes before the start.
        NoticeMin = "notice_min",
        /// To be booked at most `limit` days before the start.
        WindowMax = "window_max",
        /// At least `limit` units.
        QuantityMin = "quantity_min",
        /// At most `limit` units.
        QuantityMax = "quantity_max",
        /// All dates from `from` to `to`, or none.
        SoldTogether = "sold_together",
        /// A kind of unit that there is not.
        UnitType = "unit_type",
        /// More guests than the `limit` of a unit, or none.
        Guests = "guests",
        /// More children in cots than the `limit` of a unit.
        Cots = "cots",
        /// An extra that there is not, or too many of it.
        Extra = "extra",
        /// A code that is not good for this: one reason for all.
        Promotion = "promotion",
        /// The price cannot be paid.
        OutOfRange = "out_of_range",
    }
}

impl ReasonBody {
    fn plain(reason: ReasonName) -> Self {
        Self { reason, restriction_id: None, date: None, limit: None, from: None, to: None, extra_id: None }
    }
}

impl From<&Reason> for ReasonBody {
    fn from(reason: &Reason) -> Self {
        match reason {
            Reason::NoPlan => Self::plain(ReasonName::NoPlan),
            Reason::Channel => Self::plain(ReasonName::Channel),
            Reason::Restricted { restriction, date, limit } => Self {
                restriction_id: restriction.as_ref().map(ToString::to_string),
                date: Some(date.to_string()),
                ..limited(*limit)
            },
            Reason::UnitType => Self::plain(ReasonName::UnitType),
            Reason::Guests { guests_max } => {
                Self { limit: Some(*guests_max), ..Self::plain(ReasonName::Guests) }
            }
            Reason::Cots { cots_max } => Self { limit: Some(*cots_max), ..Self::plain(ReasonName::Cots) },
            Reason::Extra(extra) => {
                Self { extra_id: Some(extra.to_string()), ..Self::plain(ReasonName::Extra) }
            }
            Reason::Promotion => Self::plain(ReasonName::Promotion),
            Reason::OutOfRange => Self::plain(ReasonName::OutOfRange),
        }
    }
}

fn limited(limit: Limit) -> ReasonBody {
    let with = |reason, limit| ReasonBody { limit: Some(limit), ..ReasonBody::plain(reason) };
    match limit {
        Limit::StayMin(slots) => with(ReasonName::StayMin, slots),
        Limit::StayMax(slots) => with(ReasonName::StayMax, slots),
        Limit::ClosedToArrival => ReasonBody::plain(ReasonName::ClosedToArrival),
        Limit::ClosedToDeparture => ReasonBody::plain(ReasonName::ClosedToDeparture),
        Limit::StopSell => ReasonBody::plain(ReasonName::StopSell),
        Limit::NoticeMin(minutes) => with(ReasonName::NoticeMin, minutes),
        Limit::WindowMax(days) => with(ReasonName::WindowMax, days),
        Limit::QuantityMin(units) => with(ReasonName::QuantityMin, units),
        Limit::QuantityMax(units) => with(ReasonName::QuantityMax, units),
        Limit::SoldTogether { from, to } => ReasonBody {
            from: Some(from.to_string()),
            to: Some(to.to_string()),
            ..ReasonBody::plain(ReasonName::SoldTogether)
        },
    }
}

impl From<&NotOffered> for UnavailablePlanBody {
    fn from(plan: &NotOffered) -> Self {
        Self {
            plan_id: plan.plan.to_string(),
            name: plan.name.as_ref().map(|name| name.as_str().to_owned()),
            reasons: plan.reasons.iter().map(Into::into).collect(),
        }
    }
}

impl QuoteBody {
    /// The answer to a request.
    #[must_use]
    pub fn of(request: &QuoteRequest, quoted: &Quoted) -> Self {
        let (start, end) = quoted.stay;
        Self {
            resource_id: request.resource.to_string(),
            start_time: instant(start),
            end_time: instant(end),
            quantity: request.quantity,
            offers: quoted.offers.iter().map(|offer| offered(offer, quoted)).collect(),
            unavailable: quoted.unavailable.iter().map(Into::into).collect(),
            left_out: quoted.left_out.iter().map(ToString::to_string).collect(),
            nearest: quoted.nearest.as_ref().map(|(plan, nearest)| NearestBody::of(plan, *nearest)),
            as_of: instant(quoted.as_of),
        }
    }
}

fn payment(payment: Payment) -> PaymentName {
    match payment {
        Payment::Now => PaymentName::Now,
        Payment::AtProperty => PaymentName::AtProperty,
    }
}

fn offered(offer: &Offered, quoted: &Quoted) -> PlanOfferBody {
    let rate = &offer.rate;
    let total = offer.price.total();
    PlanOfferBody {
        plan_id: rate.plan.to_string(),
        name: rate.plan_name.as_str().to_owned(),
        card_version: rate.card_version,
        price: offer.price.total().into(),
        pay_at_property: offer.price.at_property().into(),
        lines: lines(&offer.price),
        cancellation_terms: (&rate.refunds).into(),
        cancellation_text: in_words(&rate.refunds, total, &quoted.zone, quoted.as_of),
        included: rate.included.iter().map(|name| name.as_str().to_owned()).collect(),
        payment: payment(rate.payment),
        quote_id: offer.promise.as_ref().map(|(id, _)| id.clone()),
        expires_at: offer.promise.as_ref().map(|(_, until)| instant(*until)),
    }
}
