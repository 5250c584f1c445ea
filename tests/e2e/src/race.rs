//! Any number of callers race for the last places: exactly the capacity wins.

use futures::future::join_all;
use holdfast_client::Answer;
use holdfast_client::stripe::ACCEPTED;
use serde_json::{Value, json};

use crate::terms::{hold_of, in_days};
use crate::world::{Guest, World, check, check_problem};

async fn guests(w: &World, count: usize) -> Vec<Guest> {
    join_all((0..count).map(|_| w.guest())).await
}

fn winners(answers: &[Answer]) -> Vec<&Answer> {
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        check_problem(answer.clone(), 409, "sold_out");
    }
    answers.iter().filter(|answer| answer.status == 201).collect()
}

#[tokio::test]
async fn of_60_callers_for_5_places_5_win() {
    let w = World::alone().await;
    let callers = guests(&w, 60).await;
    let offer = w.event(json!({"capacity": 5})).await;
    let body = offer.hold(1);
    let answers = join_all(callers.iter().map(|caller| w.place(caller, &body))).await;
    assert_eq!(winners(&answers).len(), 5);
    let left = w.place(&callers[0], &body).await;
    assert_eq!(check_problem(left, 409, "sold_out").int("/available"), Some(0));
}

#[tokio::test]
async fn of_callers_for_several_nights_never_two_have_the_same() {
    let w = World::alone().await;
    let callers = guests(&w, 24).await;
    let room = w.room(json!({"capacity": 1})).await;
    // Nights 0 to 3 over the end of a month: each caller wants two of them, all or nothing.
    let first = in_days(40).last_of_month().yesterday().unwrap();
    let day = |offset: usize| (first + jiff::Span::new().days(i64::try_from(offset).unwrap())).to_string();
    let bodies: Vec<_> = (0..24).map(|n| hold_of(&room.id, &day(n % 3), &day(n % 3 + 2), 1)).collect();
    let calls = callers.iter().zip(&bodies).map(|(caller, body)| w.place(caller, body));
    let answers = join_all(calls).await;
    let won = winners(&answers);
    assert!(won.len() == 1 || won.len() == 2, "{won:#?}");
    let taken = |nights: &[Value]| nights.iter().filter(|night| night["available"] == 0).count();
    w.calendar_once(&room.id, (&day(0), &day(4)), |nights| taken(nights) == 2 * won.len()).await;
}

#[tokio::test]
async fn what_is_released_in_a_race_is_sold_once() {
    let w = World::alone().await;
    let callers = guests(&w, 20).await;
    let offer = w.event(json!({"capacity": 1})).await;
    let owner = w.guest().await;
    let hold = w.held(&owner, &offer).await;
    let body = offer.hold(1);
    let (released, answers) = futures::future::join(
        w.release(&owner, &hold),
        join_all(callers.iter().map(|caller| w.place(caller, &body))),
    )
    .await;
    check(released, 204);
    assert!(winners(&answers).len() <= 1);
    let after = w.place(&owner, &body).await;
    assert_eq!(after.status == 201, winners(&answers).is_empty(), "{after:?}");
}

#[tokio::test]
async fn capacity_is_never_lowered_below_what_a_race_took() {
    let w = World::alone().await;
    let callers = guests(&w, 10).await;
    let room = w.room(json!({"capacity": 10})).await;
    let body = room.hold(1);
    let lower = json!({"from": room.start, "to": room.end, "capacity": 4});
    let (set, answers) = futures::future::join(
        w.set_inventory(&room.id, &lower),
        join_all(callers.iter().map(|caller| w.place(caller, &body))),
    )
    .await;
    let won = i64::try_from(winners(&answers).len()).unwrap();
    let is_counted = |nights: &[Value]| {
        nights[0]["available"].as_i64() == nights[0]["capacity"].as_i64().map(|all| all - won)
    };
    let night = &w.calendar_once(&room.id, (&room.start, &room.end), is_counted).await[0];
    let capacity = night["capacity"].as_i64().unwrap();
    if set.status < 300 {
        assert_eq!((capacity, won), (4, 4), "{set:?}");
    } else {
        check_problem(set, 409, "capacity_in_use");
        assert_eq!((capacity, won), (10, 10));
    }
}

#[tokio::test]
async fn a_cancellation_that_races_its_own_payment_leaves_no_money_behind() {
    let w = World::alone().await;
    let guest = w.guest().await;
    let offer = w.event(json!({"capacity": 1})).await;
    let hold = w.held(&guest, &offer).await;
    let body = json!({"holdId": hold, "paymentMethodId": w.card(ACCEPTED).await.unwrap()});
    let call = w.post("/api/bookings").token(&guest.token).key("racing").header("Prefer", "wait=0");
    let id = check(call.json(&body).send().await.unwrap(), 202).str("/bookingId").to_owned();
    let cancelled = check(w.cancel(&guest, &id).await, 200);
    let refund = cancelled.int("/refund/amount").unwrap();
    holdfast_client::poll("the money has come to rest", crate::world::PATIENCE, async || {
        let now = w.booking(&guest, &id).await;
        Ok(["voided", "refunded"].contains(&now.str("/paymentStatus")).then_some(()))
    })
    .await
    .unwrap();
    let mut received = 0;
    // The cancellation may have been faster than the first call to the provider: then there is no payment at all.
    if let Some(event) = w.stripe_events(&id).await.unwrap().first() {
        let intent = w.intent(event["data"]["object"]["id"].as_str().unwrap()).await.unwrap();
        let refunds = w.refunds(intent["id"].as_str().unwrap()).await.unwrap();
        let given: i64 = refunds.iter().map(|one| one["amount"].as_i64().unwrap()).sum();
        received = intent["amount_received"].as_i64().unwrap();
        assert_eq!(received, given, "nothing is kept: {intent}");
    }
    assert!(refund == 0 || refund == received, "{cancelled}");
    assert_eq!(w.booking(&guest, &id).await.str("/status"), "cancelled");
    check(w.place(&w.guest().await, &offer.hold(1)).await, 201);
}
