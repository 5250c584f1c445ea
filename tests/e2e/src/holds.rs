//! API.md, Holds: placing, reading, releasing.

use holdfast_client::unique;
use serde_json::json;

use crate::terms::{hold_of, in_days, instant, with};
use crate::world::{World, check, check_invalid, check_problem};

#[tokio::test]
async fn a_hold_says_what_is_held_and_until_when() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({"holdTtlSeconds": 120})).await;
    let hold = check(w.place(&guest, &offer.hold(2)).await, 201);
    assert!(!hold.str("/holdId").is_empty());
    assert_eq!(hold.str("/status"), "active");
    assert_eq!(hold.str("/resourceId"), offer.id);
    assert_eq!(instant(hold.str("/startTime")), instant(&offer.start));
    assert_eq!(instant(hold.str("/endTime")), instant(&offer.end));
    assert_eq!(hold.int("/quantity"), Some(2));
    assert_eq!(hold.json["price"], json!({"amount": 9000, "currency": "EUR"}));
    let life = instant(hold.str("/expiresAt")).duration_since(instant(hold.str("/serverTime")));
    assert_eq!(life.as_secs(), 120, "{hold}");
}

#[tokio::test]
async fn a_hold_can_be_read() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let placed = check(w.place(&guest, &offer.hold(2)).await, 201);
    let read = check(w.hold(&guest, placed.str("/holdId")).await, 200);
    for field in ["holdId", "status", "resourceId", "startTime", "endTime", "quantity", "price", "expiresAt"]
    {
        assert_eq!(read.json[field], placed.json[field], "{field}: {read}");
    }
    assert!(instant(read.str("/serverTime")) >= instant(placed.str("/serverTime")));
}

#[tokio::test]
async fn a_user_id_must_be_the_callers_own() {
    let w = World::new().await;
    let (guest, other) = (w.guest().await, w.guest().await);
    let offer = w.event(json!({})).await;
    let for_user = |user: &str| with(offer.hold(1), json!({"userId": user}));
    let own = check(w.place(&guest, &for_user(&guest.sub)).await, 201);
    check(w.hold(&guest, own.str("/holdId")).await, 200);
    let refused = w.place(&guest, &for_user(&other.sub)).await;
    let code = refused.code().to_owned();
    check_problem(refused, 403, &code);
    let dates = (in_days(59).to_string(), in_days(62).to_string());
    w.calendar_once(&offer.id, (&dates.0, &dates.1), |left| left[0]["available"] == 2).await;
    check_problem(w.place(&other, &offer.hold(3)).await, 409, "sold_out");
    check(w.place(&other, &offer.hold(2)).await, 201);
}

#[tokio::test]
async fn an_operator_may_hold_for_a_guest() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let body = with(offer.hold(1), json!({"userId": guest.sub}));
    let placed = check(w.place(&w.operator, &body).await, 201);
    let hold = placed.str("/holdId");
    assert_eq!(check(w.hold(&guest, hold).await, 200).str("/status"), "active");
    check(w.hold(&w.guest().await, hold).await, 404);
    let paid = check(w.pay(&guest, hold, holdfast_client::stripe::ACCEPTED).await, 201);
    check(w.booking(&guest, paid.str("/bookingId")).await, 200);
}

#[tokio::test]
async fn not_enough_left_is_sold_out_and_says_what_is_left() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({"capacity": 5})).await;
    check(w.place(&guest, &offer.hold(3)).await, 201);
    let refused = check_problem(w.place(&guest, &offer.hold(3)).await, 409, "sold_out");
    assert_eq!(refused.int("/available"), Some(2), "{refused}");
    check(w.place(&guest, &offer.hold(2)).await, 201);
    let refused = check_problem(w.place(&guest, &offer.hold(1)).await, 409, "sold_out");
    assert_eq!(refused.int("/available"), Some(0), "{refused}");
    let refused = w.place(&guest, &w.event(json!({"capacity": 5})).await.hold(6)).await;
    assert_eq!(check_problem(refused, 409, "sold_out").int("/available"), Some(5));
}

#[tokio::test]
async fn of_several_nights_the_scarcest_counts() {
    let w = World::new().await;
    let guest = w.guest().await;
    let room = w.room(json!({"capacity": 4})).await;
    let day = |days| in_days(days).to_string();
    check(w.place(&guest, &hold_of(&room.id, &day(51), &day(52), 3)).await, 201);
    let refused = w.place(&guest, &hold_of(&room.id, &day(50), &day(53), 2)).await;
    assert_eq!(check_problem(refused, 409, "sold_out").int("/available"), Some(1));
    check(w.place(&guest, &hold_of(&room.id, &day(50), &day(53), 1)).await, 201);
}

#[tokio::test]
async fn an_unknown_resource_is_not_found() {
    let w = World::new().await;
    let guest = w.guest().await;
    let body = hold_of(&unique("nowhere"), "2030-06-01", "2030-06-02", 1);
    let answer = w.place(&guest, &body).await;
    let code = answer.code().to_owned();
    check_problem(answer, 404, &code);
}

#[tokio::test]
async fn a_start_in_the_past_is_refused() {
    let w = World::new().await;
    let guest = w.guest().await;
    let room = w.room(json!({})).await;
    let (before, yesterday) = (in_days(-3).to_string(), in_days(-2).to_string());
    for (start, end) in [(&before, &yesterday), (&before, &room.end)] {
        let answer = check_invalid(w.place(&guest, &hold_of(&room.id, start, end, 1)).await);
        assert_eq!(answer.str("/errors/0/pointer"), "/startTime", "{answer}");
    }
}

#[tokio::test]
async fn a_release_gives_the_places_back_and_may_be_repeated() {
    let w = World::new().await;
    let (guest, other) = (w.guest().await, w.guest().await);
    let offer = w.event(json!({"capacity": 1})).await;
    let hold = w.held(&guest, &offer).await;
    check_problem(w.place(&other, &offer.hold(1)).await, 409, "sold_out");
    for _ in 0..2 {
        let answer = check(w.release(&guest, &hold).await, 204);
        assert!(answer.text.is_empty(), "{answer:?}");
    }
    assert_eq!(check(w.hold(&guest, &hold).await, 200).str("/status"), "released");
    let theirs = check(w.once_free(async || w.place(&other, &offer.hold(1)).await).await, 201);
    let theirs = theirs.str("/holdId");
    check(w.release(&guest, &hold).await, 204);
    assert_eq!(w.hold(&other, theirs).await.str("/status"), "active", "a late release takes nothing");
    check_problem(w.place(&w.guest().await, &offer.hold(1)).await, 409, "sold_out");
}

#[tokio::test]
async fn a_confirmed_hold_says_so() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({"capacity": 1})).await;
    let hold = w.held(&guest, &offer).await;
    check(w.pay(&guest, &hold, holdfast_client::stripe::ACCEPTED).await, 201);
    assert_eq!(check(w.hold(&guest, &hold).await, 200).str("/status"), "confirmed");
    let refused = w.release(&guest, &hold).await;
    assert_eq!(refused.status, 409, "{refused:?}");
    check_problem(w.place(&w.guest().await, &offer.hold(1)).await, 409, "sold_out");
}
