//! API.md, Resources: what an edit keeps, refuses and answers, and who meets it when.

use holdfast_client::stripe::ACCEPTED;
use holdfast_client::{poll, unique};
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use crate::terms::{hold_of, in_days, instant, local, nightly, slots, with};
use crate::world::{PATIENCE, World, check, check_done, check_problem};

/// The contract's room with another check-in.
fn later_check_in() -> Value {
    with(nightly(), json!({"schedule": {"kind": "nightly", "checkIn": "15:30", "checkOut": "10:30"}}))
}

/// The chair that is free from `from` to `to`, each day.
fn open(from: &str, to: &str) -> Value {
    let opening = json!({"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": from, "to": to});
    with(
        slots(),
        json!({"schedule": {"kind": "slots", "slotMinutes": 30, "bufferMinutes": 0, "opening": [opening]}}),
    )
}

/// Half an hour of the chair, on a day some weeks ahead, at a local time.
fn half_hour(hour: i8, minute: i8) -> (Timestamp, Timestamp) {
    let start = local("Europe/Berlin", in_days(20), hour, minute);
    (start, start + 30.minutes())
}

fn available(slots: &[Value]) -> Vec<i64> {
    slots.iter().map(|slot| slot["available"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn what_was_set_for_a_date_stands_whatever_else_is_edited() {
    let w = World::new().await;
    let guest = w.guest().await;
    let room = w.resource(&nightly()).await;
    let date = |days: i32| in_days(days).to_string();
    let set = |from: i32, to: i32, what: Value| with(json!({"from": date(from), "to": date(to)}), what);
    check_done(w.set_inventory(&room, &set(30, 32, json!({"closed": true}))).await);
    check_done(w.set_inventory(&room, &set(32, 33, json!({"capacity": 2}))).await);
    let edits = [later_check_in(), with(later_check_in(), json!({"capacity": 4})), nightly()];
    for (terms, capacity) in edits.iter().zip([3, 4, 3]) {
        check(w.put_resource(&room, terms).await, 200);
        let nights = w.calendar(&room, &date(29), &date(34)).await;
        assert_eq!(available(&nights), [capacity, 0, 0, 2, capacity], "{terms}");
        check_problem(w.place(&guest, &hold_of(&room, &date(30), &date(31), 1)).await, 409, "sold_out");
        check_problem(w.place(&guest, &hold_of(&room, &date(32), &date(33), 3)).await, 409, "sold_out");
    }
}

#[tokio::test]
async fn the_answer_names_dates_that_have_something_set_and_no_slot_any_more() {
    let w = World::new().await;
    let chair = |days: &[&str]| {
        let opening = json!([{"days": days, "from": "09:00", "to": "17:00"}]);
        let schedule = json!({"kind": "slots", "slotMinutes": 30, "bufferMinutes": 0, "opening": opening});
        with(slots(), json!({"schedule": schedule}))
    };
    let week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let id = w.resource(&chair(&week)).await;
    let (date, next) = (in_days(20), in_days(21));
    let closed = json!({"from": date.to_string(), "to": next.to_string(), "closed": true});
    check_done(w.set_inventory(&id, &closed).await);
    let others: Vec<&str> = week
        .into_iter()
        .filter(|day| *day != week[usize::try_from(date.weekday().to_monday_zero_offset()).unwrap()])
        .collect();
    let put = check(w.put_resource(&id, &chair(&others)).await, 200);
    assert_eq!(put.json["datesWithoutSlots"], json!([date.to_string()]), "{put}");
    let back = check(w.put_resource(&id, &chair(&week)).await, 200);
    assert_eq!(back.json.get("datesWithoutSlots"), None, "{back}");
    let day = w.calendar(&id, &date.to_string(), &next.to_string()).await;
    assert_eq!(available(&day), [0; 16], "it is closed still");
}

#[tokio::test]
async fn replacing_keeps_every_hold_and_booking() {
    let w = World::new().await;
    let guest = w.guest().await;
    let chair = w.resource(&open("09:00", "17:00")).await;
    let of = |(start, end): (Timestamp, Timestamp)| hold_of(&chair, &start.to_string(), &end.to_string(), 1);
    let first = check(w.place(&guest, &of(half_hour(10, 0))).await, 201);
    let booking = check(w.pay(&guest, first.str("/holdId"), ACCEPTED).await, 201);
    let second = check(w.place(&guest, &of(half_hour(10, 0))).await, 201);
    check(w.put_resource(&chair, &open("07:00", "18:30")).await, 200);
    let paid = check(w.pay(&guest, second.str("/holdId"), ACCEPTED).await, 201);
    assert_eq!(paid.str("/startTime"), second.str("/startTime"));
    let dates = (in_days(20).to_string(), in_days(21).to_string());
    let at_ten = |day: &[Value]| {
        let ten = day.iter().find(|slot| instant(slot["start"].as_str().unwrap()) == half_hour(10, 0).0);
        ten.unwrap()["available"].as_i64()
    };
    let day = w.calendar_once(&chair, (&dates.0, &dates.1), |day| at_ten(day) == Some(1)).await;
    assert_eq!(day.len(), 23, "{day:?}");
    check(w.cancel(&guest, booking.str("/bookingId")).await, 200);
    w.calendar_once(&chair, (&dates.0, &dates.1), |day| available(day)[6] == 2).await;
    check(w.place(&guest, &of(half_hour(18, 0))).await, 201);
}

#[tokio::test]
async fn replacing_is_refused_where_a_booked_slot_would_not_exist() {
    let w = World::new().await;
    let guest = w.guest().await;
    let chair = w.resource(&open("09:00", "17:00")).await;
    let (start, end) = half_hour(16, 30);
    check(w.place(&guest, &hold_of(&chair, &start.to_string(), &end.to_string(), 2)).await, 201);
    let refused =
        check_problem(w.put_resource(&chair, &open("09:00", "16:30")).await, 409, "capacity_in_use");
    let slots = refused.json["slots"].as_array().unwrap();
    assert_eq!((slots.len(), instant(slots[0]["start"].as_str().unwrap())), (1, start), "{refused}");
    assert_eq!(slots[0]["inUse"], 2, "{refused}");
    let read = check(w.get(&format!("/api/resources/{chair}")).send().await.unwrap(), 200);
    assert_eq!(read.str("/schedule/opening/0/to"), "17:00", "nothing is changed: {read}");
    check(w.place(&guest, &hold_of(&chair, &start.to_string(), &end.to_string(), 1)).await, 201);
    check(w.put_resource(&chair, &open("16:30", "17:00")).await, 200);
}

#[tokio::test]
async fn an_accepted_edit_is_met_by_the_next_request() {
    const EDITS: i64 = 6;
    let w = World::new().await;
    let guest = w.guest().await;
    let room = w.room(json!({})).await;
    let night = |what: Value| with(json!({"from": room.start, "to": room.end}), what);
    for edit in 1..=EDITS {
        let base = 10_000 + edit;
        let limits = json!({"coolDownSeconds": 0});
        let price = json!({"currency": "USD", "base": base});
        let dearer = with(nightly(), json!({"pricing": price, "holdLimits": limits}));
        check(w.put_resource(&room.id, &dearer).await, 200);
        let held = check(w.place(&guest, &room.hold(1)).await, 201);
        assert_eq!(held.int("/price/amount"), Some(base), "the price of edit {edit}");
        check(w.release(&guest, held.str("/holdId")).await, 204);
        check_done(w.set_inventory(&room.id, &night(json!({"closed": true}))).await);
        check_problem(w.place(&guest, &room.hold(1)).await, 409, "sold_out");
        check_done(w.set_inventory(&room.id, &night(json!({"closed": false}))).await);
    }
}

#[tokio::test]
async fn a_dry_run_answers_and_writes_nothing() {
    let w = World::new().await;
    let guest = w.guest().await;
    let room = w.room(json!({})).await;
    check(w.place(&guest, &room.hold(2)).await, 201);
    let path = format!("/api/resources/{}", room.id);
    let dry = [("dryRun", "true")];
    let put = async |path: &str, terms: Value| {
        w.put(path).query(&dry).token(&w.operator.token).json(&terms).send().await.unwrap()
    };
    let patch = async |what: Value| {
        let body = with(json!({"from": room.start, "to": room.end}), what);
        let call = w.patch(&format!("{path}/inventory")).query(&dry).token(&w.operator.token);
        call.json(&body).send().await.unwrap()
    };
    let before = check(w.get(&path).send().await.unwrap(), 200);
    check(put(&path, with(nightly(), json!({"capacity": 9}))).await, 200);
    check_problem(put(&path, with(nightly(), json!({"capacity": 1}))).await, 409, "capacity_in_use");
    check(patch(json!({"closed": true})).await, 200);
    check_problem(patch(json!({"capacity": 1})).await, 409, "capacity_in_use");
    let after = check(w.get(&path).send().await.unwrap(), 200);
    assert_eq!((&after.json, after.header("etag")), (&before.json, before.header("etag")));
    check(w.place(&guest, &room.hold(1)).await, 201);
    let new = format!("/api/resources/{}", unique("e2e"));
    check(put(&new, nightly()).await, 200);
    check(w.get(&new).send().await.unwrap(), 404);
    let odd = w.put(&path).query(&[("dryRun", "maybe")]).token(&w.operator.token).json(&nightly());
    check_problem(odd.send().await.unwrap(), 422, "validation_failed");
}

#[tokio::test]
async fn two_operators_do_not_overwrite_each_other() {
    let w = World::new().await;
    let room = w.room(json!({})).await;
    let path = format!("/api/resources/{}", room.id);
    let put = async |name: &str, value: &str, capacity: u32| {
        let call = w.put(&path).token(&w.operator.token).header(name, value);
        call.json(&with(nightly(), json!({"capacity": capacity}))).send().await.unwrap()
    };
    let tag = check(w.get(&path).send().await.unwrap(), 200).header("etag").to_owned();
    let known = w.get(&path).header("If-None-Match", &tag).send().await.unwrap();
    assert_eq!((known.status, known.text.as_str()), (304, ""));
    let first = check(put("If-Match", &tag, 4).await, 200);
    check_problem(put("If-Match", &tag, 5).await, 412, "precondition_failed");
    let body = json!({"from": room.start, "to": room.end, "closed": true});
    let patch = async |tag: &str| {
        let call = w.patch(&format!("{path}/inventory")).token(&w.operator.token).header("If-Match", tag);
        call.json(&body).send().await.unwrap()
    };
    check_problem(patch(&tag).await, 412, "precondition_failed");
    let second = check(patch(first.header("etag")).await, 200);
    let read = check(w.get(&path).send().await.unwrap(), 200);
    assert_eq!((read.int("/capacity"), read.header("etag")), (Some(4), second.header("etag")));
    check_problem(put("If-None-Match", "*", 6).await, 412, "precondition_failed");
}

#[tokio::test]
async fn dates_are_set_at_the_first_try_over_weeks_and_in_the_past() {
    let w = World::new().await;
    let guest = w.guest().await;
    let chair = w.resource(&slots()).await;
    let closed = |from: i32, to: i32, closed: bool| json!({"from": in_days(from).to_string(), "to": in_days(to).to_string(), "closed": closed});
    check(w.set_inventory(&chair, &closed(30, 72, true)).await, 200);
    check(w.set_inventory(&chair, &closed(30, 72, false)).await, 200);
    let (start, end) = half_hour(9, 0);
    check(w.place(&guest, &hold_of(&chair, &start.to_string(), &end.to_string(), 1)).await, 201);
    let room = w.resource(&nightly()).await;
    check(w.set_inventory(&room, &closed(-40, -10, true)).await, 200);
    check(w.put_resource(&room, &later_check_in()).await, 200);
    check(w.set_inventory(&room, &closed(-40, -10, true)).await, 200);
    check(w.set_inventory(&room, &closed(-40, 10, false)).await, 200);
}

/// Waits for a notice of this type to the partner, about a resource, whose data fit.
async fn notified(w: &World, room: &str, kind: &str, fits: impl Fn(&Value) -> bool) {
    poll(&format!("a notice of {kind} about {room}"), PATIENCE, async || {
        let deliveries = w.deliveries_about(room).await?;
        let bodies = deliveries.iter().filter_map(|delivery| delivery["body"].as_str());
        let mut notices = bodies.filter_map(|body| serde_json::from_str::<Value>(body).ok());
        Ok(notices.any(|notice| notice["type"] == kind && fits(&notice["data"])).then_some(()))
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn partners_and_search_are_told_what_was_set_and_what_changed() {
    let w = World::new().await;
    let bus = w.watch_bus().await.unwrap();
    let guest = w.guest().await;
    let place = unique("Edited");
    let here = |terms: Value| with(terms, json!({"location": place}));
    let room = w.resource(&here(nightly())).await;
    let [held, free, after] = [30, 31, 32].map(|days| in_days(days).to_string());
    check(w.place(&guest, &hold_of(&room, &held, &free, 1)).await, 201);
    check_done(w.set_inventory(&room, &json!({"from": held, "to": after, "capacity": 2})).await);
    let more = with(later_check_in(), json!({"capacity": 4}));
    check(w.put_resource(&room, &here(more)).await, 200);
    for (night, next, left) in [(&held, &free, 1), (&free, &after, 2)] {
        poll(&format!("what was set for {night}"), PATIENCE, async || {
            let events = bus.of_type("inventory.dates_set", &room).await?;
            Ok(events.into_iter().find(|event| event["detail"]["data"]["dates"][night]["capacity"] == 2))
        })
        .await
        .unwrap();
        notified(&w, &room, "inventory.dates_set", |data| data["dates"][night]["capacity"] == 2).await;
        poll(&format!("search to show {left} on {night}"), PATIENCE, async || {
            let query = [("resourceType", "hotel"), ("location", &place), ("start", night), ("end", next)];
            let found = w.get("/api/availability").query(&query).send().await?;
            Ok((found.json["results"][0]["available"] == left).then_some(()))
        })
        .await
        .unwrap();
    }
    notified(&w, &room, "resource.changed", |data| data["capacity"] == 4).await;
    let (month, day) = held.split_at(7);
    notified(&w, &room, "inventory.changed", |data| {
        let slots = &data["slots"];
        let is_page = data["page"] == month && slots[day.trim_start_matches('-')]["capacity"] == 2;
        is_page && slots.as_object().is_some_and(|slots| slots.values().any(|slot| slot["capacity"] == 4))
    })
    .await;
}
