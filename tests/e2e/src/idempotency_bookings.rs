//! API.md, Conventions and Bookings: `Idempotency-Key` where money is at stake.

use futures::future::join_all;
use holdfast_client::stripe::{ACCEPTED, DECLINED, INSUFFICIENT_FUNDS};
use holdfast_client::{Answer, unique};
use serde_json::json;

use crate::idempotency::{check_replay, is_in_progress};
use crate::world::{World, check, check_problem, results};

#[tokio::test]
async fn a_paid_booking_again_gets_the_first_answer() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let hold = w.held(&guest, &offer).await;
    let card = w.card(ACCEPTED).await.unwrap();
    let key = unique("key");
    let first = check(w.pay_with(&guest, &key, &hold, &card).await, 201);
    for _ in 0..2 {
        check_replay(w.pay_with(&guest, &key, &hold, &card).await, &first);
    }
    let intent = w.intent_id(first.str("/bookingId")).await;
    assert_eq!(w.effects(&intent, "capture").await.unwrap(), 1);
    assert_eq!(results(&w.read(&guest, "/api/bookings").await).len(), 1);
}

#[tokio::test]
async fn a_paid_booking_again_after_its_cancellation_gets_the_first_answer() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let hold = w.held(&guest, &offer).await;
    let card = w.card(ACCEPTED).await.unwrap();
    let key = unique("key");
    let first = check(w.pay_with(&guest, &key, &hold, &card).await, 201);
    check(w.cancel(&guest, first.str("/bookingId")).await, 200);
    check_replay(w.pay_with(&guest, &key, &hold, &card).await, &first);
}

#[tokio::test]
async fn the_same_key_for_another_payment_is_refused() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let (one, two) = (w.held(&guest, &offer).await, w.held(&guest, &offer).await);
    let card = w.card(ACCEPTED).await.unwrap();
    let key = unique("key");
    let first = check(w.pay_with(&guest, &key, &one, &card).await, 201);
    let other_hold = w.pay_with(&guest, &key, &two, &card).await;
    check_problem(other_hold, 422, "idempotency_key_reused");
    let other_card = w.pay_with(&guest, &key, &one, &w.card(ACCEPTED).await.unwrap()).await;
    check_problem(other_card, 422, "idempotency_key_reused");
    check_replay(w.pay_with(&guest, &key, &one, &card).await, &first);
    assert_eq!(w.hold(&guest, &two).await.str("/status"), "active");
}

#[tokio::test]
async fn a_decline_is_remembered_and_a_new_key_is_a_new_attempt() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let hold = w.held(&guest, &offer).await;
    let poor = w.card(INSUFFICIENT_FUNDS).await.unwrap();
    let key = unique("key");
    let first = check_problem(w.pay_with(&guest, &key, &hold, &poor).await, 402, "payment_declined");
    assert!(!first.is_replay(), "{first:?}");
    for _ in 0..2 {
        let again = check_problem(w.pay_with(&guest, &key, &hold, &poor).await, 402, "payment_declined");
        assert!(again.is_replay(), "{again:?}");
        assert_eq!(again.str("/declineCode"), first.str("/declineCode"));
        assert_eq!(again.text, first.text);
    }
    let attempts = w.confirmations_of(&poor).await.unwrap();
    assert_eq!(attempts, 1, "the bank was asked once");

    let new_key = check(w.pay_with(&guest, &unique("key"), &hold, &poor).await, 402);
    assert!(!new_key.is_replay(), "{new_key:?}");
    assert_eq!(w.confirmations_of(&poor).await.unwrap(), 2, "a new key is a new attempt");
    let paid = check(w.pay(&guest, &hold, ACCEPTED).await, 201);
    assert_eq!(paid.str("/status"), "confirmed");
    let late = check_problem(w.pay_with(&guest, &key, &hold, &poor).await, 402, "payment_declined");
    assert!(late.is_replay(), "{late:?}");
}

#[tokio::test]
async fn the_replay_of_a_pending_booking_shows_it_as_it_is_now() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let hold = w.held(&guest, &offer).await;
    let card = w.card(holdfast_client::stripe::THREE_D_SECURE).await.unwrap();
    let key = unique("key");
    let first = check(w.pay_with(&guest, &key, &hold, &card).await, 202);
    let booking = first.str("/bookingId");
    let pending = w.pay_with(&guest, &key, &hold, &card).await;
    assert!(pending.is_replay() && [200, 202].contains(&pending.status), "{pending:?}");
    assert_eq!(pending.str("/bookingId"), booking);
    assert_eq!(pending.str("/status"), "pending");
    w.customer_acts(booking, true).await;
    w.until(&guest, booking, "confirmed", "captured").await;
    let now = check(w.pay_with(&guest, &key, &hold, &card).await, 200);
    assert!(now.is_replay(), "{now:?}");
    assert_eq!(now.str("/bookingId"), booking);
    assert_eq!((now.str("/status"), now.str("/paymentStatus")), ("confirmed", "captured"), "{now}");
}

#[tokio::test]
async fn of_concurrent_payments_under_one_key_one_runs() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let hold = w.held(&guest, &offer).await;
    let card = w.card(ACCEPTED).await.unwrap();
    let key = unique("key");
    let calls = (0..6).map(|_| w.pay_with(&guest, &key, &hold, &card));
    let answers: Vec<Answer> = join_all(calls).await.into_iter().filter(|a| !is_in_progress(a)).collect();
    assert_eq!(answers.iter().filter(|a| a.status == 201).count(), 1, "{answers:#?}");
    for answer in &answers {
        assert!([200, 201, 202].contains(&answer.status), "{answer:?}");
        assert_eq!(answer.is_replay(), answer.status != 201, "{answer:?}");
        assert_eq!(answer.str("/bookingId"), answers[0].str("/bookingId"));
    }
    let bookings = w.read(&guest, "/api/bookings").await;
    assert_eq!(results(&bookings).len(), 1, "{bookings}");
    let intent = w.intent_id(answers[0].str("/bookingId")).await;
    assert_eq!(w.effects(&intent, "capture").await.unwrap(), 1);
    assert_eq!(w.confirmations_of(&card).await.unwrap(), 1);
}

#[tokio::test]
async fn a_refused_payment_is_not_remembered() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let card = w.card(ACCEPTED).await.unwrap();
    let key = unique("key");
    check(w.pay_with(&guest, &key, "hld_unknown", &card).await, 404);
    let released = w.held(&guest, &offer).await;
    check(w.release(&guest, &released).await, 204);
    check_problem(w.pay_with(&guest, &key, &released, &card).await, 409, "hold_released");
    let hold = w.held(&guest, &offer).await;
    check(w.pay_with(&guest, &key, &hold, &card).await, 201);
}

#[tokio::test]
async fn of_concurrent_declines_under_one_key_the_bank_sees_one() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let hold = w.held(&guest, &offer).await;
    let card = w.card(DECLINED).await.unwrap();
    let key = unique("key");
    let calls = (0..4).map(|_| w.pay_with(&guest, &key, &hold, &card));
    let answers: Vec<Answer> = join_all(calls).await.into_iter().filter(|a| !is_in_progress(a)).collect();
    for answer in &answers {
        check_problem(answer.clone(), 402, "payment_declined");
    }
    assert_eq!(answers.iter().filter(|answer| !answer.is_replay()).count(), 1, "{answers:#?}");
    assert_eq!(w.confirmations_of(&card).await.unwrap(), 1);
}
