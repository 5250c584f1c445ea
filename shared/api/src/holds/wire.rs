//! Holds on the wire.

use holdfast_app::Caller;
use holdfast_app::holds::HoldRequest;
use holdfast_app::rates::RateChoice;
use holdfast_domain::catalogue::CAPACITY_MAX;
use holdfast_domain::holds::Extension;
use holdfast_domain::{GuestId, Hold, HoldSnapshot, HoldStatus, ResourceId};
use holdfast_http::Refusal;
use holdfast_http::read::body::Object;
use holdfast_http::read::errors::Errors;
use holdfast_http::read::fields::{parsed, shaped_text, unsigned, when};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::rates::applied::{ChosenExtraBody, RateBody, UnitBody};
use crate::rates::choice::{choice, quote_id};
use crate::rates::price_override::{NewPriceOverride, price_override};
use crate::wire::{MoneyBody, instant};
use crate::words::words;

/// Places to be held.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({
    "resourceId": "hotel-nyc-deluxe", "startTime": "2027-06-01", "endTime": "2027-06-03", "quantity": 1
}))]
pub struct NewHold {
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
    /// For whom; the caller if left out. Only operators may name somebody else.
    #[schema(format = "guest-id")]
    pub user_id: Option<String>,
    /// The rate plan; the resource's default plan if left out.
    #[schema(format = "rate-name")]
    pub rate_plan_id: Option<String>,
    /// The units one by one: as many as `quantity`.
    #[schema(max_items = 100)]
    pub units: Option<Vec<UnitBody>>,
    /// What is chosen beside the places.
    #[schema(max_items = 40)]
    pub extras: Option<Vec<ChosenExtraBody>>,
    /// A promotion's code.
    #[schema(format = "promotion-code")]
    pub promotion_code: Option<String>,
    /// Where the request comes from; `web` if left out.
    #[schema(format = "rate-name")]
    pub channel: Option<String>,
    /// `quoteId` of an answer of `createQuote`, whose price is honoured; plan, units, extras, code and channel are left out then.
    #[schema(format = "quote-id")]
    pub quote_id: Option<String>,
    /// What the places cost, in place of what the rate card makes of it; only for operators of the resource, and without `promotionCode` and `quoteId`.
    pub price_override: Option<NewPriceOverride>,
}

impl NewHold {
    /// Reads the body of `POST /api/holds`.
    ///
    /// # Errors
    /// 422 naming every field that is wrong.
    pub fn read(body: &Value) -> Result<HoldRequest, Refusal> {
        let errors = Errors::default();
        let request = Object::new(body, "", &errors).and_then(|mut fields| {
            let resource = fields.required("resourceId", parsed(ResourceId::parse));
            let start = fields.required("startTime", |value| when(shaped_text(value)?));
            let end = fields.required("endTime", |value| when(shaped_text(value)?));
            let quantity = fields.required("quantity", unsigned(1..=CAPACITY_MAX));
            let user = fields.optional("userId", parsed(GuestId::parse));
            let price_override = price_override(&mut fields, &errors);
            let choice = RateChoice { price_override, ..choice(&mut fields, &errors) };
            let quote = fields.optional("quoteId", quote_id);
            fields.close();
            let (resource, start, end) = (resource?, start?, end?);
            Some(HoldRequest { resource, start, end, quantity: quantity?, user, choice, quote })
        });
        errors.finish(request)
    }
}

/// Nothing: for requests whose path says it all. The body may also be left out.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({}))]
pub struct Nothing {}

impl Nothing {
    /// Reads a body that has no fields.
    ///
    /// # Errors
    /// 422 naming every field there is.
    pub fn read(body: &Value) -> Result<(), Refusal> {
        let errors = Errors::default();
        let nothing = Object::new(body, "", &errors).map(Object::close);
        errors.finish(nothing)
    }
}

/// A hold.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Hold, example = json!({
    "holdId": "hld_n2k7u4w5c3r6y1q8z0a9b8c7", "status": "active", "resourceId": "hotel-nyc-deluxe", "userId": "guest-1",
    "startTime": "2027-06-01T19:00:00Z", "endTime": "2027-06-03T15:00:00Z", "quantity": 1,
    "price": { "amount": 25800, "currency": "USD" }, "ratePlan": { "planId": "standard", "name": "Standard" }, "cardVersion": 0,
    "lines": [{
        "kind": "stay", "code": "standard", "name": "Standard", "amount": { "amount": 25800, "currency": "USD" }, "count": 2,
        "due": "now", "refundable": true
    }],
    "payAtProperty": { "amount": 0, "currency": "USD" },
    "cancellationTerms": {
        "freeHoursAfterBooking": 0, "keptAlways": { "amount": 0, "currency": "USD" },
        "steps": [{ "until": "2027-05-31T19:00:00.000Z", "kept": { "amount": 0, "currency": "USD" } }]
    },
    "expiresAt": "2027-05-01T10:10:00Z", "serverTime": "2027-05-01T10:00:00Z"
}))]
pub struct HoldBody {
    /// Its id.
    pub hold_id: String,
    /// `active`, `confirmed`, `released` or `expired`.
    pub status: HoldStatusName,
    /// What is held.
    pub resource_id: String,
    /// For whom.
    pub user_id: String,
    /// First moment.
    #[schema(format = DateTime)]
    pub start_time: String,
    /// Moment after the last.
    #[schema(format = DateTime)]
    pub end_time: String,
    /// Units.
    pub quantity: u32,
    /// For the whole range and all units: what is paid with the booking.
    pub price: MoneyBody,
    /// The rate.
    #[serde(flatten)]
    pub rate: RateBody,
    /// From this instant on it counts for nothing.
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// When this was true.
    #[schema(format = DateTime)]
    pub server_time: String,
    /// The booking that pays it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub booking_id: Option<String>,
}

words! {
    /// The status of a hold.
    #[schema(as = HoldStatus)]
    pub enum HoldStatusName {
        /// It takes its places.
        Active = "active",
        /// A booking is confirmed in its place.
        Confirmed = "confirmed",
        /// Its guest gave it back.
        Released = "released",
        /// Its time passed.
        Expired = "expired",
    }
}

impl From<HoldStatus> for HoldStatusName {
    fn from(status: HoldStatus) -> Self {
        match status {
            HoldStatus::Active => Self::Active,
            HoldStatus::Confirmed => Self::Confirmed,
            HoldStatus::Released => Self::Released,
            HoldStatus::Expired => Self::Expired,
        }
    }
}

impl HoldBody {
    /// The answer to the request that placed it: the same whenever it is given.
    #[must_use]
    pub fn placed(hold: &Hold, reader: &Caller) -> Self {
        Self::written(hold, HoldStatus::Active, hold.first_expires_at, hold.created_at, reader)
    }

    /// The answer to the request that extended it: the same whenever it is given.
    #[must_use]
    pub fn extended(hold: &Hold, extension: Extension, reader: &Caller) -> Self {
        Self::written(hold, HoldStatus::Active, extension.expires_at, extension.at, reader)
    }

    /// The hold as it is at `now`.
    #[must_use]
    pub fn current(snapshot: &HoldSnapshot, now: Timestamp, reader: &Caller) -> Self {
        let booking_id = snapshot.hold.booking.as_ref().map(ToString::to_string);
        let body = Self::written(&snapshot.hold, snapshot.status(now), snapshot.expires_at(), now, reader);
        Self { booking_id, ..body }
    }

    fn written(
        hold: &Hold,
        status: HoldStatus,
        expires_at: Timestamp,
        at: Timestamp,
        reader: &Caller,
    ) -> Self {
        Self {
            hold_id: hold.id.to_string(),
            status: status.into(),
            resource_id: hold.order.resource.to_string(),
            user_id: hold.order.guest.to_string(),
            start_time: instant(hold.order.start),
            end_time: instant(hold.order.end),
            quantity: hold.order.quantity,
            price: hold.order.price.total().into(),
            rate: RateBody::of(&hold.order, reader),
            expires_at: instant(expires_at),
            server_time: instant(at),
            booking_id: None,
        }
    }
}
