//! Answers of whole routes: statuses, headers, bodies, replays.

use std::sync::Arc;

use holdfast_api::{Identity, Request};
use holdfast_domain::bookings::FailureReason;
use holdfast_domain::{Booking, BookingEvent, HoldLimit, Money, PageRejection, PaymentStep};
use http::Method;
use serde_json::{Value, json};

use crate::stub::{Outside, body, by, gateway, hotel, request, run, with};

pub(crate) struct Answered {
    status: u16,
    headers: http::HeaderMap,
    pub(crate) body: Value,
}

impl Answered {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// Sends a request and checks what every answer has.
pub(crate) fn check(outside: &Arc<Outside>, request: Request, status: u16, code: Option<&str>) -> Answered {
    let what = format!("{} {}", request.method, request.path);
    let response = run(gateway(outside, request));
    let answered = Answered {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: body(&response),
    };
    assert_eq!(answered.status, status, "{what}: {}", answered.body);
    assert_eq!(answered.body["code"].as_str(), code, "{what}: {}", answered.body);
    assert_eq!(answered.header("x-request-id"), Some("request-1"), "{what}");
    assert!(answered.header("traceparent").is_some_and(|trace| trace.len() == 55), "{what}");
    assert_eq!(answered.header("content-type").is_none(), answered.body.is_null(), "{what}");
    if code.is_some() {
        assert_eq!(answered.header("content-type"), Some("application/problem+json"), "{what}");
        assert_eq!(answered.body["status"], status, "{what}");
        assert!(!answered.body.to_string().contains("SECRET"), "{}", answered.body);
    }
    assert_eq!(
        answered.header("retry-after").is_some(),
        matches!(status, 429 | 503) || code == Some("request_in_progress"),
        "{what}"
    );
    answered
}

const HOLD: &str =
    r#"{"resourceId":"hotel-nyc-deluxe","startTime":"2027-06-01","endTime":"2027-06-03","quantity":2}"#;

pub(crate) fn post(path: &str, body: &str) -> Request {
    request(Method::POST, path, body)
}

pub(crate) fn get(path: &str) -> Request {
    request(Method::GET, path, "")
}

#[test]
fn a_hold_is_created_read_extended_and_released() {
    let outside = Arc::new(Outside::with_resource());
    let created = check(&outside, post("/api/holds", HOLD), 201, None);
    let id = created.body["holdId"].as_str().expect("an id").to_owned();
    let path = format!("/api/holds/{id}");
    assert_eq!(created.header("location"), Some(path.as_str()));
    assert_eq!(
        created.body,
        json!({
            "holdId": id, "status": "active", "resourceId": "hotel-nyc-deluxe", "userId": "guest-1",
            "startTime": "2027-06-01T19:00:00Z", "endTime": "2027-06-03T15:00:00Z", "quantity": 2,
            "price": { "amount": 51600, "currency": "USD" }, "payAtProperty": { "amount": 0, "currency": "USD" },
            "ratePlan": { "planId": "standard", "name": "Standard" }, "cardVersion": 0,
            "lines": [{
                "kind": "stay", "code": "standard", "name": "Standard", "amount": { "amount": 51600, "currency": "USD" },
                "count": 4, "due": "now", "refundable": true
            }],
            "cancellationTerms": {
                "freeHoursAfterBooking": 0, "keptAlways": { "amount": 0, "currency": "USD" },
                "steps": [
                    { "until": "2027-05-31T19:00:00.000Z", "kept": { "amount": 0, "currency": "USD" } },
                    { "until": "2027-06-01T18:59:59.999Z", "kept": { "amount": 25800, "currency": "USD" } }
                ]
            },
            "serverTime": "2027-05-01T10:00:00.123Z", "expiresAt": "2027-05-01T10:10:00.123Z"
        })
    );
    let extended = check(&outside, post(&format!("{path}/extend"), ""), 200, None);
    assert_eq!(extended.body["expiresAt"], "2027-05-01T10:20:00.123Z");
    assert_eq!(extended.header("idempotent-replayed"), None);
    let again = check(&outside, post(&format!("{path}/extend"), "{}"), 200, None);
    assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &extended.body));

    let read = check(&outside, get(&path), 200, None);
    assert_eq!(read.body["expiresAt"], "2027-05-01T10:20:00.123Z");
    let replayed = check(&outside, post("/api/holds", HOLD), 200, None);
    assert_eq!((replayed.header("idempotent-replayed"), &replayed.body), (Some("true"), &created.body));
    let reordered =
        r#" {"quantity":2, "endTime":"2027-06-03","startTime":"2027-06-01","resourceId":"hotel-nyc-deluxe"}"#;
    check(&outside, post("/api/holds", reordered), 200, None);
    let other = HOLD.replace("\"quantity\":2", "\"quantity\":1");
    check(&outside, post("/api/holds", &other), 422, Some("idempotency_key_reused"));
    check(&outside, request(Method::DELETE, &path, ""), 204, None);
}

#[test]
fn what_is_somebody_elses_does_not_exist() {
    let outside = Arc::new(Outside::with_resource());
    let created = check(&outside, post("/api/holds", HOLD), 201, None);
    let path = format!("/api/holds/{}", created.body["holdId"].as_str().expect("an id"));
    let stranger = |request| by(request, "guest-2", "booking/guest");
    let theirs = check(&outside, stranger(get(&path)), 404, Some("not_found"));
    let nobodys = check(&outside, stranger(get("/api/holds/hld_none")), 404, Some("not_found"));
    assert_eq!(theirs.body["detail"], nobodys.body["detail"]);
    check(&outside, stranger(get("/api/holds/%00")), 404, Some("not_found"));
    check(&outside, stranger(request(Method::DELETE, &path, "")), 404, Some("not_found"));
    check(&outside, stranger(post(&format!("{path}/extend"), "")), 404, Some("not_found"));
    let pay = json!({ "holdId": created.body["holdId"], "paymentMethodId": "pm_card_visa" }).to_string();
    check(&outside, stranger(post("/api/bookings", &pay)), 404, Some("not_found"));
    check(&outside, by(get(&path), "operator-1", "booking/operator"), 200, None);
    let for_another = HOLD.replace("{\"res", "{\"userId\":\"guest-2\",\"res");
    let key = |request| with(request, "idempotency-key", "key-2");
    check(&outside, key(post("/api/holds", &for_another)), 403, Some("forbidden"));
    let by_operator = by(key(post("/api/holds", &for_another)), "operator-1", "booking/operator");
    assert_eq!(check(&outside, by_operator, 201, None).body["userId"], "guest-2");
}

#[test]
fn a_body_is_json_whatever_its_content_type_says() {
    for kind in ["application/json", "application/x-www-form-urlencoded", "text/plain", "nonsense"] {
        let outside = Arc::new(Outside::with_resource());
        check(&outside, with(post("/api/holds", HOLD), "content-type", kind), 201, None);
    }
}

#[test]
fn a_field_that_is_given_twice_is_refused() {
    let outside = Arc::new(Outside::with_resource());
    let twice = HOLD.replace("{\"res", "{\"quantity\":1,\"res");
    let refused = check(&outside, post("/api/holds", &twice), 400, Some("malformed_json"));
    assert!(
        refused.body["detail"].as_str().is_some_and(|detail| detail.contains("\"quantity\" is given twice"))
    );
    check(&outside, get("/api/holds/h"), 404, Some("not_found"));
}

#[test]
fn head_is_answered_wherever_get_is() {
    let outside = Arc::new(Outside::with_resource());
    for path in [
        "/api/resources/hotel-nyc-deluxe",
        "/api/availability?resourceType=hotel&location=NYC&start=2027-06-01&end=2027-06-03",
        "/api/bookings/b",
        "/api/bookings/b/cancellation",
        "/api/bookings/b/receipts",
        "/api/bookings?limit=0",
    ] {
        let (full, head) =
            (run(gateway(&outside, get(path))), run(gateway(&outside, request(Method::HEAD, path, ""))));
        assert_eq!((head.status(), head.headers()), (full.status(), full.headers()), "{path}");
        assert!(head.body().is_empty() && !full.body().is_empty(), "{path}");
    }
}

#[test]
fn doors_are_shut() {
    let outside = Arc::new(Outside::with_resource());
    let nobody = |mut request: Request| {
        request.identity = Identity::Unproven;
        request
    };
    let put = || request(Method::PUT, "/api/resources/r", &hotel().to_string());
    for request in [
        post("/api/holds", HOLD),
        get("/api/holds/h"),
        post("/api/bookings", "{}"),
        get("/api/bookings"),
        get("/api/bookings/b"),
        get("/api/bookings/b/events"),
        get("/api/bookings/b/cancellation"),
        get("/api/bookings/b/receipts"),
        post("/api/bookings/b/cancel", ""),
        put(),
        request(Method::PATCH, "/api/resources/r/inventory", "{}"),
    ] {
        let refused = check(&outside, nobody(request.clone()), 401, Some("unauthorized"));
        assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
        check(&outside, by(request.clone(), "spaces in it", "booking/guest"), 401, Some("unauthorized"));
        check(&outside, by(request, "partner-1", "booking/partner"), 403, Some("insufficient_scope"));
    }
    check(&outside, put(), 403, Some("insufficient_scope"));
    for open in [
        "/api/resources/hotel-nyc-deluxe",
        "/api/resources/hotel-nyc-deluxe/availability?start=2027-06-01&end=2027-06-02",
        "/api/availability?resourceType=hotel&location=NYC&start=2027-06-01&end=2027-06-03",
    ] {
        check(&outside, nobody(get(open)), 200, None);
    }
}

#[test]
fn keys_are_required_and_checked() {
    let outside = Arc::new(Outside::with_resource());
    for path in ["/api/holds", "/api/holds/h/extend", "/api/bookings", "/api/bookings/b/cancel"] {
        let mut without = post(path, HOLD);
        without.headers.remove("idempotency-key");
        check(&outside, without, 400, Some("idempotency_key_required"));
        for wrong in ["", "a b", "t\u{e9}", &"k".repeat(256)] {
            let request = with(post(path, HOLD), "idempotency-key", wrong);
            check(&outside, request, 400, Some("idempotency_key_required"));
        }
    }
    check(&outside, with(post("/api/holds", HOLD), "idempotency-key", &"k".repeat(255)), 201, None);
}

#[test]
fn refusals_and_outages_have_their_answers() {
    let refusing = |rejection| Arc::new(Outside { rejection: Some(rejection), ..Outside::with_resource() });
    let sold_out = refusing(PageRejection::SoldOut { available: 1 });
    let refused = check(&sold_out, post("/api/holds", HOLD), 409, Some("sold_out"));
    assert_eq!(refused.body["available"], 1);
    for (limit, name, words) in [
        (HoldLimit::PerGuest, "perGuest", "as much of this resource"),
        (HoldLimit::PerSlot, "perSlot", "as many holds of one of these slots"),
        (HoldLimit::PlacesPerSlot, "placesPerSlot", "more places of one of these slots"),
        (HoldLimit::CoolDown, "coolDownSeconds", "a moment ago"),
    ] {
        let reached = refusing(PageRejection::LimitReached { limit, wait_seconds: 30 });
        let limited = check(&reached, post("/api/holds", HOLD), 429, Some("hold_limit_reached"));
        assert_eq!(limited.body["limit"], name);
        assert!(
            limited.body["detail"].as_str().is_some_and(|detail| detail.contains(words)),
            "{}",
            limited.body
        );
        assert_eq!(limited.header("retry-after"), Some("30"));
    }
    check(&refusing(PageRejection::TooManyHolds), post("/api/holds", HOLD), 429, Some("too_many_holds"));
    let in_use = PageRejection::CapacityInUse {
        slot: holdfast_domain::SlotKey::parse("01").expect("a slot"),
        in_use: 3,
    };
    let put = request(Method::PUT, "/api/resources/r", &hotel().to_string());
    check(&refusing(in_use), by(put, "op", "booking/operator"), 409, Some("capacity_in_use"));

    let outside = Arc::new(Outside::with_resource());
    let unknown = HOLD.replace("hotel-nyc-deluxe", "nowhere");
    check(&outside, post("/api/holds", &unknown), 404, Some("not_found"));
    let past = HOLD.replace("2027", "2026");
    let refused = check(&outside, post("/api/holds", &past), 422, Some("validation_failed"));
    assert_eq!(refused.body["errors"][0]["pointer"], "/startTime");
    let long = HOLD.replace("2027-06-03", "2029-06-03");
    let refused = check(&outside, post("/api/holds", &long), 422, Some("range_not_bookable"));
    assert_eq!(refused.body["errors"][0]["pointer"], "/startTime");

    let down = Arc::new(Outside { down: true, ..Outside::with_resource() });
    let webhook = with(
        post("/api/webhooks/stripe", r#"{"data":{"object":{"id":"pi_1"}}}"#),
        "stripe-signature",
        "good",
    );
    for request in [
        post("/api/holds", HOLD),
        get("/api/holds/h"),
        post("/api/bookings", r#"{"holdId":"h","paymentMethodId":"pm_card_visa"}"#),
        get("/api/bookings"),
        post("/api/bookings/b/cancel", ""),
        get("/api/resources/r"),
        get("/api/availability?resourceType=hotel&location=NYC&start=2027-06-01&end=2027-06-03"),
        webhook,
    ] {
        check(&down, request, 503, Some("service_unavailable"));
    }
}

fn usd(amount: i64) -> Money {
    Money::new(amount, holdfast_domain::Currency::parse("USD").expect("known")).expect("in range")
}

pub(crate) fn paid() -> Vec<BookingEvent> {
    vec![
        BookingEvent::first_payment(PaymentStep::Created { intent: "pi_1".to_owned() }),
        BookingEvent::first_payment(PaymentStep::Authorized),
        BookingEvent::Confirmed,
        BookingEvent::first_payment(PaymentStep::Captured { amount: usd(51600) }),
    ]
}

pub(crate) fn failed(reason: FailureReason) -> Vec<BookingEvent> {
    vec![BookingEvent::Failed { reason }]
}

/// Places a hold and asks for its booking; the saga does `saga`.
pub(crate) fn booked(saga: Vec<BookingEvent>) -> (Arc<Outside>, Request) {
    let outside = Arc::new(Outside { saga, ..Outside::with_resource() });
    let hold = check(&outside, post("/api/holds", HOLD), 201, None);
    let pay = json!({ "holdId": hold.body["holdId"], "paymentMethodId": "pm_card_visa" }).to_string();
    (outside, with(post("/api/bookings", &pay), "prefer", "wait=1"))
}

#[test]
fn a_booking_is_answered_the_same_whenever_its_request_comes_again() {
    let (outside, pay) = booked(paid());
    let created = check(&outside, pay.clone(), 201, None);
    let path = format!("/api/bookings/{}", created.body["bookingId"].as_str().expect("an id"));
    assert_eq!(created.header("location"), Some(path.as_str()));
    assert_eq!(created.header("preference-applied"), Some("wait=1"));
    assert_eq!(created.body["status"], "confirmed");
    assert_eq!(created.body["paymentStatus"], "captured");
    assert_eq!(created.body["price"], json!({ "amount": 51600, "currency": "USD" }));

    let asynchronous = with(pay.clone(), "prefer", "respond-async");
    let again = check(&outside, asynchronous, 200, None);
    assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &created.body));
    let other = post("/api/bookings", r#"{"holdId":"h","paymentMethodId":"pm_card_visa"}"#);
    check(&outside, other, 422, Some("idempotency_key_reused"));

    let cancel = post(&format!("{path}/cancel"), r#"{"reason":"plans\nchanged"}"#);
    let cancelled = check(&outside, cancel.clone(), 200, None);
    let refund = json!({ "amount": 51600, "currency": "USD", "status": "succeeded" });
    let id = &created.body["bookingId"];
    assert_eq!(cancelled.body, json!({ "bookingId": id, "status": "cancelled", "refund": refund }));
    let repeated = check(&outside, cancel.clone(), 200, None);
    assert_eq!((repeated.header("idempotent-replayed"), &repeated.body), (Some("true"), &cancelled.body));
    let new_key = with(cancel.clone(), "idempotency-key", "key-9");
    assert_eq!(check(&outside, new_key, 200, None).body, cancelled.body);
    check(&outside, post(&format!("{path}/cancel"), "{}"), 422, Some("idempotency_key_reused"));

    let replayed = check(&outside, pay, 200, None);
    assert_eq!(replayed.body, created.body, "the first answer, though it is cancelled by now");
    let now = check(&outside, get(&path), 200, None);
    assert_eq!(now.body["status"], "cancelled");
    assert_eq!(now.body["paymentStatus"], "refunded");
    assert_eq!(now.body["cancellation"]["reason"], "plans changed");
    assert_eq!(now.body["cancellation"]["refund"], refund);
}

#[test]
fn a_booking_that_waits_for_the_customer_says_what_to_do() {
    let action = holdfast_domain::payments::CustomerAction {
        client_secret: "pi_1_secret_x".to_owned(),
        redirect_url: Some("https://bank.example/3ds".to_owned()),
        expires_at: "2027-05-01T10:20:00Z".parse().expect("an instant"),
    };
    let (outside, pay) = booked(vec![
        BookingEvent::first_payment(PaymentStep::Created { intent: "pi_1".to_owned() }),
        BookingEvent::first_payment(PaymentStep::ActionRequired { action }),
    ]);
    let pending = check(&outside, pay.clone(), 202, None);
    assert_eq!(pending.body["status"], "pending");
    assert_eq!(pending.body["expiresAt"], "2027-05-01T10:20:00Z");
    assert_eq!(
        pending.body["nextAction"],
        json!({
            "type": "redirect_to_url", "clientSecret": "pi_1_secret_x", "paymentIntentId": "pi_1",
            "redirectUrl": "https://bank.example/3ds", "expiresAt": "2027-05-01T10:20:00Z"
        })
    );
    let path = pending.header("location").expect("a location").to_owned();
    let again = check(&outside, pay.clone(), 200, None);
    assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &pending.body));
    assert_eq!(check(&outside, get(&path), 200, None).body, pending.body);
    let operators = check(&outside, by(get(&path), "op", "booking/operator"), 200, None);
    // Nothing that an operator could pay with in the guest's place: Stripe's page names the secret, too.
    assert_eq!(
        operators.body["nextAction"],
        json!({ "type": "redirect_to_url", "paymentIntentId": "pi_1", "expiresAt": "2027-05-01T10:20:00Z" })
    );
    let listed = check(&outside, get("/api/bookings"), 200, None);
    assert_eq!(listed.body["results"][0]["nextAction"], pending.body["nextAction"]);

    let events = [BookingEvent::first_payment(PaymentStep::Authorized), BookingEvent::Confirmed];
    let proceed = |events: &[BookingEvent]| {
        let mut known = outside.booking.lock().expect("unpoisoned");
        let booking = known.take().expect("a booking");
        *known = Some(events.iter().fold(booking, Booking::evolve));
    };
    proceed(&events);
    let still = check(&outside, pay.clone(), 200, None);
    assert_eq!(
        (still.body["status"].as_str(), still.body["nextAction"].as_object()),
        (Some("pending"), None)
    );
    proceed(&[BookingEvent::first_payment(PaymentStep::Captured { amount: usd(51600) })]);
    let done = check(&outside, pay, 200, None);
    assert_eq!(done.body["status"], "confirmed");
    assert_eq!(done.header("idempotent-replayed"), Some("true"));
}

#[test]
fn a_failed_booking_says_why_and_a_decline_stays_one() {
    let (outside, pay) = booked(failed(FailureReason::Declined { code: "insufficient_funds".to_owned() }));
    let first = check(&outside, pay.clone(), 402, Some("payment_declined"));
    assert_eq!(first.body["declineCode"], "card_declined", "not what the bank said");
    assert_eq!(first.header("idempotent-replayed"), None);
    let again = check(&outside, pay, 402, Some("payment_declined"));
    assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &first.body));
    let path = format!("/api/bookings/{}", first.body["bookingId"].as_str().expect("an id"));
    let read = check(&outside, get(&path), 200, None);
    assert_eq!(read.body["status"], "failed");
    assert_eq!(read.body["paymentStatus"], "failed");
    assert_eq!(read.body["failureReason"], "payment_declined");
    assert_eq!(read.body["declineCode"], "card_declined");
    let operator = by(request(Method::GET, &path, ""), "operator-1", "booking/operator");
    assert_eq!(check(&outside, operator, 200, None).body["declineCode"], "insufficient_funds");
    check(&outside, post(&format!("{path}/cancel"), ""), 409, Some("booking_not_cancellable"));

    for code in ["authentication_required", "processing_error", "stolen_card"] {
        let (outside, pay) = booked(failed(FailureReason::Declined { code: code.to_owned() }));
        let told = check(&outside, pay, 402, Some("payment_declined"));
        assert_eq!(told.body["declineCode"], "card_declined", "{code}: a class would tell of the card");
    }
    for (reason, status, code) in [
        (FailureReason::HoldExpired, 409, "hold_expired"),
        (FailureReason::SoldOut, 409, "sold_out"),
        (FailureReason::PaymentTimedOut, 409, "payment_failed"),
        (FailureReason::PaymentVoided, 409, "payment_failed"),
        (FailureReason::ServiceUnavailable, 503, "service_unavailable"),
        (FailureReason::PaymentUnavailable, 503, "service_unavailable"),
    ] {
        let (outside, pay) = booked(failed(reason));
        check(&outside, pay, status, Some(code));
    }
}

#[test]
fn after_an_outage_the_same_key_runs_for_real() {
    let (outside, pay) = booked(failed(FailureReason::PaymentUnavailable));
    let first = check(&outside, pay.clone(), 503, Some("service_unavailable"));
    let second = check(&outside, pay, 503, Some("service_unavailable"));
    assert_ne!(first.body["bookingId"], second.body["bookingId"]);
    assert_eq!(second.header("idempotent-replayed"), None);
}

#[test]
fn a_pending_booking_can_be_cancelled() {
    let (outside, pay) = booked(Vec::new());
    let pending = check(&outside, with(pay.clone(), "prefer", "respond-async"), 202, None);
    assert_eq!(pending.header("preference-applied"), Some("respond-async"));
    let path = pending.header("location").expect("a location").to_owned();
    let cancelled = check(&outside, post(&format!("{path}/cancel"), ""), 200, None);
    assert_eq!(cancelled.body["refund"], json!({ "amount": 0, "currency": "USD", "status": "succeeded" }));
    assert_eq!(check(&outside, get(&path), 200, None).body["paymentStatus"], "voided");
    assert_eq!(check(&outside, pay, 200, None).body["status"], "cancelled");
}

#[test]
fn history_and_trail_are_lists() {
    let (outside, pay) = booked(paid());
    let created = check(&outside, pay, 201, None);
    let first = check(&outside, get("/api/bookings"), 200, None);
    assert_eq!(first.body["results"][0]["bookingId"], created.body["bookingId"]);
    let cursor = first.body["nextCursor"].as_str().expect("a cursor");
    let last = check(&outside, get(&format!("/api/bookings?limit=1&cursor={cursor}")), 200, None);
    assert_eq!(last.body["nextCursor"], Value::Null);
    for wrong in ["limit=0", "limit=101", "limit=x", "cursor=", "cursor=AAAA", &format!("cursor=A{cursor}")] {
        let refused = check(&outside, get(&format!("/api/bookings?{wrong}")), 422, Some("validation_failed"));
        let name = wrong.split('=').next().expect("a name");
        assert_eq!(refused.body["errors"][0]["pointer"], format!("/{name}"));
    }
    let borrowed = by(get(&format!("/api/bookings?cursor={cursor}")), "guest-2", "booking/guest");
    check(&outside, borrowed, 422, Some("validation_failed"));
    let id = created.body["bookingId"].as_str().expect("an id");
    let trail = check(&outside, get(&format!("/api/bookings/{id}/events")), 200, None);
    let event = &trail.body["results"][0];
    assert_eq!(event["type"], "booking.requested");
    for field in ["eventId", "at", "actor", "from", "to", "data"] {
        assert!(!event[field].is_null(), "{field} of {event}");
    }
    assert_eq!(trail.body["nextCursor"], Value::Null);

    let ids = |body: &Value| -> Vec<Value> {
        body["results"].as_array().expect("entries").iter().map(|entry| entry["eventId"].clone()).collect()
    };
    let all = ids(&trail.body);
    let page = check(&outside, get(&format!("/api/bookings/{id}/events?limit=2")), 200, None);
    assert_eq!(ids(&page.body), all[..2]);
    let cursor = page.body["nextCursor"].as_str().expect("a cursor");
    let rest = check(&outside, get(&format!("/api/bookings/{id}/events?cursor={cursor}")), 200, None);
    assert_eq!((ids(&rest.body), &rest.body["nextCursor"]), (all[2..].to_vec(), &Value::Null));
    for wrong in ["limit=0", "limit=101", "limit=x", "cursor=AAAA", &format!("cursor=A{cursor}")] {
        check(&outside, get(&format!("/api/bookings/{id}/events?{wrong}")), 422, Some("validation_failed"));
    }
    let borrowed = get(&format!("/api/bookings?cursor={cursor}"));
    check(&outside, borrowed, 422, Some("validation_failed"));
}

#[test]
fn webhooks_are_checked_at_the_door() {
    let outside = Arc::new(Outside::default());
    let event = r#"{"type":"payment_intent.succeeded","data":{"object":{"id":"pi_1"}}}"#;
    let bare = post("/api/webhooks/stripe", event);
    check(&outside, bare.clone(), 400, Some("invalid_signature"));
    check(&outside, with(bare.clone(), "stripe-signature", "bad"), 400, Some("invalid_signature"));
    check(&outside, with(bare.clone(), "stripe-signature", "\u{e9}"), 400, Some("invalid_signature"));
    check(&outside, with(bare.clone(), "stripe-signature", "unverifiable"), 503, Some("service_unavailable"));
    check(&outside, with(bare, "stripe-signature", "good"), 200, None);
    let unknown = post("/api/webhooks/stripe", r#"{"type":"invoice.paid"}"#);
    check(&outside, with(unknown, "stripe-signature", "good"), 200, None);
}

#[test]
fn traces_go_on() {
    let outside = Arc::new(Outside::with_resource());
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let traced = with(get("/api/holds/h"), "traceparent", &format!("00-{trace}-b7ad6b7169203331-01"));
    let answered = check(&outside, traced, 404, Some("not_found"));
    assert!(answered.header("traceparent").is_some_and(|header| header[3..35] == *trace));
}

#[test]
fn unknown_routes_and_methods() {
    let outside = Arc::new(Outside::default());
    check(&outside, get("/api/holds/h/unknown"), 404, Some("not_found"));
    check(&outside, get("/api/holds/"), 404, Some("not_found"));
    let refused = check(&outside, request(Method::PUT, "/api/holds/h", ""), 405, Some("method_not_allowed"));
    assert_eq!(refused.header("allow"), Some("GET, HEAD, DELETE"));
}
