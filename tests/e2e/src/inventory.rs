//! API.md, Resources: `PATCH /api/resources/{resourceId}/inventory`.

use holdfast_client::stripe::ACCEPTED;
use holdfast_client::wait_past;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::terms::{hold_of, in_days, instant, nightly, slots, with};
use crate::world::{World, check, check_done, check_problem};

fn numbers(slots: &[Value], field: &str) -> Vec<i64> {
    slots.iter().map(|slot| slot[field].as_i64().unwrap()).collect()
}

/// Five nights, some weeks ahead: first night, and the morning after the last.
fn five_nights() -> (Date, Date) {
    (in_days(30), in_days(35))
}

#[tokio::test]
async fn capacity_is_set_for_a_half_open_range_of_dates() {
    let w = World::new().await;
    let room = w.resource(&nightly()).await;
    let (first, last) = five_nights();
    let body = json!({"from": in_days(31).to_string(), "to": in_days(33).to_string(), "capacity": 5});
    check_done(w.set_inventory(&room, &body).await);
    let slots = w.calendar(&room, &first.to_string(), &last.to_string()).await;
    assert_eq!(numbers(&slots, "capacity"), [3, 5, 5, 3, 3]);
    assert_eq!(numbers(&slots, "available"), [3, 5, 5, 3, 3]);
}

#[tokio::test]
async fn what_is_left_out_stays_as_it_is() {
    let w = World::new().await;
    let guest = w.guest().await;
    let room = w.room(json!({})).await;
    let set = |changes: Value| with(json!({"from": room.start, "to": room.end}), changes);
    check_done(w.set_inventory(&room.id, &set(json!({"capacity": 5}))).await);
    check_done(w.set_inventory(&room.id, &set(json!({"closed": true}))).await);
    let night = &w.calendar(&room.id, &room.start, &room.end).await[0];
    assert_eq!((&night["capacity"], &night["available"]), (&json!(5), &json!(0)), "{night}");
    check_problem(w.place(&guest, &room.hold(1)).await, 409, "sold_out");
    check_done(w.set_inventory(&room.id, &set(json!({"capacity": 4}))).await);
    check_problem(w.place(&guest, &room.hold(1)).await, 409, "sold_out");
    check_done(w.set_inventory(&room.id, &set(json!({"closed": false}))).await);
    let night = &w.calendar(&room.id, &room.start, &room.end).await[0];
    assert_eq!((&night["capacity"], &night["available"]), (&json!(4), &json!(4)), "{night}");
    check(w.place(&guest, &room.hold(4)).await, 201);
}

#[tokio::test]
async fn both_may_be_set_at_once() {
    let w = World::new().await;
    let room = w.room(json!({})).await;
    let body = json!({"from": room.start, "to": room.end, "capacity": 7, "closed": true});
    check_done(w.set_inventory(&room.id, &body).await);
    let night = &w.calendar(&room.id, &room.start, &room.end).await[0];
    assert_eq!((&night["capacity"], &night["available"]), (&json!(7), &json!(0)), "{night}");
}

#[tokio::test]
async fn lowering_below_what_is_held_changes_nothing() {
    let w = World::new().await;
    let guest = w.guest().await;
    let room = w.resource(&nightly()).await;
    let (first, last) = five_nights();
    let third = hold_of(&room, &in_days(32).to_string(), &in_days(33).to_string(), 2);
    check(w.place(&guest, &third).await, 201);
    let all = |capacity: u32| json!({"from": first.to_string(), "to": last.to_string(), "capacity": capacity, "closed": true});
    check_problem(w.set_inventory(&room, &all(1)).await, 409, "capacity_in_use");
    let range = (first.to_string(), last.to_string());
    let is_held = |slots: &[Value]| numbers(slots, "available") == [3, 3, 1, 3, 3];
    let slots = w.calendar_once(&room, (&range.0, &range.1), is_held).await;
    assert_eq!(numbers(&slots, "capacity"), [3, 3, 3, 3, 3]);
    check_done(w.set_inventory(&room, &all(2)).await);
    let slots = w.calendar(&room, &first.to_string(), &last.to_string()).await;
    assert_eq!(numbers(&slots, "capacity"), [2, 2, 2, 2, 2]);
}

#[tokio::test]
async fn lowering_below_what_is_confirmed_changes_nothing() {
    let w = World::new().await;
    let guest = w.guest().await;
    let room = w.room(json!({})).await;
    let hold = check(w.place(&guest, &room.hold(2)).await, 201);
    let booking = check(w.pay(&guest, hold.str("/holdId"), ACCEPTED).await, 201);
    let body = |capacity: u32| json!({"from": room.start, "to": room.end, "capacity": capacity});
    check_problem(w.set_inventory(&room.id, &body(1)).await, 409, "capacity_in_use");
    let is_booked = |nights: &[Value]| nights[0]["available"] == 1;
    let night = &w.calendar_once(&room.id, (&room.start, &room.end), is_booked).await[0];
    assert_eq!(night["capacity"], 3, "{night}");
    check(w.cancel(&guest, booking.str("/bookingId")).await, 200);
    check_done(w.set_inventory(&room.id, &body(1)).await);
}

#[tokio::test]
async fn an_expired_hold_is_not_in_use() {
    let w = World::new().await;
    let guest = w.guest().await;
    let room = w.room(json!({"holdTtlSeconds": 1})).await;
    let hold = check(w.place(&guest, &room.hold(3)).await, 201);
    wait_past(instant(hold.str("/expiresAt"))).await;
    check_done(w.set_inventory(&room.id, &json!({"from": room.start, "to": room.end, "capacity": 0})).await);
    check_problem(w.place(&guest, &room.hold(1)).await, 409, "sold_out");
}

#[tokio::test]
async fn a_closed_date_keeps_its_bookings() {
    let w = World::new().await;
    let guest = w.guest().await;
    let room = w.room(json!({})).await;
    let booking = w.booked(&guest, &room).await;
    check_done(w.set_inventory(&room.id, &json!({"from": room.start, "to": room.end, "closed": true})).await);
    check_problem(w.place(&guest, &room.hold(1)).await, 409, "sold_out");
    assert_eq!(w.booking(&guest, booking.str("/bookingId")).await.str("/status"), "confirmed");
}

#[tokio::test]
async fn the_inventory_of_slots_is_set_by_local_date() {
    let w = World::new().await;
    let chair = w.resource(&slots()).await;
    let (day, next) = (in_days(20).to_string(), in_days(21).to_string());
    check_done(w.set_inventory(&chair, &json!({"from": day, "to": next, "capacity": 1})).await);
    let both = w.calendar(&chair, &day, &in_days(22).to_string()).await;
    let (first, second) = both.split_at(16);
    assert_eq!(numbers(first, "capacity"), [1; 16]);
    assert_eq!(numbers(second, "capacity"), [3; 16]);
}

#[tokio::test]
async fn the_inventory_of_an_unknown_resource_is_not_found() {
    let w = World::new().await;
    let body = json!({"from": "2030-06-01", "to": "2030-07-01", "capacity": 5});
    let answer = w.set_inventory("nowhere", &body).await;
    let code = answer.code().to_owned();
    check_problem(answer, 404, &code);
}
