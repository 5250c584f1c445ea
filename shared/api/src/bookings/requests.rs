//! Bookings on the wire: requests.

use std::time::Duration;

use holdfast_app::bookings::BookingRequest;
use holdfast_app::search::LIMIT_MAX;
use holdfast_domain::bookings::{Contact, ContactName, EmailAddress, LanguageTag, PhoneNumber};
use holdfast_domain::{GuestId, HoldId};
use holdfast_http::read::body::Object;
use holdfast_http::read::errors::Errors;
use holdfast_http::read::fields::{clean, parsed, phone_text, text};
use holdfast_http::read::query::Query;
use holdfast_http::{Refusal, paging};
use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

const PAYMENT_METHOD_LENGTH_MAX: usize = 255;
const PAYMENT_METHOD_PREFIXES: [&str; 4] = ["pm_", "card_", "src_", "tok_"];
const PAYMENT_METHOD_REST_LENGTH_MIN: usize = 6;
const REASON_LENGTH_MAX: usize = 500;

/// A hold to be paid.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({
    "holdId": "hld_n2k7u4w5c3r6y1q8z0a9b8c7", "paymentMethodId": "pm_card_visa",
    "contact": { "name": "Ada Lovelace", "email": "ada@example.com", "phone": "+4930901820", "language": "en-GB" }
}))]
pub struct NewBooking {
    /// The hold.
    #[schema(format = "id")]
    pub hold_id: String,
    /// The payment provider's name for the card: never card data. What costs nothing is booked without.
    #[schema(format = "payment-method")]
    pub payment_method_id: Option<String>,
    /// How the guest is reached. Without it, mails go to the address that the guest's account has verified.
    pub contact: Option<ContactBody>,
}

/// How the guest of a booking is reached. What is left out is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Contact, example = json!({
    "name": "Ada Lovelace", "email": "ada@example.com", "phone": "+4930901820", "language": "en-GB"
}))]
pub struct ContactBody {
    /// What the guest is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "name-of-a-guest")]
    pub name: Option<String>,
    /// Where mails about the booking go.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "email-address")]
    pub email: Option<String>,
    /// By E.164: `+`, the country's code and the number, without spaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "phone-number")]
    pub phone: Option<String>,
    /// A language tag by BCP 47.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "language-tag")]
    pub language: Option<String>,
}

impl From<&Contact> for ContactBody {
    fn from(contact: &Contact) -> Self {
        Self {
            name: contact.name.as_ref().map(|name| name.as_str().to_owned()),
            email: contact.email.as_ref().map(|email| email.as_str().to_owned()),
            phone: contact.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            language: contact.language.as_ref().map(|language| language.as_str().to_owned()),
        }
    }
}

/// How the guest is reached; `None` if nothing is said.
fn contact(mut fields: Object<'_>) -> Option<Contact> {
    let contact = Contact {
        name: fields.optional("name", parsed(ContactName::parse)),
        email: fields.optional("email", parsed(EmailAddress::parse)),
        phone: fields.optional("phone", |value| {
            PhoneNumber::parse(phone_text(value)?).map_err(|error| error.to_string())
        }),
        language: fields.optional("language", parsed(LanguageTag::parse)),
        // The use case knows who calls.
        by_operator: false,
    };
    fields.close();
    (!contact.is_empty()).then_some(contact)
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
            let payment_method = fields.optional("paymentMethodId", parsed(payment_method));
            let at = fields.at("contact");
            let contact =
                fields.value("contact").and_then(|value| Object::new(value, at, &errors)).and_then(contact);
            fields.close();
            Some(BookingRequest { hold: hold?, payment_method, contact, wait })
        });
        errors.finish(request)
    }
}

/// A payment method's id, as Stripe makes them. Anything else may be somebody's card, which must not be kept anywhere.
fn payment_method(text: &str) -> Result<String, String> {
    let is_id = PAYMENT_METHOD_PREFIXES.iter().filter_map(|prefix| text.strip_prefix(prefix)).any(|rest| {
        rest.len() >= PAYMENT_METHOD_REST_LENGTH_MIN
            && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    });
    if is_id && text.len() <= PAYMENT_METHOD_LENGTH_MAX {
        Ok(text.to_owned())
    } else {
        Err("must be a payment method's id, such as pm_card_visa, and never a card's number".to_owned())
    }
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
        let limit = paging::limit(&query, paging::LIMIT_DEFAULT, LIMIT_MAX);
        let cursor = query.optional("cursor", |text| paging::opened(text, guest.as_str()));
        query.finish(Some(BookingListQuestion { limit, cursor }))
    }
}
