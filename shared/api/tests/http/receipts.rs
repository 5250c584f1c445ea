//! Receipts on the wire.

use std::sync::Arc;

use holdfast_domain::Money;
use holdfast_domain::catalogue::Label;
use holdfast_domain::properties::{Address, AddressLine, Country};
use holdfast_domain::receipts::{
    MoneyMovement, Receipt, ReceiptIssuer, ReceiptKind, ReceiptSeries, ReceiptTax, receipt_contents,
};
use holdfast_domain::{PropertyId, ResourceId};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::answers::{booked, check, get, paid};
use crate::stub::{Outside, by};

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn usd(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "USD" })
}

/// A booking of 516.00 USD and the path of its receipts.
fn receipted() -> (Arc<Outside>, String) {
    let (outside, pay) = booked(paid());
    check(&outside, pay, 201, None);
    let booking = outside.booking.lock().expect("unpoisoned").clone().expect("a booking");
    (outside, format!("/api/bookings/{}/receipts", booking.id))
}

#[test]
fn a_booking_without_receipts_has_an_empty_list_and_somebody_elses_does_not_exist() {
    let (outside, path) = receipted();
    assert_eq!(check(&outside, get(&path), 200, None).body, json!({ "results": [], "nextCursor": null }));
    let operators = by(get(&path), "desk-7", "booking/operator");
    assert_eq!(check(&outside, operators, 200, None).body, json!({ "results": [], "nextCursor": null }));
    let strangers = check(&outside, by(get(&path), "guest-2", "booking/guest"), 404, Some("not_found"));
    let nobodys = check(&outside, get("/api/bookings/bkg_none/receipts"), 404, Some("not_found"));
    assert_eq!(strangers.body["detail"], nobodys.body["detail"]);
}

#[test]
fn receipts_say_whose_number_what_moved_and_the_taxes_in_it() {
    let (outside, path) = receipted();
    let booking = outside.booking.lock().expect("unpoisoned").clone().expect("a booking");
    let total = booking.order.price.total();
    let half = Money::new(total.amount() / 2, total.currency()).expect("in range");
    let moved = |entry, kind, amount| MoneyMovement { entry, kind, amount, at: at("2027-05-01T10:00:00Z") };
    let moves = [moved(4, ReceiptKind::Payment, total), moved(6, ReceiptKind::Refund, half)];
    let line = |text| AddressLine::parse(text).expect("a line");
    let country = Country::parse("DE").expect("a country");
    let issuer = ReceiptIssuer {
        property: PropertyId::parse("house").expect("an id"),
        name: Label::parse("The House").expect("a label"),
        address: Address::new(vec![line("Platz 1")], line("Berlin"), None, None, country)
            .expect("an address"),
    };
    let mut contents = receipt_contents(&booking.id, &booking.order, None, &moves);
    contents[1].series = ReceiptSeries::Property(issuer.property.clone());
    contents[1].issuer = Some(issuer);
    contents[1].taxes = vec![ReceiptTax {
        code: "vat".to_owned(),
        name: Label::parse("VAT").expect("a label"),
        amount: half,
    }];
    assert_eq!(
        contents[0].series,
        ReceiptSeries::Resource(ResourceId::parse("hotel-nyc-deluxe").expect("an id"))
    );
    let numbered = (7..).zip(contents);
    *outside.receipts.lock().expect("unpoisoned") = numbered
        .map(|(number, content)| Receipt { number, issued_at: at("2027-05-01T10:00:02.5Z"), content })
        .collect();
    let answer = check(&outside, get(&path), 200, None);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let times = json!({ "issuedAt": "2027-05-01T10:00:02.500Z", "movedAt": "2027-05-01T10:00:00.000Z" });
    let with_times = |mut receipt: Value| {
        for (name, value) in times.as_object().expect("times") {
            receipt[name] = value.clone();
        }
        receipt
    };
    let payment = with_times(json!({
        "series": "resource/hotel-nyc-deluxe", "number": 7, "kind": "payment", "amount": usd(51_600),
        "bookingId": booking.id.as_str(), "resourceId": "hotel-nyc-deluxe", "resourceName": booking.order.resource_name,
        "lines": [{ "kind": "stay", "amount": usd(51_600), "count": 1, "due": "now", "refundable": true }], "taxes": []
    }));
    let refund = with_times(json!({
        "series": "property/house", "number": 8, "kind": "refund", "amount": usd(25_800),
        "bookingId": booking.id.as_str(), "resourceId": "hotel-nyc-deluxe", "resourceName": booking.order.resource_name,
        "property": {
            "propertyId": "house", "name": "The House",
            "address": { "lines": ["Platz 1"], "city": "Berlin", "country": "DE" }
        },
        "lines": [], "taxes": [{ "code": "vat", "name": "VAT", "amount": usd(25_800) }]
    }));
    assert_eq!(answer.body, json!({ "results": [payment, refund], "nextCursor": null }));

    let first = check(&outside, get(&format!("{path}?limit=1")), 200, None).body;
    assert_eq!(first["results"], json!([payment]));
    let cursor = first["nextCursor"].as_str().expect("another page");
    let second = check(&outside, get(&format!("{path}?limit=1&cursor={cursor}")), 200, None).body;
    assert_eq!(second, json!({ "results": [refund], "nextCursor": null }));
    check(&outside, get(&format!("{path}?cursor=other")), 422, Some("validation_failed"));
}
