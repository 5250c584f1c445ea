//! API.md, Search: what is offered, at what price, in which order. The read model may lag: the tests poll.

use holdfast_client::{Answer, now, poll, unique};
use serde_json::{Value, json};

use crate::terms::{hold_of, in_days, instant, local, nightly, slots, with};
use crate::world::{PATIENCE, World, check, check_done, check_problem, results};

/// A question about hotels at a place of this test's own.
pub(crate) fn hotels<'a>(location: &'a str, start: &'a str, end: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![("resourceType", "hotel"), ("location", location), ("start", start), ("end", end)]
}

pub(crate) async fn search(w: &World, query: &[(&str, &str)]) -> Answer {
    check(w.get("/api/availability").query(query).send().await.unwrap(), 200)
}

/// The ids an answer offers, in its order.
pub(crate) fn ids(answer: &Answer) -> Vec<String> {
    results(answer).iter().map(|one| one["resourceId"].as_str().unwrap().to_owned()).collect()
}

/// The first answer that offers exactly `wanted`, in any order.
pub(crate) async fn search_until(w: &World, query: &[(&str, &str)], wanted: &[&String]) -> Answer {
    let mut sorted: Vec<&String> = wanted.to_vec();
    sorted.sort();
    let mut last = String::new();
    let found = poll("search offers what it should", PATIENCE, async || {
        let answer = search(w, query).await;
        let mut offered = ids(&answer);
        offered.sort();
        last = answer.text.clone();
        Ok(offered.iter().eq(sorted.iter().copied()).then_some(answer))
    })
    .await;
    found.unwrap_or_else(|trouble| panic!("{trouble}: wanted {wanted:?}, the last answer is {last}"))
}

/// A hotel room at a place of its own.
fn room_at(location: &str, changes: Value) -> Value {
    with(with(nightly(), json!({"location": location})), changes)
}

#[tokio::test]
async fn search_names_price_availability_and_attributes() {
    let w = World::new().await;
    let place = unique("place");
    let room = w.resource(&room_at(&place, json!({"name": "Corner suite"}))).await;
    let (start, end) = (in_days(30).to_string(), in_days(32).to_string());
    let mut query = hotels(&place, &start, &end);
    query.push(("quantity", "2"));
    let answer = search_until(&w, &query, &[&room]).await;
    let offer = &results(&answer)[0];
    assert_eq!(offer["name"], "Corner suite");
    assert_eq!(offer["available"], 3);
    assert_eq!(offer["price"], json!({"amount": 2 * 2 * 12900, "currency": "USD"}));
    assert_eq!(offer["attributes"], json!({"rating": 4.6, "latitude": 40.7, "longitude": -74.25}));
    assert_eq!(answer.json["nextCursor"], Value::Null);
    instant(answer.str("/asOf"));
}

#[tokio::test]
async fn only_what_is_free_for_the_whole_range_is_offered() {
    let w = World::new().await;
    let guest = w.guest().await;
    let place = unique("place");
    let busy = w.resource(&room_at(&place, json!({"capacity": 1}))).await;
    let free = w.resource(&room_at(&place, json!({"capacity": 1}))).await;
    let day = |days| in_days(days).to_string();
    let (start, middle, after, end) = (day(30), day(31), day(32), day(33));
    search_until(&w, &hotels(&place, &start, &end), &[&busy, &free]).await;
    check(w.place(&guest, &hold_of(&busy, &middle, &after, 1)).await, 201);
    search_until(&w, &hotels(&place, &start, &end), &[&free]).await;
    search_until(&w, &hotels(&place, &middle, &after), &[&free]).await;
    search_until(&w, &hotels(&place, &start, &middle), &[&busy, &free]).await;
    search_until(&w, &hotels(&place, &after, &end), &[&busy, &free]).await;
}

#[tokio::test]
async fn only_what_has_enough_places_is_offered() {
    let w = World::new().await;
    let guest = w.guest().await;
    let place = unique("place");
    let small = w.resource(&room_at(&place, json!({"capacity": 2}))).await;
    let large = w.resource(&room_at(&place, json!({"capacity": 5}))).await;
    let (start, end) = (in_days(30).to_string(), in_days(31).to_string());
    let asked = |quantity: &'static str| {
        let mut query = hotels(&place, &start, &end);
        query.push(("quantity", quantity));
        query
    };
    search_until(&w, &asked("1"), &[&small, &large]).await;
    search_until(&w, &asked("3"), &[&large]).await;
    search_until(&w, &asked("6"), &[]).await;
    check(w.place(&guest, &hold_of(&large, &start, &end, 3)).await, 201);
    search_until(&w, &asked("3"), &[]).await;
    let answer = search_until(&w, &asked("2"), &[&small, &large]).await;
    assert!(results(&answer).iter().all(|one| one["available"] == 2), "{answer}");
}

#[tokio::test]
async fn search_follows_holds_releases_and_the_operator() {
    let w = World::new().await;
    let guest = w.guest().await;
    let place = unique("place");
    let room = w.resource(&room_at(&place, json!({"capacity": 1}))).await;
    let (start, end) = (in_days(30).to_string(), in_days(31).to_string());
    let query = hotels(&place, &start, &end);
    search_until(&w, &query, &[&room]).await;
    let hold = check(w.place(&guest, &hold_of(&room, &start, &end, 1)).await, 201);
    search_until(&w, &query, &[]).await;
    check(w.release(&guest, hold.str("/holdId")).await, 204);
    search_until(&w, &query, &[&room]).await;
    let set = |closed: bool| json!({"from": start, "to": end, "closed": closed});
    check_done(w.set_inventory(&room, &set(true)).await);
    search_until(&w, &query, &[]).await;
    check_done(w.set_inventory(&room, &set(false)).await);
    search_until(&w, &query, &[&room]).await;
    let elsewhere = unique("place");
    check(w.put_resource(&room, &room_at(&elsewhere, json!({"capacity": 1}))).await, 200);
    search_until(&w, &query, &[]).await;
    search_until(&w, &hotels(&elsewhere, &start, &end), &[&room]).await;
}

#[tokio::test]
async fn an_expired_hold_is_offered_again() {
    let w = World::new().await;
    let guest = w.guest().await;
    let place = unique("place");
    let room = w.resource(&room_at(&place, json!({"capacity": 1, "holdTtlSeconds": 3}))).await;
    let (start, end) = (in_days(30).to_string(), in_days(31).to_string());
    let query = hotels(&place, &start, &end);
    search_until(&w, &query, &[&room]).await;
    // A read model that lags by more than the hold's life never shows it: then once more.
    poll("search has seen the hold", PATIENCE, async || {
        let hold = check(w.place(&guest, &hold_of(&room, &start, &end, 1)).await, 201);
        while now() < instant(hold.str("/expiresAt")) {
            if ids(&search(&w, &query).await).is_empty() {
                return Ok(Some(()));
            }
        }
        Ok(None)
    })
    .await
    .unwrap();
    search_until(&w, &query, &[&room]).await;
    check(w.place(&w.guest().await, &hold_of(&room, &start, &end, 1)).await, 201);
}

#[tokio::test]
async fn search_is_never_the_guarantee() {
    let w = World::new().await;
    let place = unique("place");
    let room = w.resource(&room_at(&place, json!({"capacity": 1}))).await;
    let (start, end) = (in_days(30).to_string(), in_days(31).to_string());
    let offered = search_until(&w, &hotels(&place, &start, &end), &[&room]).await;
    assert_eq!(results(&offered)[0]["available"], 1);
    check(w.place(&w.guest().await, &hold_of(&room, &start, &end, 1)).await, 201);
    let late = w.place(&w.guest().await, &hold_of(&room, &start, &end, 1)).await;
    assert_eq!(check_problem(late, 409, "sold_out").int("/available"), Some(0));
}

#[tokio::test]
async fn what_is_offered_can_be_held_at_that_price() {
    let w = World::new().await;
    let guest = w.guest().await;
    let place = unique("place");
    let day = in_days(25);
    let local_at = |hour| local("Europe/Berlin", day, hour, 0).to_string();
    let (nine, eleven) = (local_at(9), local_at(11));
    let (start, end) = (day.to_string(), in_days(28).to_string());
    let at_place = |terms: Value| with(terms, json!({"location": place}));
    let event_start = local("Europe/Paris", day, 20, 0);
    let event_end = (event_start + jiff::Span::new().hours(2)).to_string();
    let event_start = event_start.to_string();
    for (kind, terms, from, to) in [
        ("hotel", at_place(nightly()), &start, &end),
        ("appointment", at_place(slots()), &nine, &eleven),
        ("event", at_place(crate::terms::event(instant(&event_start))), &event_start, &event_end),
    ] {
        let id = w.resource(&terms).await;
        let query = [
            ("resourceType", kind),
            ("location", place.as_str()),
            ("start", from),
            ("end", to),
            ("quantity", "2"),
        ];
        let answer = search_until(&w, &query, &[&id]).await;
        let hold = check(w.place(&guest, &hold_of(&id, from, to, 2)).await, 201);
        assert_eq!(hold.json["price"], results(&answer)[0]["price"], "{kind}");
    }
}

#[tokio::test]
async fn what_cannot_be_held_is_not_offered() {
    let w = World::new().await;
    let place = unique("place");
    let at_place = |terms: Value| with(terms, json!({"location": place}));
    let chair = w.resource(&at_place(slots())).await;
    let at = |hour, minute| local("Europe/Berlin", in_days(25), hour, minute).to_string();
    let (nine, half_past, ten, quarter, late) = (at(9, 0), at(9, 30), at(10, 0), at(9, 15), at(20, 0));
    let chairs = |start, end| {
        [("resourceType", "appointment"), ("location", place.as_str()), ("start", start), ("end", end)]
    };
    search_until(&w, &chairs(&nine, &ten), &[&chair]).await;
    for (start, end) in [(&quarter, &half_past), (&ten, &late), (&nine, &quarter)] {
        assert!(ids(&search(&w, &chairs(start, end)).await).is_empty(), "{start} to {end}");
    }
    let yesterday = in_days(-2).to_string();
    let today = in_days(-1).to_string();
    let room = w.resource(&at_place(nightly())).await;
    search_until(&w, &hotels(&place, &in_days(5).to_string(), &in_days(6).to_string()), &[&room]).await;
    assert!(ids(&search(&w, &hotels(&place, &yesterday, &today)).await).is_empty(), "in the past");
}

#[tokio::test]
async fn search_is_by_type_and_location() {
    let w = World::new().await;
    let (place, elsewhere) = (unique("place"), unique("place"));
    let room = w.resource(&room_at(&place, json!({}))).await;
    let villa = w.resource(&room_at(&place, json!({"resourceType": "villa"}))).await;
    let away = w.resource(&room_at(&elsewhere, json!({}))).await;
    let (start, end) = (in_days(30).to_string(), in_days(31).to_string());
    search_until(&w, &hotels(&place, &start, &end), &[&room]).await;
    search_until(&w, &hotels(&elsewhere, &start, &end), &[&away]).await;
    let villas = [("resourceType", "villa"), ("location", place.as_str()), ("start", &start), ("end", &end)];
    search_until(&w, &villas, &[&villa]).await;
}

#[tokio::test]
async fn a_break_does_not_hide_the_day() {
    let w = World::new().await;
    let guest = w.guest().await;
    let place = unique("place");
    let week = json!(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]);
    let schedule = json!({"kind": "slots", "slotMinutes": 30, "bufferMinutes": 0, "opening": [
        {"days": week, "from": "09:00", "to": "12:00"}, {"days": week, "from": "13:00", "to": "17:00"}]});
    let practice = w.resource(&with(slots(), json!({"location": place, "schedule": schedule}))).await;
    let (day, next) = (in_days(25), in_days(26).to_string());
    let date = day.to_string();
    let query =
        [("resourceType", "appointment"), ("location", place.as_str()), ("start", &date), ("end", &next)];
    let found = results(&search_until(&w, &query, &[&practice]).await)[0].clone();
    let at = |hour| local("Europe/Berlin", day, hour, 0);
    let (start, end) = (found["startTime"].as_str().unwrap(), found["endTime"].as_str().unwrap());
    assert_eq!((instant(start), instant(end)), (at(13), at(17)), "the longer half: {found}");
    let hold = check(w.place(&guest, &hold_of(&practice, start, end, 1)).await, 201);
    assert_eq!(hold.json["price"], found["price"]);
}

#[tokio::test]
async fn texts_are_compared_without_regard_to_case_and_form() {
    let w = World::new().await;
    let place = unique("Zu\u{308}rich");
    let room = w.resource(&room_at(&place, json!({}))).await;
    let (start, end) = (in_days(30).to_string(), in_days(31).to_string());
    for spelling in [place.clone(), place.replace("u\u{308}", "ü"), place.to_uppercase()] {
        let answer = search_until(&w, &hotels(&spelling, &start, &end), &[&room]).await;
        assert_eq!(results(&answer)[0]["location"], place.as_str(), "as it came");
    }
}
