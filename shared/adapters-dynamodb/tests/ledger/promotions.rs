//! Uses of a promotion that are limited: never more than the limit, each given back once.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::join_all;
use holdfast_app::LedgerError;
use holdfast_app::holds::Placed;
use holdfast_domain::bookings::FailureReason;
use holdfast_domain::rates::promotion::{PromotionCode, UseLimits};
use holdfast_domain::{BookingEvent, Hold, InventoryMove, Resource};
use holdfast_testkit::{Database, Store, hold_for, nightly_resource, with_promotion};
use tokio::sync::Barrier;

use crate::harness::Harness;

const CODE: &str = "SUMMER";
const NIGHT: (&str, &str) = ("2030-06-01", "2030-06-02");
const SPAN: (&str, &str) = ("2030-06-30", "2030-07-02");
const CALLERS: usize = 1_000;
/// Pages that the callers of the race spread over.
const MONTHS: [(&str, &str); 5] = [
    ("2030-06-01", "2030-06-02"),
    ("2030-07-01", "2030-07-02"),
    ("2030-08-01", "2030-08-02"),
    ("2030-09-01", "2030-09-02"),
    ("2030-10-01", "2030-10-02"),
];

fn in_all(uses: u32) -> UseLimits {
    UseLimits { in_all: Some(uses), per_guest: None }
}

fn each(uses: u32) -> UseLimits {
    UseLimits { in_all: None, per_guest: Some(uses) }
}

fn is_used_up<T>(outcome: &Result<T, LedgerError>) -> bool {
    matches!(outcome, Err(LedgerError::PromotionUsedUp { .. }))
}

impl Harness {
    fn limited(
        &self,
        room: &Resource,
        guest: &str,
        key: &str,
        range: (&str, &str),
        limits: UseLimits,
    ) -> Hold {
        with_promotion(hold_for(room, guest, key, range, 1, self.now()), CODE, limits)
    }

    async fn place_limited(&self, room: &Resource, hold: &Hold) -> Result<Placed, LedgerError> {
        self.store.holds.place(&[room], hold, &self.by("guest")).await
    }

    async fn used(&self, room: &Resource, key: &str, range: (&str, &str), limits: UseLimits) -> Hold {
        let hold = self.limited(room, key, key, range, limits);
        self.place_limited(room, &hold).await.expect("a use that is left").hold
    }

    async fn uses(&self, room: &Resource) -> u64 {
        self.database.uses(&room.id, CODE).await
    }

    async fn drop_dead(&self, hold: &Hold) {
        self.store.holds.expire(hold, &self.by("expiry")).await.expect("it has expired");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_at_once_exactly_the_limit_wins() {
    let room = nightly_resource("room", 1_000, 600);
    let h = Arc::new(Harness::with(&room).await);
    let names: Vec<String> = (0..CALLERS).map(|n| format!("guest-{n}")).collect();
    let outcomes = join_all(names.iter().enumerate().map(|(n, name)| {
        let hold = h.limited(&room, name, "key", MONTHS[n % MONTHS.len()], in_all(100));
        let (h, room) = (Arc::clone(&h), room.clone());
        async move { h.place_limited(&room, &hold).await }
    }))
    .await;
    let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let lost = outcomes.iter().filter(|outcome| is_used_up(outcome)).count();
    assert_eq!((won, won + lost), (100, CALLERS), "every other caller was told so");
    assert_eq!(h.uses(&room).await, 100);
    let mut held = 0;
    for (month, _) in MONTHS {
        let page = h.page(&room, &month[..7]).await;
        assert_eq!(page.broken_slot(), None);
        held += page.holds.len();
    }
    assert_eq!(held, 100, "places are held by those alone");
}

/// What the race looks at must be able to break: the same race without the counter's condition goes beyond the limit.
#[tokio::test(flavor = "multi_thread")]
async fn negative_control_without_the_condition_the_race_goes_beyond_the_limit() {
    let room = nightly_resource("room", 1_000, 600);
    let h = Harness::with(&room).await;
    h.used(&room, "first", NIGHT, in_all(7)).await;
    let key = |name: &str, value: &str| (name.to_owned(), AttributeValue::S(value.to_owned()));
    let all_have_read = &Barrier::new(100);
    let unguarded = |_| {
        let client = h.database.client.clone();
        async move {
            let counter = [key("pk", "PC#room"), key("sk", &format!("C#{CODE}"))];
            let read = client.get_item().table_name(Database::LEDGER).set_key(Some(counter.clone().into()));
            let read = read.consistent_read(true).send().await.expect("a read");
            let uses: u32 =
                read.item().and_then(|item| item.get("n")?.as_n().ok()?.parse().ok()).expect("a count");
            all_have_read.wait().await;
            if uses >= 7 {
                return false;
            }
            let update = client.update_item().table_name(Database::LEDGER).set_key(Some(counter.into()));
            let update = update.update_expression("ADD n :one");
            let one = AttributeValue::N("1".to_owned());
            update.expression_attribute_values(":one", one).send().await.expect("a write");
            true
        }
    };
    let won = join_all((0..100).map(unguarded)).await.into_iter().filter(|won| *won).count();
    assert_eq!(won, 100, "a read and a blind write go beyond seven uses");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_sent_many_times_at_once_counts_once() {
    let room = nightly_resource("room", 50, 600);
    let h = Harness::with(&room).await;
    for range in [NIGHT, SPAN] {
        let hold = h.limited(&room, "guest", range.0, range, in_all(5));
        let outcomes = join_all((0..30).map(|_| h.place_limited(&room, &hold))).await;
        let placed: Vec<_> = outcomes.into_iter().map(|outcome| outcome.expect("one hold")).collect();
        assert_eq!(placed.iter().filter(|placed| !placed.replayed).count(), 1, "one of them was first");
    }
    assert_eq!(h.uses(&room).await, 2);
}

#[tokio::test]
async fn the_hold_that_took_the_last_use_gets_its_first_answer_again() {
    let room = nightly_resource("room", 50, 600);
    let h = Harness::with(&room).await;
    let hold = h.used(&room, "guest", NIGHT, in_all(1)).await;
    let again = h.place_limited(&room, &hold).await.expect("the first answer");
    assert!(again.replayed && again.hold == hold);
    assert!(is_used_up(&h.place_limited(&room, &h.limited(&room, "other", "key", NIGHT, in_all(1))).await));
}

#[tokio::test]
async fn what_is_refused_counts_nothing() {
    let room = nightly_resource("room", 1, 600);
    let h = Harness::with(&room).await;
    h.placed(&room, "the place", NIGHT, 1).await;
    let sold_out = h.place_limited(&room, &h.limited(&room, "guest", "key", NIGHT, in_all(1))).await;
    assert!(matches!(sold_out, Err(LedgerError::Rejected(_))), "{sold_out:?}");
    assert_eq!(h.uses(&room).await, 0);
}

#[tokio::test]
async fn a_limit_for_each_guest_is_counted_for_each() {
    let room = nightly_resource("room", 50, 600);
    let h = Harness::with(&room).await;
    let place = async |guest: &str, key: &str| {
        h.place_limited(&room, &h.limited(&room, guest, key, NIGHT, each(2))).await
    };
    let first = place("anna", "a").await.expect("a use").hold;
    place("anna", "b").await.expect("a use");
    assert!(is_used_up(&place("anna", "c").await));
    place("bert", "a").await.expect("a use of another guest");
    assert_eq!(h.uses(&room).await, 3);
    h.store.holds.release(&first, &h.by("anna")).await.expect("a release");
    place("anna", "d").await.expect("the use that was given back");
    assert!(is_used_up(&place("anna", "e").await));
    assert_eq!(h.uses(&room).await, 3);
}

/// What is limited is read, and nothing beside it: a unit for each counter.
#[tokio::test]
async fn of_a_promotion_only_what_is_limited_is_read() {
    let room = nightly_resource("room", 50, 600);
    let h = Harness::with(&room).await;
    let both = UseLimits { in_all: Some(9), per_guest: Some(9) };
    let hold = h.used(&room, "anna", NIGHT, both).await;
    h.used(&room, "bert", NIGHT, both).await;
    let (client, meter) = h.database.metered_client();
    let uses = Store::over(&client).uses;
    let code = PromotionCode::parse(CODE).expect("a code");
    let other = PromotionCode::parse("SUMMERTIME").expect("a code");
    let anna = Some(&hold.order.guest);
    for (code, limits, guest, expected, units) in [
        (&code, both, anna, (2, 1), 2.0),
        (&code, in_all(9), anna, (2, 0), 1.0),
        (&code, each(9), anna, (0, 1), 1.0),
        (&code, both, None, (2, 0), 1.0),
        (&code, each(9), None, (0, 0), 0.0),
        (&code, UseLimits::default(), anna, (0, 0), 0.0),
        (&other, both, anna, (0, 0), 2.0),
    ] {
        let made = uses.made(&room.id, code, limits, guest).await.expect("a read");
        assert_eq!((made.in_all, made.of_guest), expected, "{code} {limits:?} {guest:?}");
        let cost = meter.take(Database::LEDGER);
        assert!((cost - units).abs() < 0.1, "{code} {limits:?} {guest:?}: {cost} units");
    }
}

#[tokio::test]
async fn every_end_without_a_booking_gives_the_use_back_once() {
    let room = nightly_resource("room", 50, 600);
    for range in [NIGHT, SPAN] {
        let h = Harness::with(&room).await;
        h.used(&room, "stays", range, in_all(9)).await;
        let released = h.used(&room, "released", range, in_all(9)).await;
        let expired = h.used(&room, "expired", range, in_all(9)).await;
        assert_eq!(h.uses(&room).await, 3);
        for _ in 0..2 {
            h.store.holds.release(&released, &h.by("guest")).await.expect("a release");
            assert_eq!(h.uses(&room).await, 2);
        }
        let live = h.store.holds.expire(&expired, &h.by("expiry")).await;
        assert!(live.is_err(), "a hold that lives keeps its use: {live:?}");
        assert_eq!(h.uses(&room).await, 2);
        h.pass(601);
        for _ in 0..2 {
            h.drop_dead(&expired).await;
            h.drop_dead(&released).await;
            assert_eq!(h.uses(&room).await, 1);
        }
    }
}

/// Another hold takes the places: the use comes back when the end of the hold that had them is seen to, and once.
#[tokio::test]
async fn a_hold_whose_places_were_reclaimed_gives_its_use_back_once() {
    let room = nightly_resource("room", 1, 600);
    let h = Harness::with(&room).await;
    let dead = h.used(&room, "dead", NIGHT, in_all(2)).await;
    h.pass(601);
    let next = h.used(&room, "next", NIGHT, in_all(2)).await;
    assert!(!h.page(&room, "2030-06").await.holds.contains_key(&dead.id), "its entry was reclaimed");
    for _ in 0..3 {
        h.drop_dead(&dead).await;
        assert_eq!(h.uses(&room).await, 1);
    }
    assert_eq!(h.status(&next.id).await, holdfast_domain::HoldStatus::Active);
}

#[tokio::test(flavor = "multi_thread")]
async fn ends_at_once_give_a_use_back_once() {
    let room = nightly_resource("room", 50, 600);
    let h = Harness::with(&room).await;
    h.used(&room, "stays", NIGHT, in_all(9)).await;
    let hold = h.used(&room, "ends", NIGHT, in_all(9)).await;
    h.pass(601);
    let ends = (0..20).map(|n| {
        let (h, hold) = (&h, &hold);
        async move {
            let by = h.by("anybody");
            if n % 2 == 0 {
                h.store.holds.expire(hold, &by).await
            } else {
                h.store.holds.release(hold, &by).await
            }
        }
    });
    for outcome in join_all(ends).await {
        outcome.expect("an end");
    }
    assert_eq!(h.uses(&room).await, 1);
}

#[tokio::test]
async fn a_booking_keeps_the_use_until_it_ends() {
    let room = nightly_resource("room", 50, 600);
    let h = Harness::with(&room).await;
    let hold = h.used(&room, "guest", NIGHT, in_all(1)).await;
    let booking = h.confirmed(&hold, "card").await;
    h.pass(3_600);
    h.drop_dead(&hold).await;
    let released = h.store.holds.release(&hold, &h.by("guest")).await;
    assert!(released.is_err(), "a booking's hold is not released: {released:?}");
    assert_eq!(h.uses(&room).await, 1);
    let failed = BookingEvent::Failed { reason: FailureReason::PaymentVoided };
    h.apply(&booking, failed, InventoryMove::Free).await.expect("a failed booking");
    assert_eq!(h.uses(&room).await, 0);
    h.drop_dead(&hold).await;
    assert_eq!(h.uses(&room).await, 0);
}

/// A charge that failed makes the booking a hold again: the use is the hold's, and ends with it.
#[tokio::test]
async fn a_booking_that_is_a_hold_again_gives_it_the_use() {
    let room = nightly_resource("room", 50, 600);
    let h = Harness::with(&room).await;
    let hold = h.used(&room, "guest", NIGHT, in_all(1)).await;
    let booking = h.confirmed(&hold, "card").await;
    let failed = BookingEvent::Failed { reason: FailureReason::PaymentVoided };
    let back = InventoryMove::Return { hold: Box::new(hold.clone()) };
    h.apply(&booking, failed, back).await.expect("a failed booking");
    assert!(h.store.holds.expire(&hold, &h.by("expiry")).await.is_err(), "the hold lives");
    assert_eq!(h.uses(&room).await, 1);
    h.confirmed(&hold, "another card").await;
    h.pass(601);
    h.drop_dead(&hold).await;
    assert_eq!(h.uses(&room).await, 1, "the second booking has it");
}

/// The hold died, its use was given back and taken by another: what is paid late is counted beyond the limit.
#[tokio::test]
async fn a_late_payment_counts_again_whatever_the_limit() {
    let room = nightly_resource("room", 50, 600);
    let h = Harness::with(&room).await;
    let limits = UseLimits { in_all: Some(1), per_guest: Some(1) };
    let late = h.used(&room, "late", NIGHT, limits).await;
    let booking = h.authorized(&late, "card").await;
    h.pass(901);
    h.drop_dead(&late).await;
    assert_eq!(h.uses(&room).await, 0);
    h.used(&room, "next", NIGHT, limits).await;
    let booking = h.apply(&booking, BookingEvent::Confirmed, InventoryMove::Confirm).await.expect("places");
    assert_eq!(h.uses(&room).await, 2);
    h.drop_dead(&late).await;
    assert_eq!(h.uses(&room).await, 2);
    let failed = BookingEvent::Failed { reason: FailureReason::PaymentVoided };
    h.apply(&booking, failed, InventoryMove::Free).await.expect("an end");
    assert_eq!(h.uses(&room).await, 1);
}
