//! What one guest may hold of a resource at a time, and how soon again. `holdLimits` is an addition to the contract.

use futures::future::join_all;
use serde_json::json;

use crate::terms::{hold_of, in_days, nightly, with};
use crate::world::{World, check, check_problem};

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
async fn without_a_word_of_the_operator_a_guest_holds_20_of_a_month_and_10_of_a_night() {
    let w = World::new().await;
    let guest = w.guest().await;
    let room = w.room(json!({"capacity": 30})).await;
    let first = in_days(40).first_of_month().tomorrow().unwrap();
    let night = |n: i64| (first + jiff::Span::new().days(n)).to_string();
    let hold = |n: i64| hold_of(&room.id, &night(n), &night(n + 1), 1);
    for _ in 0..10 {
        check(w.place(&guest, &hold(0)).await, 201);
    }
    let refused = check_problem(w.place(&guest, &hold(0)).await, 429, "hold_limit_reached");
    assert_eq!(refused.str("/limit"), "perSlot");
    for n in 1..11 {
        check(w.place(&guest, &hold(n)).await, 201);
    }
    let refused = check_problem(w.place(&guest, &hold(12)).await, 429, "hold_limit_reached");
    assert_eq!(refused.str("/limit"), "perGuest");
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
