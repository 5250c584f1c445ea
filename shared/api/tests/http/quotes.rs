//! What a cancellation would give back, on the wire.

use std::sync::Arc;

use holdfast_api::Identity;
use holdfast_domain::bookings::FailureReason;
use holdfast_domain::{BookingEvent, Money, PaymentStep};
use serde_json::{Value, json};

use crate::answers::{booked, check, failed, get, paid, post};
use crate::stub::{Outside, by};

fn usd(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "USD" })
}

/// A booking of 516.00 USD, as the saga leaves it, and the path of its quote.
fn quoted(saga: Vec<BookingEvent>, answer: (u16, Option<&str>)) -> (Arc<Outside>, String) {
    let (outside, pay) = booked(saga);
    check(&outside, pay, answer.0, answer.1);
    let id = outside.booking.lock().expect("unpoisoned").as_ref().expect("a booking").id.clone();
    (outside, format!("/api/bookings/{id}/cancellation"))
}

#[test]
fn a_quote_has_the_policy_in_dates_and_the_cancellation_gives_what_it_says() {
    let (outside, path) = quoted(paid(), (201, None));
    let id = path.split('/').nth(3).expect("an id").to_owned();
    let quote = check(&outside, get(&path), 200, None);
    assert_eq!(quote.header("cache-control"), Some("no-store"));
    // It starts at 15:00 in New York, and the policy is of two tiers: 24 hours and none.
    assert_eq!(
        quote.body,
        json!({
            "bookingId": id, "status": "confirmed", "paymentStatus": "captured", "cancellable": true,
            "paid": usd(51_600), "refund": usd(51_600), "kept": usd(0),
            "asOf": "2027-05-01T10:00:00.123Z", "validUntil": "2027-05-31T19:00:00.000Z",
            "schedule": [
                { "until": "2027-05-31T19:00:00.000Z", "refund": usd(51_600) },
                { "until": "2027-06-01T18:59:59.999Z", "refund": usd(25_800) },
                { "until": null, "refund": usd(0) }
            ]
        })
    );
    let operators = check(&outside, by(get(&path), "desk-7", "booking/operator"), 200, None);
    assert_eq!(operators.body, quote.body);

    let cancel = path.replace("/cancellation", "/cancel");
    let cancelled = check(&outside, post(&cancel, "{}"), 200, None);
    assert_eq!(cancelled.body["refund"]["amount"], quote.body["refund"]["amount"]);
    let after = check(&outside, get(&path), 200, None);
    assert_eq!(
        after.body,
        json!({
            "bookingId": id, "status": "cancelled", "paymentStatus": "refunded", "cancellable": false,
            "paid": usd(51_600), "refund": usd(51_600), "kept": usd(0),
            "asOf": "2027-05-01T10:00:00.123Z", "validUntil": null, "schedule": []
        })
    );
}

#[test]
fn what_was_refunded_before_counts_in_and_changes_nothing_else() {
    let (outside, path) = quoted(paid(), (201, None));
    let booking = outside.booking.lock().expect("unpoisoned").clone().expect("a booking");
    let total = Money::new(30_000, booking.captured().currency()).expect("in range");
    let refunded = booking.evolve(&BookingEvent::first_payment(PaymentStep::Refunded { total }));
    *outside.booking.lock().expect("unpoisoned") = Some(refunded);
    let quote = check(&outside, get(&path), 200, None).body;
    assert_eq!((&quote["paymentStatus"], &quote["refund"]), (&json!("partially_refunded"), &usd(51_600)));
    let last = json!([
        { "until": "2027-05-31T19:00:00.000Z", "refund": usd(51_600) },
        { "until": null, "refund": usd(30_000) }
    ]);
    assert_eq!(quote["schedule"], last, "what was given back stays the guest's");
}

#[test]
fn a_pending_booking_and_a_failed_one_have_a_quote() {
    let (outside, path) = quoted(Vec::new(), (202, None));
    let pending = check(&outside, get(&path), 200, None).body;
    assert_eq!((&pending["status"], &pending["cancellable"]), (&json!("pending"), &json!(true)));
    assert_eq!(pending["schedule"], json!([{ "until": null, "refund": usd(0) }]));
    assert_eq!((&pending["paid"], &pending["validUntil"]), (&usd(0), &Value::Null));

    let declined = failed(FailureReason::Declined { code: "stolen_card".to_owned() });
    let (outside, path) = quoted(declined, (402, Some("payment_declined")));
    let failed = check(&outside, get(&path), 200, None).body;
    assert_eq!((&failed["status"], &failed["cancellable"]), (&json!("failed"), &json!(false)));
    assert_eq!((&failed["refund"], &failed["schedule"]), (&usd(0), &json!([])));
}

#[test]
fn a_quote_is_its_guests_and_operators() {
    let (outside, path) = quoted(paid(), (201, None));
    let stranger = |path: &str| by(get(path), "guest-2", "booking/guest");
    let theirs = check(&outside, stranger(&path), 404, Some("not_found"));
    let nobodys = check(&outside, stranger("/api/bookings/bkg_none/cancellation"), 404, Some("not_found"));
    assert_eq!(theirs.body["detail"], nobodys.body["detail"]);
    check(&outside, get("/api/bookings/%00/cancellation"), 404, Some("not_found"));
    check(&outside, by(get(&path), "partner-1", "booking/partner"), 403, Some("insufficient_scope"));
    let mut nobody = get(&path);
    nobody.identity = Identity::Unproven;
    check(&outside, nobody, 401, Some("unauthorized"));
    let down = Arc::new(Outside { down: true, ..Outside::with_resource() });
    check(&down, get(&path), 503, Some("service_unavailable"));
}
