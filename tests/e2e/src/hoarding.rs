//! What one guest may hold of a resource at a time, and how soon again. `holdLimits` is an addition to the contract.

use futures::StreamExt;
use futures::future::join_all;
use holdfast_client::stripe::{ACCEPTED, DECLINED, INSUFFICIENT_FUNDS};
use serde_json::json;

use crate::terms::{hold_of, in_days, nightly, with};
use crate::world::{Guest, Offer, World, check, check_problem};

#[tokio::test]
async fn of_a_guest_with_40_requests_at_once_as_many_win_as_one_may_hold_and_others_still_book() {
    let w = World::alone().await;
    let bot = w.guest().await;
    let others = join_all((0..10).map(|_| w.guest())).await;
    let offer = w.event(json!({"capacity": 100, "holdLimits": {"perSlot": 4}})).await;
    let body = offer.hold(1);
    let of_bot = join_all((0..40).map(|_| w.place(&bot, &body)));
    let of_others = join_all(others.iter().map(|guest| w.place(guest, &body)));
    let (of_bot, of_others) = futures::future::join(of_bot, of_others).await;
    for answer in of_others {
        check(answer, 201);
    }
    let (won, refused): (Vec<_>, Vec<_>) = of_bot.into_iter().partition(|answer| answer.status == 201);
    assert_eq!(won.len(), 4);
    for answer in refused {
        let answer = check_problem(answer, 429, "hold_limit_reached");
        assert_eq!(answer.str("/limit"), "perSlot");
        // A few seconds more than a hold lives: requests that run at once do not begin at once.
        let seconds: u64 = answer.header("retry-after").parse().unwrap();
        assert!((1..=620).contains(&seconds), "{answer:?}");
    }
    let freed = won[0].str("/holdId");
    check(w.release(&bot, freed).await, 204);
    check(w.place(&bot, &body).await, 201);
}

#[tokio::test]
async fn without_a_word_of_the_operator_a_guest_has_10_holds_of_a_month_and_10_places_of_a_night() {
    let w = World::new().await;
    let (guest, group) = (w.guest().await, w.guest().await);
    let id = w.resource(&with(nightly(), json!({"capacity": 100}))).await;
    let first = in_days(40).first_of_month().tomorrow().unwrap();
    let night = |n: i64| (first + jiff::Span::new().days(n)).to_string();
    let hold = |n: i64, quantity: u32| hold_of(&id, &night(n), &night(n + 1), quantity);
    for n in 0..10 {
        check(w.place(&guest, &hold(n, 1)).await, 201);
    }
    let refused = check_problem(w.place(&guest, &hold(12, 1)).await, 429, "hold_limit_reached");
    assert_eq!(refused.str("/limit"), "perGuest");
    // Of 100 places one is the first guest's.
    for quantity in [99, 11] {
        let refused = check_problem(w.place(&group, &hold(0, quantity)).await, 429, "hold_limit_reached");
        assert_eq!(refused.str("/limit"), "placesPerSlot");
    }
    check(w.place(&group, &hold(0, 10)).await, 201);
    let read = check(w.get(&format!("/api/resources/{id}")).send().await.unwrap(), 200);
    let unnamed = json!({"perGuest": null, "perSlot": 10, "placesPerSlot": null, "coolDownSeconds": null});
    assert_eq!(read.json["holdLimits"], unnamed);
}

#[tokio::test]
async fn without_a_word_of_the_operator_the_third_hold_that_comes_to_nothing_makes_its_guest_wait() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({"capacity": 100})).await;
    for _ in 0..3 {
        let hold = w.held(&guest, &offer).await;
        check(w.release(&guest, &hold).await, 204);
    }
    let refused = check_problem(w.place(&guest, &offer.hold(1)).await, 429, "hold_limit_reached");
    assert_eq!(refused.str("/limit"), "coolDownSeconds");
    let seconds: u64 = refused.header("retry-after").parse().unwrap();
    assert!((500..=600).contains(&seconds), "{refused:?}");
    check(w.place(&w.guest().await, &offer.hold(1)).await, 201);
}

/// Places of an event that many want.
const PLACES: u32 = 1000;

/// Places what it may, as often as it may, and pays for nothing.
async fn hoard(w: &World, hostile: &Guest, offer: &Offer) {
    for quantity in [PLACES, 20, 10, 10, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1] {
        let answer = w.place(hostile, &offer.hold(quantity)).await;
        let is_refused =
            [(409, "sold_out"), (429, "hold_limit_reached")].contains(&(answer.status, answer.code()));
        assert!(answer.status == 201 || is_refused, "{quantity}: {answer:?}");
    }
}

#[tokio::test]
async fn twenty_hostile_accounts_keep_none_of_a_hundred_guests_from_holding_and_paying() {
    let w = World::alone().await;
    let offer = w.event(json!({"capacity": PLACES})).await;
    let hostile = join_all((0..20).map(|_| w.guest())).await;
    let honest = join_all((0..100).map(|_| w.guest())).await;
    let attack = join_all(hostile.iter().map(|account| hoard(&w, account, &offer)));
    let (world, offer) = (&w, &offer);
    let visits = futures::stream::iter(&honest).for_each_concurrent(10, |guest| async move {
        let hold = world.held(guest, offer).await;
        let answer = world.pay(guest, &hold, ACCEPTED).await;
        assert!([201, 202].contains(&answer.status), "{answer:?}");
        world.until(guest, answer.str("/bookingId"), "confirmed", "captured").await;
    });
    futures::future::join(attack, visits).await;
}

#[tokio::test]
async fn a_card_tester_is_stopped_at_the_fifth_card_and_told_nothing_that_helps() {
    let w = World::new().await;
    let (tester, other) = (w.guest().await, w.guest().await);
    let offer = w.event(json!({"capacity": 100})).await;
    let holds = [w.held(&tester, &offer).await, w.held(&tester, &offer).await];
    for number in 0..5 {
        let card = [DECLINED, INSUFFICIENT_FUNDS][number % 2];
        let declined = check_problem(w.pay(&tester, &holds[number / 3], card).await, 402, "payment_declined");
        assert_eq!(declined.str("/declineCode"), "card_declined");
    }
    for hold in &holds {
        let refused = check_problem(w.pay(&tester, hold, ACCEPTED).await, 429, "too_many_attempts");
        assert_eq!(refused.str("/limit"), "attemptsPerDay");
        let seconds: u32 = refused.header("retry-after").parse().unwrap();
        assert!((86_000..=86_400).contains(&seconds), "{refused:?}");
    }
    let hold = w.held(&other, &offer).await;
    check(w.pay(&other, &hold, ACCEPTED).await, 201);
}

#[tokio::test]
async fn a_refusal_for_a_limit_is_not_remembered() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({"holdLimits": {"perGuest": 1}})).await;
    let hold = w.held(&guest, &offer).await;
    let body = offer.hold(1);
    let again = || w.send_keyed(&guest, "the-same-key", "/api/holds", &body);
    check_problem(again().await, 429, "hold_limit_reached");
    check(w.release(&guest, &hold).await, 204);
    let placed = check(again().await, 201);
    assert_eq!(placed.header("idempotent-replayed"), "");
}

#[tokio::test]
async fn after_a_hold_that_came_to_nothing_a_guest_waits() {
    let w = World::new().await;
    let (guest, other) = (w.guest().await, w.guest().await);
    let offer = w.event(json!({"holdTtlSeconds": 60, "holdLimits": {"coolDownSeconds": 3600}})).await;
    let hold = w.held(&guest, &offer).await;
    check(w.release(&guest, &hold).await, 204);
    let refused = check_problem(w.place(&guest, &offer.hold(1)).await, 429, "hold_limit_reached");
    assert_eq!(refused.str("/limit"), "coolDownSeconds");
    let seconds: u64 = refused.header("retry-after").parse().unwrap();
    assert!((3500..=3600).contains(&seconds), "{refused:?}");
    check(w.place(&other, &offer.hold(1)).await, 201);
}

#[tokio::test]
async fn an_operator_sets_the_limits_of_a_resource_and_reads_them() {
    let w = World::new().await;
    let guest = w.guest().await;
    let limits = json!({"perGuest": 3, "perSlot": 2, "placesPerSlot": 5, "coolDownSeconds": 30});
    let id = w.resource(&with(nightly(), json!({"capacity": 9, "holdLimits": limits}))).await;
    let read = check(w.get(&format!("/api/resources/{id}")).send().await.unwrap(), 200);
    assert_eq!(read.json["holdLimits"], limits);
    let (start, end) = (in_days(40).to_string(), in_days(41).to_string());
    let refused =
        check_problem(w.place(&guest, &hold_of(&id, &start, &end, 6)).await, 422, "validation_failed");
    assert_eq!(refused.str("/errors/0/pointer"), "/quantity");
    check(w.place(&guest, &hold_of(&id, &start, &end, 3)).await, 201);
    let refused =
        check_problem(w.place(&guest, &hold_of(&id, &start, &end, 3)).await, 429, "hold_limit_reached");
    assert_eq!(refused.str("/limit"), "placesPerSlot");
}
