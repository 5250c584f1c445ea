//! Places that an operator lets be sold beyond the capacity of dates (`docs/api.md`, Resources).

use holdfast_client::Answer;
use holdfast_client::stripe::ACCEPTED;
use serde_json::{Value, json};

use crate::world::{Offer, World, check, check_done, check_problem};

async fn set(w: &World, room: &Offer, overbooking: u32) -> Answer {
    let body = json!({"from": room.start, "to": room.end, "overbooking": overbooking});
    w.set_inventory(&room.id, &body).await
}

#[tokio::test]
async fn as_many_are_sold_beyond_the_capacity_as_the_operator_says() {
    let w = World::new().await;
    let guest = w.guest().await;
    let room = w.room(json!({})).await;
    let answer = check(set(&w, &room, 2).await, 200);
    assert_eq!((answer.int("/overbooking"), answer.int("/capacity")), (Some(2), None), "{answer}");
    let night = &w.calendar(&room.id, &room.start, &room.end).await[0];
    assert_eq!((&night["capacity"], &night["available"]), (&json!(3), &json!(5)), "{night}");
    let hold = check(w.place(&guest, &room.hold(4)).await, 201);
    check(w.pay(&guest, hold.str("/holdId"), ACCEPTED).await, 201);
    check_problem(w.place(&guest, &room.hold(2)).await, 409, "sold_out");
    check(w.place(&guest, &room.hold(1)).await, 201);
    check_problem(w.place(&guest, &room.hold(1)).await, 409, "sold_out");
    check_problem(set(&w, &room, 1).await, 409, "capacity_in_use");
    // What makes up for it may be set at once.
    let body = json!({"from": room.start, "to": room.end, "capacity": 5, "overbooking": 0});
    check_done(w.set_inventory(&room.id, &body).await);
    let is_full = |nights: &[Value]| nights[0]["available"] == 0;
    let night = &w.calendar_once(&room.id, (&room.start, &room.end), is_full).await[0];
    assert_eq!(night["capacity"], 5, "{night}");
}
