//! Bookings on the wire: requests.

use std::time::Duration;

use holdfast_app::bookings::BookingRequest;
use holdfast_app::search::LIMIT_MAX;
use holdfast_domain::{GuestId, HoldId};
use holdfast_http::read::body::Object;
use holdfast_http::read::errors::Errors;
use holdfast_http::read::fields::{clean, parsed, text};
use holdfast_http::read::query::Query;
use holdfast_http::{Refusal, paging};
use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

const PAYMENT_METHOD_LENGTH_MAX: usize = 255;
const REASON_LENGTH_MAX: usize = 500;

/// A hold to be paid.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({ "holdId": "hld_n2k7u4w5c3r6y1q8z0a9b8c7", "paymentMethodId": "pm_card_visa" }))]
pub struct NewBooking {
    /// The hold.
    #[schema(format = "id")]
    pub hold_id: String,
    /// The payment provider's name for the card: never card data.
    #[schema(format = "payment-method")]
    pub payment_method_id: String,
}

impl NewBooking {
    /// Reads the body of `POST /api/bookings`.
    ///
    /// # Errors
    /// 422 naming every field that is wrong.
    pub fn read(body: &Value, wait: Duration) -> Result<BookingRequest, Refusal> {
        let errors = Errors::default();
        let request = Object::new(body, "", &errors).and_then(|mut fields| {
            let hold = fields.required("holdId", parsed(HoldId::parse));
            let payment_method = fields.required("paymentMethodId", parsed(payment_method));
            fields.close();
            Some(BookingRequest { hold: hold?, payment_method: payment_method?, wait })
        });
        errors.finish(request)
    }
}

/// A payment method's name. Digits alone are somebody's card number, which must not be kept anywhere.
fn payment_method(text: &str) -> Result<String, String> {
    let visible = text.bytes().all(|b| b.is_ascii_graphic());
    if !(1..=PAYMENT_METHOD_LENGTH_MAX).contains(&text.len()) || !visible {
        return Err(format!("must have 1 to {PAYMENT_METHOD_LENGTH_MAX} visible ASCII characters"));
    }
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
        return Err("must be a payment method's id, never a card number".to_owned());
    }
    Ok(text.to_owned())
}

/// The reason of a cancellation. The body may also be left out.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "plans changed" }))]
pub struct NewCancellation {
    /// In the guest's words.
    #[schema(format = "words")]
    pub reason: Option<String>,
}

impl NewCancellation {
    /// Reads the body of `POST /api/bookings/{bookingId}/cancel`.
    ///
    /// # Errors
    /// 422 naming every field that is wrong.
    pub fn read(body: &Value) -> Result<Option<String>, Refusal> {
        let errors = Errors::default();
        let reason = Object::new(body, "", &errors).map(|mut fields| {
            let reason = fields.optional("reason", reason);
            fields.close();
            reason
        });
        errors.finish(reason)
    }
}

/// The reason's text; people write line breaks into it.
fn reason(value: &Value) -> Result<String, String> {
    let reason = text(value)?.replace(['\r', '\n', '\t'], " ");
    clean(REASON_LENGTH_MAX)(&Value::String(reason))
}

/// Parameters of a list of bookings.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BookingListParameters {
    /// The most results of the page.
    #[param(required = false, default = 20, minimum = 1, maximum = 100)]
    pub limit: u32,
    /// `nextCursor` of an earlier answer.
    #[param(required = false, format = "cursor")]
    pub cursor: String,
}

/// What a list of bookings is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookingListQuestion {
    /// The most results of the page.
    pub limit: u32,
    /// Where the page begins, if not at the beginning.
    pub cursor: Option<String>,
}

impl BookingListParameters {
    /// Reads the query string of `GET /api/bookings`, sent by `guest`.
    ///
    /// # Errors
    /// 422 naming every parameter that is wrong.
    pub fn read(query: &str, guest: &GuestId) -> Result<BookingListQuestion, Refusal> {
        let query = Query::parse(query);
        let limit = paging::limit(&query, LIMIT_MAX);
        let cursor = query.optional("cursor", |text| paging::opened(text, guest.as_str()));
        query.finish(Some(BookingListQuestion { limit, cursor }))
    }
}
