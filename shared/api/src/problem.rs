//! The one place where failures become HTTP.
//!
//! The policy. What the client can mend is a 4xx that says how: 400 if the request cannot be read at all, 422 if it can be
//! read and makes no sense, each wrong field named; 401 without a token, 403 with one that is not good for this; 404 for
//! what does not exist and, with the same words, for what is somebody else's. 409 means that the request was fine and the
//! state of things refuses it: `code` says which state. 402 is a declined card. 429 asks to come again in a moment.
//!
//! What the client cannot mend is a 5xx: 503 with `Retry-After` if something outside failed and the same request may
//! succeed later, 500 if something is wrong with us. Neither says what is inside; the log has the whole chain of causes.
//!
//! `code` is stable and closed ([`Code`]); `detail` is for people and may change.

use std::error::Error;

use holdfast_app::kernel::{NotChargeable, SlotInUse};
use holdfast_app::{Failure, Field, FieldPath, StoreError};
use holdfast_domain::rates::ids::PlanId;
use holdfast_domain::rates::nearest::Nearest;
use holdfast_domain::rates::quote::Reason;
use holdfast_domain::rates::validate::CardProblem;
use holdfast_http::code::{CodeDefinition, OUTAGE_SECONDS};
use holdfast_http::{FieldError, HttpCode, ProblemCode, Refusal, problem_codes};
use serde::Serialize;
use utoipa::ToSchema;

use crate::bookings::wire::BookingStatusName;
use crate::rates::quotes::{NearestBody, ReasonBody};
use crate::wire::{MoneyBody, instant};

/// Seconds after which a request that met another may be sent again.
const SOON_SECONDS: u32 = 1;
/// When to come again while an operator has stopped new holds.
const STOPPED_SECONDS: u32 = 60;
/// The limit on attempts to pay, as problems name it.
pub(crate) const ATTEMPTS_LIMIT: &str = "attemptsPerDay";

problem_codes! {
    /// Every kind of problem of this API, each with its HTTP status.
    Code {
        MalformedJson, BAD_REQUEST, "malformed_json", "The body is not JSON";
        IdempotencyKeyRequired, BAD_REQUEST, "idempotency_key_required", "An Idempotency-Key is required";
        InvalidSignature, BAD_REQUEST, "invalid_signature", "The signature is not valid";
        InvalidEvent, BAD_REQUEST, "invalid_event", "The event cannot be used";
        Unauthorized, UNAUTHORIZED, "unauthorized", "A valid token is required";
        PaymentDeclined, PAYMENT_REQUIRED, "payment_declined", "The payment was declined";
        InsufficientScope, FORBIDDEN, "insufficient_scope", "The token is not good for this";
        Forbidden, FORBIDDEN, "forbidden", "This is not yours to do";
        NotFound, NOT_FOUND, "not_found", "There is no such thing";
        MethodNotAllowed, METHOD_NOT_ALLOWED, "method_not_allowed", "The method is not allowed here";
        SoldOut, CONFLICT, "sold_out", "Not enough places are left";
        HoldExpired, CONFLICT, "hold_expired", "The hold has expired";
        HoldReleased, CONFLICT, "hold_released", "The hold was released";
        HoldConfirmed, CONFLICT, "hold_confirmed", "The hold is confirmed already";
        HoldNotExtendable, CONFLICT, "hold_not_extendable", "The hold cannot be extended any more";
        RequestInProgress, CONFLICT, "request_in_progress", "Another request is still running";
        CapacityInUse, CONFLICT, "capacity_in_use", "The capacity is in use";
        BookingNotCancellable, CONFLICT, "booking_not_cancellable", "The booking cannot be cancelled";
        RateNotAvailable, CONFLICT, "rate_not_available", "The stay is not to be had under the rate plan";
        QuoteExpired, CONFLICT, "quote_expired", "The quote has expired";
        PaymentFailed, CONFLICT, "payment_failed", "The payment failed";
        PreconditionFailed, PRECONDITION_FAILED, "precondition_failed", "The resource has another version";
        BodyTooLarge, PAYLOAD_TOO_LARGE, "body_too_large", "The body is too large";
        ValidationFailed, UNPROCESSABLE_ENTITY, "validation_failed", "The request does not validate";
        BelowMinimumCharge, UNPROCESSABLE_ENTITY, "below_minimum_charge", "The total is less than can be paid";
        AboveMaximumCharge, UNPROCESSABLE_ENTITY, "above_maximum_charge", "The total is more than can be paid at once";
        PriceNotPayable, UNPROCESSABLE_ENTITY, "price_not_payable", "The resource's price cannot be paid";
        RangeNotBookable, UNPROCESSABLE_ENTITY, "range_not_bookable", "The range cannot be booked";
        QuoteNotValid, UNPROCESSABLE_ENTITY, "quote_not_valid", "The quote is not valid";
        IdempotencyKeyReused, UNPROCESSABLE_ENTITY, "idempotency_key_reused", "The Idempotency-Key was used before";
        TooManyHolds, TOO_MANY_REQUESTS, "too_many_holds", "Too many holds at this moment";
        HoldLimitReached, TOO_MANY_REQUESTS, "hold_limit_reached", "The guest holds as much as one may";
        TooManyAttempts, TOO_MANY_REQUESTS, "too_many_attempts", "Too many attempts to pay";
        TooManyCodes, TOO_MANY_REQUESTS, "too_many_codes", "Too many promotion codes were tried";
        HoldsStopped, SERVICE_UNAVAILABLE, "holds_stopped", "New holds are stopped";
        InternalError, INTERNAL_SERVER_ERROR, "internal_error", "Something went wrong on our side";
        ServiceUnavailable, SERVICE_UNAVAILABLE, "service_unavailable", "The service is not available";
    }
}

impl ProblemCode for Code {
    type Facts = Facts;

    const ALL: &'static [Self] = Self::EVERY;

    fn definition(self) -> CodeDefinition {
        self.defined()
    }

    fn retry_after_seconds(self) -> Option<u32> {
        match self {
            Self::RequestInProgress
            | Self::TooManyHolds
            | Self::HoldLimitReached
            | Self::TooManyAttempts
            | Self::TooManyCodes => Some(SOON_SECONDS),
            Self::HoldsStopped => Some(STOPPED_SECONDS),
            Self::ServiceUnavailable => Some(OUTAGE_SECONDS),
            Self::MalformedJson
            | Self::IdempotencyKeyRequired
            | Self::InvalidSignature
            | Self::InvalidEvent
            | Self::Unauthorized
            | Self::PaymentDeclined
            | Self::InsufficientScope
            | Self::Forbidden
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::SoldOut
            | Self::HoldExpired
            | Self::HoldReleased
            | Self::HoldConfirmed
            | Self::HoldNotExtendable
            | Self::CapacityInUse
            | Self::PreconditionFailed
            | Self::BookingNotCancellable
            | Self::RateNotAvailable
            | Self::QuoteExpired
            | Self::QuoteNotValid
            | Self::PaymentFailed
            | Self::BodyTooLarge
            | Self::ValidationFailed
            | Self::BelowMinimumCharge
            | Self::AboveMaximumCharge
            | Self::PriceNotPayable
            | Self::RangeNotBookable
            | Self::IdempotencyKeyReused
            | Self::InternalError => None,
        }
    }
}

impl From<HttpCode> for Code {
    fn from(code: HttpCode) -> Self {
        match code {
            HttpCode::MalformedJson => Self::MalformedJson,
            HttpCode::IdempotencyKeyRequired => Self::IdempotencyKeyRequired,
            HttpCode::Unauthorized => Self::Unauthorized,
            HttpCode::InsufficientScope => Self::InsufficientScope,
            HttpCode::Forbidden => Self::Forbidden,
            HttpCode::NotFound => Self::NotFound,
            HttpCode::MethodNotAllowed => Self::MethodNotAllowed,
            HttpCode::BodyTooLarge => Self::BodyTooLarge,
            HttpCode::ValidationFailed => Self::ValidationFailed,
            HttpCode::InternalError => Self::InternalError,
            HttpCode::ServiceUnavailable => Self::ServiceUnavailable,
        }
    }
}

/// A problem of this API.
pub type Problem = holdfast_http::Problem<Code>;

/// What a problem says beside the members of the standard. Each member belongs to some codes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Facts {
    /// With `sold_out`: places that are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub available: Option<u32>,
    /// With `below_minimum_charge`: the least that can be paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub minimum: Option<MoneyBody>,
    /// With `above_maximum_charge`: the most that can be paid at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub maximum: Option<MoneyBody>,
    /// With `rate_not_available`: the rate plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub rate_plan_id: Option<String>,
    /// With `rate_not_available`: why, every reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reasons: Option<Vec<ReasonBody>>,
    /// With `rate_not_available`: what would do instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub nearest: Option<NearestBody>,
    /// With `hold_limit_reached`: the limit, a field of the resource's `holdLimits`. With `too_many_attempts`: `attemptsPerDay`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "perSlot")]
    pub limit: Option<String>,
    /// With `capacity_in_use`: the first slot that does not fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub slot: Option<String>,
    /// With `capacity_in_use`: places of the slot that are held or confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub in_use: Option<u32>,
    /// With `capacity_in_use`: the slots that would not exist or have fewer places than are in use, at most 100, in the order of
    /// their starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub slots: Option<Vec<SlotInUseBody>>,
    /// With `booking_not_cancellable`: the booking's status.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub booking_status: Option<BookingStatusName>,
    /// With `payment_declined`: `card_declined`, whatever the bank said; for operators the provider's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "card_declined")]
    pub decline_code: Option<String>,
    /// With `payment_failed`: the reason, as in the booking's `failureReason`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "payment_timed_out")]
    pub failure_reason: Option<String>,
    /// With every code of `POST /api/bookings` that a failed booking causes: that booking.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub booking_id: Option<String>,
    /// With `bookingId`: the hold that was to be paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub hold_id: Option<String>,
}

/// A slot of which places are in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SlotInUse)]
pub struct SlotInUseBody {
    /// Its start.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub start: Option<String>,
    /// Places that are held or confirmed.
    pub in_use: u32,
}

impl From<&SlotInUse> for SlotInUseBody {
    fn from(slot: &SlotInUse) -> Self {
        Self { start: slot.start.map(instant), in_use: slot.in_use }
    }
}

/// The problem that a failure of a use case is.
#[must_use]
pub fn problem(failure: Failure) -> Problem {
    let detail = failure.to_string();
    let plain = |code| Problem::new(code, detail.clone());
    match failure {
        Failure::NotFound(_) => plain(Code::NotFound),
        Failure::Forbidden(_) => plain(Code::Forbidden),
        Failure::Invalid { field, detail } => {
            Refusal::invalid(vec![FieldError { pointer: pointer_to(field), detail }]).into()
        }
        Failure::RateCard(problems) => {
            let error = |problem: CardProblem| FieldError {
                pointer: problem.path,
                detail: match problem.id {
                    Some(id) => format!("{id}: {}", problem.fault),
                    None => problem.fault.to_string(),
                },
            };
            Refusal::invalid(problems.into_iter().map(error).collect()).into()
        }
        Failure::RangeNotBookable(_) => plain(Code::RangeNotBookable),
        Failure::RateNotAvailable { plan, reasons, nearest } => {
            not_available(&detail, &plan, &reasons, nearest)
        }
        Failure::QuoteExpired { .. } => plain(Code::QuoteExpired).blaming(&["/quoteId"]),
        Failure::QuoteNotValid => plain(Code::QuoteNotValid).blaming(&["/quoteId"]),
        Failure::TooManyPages { .. } => {
            Problem::new(Code::RangeNotBookable, format!("{detail}: ask for a shorter range"))
        }
        Failure::SoldOut { available } => {
            plain(Code::SoldOut).with(Facts { available: Some(available), ..Facts::default() })
        }
        Failure::NotChargeable(reason) => {
            let (code, facts, pointer) = match reason {
                NotChargeable::BelowMinimum { minimum, .. } => {
                    let facts = Facts { minimum: Some(minimum.into()), ..Facts::default() };
                    (Code::BelowMinimumCharge, facts, "/quantity")
                }
                NotChargeable::AboveMaximum { maximum, .. } => {
                    let facts = Facts { maximum: Some(maximum.into()), ..Facts::default() };
                    (Code::AboveMaximumCharge, facts, "/quantity")
                }
                // The resource's price is at fault, whatever the quantity.
                NotChargeable::Price(_) => (Code::PriceNotPayable, Facts::default(), "/resourceId"),
            };
            plain(code).with(facts).blaming(&[pointer])
        }
        Failure::TooManyHolds => plain(Code::TooManyHolds),
        Failure::HoldsStopped => plain(Code::HoldsStopped),
        Failure::HoldLimitReached { limit, wait_seconds } => plain(Code::HoldLimitReached)
            .with(Facts { limit: Some(limit.as_str().to_owned()), ..Facts::default() })
            .retry_after(wait_seconds),
        Failure::TooManyAttempts { wait_seconds } => plain(Code::TooManyAttempts)
            .with(Facts { limit: Some(ATTEMPTS_LIMIT.to_owned()), ..Facts::default() })
            .retry_after(wait_seconds),
        Failure::TooManyCodes { wait_seconds } => {
            plain(Code::TooManyCodes).blaming(&["/promotionCode"]).retry_after(wait_seconds)
        }
        Failure::HoldExpired => plain(Code::HoldExpired),
        Failure::HoldReleased => plain(Code::HoldReleased),
        Failure::HoldConfirmed => plain(Code::HoldConfirmed),
        Failure::HoldNotExtendable => plain(Code::HoldNotExtendable),
        Failure::RequestInProgress => plain(Code::RequestInProgress),
        Failure::KeyReused => plain(Code::IdempotencyKeyReused),
        Failure::CapacityInUse { slots } => plain(Code::CapacityInUse).with(Facts {
            slot: slots.first().map(|slot| slot.slot.clone()),
            in_use: slots.first().map(|slot| slot.in_use),
            slots: Some(slots.iter().map(SlotInUseBody::from).collect()),
            ..Facts::default()
        }),
        Failure::PreconditionFailed => plain(Code::PreconditionFailed),
        Failure::NotCancellable(status) => plain(Code::BookingNotCancellable)
            .with(Facts { booking_status: Some(status.into()), ..Facts::default() }),
        Failure::Store(StoreError::Corrupt { .. } | StoreError::TooLarge { .. }) => {
            tracing::error!(error = causes(&failure), "stored data cannot be read");
            Refusal::internal_error().into()
        }
        Failure::Inconsistent(_) => {
            tracing::error!(error = causes(&failure), "stored data contradicts itself");
            Refusal::internal_error().into()
        }
        Failure::BookingRejected(_) => {
            tracing::error!(error = causes(&failure), "a booking was asked for a step out of turn");
            Refusal::internal_error().into()
        }
        Failure::Store(StoreError::Unavailable(_) | StoreError::Contention(_))
        | Failure::Secret(_)
        | Failure::Workflow(_)
        | Failure::Payment(_) => {
            tracing::error!(error = causes(&failure), "something outside failed");
            Refusal::unavailable().into()
        }
    }
}

/// A stay that is not to be had under a plan. What the request names and the plan does not have is wrong in itself; anything else may be
/// had on other dates.
fn not_available(
    detail: &str,
    plan: &PlanId,
    reasons: &[Reason],
    nearest: Option<(PlanId, Nearest)>,
) -> Problem {
    let wrong = |reason: &Reason| {
        let error = |pointer: &str, detail: String| Some(FieldError { pointer: pointer.to_owned(), detail });
        match reason {
            Reason::NoPlan => error("/ratePlanId", "is not a rate plan of the resource".to_owned()),
            Reason::UnitType => error("/units", "must name kinds of units that the resource has".to_owned()),
            Reason::Guests { guests_max } => {
                error("/units", format!("each unit takes between 1 and {guests_max} guests"))
            }
            Reason::Cots { cots_max } => {
                error("/units", format!("each unit takes at most {cots_max} children in cots"))
            }
            Reason::Extra(extra) => error("/extras", format!("{extra} is not to be had, or not as many")),
            Reason::Promotion => error("/promotionCode", "is not a code for this stay".to_owned()),
            Reason::OutOfRange => error("/quantity", "makes a price that cannot be paid".to_owned()),
            Reason::Channel | Reason::Restricted { .. } => None,
        }
    };
    let errors: Vec<FieldError> = reasons.iter().filter_map(wrong).collect();
    if errors.is_empty() {
        Problem::new(Code::RateNotAvailable, detail).with(Facts {
            rate_plan_id: Some(plan.to_string()),
            reasons: Some(reasons.iter().map(ReasonBody::from).collect()),
            nearest: nearest.map(|(plan, nearest)| NearestBody::of(&plan, nearest)),
            ..Facts::default()
        })
    } else {
        Refusal::invalid(errors).into()
    }
}

/// The problem that a failure of a use case is; if the range cannot be booked, its `errors` blame the fields that make up
/// the range.
pub(crate) fn range_problem(failure: Failure, pointers: &[&str]) -> Problem {
    let problem = problem(failure);
    if problem.code() == Code::RangeNotBookable { problem.blaming(pointers) } else { problem }
}

/// The JSON pointer of a field, or the name of its query parameter after a slash.
fn pointer_to(path: FieldPath) -> String {
    let name = match path.field {
        Field::Property => "propertyId",
        Field::StayStart => "startTime",
        Field::StayEnd => "endTime",
        Field::Quantity => "quantity",
        Field::Currency => "currency",
        Field::PriceCurrency => "pricing/currency",
        Field::BasePrice => "pricing/base",
        Field::RatePlan => "ratePlanId",
        Field::Units => "units",
        Field::Extras => "extras",
        Field::PromotionCode => "promotionCode",
        Field::PriceOverride => "priceOverride",
        Field::OverrideAmount => "priceOverride/amount",
        Field::OverrideCurrency => "priceOverride/currency",
        Field::Quote => "quoteId",
        Field::PaymentMethod => "paymentMethodId",
        Field::Cursor => "cursor",
        Field::InventoryEnd => "to",
        Field::CalendarEnd => "end",
        Field::ValidFrom => "validFrom",
        Field::AsOf => "asOf",
    };
    path.item.map_or_else(|| format!("/{name}"), |item| format!("/lines/{item}/{name}"))
}

/// An error with all that caused it, for the log.
pub(crate) fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    // Ends: a chain of causes does.
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use holdfast_app::PaymentError;
    use holdfast_domain::bookings::BookingRejection;
    use holdfast_domain::catalogue::RangeError;
    use holdfast_domain::{BookingStatus, Currency, HoldLimit, Money};
    use holdfast_http::ErrorAnswer;
    use holdfast_http::problem::PROBLEM_JSON;
    use serde_json::{Value, json};

    use super::*;

    fn check(failure: Failure, status: u16, code: &str, facts: Value) {
        let response = problem(failure).into_response("/api/x");
        assert_eq!(response.status().as_u16(), status, "{code}");
        assert_eq!(response.headers()["content-type"], PROBLEM_JSON);
        let retries = matches!(status, 429 | 503) || code == "request_in_progress";
        assert_eq!(response.headers().contains_key("retry-after"), retries, "{code}");
        let body: Value = serde_json::from_slice(response.body()).expect("a problem is JSON");
        for member in ["type", "title", "detail"] {
            assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{member} of {body}");
        }
        assert_eq!(body["status"], status);
        assert_eq!(body["code"], code);
        assert_eq!(body["instance"], "/api/x");
        for (name, value) in facts.as_object().expect("facts") {
            assert_eq!(body[name], *value, "{body}");
        }
        assert!(!body.to_string().contains("SECRET"), "{body}");
    }

    #[test]
    fn every_failure_has_its_answer() {
        let inside = || -> holdfast_app::kernel::Source { "SECRET table name".into() };
        check(Failure::NotFound("hold"), 404, "not_found", json!({ "detail": "there is no such hold" }));
        check(Failure::Forbidden("no"), 403, "forbidden", json!({}));
        let invalid = |field: FieldPath| Failure::Invalid { field, detail: "is wrong".to_owned() };
        let named = |pointer: &str| json!({ "errors": [{ "pointer": pointer, "detail": "is wrong" }] });
        for (field, pointer) in [
            (Field::Property, "/propertyId"),
            (Field::StayStart, "/startTime"),
            (Field::StayEnd, "/endTime"),
            (Field::Quantity, "/quantity"),
            (Field::PriceCurrency, "/pricing/currency"),
            (Field::BasePrice, "/pricing/base"),
            (Field::PriceOverride, "/priceOverride"),
            (Field::OverrideAmount, "/priceOverride/amount"),
            (Field::OverrideCurrency, "/priceOverride/currency"),
            (Field::PaymentMethod, "/paymentMethodId"),
            (Field::Cursor, "/cursor"),
            (Field::InventoryEnd, "/to"),
            (Field::CalendarEnd, "/end"),
            (Field::AsOf, "/asOf"),
        ] {
            check(invalid(field.into()), 422, "validation_failed", named(pointer));
        }
        let of_item = FieldPath { item: Some(3), field: Field::Quantity };
        check(invalid(of_item), 422, "validation_failed", named("/lines/3/quantity"));
        check(Failure::RangeNotBookable(RangeError::NotBookable), 422, "range_not_bookable", json!({}));
        check(Failure::TooManyPages { max: 100 }, 422, "range_not_bookable", json!({}));
        let dollars = |amount| Money::new(amount, Currency::parse("USD").expect("known")).expect("in range");
        let (total, minimum, maximum) = (dollars(40), dollars(50), dollars(30));
        let below: Failure = NotChargeable::BelowMinimum { total, minimum }.into();
        let detail = "costs 0.40 USD; a payment is at least 0.50 USD";
        let errors = json!([{ "pointer": "/quantity", "detail": detail }]);
        let least =
            json!({ "minimum": { "amount": 50, "currency": "USD" }, "errors": errors, "detail": detail });
        check(below, 422, "below_minimum_charge", least);
        let above: Failure = NotChargeable::AboveMaximum { total, maximum }.into();
        let most = json!({ "maximum": { "amount": 30, "currency": "USD" } });
        check(above, 422, "above_maximum_charge", most);
        let detail = "0.40 USD cannot be paid: the resource's price has to be set anew";
        let errors = json!([{ "pointer": "/resourceId", "detail": detail }]);
        check(NotChargeable::Price(total).into(), 422, "price_not_payable", json!({ "errors": errors }));
        check(Failure::SoldOut { available: 2 }, 409, "sold_out", json!({ "available": 2 }));
        let limit = HoldLimit::PerSlot;
        check(
            Failure::HoldLimitReached { limit, wait_seconds: 7 },
            429,
            "hold_limit_reached",
            json!({ "limit": "perSlot" }),
        );
        let limit = json!({ "limit": "attemptsPerDay" });
        check(Failure::TooManyAttempts { wait_seconds: 7 }, 429, "too_many_attempts", limit);
        let blamed = json!([{
            "pointer": "/promotionCode",
            "detail": "too many promotion codes were tried: try again later, or without one",
        }]);
        check(Failure::TooManyCodes { wait_seconds: 7 }, 429, "too_many_codes", json!({ "errors": blamed }));
        check(Failure::HoldsStopped, 503, "holds_stopped", json!({}));
        check(Failure::TooManyHolds, 429, "too_many_holds", json!({}));
        check(Failure::HoldExpired, 409, "hold_expired", json!({}));
        check(Failure::HoldReleased, 409, "hold_released", json!({}));
        check(Failure::HoldConfirmed, 409, "hold_confirmed", json!({}));
        check(Failure::HoldNotExtendable, 409, "hold_not_extendable", json!({}));
        check(Failure::RequestInProgress, 409, "request_in_progress", json!({}));
        check(Failure::KeyReused, 422, "idempotency_key_reused", json!({}));
        let start = "2026-06-01T19:00:00Z";
        let slot = |start| SlotInUse { slot: "01".to_owned(), start, in_use: 3 };
        let in_use = Failure::CapacityInUse { slots: vec![slot(start.parse().ok()), slot(None)] };
        let named = json!([{ "start": start, "inUse": 3 }, { "inUse": 3 }]);
        check(in_use, 409, "capacity_in_use", json!({ "slot": "01", "inUse": 3, "slots": named }));
        check(Failure::PreconditionFailed, 412, "precondition_failed", json!({}));
        check(
            Failure::NotCancellable(BookingStatus::Failed),
            409,
            "booking_not_cancellable",
            json!({ "bookingStatus": "failed" }),
        );
        check(StoreError::Unavailable(inside()).into(), 503, "service_unavailable", json!({}));
        check(StoreError::Contention("SECRET".to_owned()).into(), 503, "service_unavailable", json!({}));
        let corrupt = StoreError::Corrupt { item: "SECRET".to_owned(), reason: "SECRET".to_owned() };
        check(corrupt.into(), 500, "internal_error", json!({}));
        let too_large = StoreError::TooLarge { item: "SECRET".to_owned(), mib_max: 64 };
        check(too_large.into(), 500, "internal_error", json!({}));
        check(Failure::Inconsistent("SECRET".to_owned()), 500, "internal_error", json!({}));
        check(BookingRejection::RefundExceedsCapture.into(), 500, "internal_error", json!({}));
        let refused = PaymentError::Refused { code: "SECRET".to_owned(), message: "SECRET".to_owned() };
        check(refused.into(), 503, "service_unavailable", json!({}));
        check(PaymentError::Unknown(inside()).into(), 503, "service_unavailable", json!({}));
    }

    #[test]
    fn the_log_gets_the_whole_chain_once() {
        let failure = Failure::from(StoreError::Unavailable("no route to host".into()));
        assert_eq!(causes(&failure), "the store failed: the store is unavailable: no route to host");
    }

    #[test]
    fn the_kernel_and_this_api_mean_the_same_by_a_code() {
        for code in HttpCode::ALL {
            let ours = Code::from(*code);
            assert_eq!(ours.definition(), code.definition());
            assert_eq!(ours.retry_after_seconds(), code.retry_after_seconds());
        }
    }

    #[test]
    fn codes_are_distinct_and_in_snake_case() {
        let mut names: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert!(names.iter().all(|name| name.bytes().all(|b| b == b'_' || b.is_ascii_lowercase())));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
    }
}
