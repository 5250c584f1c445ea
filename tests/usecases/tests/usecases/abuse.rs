//! Guests who want what is not theirs: all of a resource, or to know which of many cards works. Nobody else notices.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::join_all;
use holdfast_app::Failure;
use holdfast_app::bookings::BookingRequest;
use holdfast_app::payments::Outcome;
use holdfast_domain::bookings::{Contact, EmailAddress, FailureReason};
use holdfast_domain::payments::{ATTEMPTS_MAX, UNDONE_MAX};
use holdfast_domain::{BookingId, BookingStatus, Hold, HoldLimit, HoldLimits, Resource};
use holdfast_testkit::{Database, nightly_resource};
use tokio::spawn;

use crate::bank::{DECLINED, Op, THREE_D_SECURE, VISA};
use crate::driver::{Drive, Ending};
use crate::world::{PATIENCE, World, guest, hold_request, key, operator, soon};

const NIGHT: (&str, &str) = ("2030-06-01", "2030-06-02");
const DAY_SECONDS: i64 = 24 * 3600;

fn room(limits: HoldLimits) -> Resource {
    let mut room = nightly_resource("room", 100, 3600);
    room.terms.hold_limits = limits;
    room
}

async fn hold_of(w: &World, of: &Resource, who: &str, name: &str, quantity: u32) -> Result<Hold, Failure> {
    let (key, request) = (key(name, &quantity.to_string()), hold_request(of, NIGHT, quantity));
    w.holds.create(&guest(who), &key, &request, &w.by(who)).await.map(|placed| placed.hold)
}

async fn pay(w: &World, who: &str, hold: &Hold, name: &str, card: &str) -> Result<BookingStatus, Failure> {
    let request = BookingRequest {
        hold: hold.id.clone(),
        payment_method: Some(card.to_owned()),
        wait: PATIENCE,
        contact: Some(Contact { email: EmailAddress::parse("guest@example.com").ok(), ..Contact::default() }),
    };
    let key = key(name, &format!("{} {card}", hold.id));
    let requested = w.requests.request(&guest(who), &key, &request, &w.by(who)).await?;
    Ok(requested.booking.status)
}

fn is_too_many(outcome: &Result<BookingStatus, Failure>) -> bool {
    matches!(outcome, Err(Failure::TooManyAttempts { wait_seconds: 1.. }))
}

fn asked(w: &World) -> usize {
    w.bank.calls().into_iter().filter(|op| *op == Op::Authorize).count()
}

#[tokio::test]
async fn under_default_terms_one_guest_has_ten_of_a_hundred_places() {
    let room = room(HoldLimits::default());
    let w = World::with(&room).await;
    let mut places = 0;
    for (number, quantity) in [100, 50, 11, 10, 5, 1, 1].into_iter().enumerate() {
        match hold_of(&w, &room, "hostile", &number.to_string(), quantity).await {
            Ok(_) => places += quantity,
            Err(Failure::HoldLimitReached { limit: HoldLimit::PlacesPerSlot, wait_seconds: 1.. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(places, 10, "of 100");
    for number in 0..9 {
        hold_of(&w, &room, &format!("group-{number}"), "k", 10).await.expect("others have the rest");
    }
}

/// Writes an operator's stop, or takes it away, as the runbook says.
async fn stop(w: &World, partition: &str, is_stopped: bool) {
    let key = [("pk", partition), ("sk", "S")]
        .map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned())));
    let client = &w.database.client;
    if is_stopped {
        let put = client.put_item().table_name(Database::LEDGER).set_item(Some(key.into()));
        put.send().await.expect("a stop");
    } else {
        let delete = client.delete_item().table_name(Database::LEDGER).set_key(Some(key.into()));
        delete.send().await.expect("its end");
    }
    // Longer than a process remembers it.
    w.pass(2);
}

#[tokio::test]
async fn an_operator_stops_new_holds_while_what_is_held_is_paid() {
    let room = room(holdfast_testkit::UNLIMITED);
    let w = World::running(&room).await;
    for (partition, is_ours) in [("R#*", true), ("R#room", true), ("R#another", false)] {
        let held = hold_of(&w, &room, "guest", &format!("before-{partition}"), 1).await.expect("a hold");
        stop(&w, partition, true).await;
        let refused = hold_of(&w, &room, "guest", &format!("during-{partition}"), 1).await;
        assert_eq!(matches!(refused, Err(Failure::HoldsStopped)), is_ours, "{partition}: {refused:?}");
        let again = hold_of(&w, &room, "guest", &format!("before-{partition}"), 1).await.expect("a replay");
        assert_eq!(again.id, held.id);
        let paid = pay(&w, "guest", &held, &format!("pay-{partition}"), VISA).await.expect("an answer");
        assert_eq!(paid, BookingStatus::Confirmed);
        stop(&w, partition, false).await;
        hold_of(&w, &room, "guest", &format!("during-{partition}"), 1)
            .await
            .expect("the same request, later");
    }
}

/// Numbers below a bound, always the same ones for a seed.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % bound
    }
}

/// Twenty tries in an order, with keys, cards, holds and company that the seed decides.
async fn a_card_tester(seed: u64) {
    let room = room(holdfast_testkit::UNLIMITED);
    let w = World::running(&room).await;
    let holds: Vec<Hold> = join_all((0..4).map(|n| {
        let (w, room) = (&w, &room);
        async move { hold_of(w, room, "tester", &format!("hold-{n}"), 1).await.expect("a hold") }
    }))
    .await;
    let mut numbers = Numbers(seed);
    let mut tries = Vec::new();
    for number in 0..20 {
        let name =
            if numbers.below(4) == 0 { format!("key-{}", numbers.below(5)) } else { format!("new-{number}") };
        tries.push((numbers.below(holds.len()), name, format!("{DECLINED}_{}", numbers.below(6))));
    }
    let (mut left, mut refused) = (&tries[..], 0);
    while !left.is_empty() {
        let (now, later) = left.split_at((1 + numbers.below(6)).min(left.len()));
        let outcomes =
            join_all(now.iter().map(|(hold, name, card)| pay(&w, "tester", &holds[*hold], name, card))).await;
        for outcome in outcomes {
            refused += usize::from(is_too_many(&outcome));
            let is_told = matches!(
                outcome,
                Ok(BookingStatus::Failed)
                    | Err(Failure::TooManyAttempts { .. } | Failure::KeyReused | Failure::RequestInProgress)
            );
            assert!(is_told, "seed {seed}: {outcome:?}");
        }
        left = later;
    }
    assert_eq!(asked(&w), ATTEMPTS_MAX, "seed {seed}: cards that were tried");
    assert!(refused > 0, "seed {seed}");
    let other = hold_of(&w, &room, "tester", "another", 1).await.expect("a hold");
    assert!(is_too_many(&pay(&w, "tester", &other, "a good card", VISA).await), "seed {seed}");
    let honest = hold_of(&w, &room, "honest", "k", 1).await.expect("a hold");
    let paid = pay(&w, "honest", &honest, "k", VISA).await.expect("an answer");
    assert_eq!(paid, BookingStatus::Confirmed, "seed {seed}: everybody else pays");
    w.pass(DAY_SECONDS);
    let next_day = hold_of(&w, &room, "tester", "next day", 1).await.expect("a hold");
    let paid = pay(&w, "tester", &next_day, "next day", VISA).await.expect("an answer");
    assert_eq!(paid, BookingStatus::Confirmed, "seed {seed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_tester_has_five_tries_whatever_the_order_of_keys_cards_and_holds() {
    for seed in 0..12 {
        a_card_tester(seed).await;
    }
}

#[tokio::test]
async fn what_was_paid_and_what_is_replayed_count_for_nothing() {
    let room = room(holdfast_testkit::UNLIMITED);
    let w = World::running(&room).await;
    for number in 0..=ATTEMPTS_MAX {
        let hold = hold_of(&w, &room, "guest", &format!("paid-{number}"), 1).await.expect("a hold");
        let paid = pay(&w, "guest", &hold, &format!("paid-{number}"), VISA).await.expect("an answer");
        assert_eq!(paid, BookingStatus::Confirmed);
    }
    let hold = hold_of(&w, &room, "guest", "declined", 1).await.expect("a hold");
    for number in 0..ATTEMPTS_MAX - 1 {
        let name = format!("declined-{number}");
        assert_eq!(pay(&w, "guest", &hold, &name, DECLINED).await.expect("an answer"), BookingStatus::Failed);
        let again = pay(&w, "guest", &hold, &name, DECLINED).await.expect("a replay");
        assert_eq!(again, BookingStatus::Failed, "which is no attempt");
    }
    let paid = pay(&w, "guest", &hold, "at last", VISA).await.expect("an answer");
    assert_eq!(paid, BookingStatus::Confirmed);
}

#[tokio::test]
async fn attempts_that_run_may_still_be_declined_and_leave_no_room() {
    let room = room(holdfast_testkit::UNLIMITED);
    let w = World::with(&room).await;
    for number in 0..ATTEMPTS_MAX {
        let hold = w.held(&room, &format!("hold-{number}"), NIGHT).await;
        w.open(&hold, &format!("pay-{number}"), VISA).await;
    }
    let one_more = w.held(&room, "one more", NIGHT).await;
    let early = pay(&w, "guest", &one_more, "early", VISA).await;
    assert!(matches!(early, Err(Failure::TooManyAttempts { wait_seconds: 5 })), "{early:?}");
}

#[tokio::test]
async fn a_guest_who_pays_and_cancels_has_twenty_and_from_the_fifth_on_one_at_a_time() {
    let room = room(holdfast_testkit::UNLIMITED);
    let w = World::with(&room).await;
    let mut standing = Vec::new();
    for number in 0..UNDONE_MAX {
        let name = format!("k{number}");
        let hold = w.held(&room, &name, NIGHT).await;
        let id = w.open(&hold, &name, VISA).await;
        // Six stood before the first was cancelled: they count all the same.
        if number > ATTEMPTS_MAX {
            let other = w.held(&room, &format!("beside {name}"), NIGHT).await;
            let beside = pay(&w, "guest", &other, &format!("beside {name}"), VISA).await;
            assert!(matches!(beside, Err(Failure::TooManyAttempts { wait_seconds: 5 })), "{beside:?}");
        }
        assert_eq!(Drive::new(&w, &id).run().await, Ending::Confirmed);
        standing.push(id);
        if number >= ATTEMPTS_MAX {
            for id in standing.drain(..) {
                w.cancel(&id, "cancel").await.expect("a cancellation");
                w.settle(&id).await;
            }
        }
    }
    let hold = w.held(&room, "one more", NIGHT).await;
    assert!(is_too_many(&pay(&w, "guest", &hold, "one more", VISA).await));
    w.pass(DAY_SECONDS);
    let hold = w.held(&room, "next day", NIGHT).await;
    w.open(&hold, "next day", VISA).await;
}

#[tokio::test]
async fn a_guest_who_cancels_each_booking_once_the_next_is_paid_is_not_forgotten() {
    let room = room(holdfast_testkit::UNLIMITED);
    let w = World::with(&room).await;
    let mut stands: Option<BookingId> = None;
    // One more is begun than is cancelled: the last stands.
    for number in 0..=UNDONE_MAX {
        let name = format!("k{number}");
        let hold = w.held(&room, &name, NIGHT).await;
        let id = w.open(&hold, &name, VISA).await;
        assert_eq!(Drive::new(&w, &id).run().await, Ending::Confirmed);
        if let Some(before) = stands.replace(id) {
            w.cancel(&before, "cancel").await.expect("a cancellation");
            w.settle(&before).await;
        }
    }
    let hold = w.held(&room, "one more", NIGHT).await;
    assert!(is_too_many(&pay(&w, "guest", &hold, "one more", VISA).await));
}

#[tokio::test]
async fn a_guest_with_twenty_bookings_that_stand_pays_the_next() {
    let room = room(holdfast_testkit::UNLIMITED);
    let w = World::with(&room).await;
    for number in 0..=UNDONE_MAX {
        let name = format!("k{number}");
        let hold = w.held(&room, &name, NIGHT).await;
        let id = w.open(&hold, &name, VISA).await;
        assert_eq!(Drive::new(&w, &id).run().await, Ending::Confirmed);
    }
}

#[tokio::test]
async fn who_cancels_three_trips_and_tries_again_in_an_outage_pays_in_the_end() {
    let room = room(holdfast_testkit::UNLIMITED);
    let w = World::with(&room).await;
    for number in 0..3 {
        let name = format!("trip-{number}");
        let hold = w.held(&room, &name, NIGHT).await;
        let id = w.open(&hold, &name, VISA).await;
        assert_eq!(Drive::new(&w, &id).run().await, Ending::Confirmed);
        w.cancel(&id, "cancel").await.expect("a cancellation");
        w.settle(&id).await;
    }
    let hold = w.held(&room, "k", NIGHT).await;
    for _ in 0..8 {
        // The same key each time, as a client repeats it.
        let id = w.open(&hold, "k", VISA).await;
        let outage = w.saga.fail_booking(&id, &FailureReason::PaymentUnavailable, &w.by("saga")).await;
        assert_eq!(outage.expect("an answer"), Outcome::Failed);
    }
    let id = w.open(&hold, "k", VISA).await;
    assert_eq!(Drive::new(&w, &id).run().await, Ending::Confirmed);
}

#[tokio::test]
async fn a_guest_who_cancels_running_payments_has_five_and_whose_an_operator_cancels_has_more() {
    let room = room(holdfast_testkit::UNLIMITED);
    for by_operator in [false, true] {
        let w = World::with(&room).await;
        for number in 0..ATTEMPTS_MAX {
            let name = format!("k{number}");
            let hold = w.held(&room, &name, NIGHT).await;
            let id = w.open(&hold, &name, VISA).await;
            let by = if by_operator { operator() } else { guest("guest") };
            let (key, mutation) = (key("cancel", id.as_str()), w.by(by.guest.as_str()));
            let cancelled = w.cancellations.cancel(&by, &id, &key, None, Duration::ZERO, &mutation).await;
            assert_eq!(cancelled.expect("cancelled").booking.status, BookingStatus::Cancelled);
        }
        let hold = w.held(&room, "one more", NIGHT).await;
        if by_operator {
            w.open(&hold, "one more", VISA).await;
        } else {
            assert!(is_too_many(&pay(&w, "guest", &hold, "one more", VISA).await));
        }
    }
}

#[tokio::test]
async fn a_guest_who_walks_away_from_the_banks_step_has_five_attempts_as_well() {
    let mut room = room(holdfast_testkit::UNLIMITED);
    room.terms.hold_ttl_seconds = 600;
    let w = World::with(&room).await;
    for number in 0..ATTEMPTS_MAX {
        let name = format!("k{number}");
        let hold = w.held(&room, &name, NIGHT).await;
        let id = w.open(&hold, &name, THREE_D_SECURE).await;
        let run = spawn({
            let (w, id) = (w.clone(), id.clone());
            async move { Drive::new(&w, &id).run().await }
        });
        for seconds in [1200, 900] {
            w.flow.idle().await;
            w.pass(seconds);
            w.flow.time_out();
        }
        assert_eq!(soon("the end of the saga", run).await.expect("no panic"), Ending::Failed);
        assert_eq!(w.booking(&id).await.failure, Some(FailureReason::PaymentTimedOut));
    }
    let hold = w.held(&room, "one more", NIGHT).await;
    assert!(is_too_many(&pay(&w, "guest", &hold, "one more", VISA).await));
}
