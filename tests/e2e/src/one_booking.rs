//! API.md, Bookings: one hold makes at most one confirmed booking, whatever the keys.

use futures::future::join_all;
use holdfast_client::stripe::{ACCEPTED, DECLINED};
use holdfast_client::{Answer, unique};
use serde_json::{Value, json};

use crate::world::{World, check, check_problem, results};

fn of_status<'a>(bookings: &'a [Value], status: &str) -> Vec<&'a Value> {
    bookings.iter().filter(|booking| booking["status"] == status).collect()
}

#[tokio::test]
async fn concurrent_payments_of_one_hold_under_many_keys_make_one_booking() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({"capacity": 1})).await;
    let hold = w.held(&guest, &offer).await;
    let mut cards = Vec::new();
    for _ in 0..6 {
        cards.push(w.card(ACCEPTED).await.unwrap());
    }
    let (w, guest, hold) = (&w, &guest, hold.as_str());
    let calls = cards.iter().map(|card| async move { w.pay_with(guest, &unique("key"), hold, card).await });
    let answers: Vec<Answer> = join_all(calls).await;
    let paid: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(paid.len(), 1, "{answers:#?}");
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!(answer.status, 409, "{answer:?}");
        assert!(["request_in_progress", "hold_confirmed"].contains(&answer.code()), "{answer:?}");
    }
    let bookings = w.read(guest, "/api/bookings").await;
    assert_eq!(of_status(results(&bookings), "confirmed").len(), 1, "{bookings}");
    let mut asked = 0;
    for card in &cards {
        asked += w.confirmations_of(card).await.unwrap();
    }
    assert_eq!(asked, 1, "one card was charged");
}

#[tokio::test]
async fn a_second_payment_has_to_wait_for_the_first() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let hold = w.held(&guest, &offer).await;
    let first = w.awaiting_customer(&guest, &hold).await;
    let second = check_problem(w.pay(&guest, &hold, ACCEPTED).await, 409, "request_in_progress");
    assert!(second.header("retry-after").parse::<u32>().is_ok(), "{second:?}");
    w.customer_acts(first.str("/bookingId"), true).await;
    w.until(&guest, first.str("/bookingId"), "confirmed", "captured").await;
    check_problem(w.pay(&guest, &hold, ACCEPTED).await, 409, "hold_confirmed");
}

#[tokio::test]
async fn failed_attempts_show_as_failed() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let hold = w.held(&guest, &offer).await;
    check_problem(w.pay(&guest, &hold, DECLINED).await, 402, "payment_declined");
    let paid = check(w.pay(&guest, &hold, ACCEPTED).await, 201);
    let history = w.read(&guest, "/api/bookings").await;
    let bookings = results(&history);
    assert!(bookings.iter().all(|booking| booking["holdId"] == hold.as_str()), "{history}");
    let confirmed = of_status(bookings, "confirmed");
    assert_eq!(confirmed.len(), 1, "{history}");
    assert_eq!(confirmed[0]["bookingId"], paid.str("/bookingId"));
    assert_eq!(of_status(bookings, "failed").len(), bookings.len() - 1, "{history}");
    for failed in of_status(bookings, "failed") {
        assert_eq!(failed["paymentStatus"], "failed", "{failed}");
    }
}

#[tokio::test]
async fn two_holds_of_one_guest_are_two_bookings() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({"capacity": 2})).await;
    let (one, two) = (w.booked(&guest, &offer).await, w.booked(&guest, &offer).await);
    assert_ne!(one.str("/bookingId"), two.str("/bookingId"));
    check_problem(w.place(&guest, &offer.hold(1)).await, 409, "sold_out");
}
