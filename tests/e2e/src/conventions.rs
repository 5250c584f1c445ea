//! API.md, Conventions: shapes of bodies, instants, dates, money, ranges, problems, lists.

use holdfast_client::{Answer, unique};
use serde_json::{Value, json};

use crate::terms::{self, hold_of, in_days, instant, nightly, slots, with};
use crate::world::{World, check, check_done, check_invalid, check_problem, results};

/// Every object key of a body that is not an operator's own.
fn keys(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, inner) in fields {
                found.push(key.clone());
                if key != "attributes" {
                    keys(inner, found);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[track_caller]
fn check_camel_case(answer: &Answer) {
    let mut found = Vec::new();
    keys(&answer.json, &mut found);
    assert!(!found.is_empty(), "no JSON object: {answer:?}");
    for key in found {
        let camel = key.starts_with(|c: char| c.is_ascii_lowercase())
            && key.chars().all(|c| c.is_ascii_alphanumeric());
        assert!(camel, "{key} is not in camel case: {answer}");
    }
}

#[tokio::test]
async fn everything_is_under_api() {
    let w = World::new().await;
    let query = "resourceType=hotel&location=NYC&start=2030-01-01&end=2030-01-02";
    assert_eq!(w.get(&format!("/api/availability?{query}")).send().await.unwrap().status, 200);
    for path in [format!("/availability?{query}"), "/holds".to_owned(), "/bookings".to_owned()] {
        let answer = w.get(&path).token(&w.operator.token).send().await.unwrap();
        assert_eq!(answer.status, 404, "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn answers_are_json_in_camel_case() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let path = format!("/api/resources/{}", offer.id);
    check_camel_case(&check(w.get(&path).send().await.unwrap(), 200));
    let put = w.put_resource(&offer.id, &terms::event(terms::in_hours(900))).await;
    check_camel_case(&check(put, 200));
    let place = unique("place");
    let offer = w.event(json!({"location": place})).await;
    let day = terms::in_days(59).to_string();
    let later = terms::in_days(62).to_string();
    let calendar = w.get(&format!("/api/resources/{}/availability?start={day}&end={later}", offer.id));
    check_camel_case(&check(calendar.send().await.unwrap(), 200));
    let search =
        w.get(&format!("/api/availability?resourceType=event&location={place}&start={day}&end={later}"));
    check_camel_case(&check(search.send().await.unwrap(), 200));
    let hold = check(w.place(&guest, &offer.hold(1)).await, 201);
    check_camel_case(&hold);
    check_camel_case(&check(w.hold(&guest, hold.str("/holdId")).await, 200));
    let booking = check(w.pay(&guest, hold.str("/holdId"), holdfast_client::stripe::ACCEPTED).await, 201);
    check_camel_case(&booking);
    let id = booking.str("/bookingId");
    check_camel_case(&check(w.booking(&guest, id).await, 200));
    check_camel_case(&check(w.read(&guest, "/api/bookings").await, 200));
    check_camel_case(&check(w.read(&guest, &format!("/api/bookings/{id}/events")).await, 200));
    check_camel_case(&check(w.read(&guest, &format!("/api/bookings/{id}/cancellation")).await, 200));
    check_camel_case(&check(w.cancel(&guest, id).await, 200));
    check_camel_case(&check(w.hold(&guest, "hld_unknown").await, 404));
}

#[tokio::test]
async fn instants_take_offsets_and_are_answered_in_utc() {
    let w = World::new().await;
    let guest = w.guest().await;
    let start = terms::in_hours(24 * 50);
    let offer = w.event_at(start, json!({})).await;
    let in_tokyo = |at: &str| instant(at).to_zoned_datetime(jiff::tz::TimeZone::get("Asia/Tokyo").unwrap());
    let written = |at: &str| in_tokyo(at).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    assert!(written(&offer.start).ends_with("+09:00"));
    let body = hold_of(&offer.id, &written(&offer.start), &written(&offer.end), 1);
    let hold = check(w.place(&guest, &body).await, 201);
    for field in ["/startTime", "/endTime", "/expiresAt", "/serverTime"] {
        assert!(hold.str(field).ends_with('Z'), "{field}: {hold}");
        instant(hold.str(field));
    }
    assert_eq!(instant(hold.str("/startTime")), start);

    let body = with(offer.hold(1), json!({"startTime": "tomorrow at noon"}));
    let refused = check_invalid(w.place(&guest, &body).await);
    assert_eq!(refused.str("/errors/0/pointer"), "/startTime", "{refused}");
}

#[tokio::test]
async fn local_dates_are_year_month_day() {
    let w = World::new().await;
    let room = w.room(json!({})).await;
    check_done(w.set_inventory(&room.id, &json!({"from": room.start, "to": room.end, "capacity": 2})).await);
    for wrong in ["01.06.2030", "2030/06/01", "20300601T00", "2030-13-01", "2030-02-30"] {
        let answer = w.set_inventory(&room.id, &json!({"from": wrong, "to": room.end, "capacity": 2})).await;
        let answer = check(answer, 422);
        assert_eq!(answer.str("/errors/0/pointer"), "/from", "{wrong}: {answer}");
    }
}

#[tokio::test]
async fn money_is_a_whole_number_of_minor_units() {
    let w = World::new().await;
    let guest = w.guest().await;
    let room = w.room(json!({"pricing": {"currency": "JPY", "base": 12001}})).await;
    let hold = check(w.place(&guest, &room.hold(2)).await, 201);
    assert_eq!(hold.json["price"], json!({"amount": 24002, "currency": "JPY"}), "{hold}");
    for (pricing, pointer) in [
        (json!({"currency": "EUR", "base": 129.5}), "/pricing/base"),
        (json!({"currency": "EUR", "base": "12900"}), "/pricing/base"),
        (json!({"currency": "EUR", "base": -1}), "/pricing/base"),
        (json!({"currency": "EURO", "base": 12900}), "/pricing/currency"),
        (json!({"currency": "QQQ", "base": 12900}), "/pricing/currency"),
    ] {
        let answer = w.put_resource(&unique("e2e"), &with(nightly(), json!({"pricing": pricing}))).await;
        let answer = check(answer, 422);
        assert_eq!(answer.str("/errors/0/pointer"), pointer, "{answer}");
    }
}

#[tokio::test]
async fn a_check_out_and_a_check_in_on_the_same_day_never_collide() {
    let w = World::new().await;
    let room = w.resource(&with(nightly(), json!({"capacity": 1}))).await;
    let day = |days| in_days(days).to_string();
    let night = |from, to| hold_of(&room, &day(from), &day(to), 1);
    let guest = w.guest().await;
    check(w.place(&guest, &night(30, 32)).await, 201);
    check(w.place(&guest, &night(32, 34)).await, 201);
    check(w.place(&guest, &night(29, 30)).await, 201);
    check_problem(w.place(&guest, &night(31, 32)).await, 409, "sold_out");
    check_problem(w.place(&guest, &night(33, 35)).await, 409, "sold_out");
}

#[tokio::test]
async fn slots_that_touch_never_collide() {
    let w = World::new().await;
    let chair = w.resource(&with(slots(), json!({"capacity": 1}))).await;
    let guest = w.guest().await;
    let date = in_days(20);
    let at = |hour, minute| terms::local("Europe/Berlin", date, hour, minute).to_string();
    check(w.place(&guest, &hold_of(&chair, &at(9, 0), &at(10, 0), 1)).await, 201);
    check(w.place(&guest, &hold_of(&chair, &at(10, 0), &at(10, 30), 1)).await, 201);
    check_problem(w.place(&guest, &hold_of(&chair, &at(9, 30), &at(10, 0), 1)).await, 409, "sold_out");
}

#[tokio::test]
async fn problems_are_whole_and_their_codes_in_snake_case() {
    let w = World::new().await;
    let guest = w.guest().await;
    let room = w.room(json!({"capacity": 1})).await;
    let past = hold_of(&room.id, "2020-01-01", "2020-01-02", 1);
    let unknown = hold_of("nowhere", &room.start, &room.end, 1);
    let problems = [
        w.place(&guest, &room.hold(2)).await,
        w.place(&guest, &past).await,
        w.place(&guest, &unknown).await,
        w.place(&guest, &with(room.hold(1), json!({"quantity": 0}))).await,
        w.place(&guest, &with(room.hold(1), json!({"userId": "somebody-else"}))).await,
        w.hold(&guest, "hld_unknown").await,
        w.booking(&guest, "bkg_unknown").await,
        w.get("/api/resources/nowhere").send().await.unwrap(),
        w.get("/api/availability").send().await.unwrap(),
        w.post("/api/holds").token(&guest.token).json(&room.hold(1)).send().await.unwrap(),
        w.post("/api/webhooks/stripe").raw("{}").send().await.unwrap(),
    ];
    for problem in problems {
        assert!((400..500).contains(&problem.status), "{problem:?}");
        let code = problem.code().to_owned();
        let snake = code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        assert!(snake && !code.is_empty(), "{problem}");
        let status = problem.status;
        check_problem(problem, status, &code);
    }
}

#[tokio::test]
async fn lists_have_results_and_a_next_cursor() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let booking = w.booked(&guest, &offer).await;
    let trail = format!("/api/bookings/{}/events", booking.str("/bookingId"));
    let search = "/api/availability?resourceType=hotel&location=nowhere&start=2030-01-01&end=2030-01-02";
    for path in ["/api/bookings", &trail, search] {
        let answer = check(w.read(&guest, path).await, 200);
        results(&answer);
        assert_eq!(answer.json.get("nextCursor"), Some(&Value::Null), "{path}: {answer}");
    }
}
