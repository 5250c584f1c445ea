//! API.md, Conventions: `Idempotency-Key`, to the letter, on holds and extensions. Bookings: `idempotency_bookings`.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;
use holdfast_client::{Answer, poll, unique, wait_past};
use serde_json::json;

use crate::terms::{instant, with};
use crate::world::{PATIENCE, World, check, check_invalid, check_problem};

/// The answer, if it repeats `first` as the contract says: 200, the identical body, and the header.
#[track_caller]
pub(crate) fn check_replay(again: Answer, first: &Answer) -> Answer {
    let again = check(again, 200);
    assert!(again.is_replay(), "{again:?}");
    assert!(!first.is_replay(), "{first:?}");
    assert_eq!(again.text, first.text);
    again
}

/// Whether an answer is what a second request may get while the first is still running.
#[track_caller]
pub(crate) fn is_in_progress(answer: &Answer) -> bool {
    if answer.status != 409 {
        return false;
    }
    let answer = check_problem(answer.clone(), 409, "request_in_progress");
    assert!(answer.header("retry-after").parse::<u32>().is_ok(), "{answer:?}");
    true
}

#[tokio::test]
async fn a_key_is_required_on_every_post() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let hold = w.held(&guest, &offer).await;
    let booking = w.booked(&guest, &offer).await;
    let bodies = [
        ("/api/holds".to_owned(), offer.hold(1)),
        (format!("/api/holds/{hold}/extend"), json!({})),
        ("/api/bookings".to_owned(), json!({"holdId": hold, "paymentMethodId": "pm_card_visa"})),
        (format!("/api/bookings/{}/cancel", booking.str("/bookingId")), json!({})),
    ];
    let too_long = "k".repeat(256);
    for (path, body) in bodies {
        let without = w.post(&path).token(&guest.token).json(&body).send().await.unwrap();
        check_problem(without, 400, "idempotency_key_required");
        for malformed in ["", "two words", "schlüssel", "tab\there", &too_long] {
            let answer = w.send_keyed(&guest, malformed, &path, &body).await;
            assert_eq!(answer.status, 400, "{path} with {malformed:?}: {answer:?}");
            check_problem(answer, 400, "idempotency_key_required");
        }
    }
    assert_eq!(w.hold(&guest, &hold).await.str("/status"), "active");
    assert_eq!(w.booking(&guest, booking.str("/bookingId")).await.str("/status"), "confirmed");
}

#[tokio::test]
async fn a_key_has_1_to_255_visible_characters() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let longest = "~".repeat(255);
    let signs = "!\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~";
    let mut ids = BTreeSet::new();
    for key in ["k", &longest, signs] {
        let answer = check(w.send_keyed(&guest, key, "/api/holds", &offer.hold(1)).await, 201);
        ids.insert(answer.str("/holdId").to_owned());
    }
    assert_eq!(ids.len(), 3, "each key its own hold");
}

#[tokio::test]
async fn the_same_request_again_gets_the_first_answer() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({"capacity": 1})).await;
    let key = unique("key");
    let body = offer.hold(1);
    let first = check(w.send_keyed(&guest, &key, "/api/holds", &body).await, 201);
    for _ in 0..2 {
        check_replay(w.send_keyed(&guest, &key, "/api/holds", &body).await, &first);
    }
    let hold = first.str("/holdId");
    check(w.extend(&guest, &unique("key"), hold).await, 200);
    check_replay(w.send_keyed(&guest, &key, "/api/holds", &body).await, &first);
    check(w.release(&guest, hold).await, 204);
    check_replay(w.send_keyed(&guest, &key, "/api/holds", &body).await, &first);
    let other = w.guest().await;
    check(w.place(&other, &body).await, 201);
    check_replay(w.send_keyed(&guest, &key, "/api/holds", &body).await, &first);
    assert_eq!(w.hold(&guest, hold).await.str("/status"), "released", "a replay takes nothing again");
}

#[tokio::test]
async fn the_same_request_after_expiry_gets_the_first_answer() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({"capacity": 1, "holdTtlSeconds": 1})).await;
    let key = unique("key");
    let first = check(w.send_keyed(&guest, &key, "/api/holds", &offer.hold(1)).await, 201);
    wait_past(instant(first.str("/expiresAt"))).await;
    check_replay(w.send_keyed(&guest, &key, "/api/holds", &offer.hold(1)).await, &first);
    check(w.place(&w.guest().await, &offer.hold(1)).await, 201);
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let key = unique("key");
    let first = check(w.send_keyed(&guest, &key, "/api/holds", &offer.hold(1)).await, 201);
    let elsewhere = w.event(json!({})).await;
    for body in [offer.hold(2), elsewhere.hold(1), with(offer.hold(1), json!({"userId": guest.sub}))] {
        let answer = w.send_keyed(&guest, &key, "/api/holds", &body).await;
        check_problem(answer, 422, "idempotency_key_reused");
    }
    check_replay(w.send_keyed(&guest, &key, "/api/holds", &offer.hold(1)).await, &first);
}

#[tokio::test]
async fn a_key_belongs_to_its_caller_and_its_path() {
    let w = World::new().await;
    let (anna, bert) = (w.guest().await, w.guest().await);
    let offer = w.event(json!({"capacity": 3})).await;
    let key = unique("key");
    let annas = check(w.send_keyed(&anna, &key, "/api/holds", &offer.hold(1)).await, 201);
    let berts = check(w.send_keyed(&bert, &key, "/api/holds", &offer.hold(1)).await, 201);
    assert_ne!(annas.str("/holdId"), berts.str("/holdId"));
    let second = w.held(&anna, &offer).await;
    for hold in [annas.str("/holdId"), &second] {
        let extended = check(w.extend(&anna, &key, hold).await, 200);
        assert!(!extended.is_replay(), "{extended:?}");
    }
    let card = w.card(holdfast_client::stripe::ACCEPTED).await.unwrap();
    let booking = check(w.pay_with(&anna, &key, &second, &card).await, 201);
    let path = format!("/api/bookings/{}/cancel", booking.str("/bookingId"));
    assert!(!check(w.send_keyed(&anna, &key, &path, &json!({})).await, 200).is_replay());
}

#[tokio::test]
async fn two_keys_with_equal_bodies_are_two_requests() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({"capacity": 2})).await;
    let first = check(w.place(&guest, &offer.hold(1)).await, 201);
    let second = check(w.place(&guest, &offer.hold(1)).await, 201);
    assert_ne!(first.str("/holdId"), second.str("/holdId"));
    check_problem(w.place(&guest, &offer.hold(1)).await, 409, "sold_out");
}

#[tokio::test]
async fn a_sold_out_is_not_remembered() {
    let w = World::new().await;
    let (first, second) = (w.guest().await, w.guest().await);
    let offer = w.event(json!({"capacity": 1})).await;
    let hold = w.held(&first, &offer).await;
    let key = unique("key");
    check_problem(w.send_keyed(&second, &key, "/api/holds", &offer.hold(1)).await, 409, "sold_out");
    check(w.release(&first, &hold).await, 204);
    let again = w.once_free(async || w.send_keyed(&second, &key, "/api/holds", &offer.hold(1)).await);
    let placed = check(again.await, 201);
    check_replay(w.send_keyed(&second, &key, "/api/holds", &offer.hold(1)).await, &placed);
}

#[tokio::test]
async fn a_not_found_is_not_remembered() {
    let w = World::new().await;
    let guest = w.guest().await;
    let known = w.event(json!({})).await;
    let id = unique("e2e");
    let body = with(known.hold(1), json!({"resourceId": id}));
    let key = unique("key");
    check(w.send_keyed(&guest, &key, "/api/holds", &body).await, 404);
    let terms = crate::terms::event(instant(&known.start));
    assert!(w.put_resource(&id, &terms).await.status < 300);
    check(w.send_keyed(&guest, &key, "/api/holds", &body).await, 201);
}

#[tokio::test]
async fn a_not_valid_is_not_remembered() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let key = unique("key");
    check_invalid(w.send_keyed(&guest, &key, "/api/holds", &offer.hold(0)).await);
    check(w.send_keyed(&guest, &key, "/api/holds", &offer.hold(1)).await, 201);
}

#[tokio::test]
async fn an_answer_the_caller_did_not_wait_for_is_found_again() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({"capacity": 1})).await;
    let key = unique("key");
    let call = w.post("/api/holds").token(&guest.token).key(&key).json(&offer.hold(1));
    let _ = call.patience(Duration::from_millis(2)).send().await;
    let answer = poll("the first is done", PATIENCE, async || {
        let answer = w.send_keyed(&guest, &key, "/api/holds", &offer.hold(1)).await;
        Ok((!is_in_progress(&answer)).then_some(answer))
    })
    .await
    .unwrap();
    assert!(answer.status == 201 || answer.status == 200 && answer.is_replay(), "{answer:?}");
    assert_eq!(w.hold(&guest, answer.str("/holdId")).await.str("/status"), "active");
}

#[tokio::test]
async fn of_concurrent_duplicates_one_runs() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({"capacity": 10})).await;
    let key = unique("key");
    let body = offer.hold(1);
    let calls = (0..8).map(|_| w.send_keyed(&guest, &key, "/api/holds", &body));
    let answers: Vec<Answer> = join_all(calls).await.into_iter().filter(|a| !is_in_progress(a)).collect();
    let first: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(first.len(), 1, "{answers:#?}");
    for again in answers.iter().filter(|answer| answer.status != 201) {
        check_replay(again.clone(), first[0]);
    }
    let left = w.place(&guest, &offer.hold(10)).await;
    assert_eq!(check_problem(left, 409, "sold_out").int("/available"), Some(9));
}

#[tokio::test]
async fn an_extension_again_is_the_same_extension() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let hold = w.held(&guest, &offer).await;
    let key = unique("key");
    let first = check(w.extend(&guest, &key, &hold).await, 200);
    check_replay(w.extend(&guest, &key, &hold).await, &first);
    let now = w.hold(&guest, &hold).await;
    assert_eq!(now.str("/expiresAt"), first.str("/expiresAt"));
    let second = check(w.extend(&guest, &unique("key"), &hold).await, 200);
    assert_ne!(second.str("/expiresAt"), first.str("/expiresAt"));
    check_replay(w.extend(&guest, &key, &hold).await, &first);
    let calls = (0..6).map(|_| w.extend(&guest, "the-third", &hold));
    let answers: Vec<Answer> = join_all(calls).await.into_iter().filter(|a| !is_in_progress(a)).collect();
    assert!(!answers.is_empty());
    assert!(answers.iter().all(|answer| check(answer.clone(), 200).text == answers[0].text), "{answers:#?}");
    assert_eq!(answers.iter().filter(|answer| !answer.is_replay()).count(), 1, "{answers:#?}");
}

#[tokio::test]
async fn a_cancellation_again_is_the_same_cancellation() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let booking = w.booked(&guest, &offer).await.str("/bookingId").to_owned();
    let path = format!("/api/bookings/{booking}/cancel");
    let key = unique("key");
    let body = json!({"reason": "ill"});
    let first = check(w.send_keyed(&guest, &key, &path, &body).await, 200);
    check_replay(w.send_keyed(&guest, &key, &path, &body).await, &first);
    let other = w.send_keyed(&guest, &key, &path, &json!({"reason": "well again"})).await;
    check_problem(other, 422, "idempotency_key_reused");
    let settled = w.until(&guest, &booking, "cancelled", "refunded").await;
    assert_eq!(settled.str("/status"), "cancelled");
}
