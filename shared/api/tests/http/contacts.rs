//! How guests are reached, on the wire.

use std::sync::Arc;

use holdfast_domain::BookingEvent;
use http::Method;
use serde_json::{Value, json};

use crate::schemas::invalid;
use crate::stub::{Outside, body, by, gateway, request, run};

fn contact() -> Value {
    json!({ "name": "Ada Lovelace", "email": "ada@example.com", "phone": "+4930901820", "language": "en-GB" })
}

#[test]
fn a_contact_is_shown_to_its_guest_and_to_operators_and_is_a_part_of_the_request() {
    let outside = Arc::new(Outside { saga: vec![BookingEvent::Confirmed], ..Outside::with_resource() });
    let send = |method: Method, path: &str, sent: &Value, sub: &str, scope: &str| {
        let text = if sent.is_null() { String::new() } else { sent.to_string() };
        body(&run(gateway(&outside, by(request(method, path, &text), sub, scope))))
    };
    let guest =
        |method: Method, path: &str, sent: &Value| send(method, path, sent, "guest-1", "booking/guest");
    let hold = json!({ "resourceId": "hotel-nyc-deluxe", "startTime": "2027-06-01", "endTime": "2027-06-03", "quantity": 1 });
    let hold = guest(Method::POST, "/api/holds", &hold)["holdId"].clone();
    let pay = json!({ "holdId": hold, "paymentMethodId": "pm_card_visa", "contact": contact() });
    let booked = guest(Method::POST, "/api/bookings", &pay);
    assert!(booked["contact"].is_null(), "the answer to the request has none: {booked}");
    let path = format!("/api/bookings/{}", booked["bookingId"].as_str().expect("an id"));
    assert_eq!(guest(Method::GET, &path, &json!(null))["contact"], contact());
    assert_eq!(send(Method::GET, &path, &json!(null), "desk", "booking/operator")["contact"], contact());
    assert_eq!(send(Method::GET, &path, &json!(null), "thief", "booking/guest")["code"], "not_found");

    let mut other = pay.clone();
    other["contact"]["email"] = json!("eve@example.com");
    assert_eq!(guest(Method::POST, "/api/bookings", &other)["code"], "idempotency_key_reused");
    assert_eq!(guest(Method::POST, "/api/bookings", &pay)["bookingId"], booked["bookingId"]);
}

#[test]
fn a_contact_that_is_none_is_refused_by_its_field() {
    let check = |contact: Value, expected: &[&str]| {
        let sent = json!({ "holdId": "h", "paymentMethodId": "pm_card_visa", "contact": contact });
        assert_eq!(invalid(&Method::POST, "/api/bookings", &sent), expected, "{sent}");
    };
    check(contact(), &[]);
    check(json!({}), &[]);
    check(json!(null), &[]);
    check(json!({ "phone": "+4242424242424" }), &[]);
    check(json!("ada@example.com"), &["/contact"]);
    check(json!({ "mail": "ada@example.com" }), &["/contact/mail"]);
    check(
        json!({ "name": "", "email": "ada", "phone": "030 901820", "language": "english!" }),
        &["/contact/name", "/contact/email", "/contact/phone", "/contact/language"],
    );
    check(json!({ "name": "4242 4242 4242 4242" }), &["/contact/name"]);
    check(json!({ "email": "4242424242424242@example.com" }), &["/contact/email"]);
    for card in ["4242424242424242", "+378282246310005", "+30569309025904", "+130569309025904"] {
        check(json!({ "phone": card }), &["/contact/phone"]);
    }
}
