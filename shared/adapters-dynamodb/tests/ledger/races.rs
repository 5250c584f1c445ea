//! Many callers, few places: exactly the capacity wins. Each race has a negative control that loses the guard.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::join_all;
use holdfast_app::LedgerError;
use holdfast_domain::PageRejection;
use holdfast_testkit::{Database, nightly_resource, slots_resource};
use tokio::sync::Barrier;

use crate::harness::Harness;

const CALLERS: usize = 100;
const NIGHT: (&str, &str) = ("2030-06-01", "2030-06-02");
const SPAN: (&str, &str) = ("2030-06-30", "2030-07-02");

fn is_sold_out(error: &LedgerError) -> bool {
    matches!(error, LedgerError::Rejected(PageRejection::SoldOut { .. }))
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_the_capacity_wins() {
    for (range, capacity) in [(NIGHT, 7_u32), (SPAN, 3)] {
        let room = nightly_resource("room", capacity, 600);
        let h = Arc::new(Harness::with(&room).await);
        let keys: Vec<String> = (0..CALLERS).map(|n| format!("k{n}")).collect();
        let outcomes = join_all(keys.iter().map(|key| h.place(&room, key, range, 1))).await;
        let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        let lost = outcomes.iter().filter(|outcome| outcome.as_ref().is_err_and(is_sold_out)).count();
        assert_eq!(won, usize::try_from(capacity).expect("small"), "{range:?}");
        assert_eq!(won + lost, CALLERS, "every other caller was told so: {outcomes:?}");
        assert_eq!(h.page(&room, "2030-06").await.broken_slot(), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_holds_are_fought_over_and_given_out_once() {
    let room = nightly_resource("room", 5, 1);
    let h = Arc::new(Harness::with(&room).await);
    for round in 0..4 {
        let keys: Vec<String> = (0..40).map(|n| format!("r{round}k{n}")).collect();
        let outcomes = join_all(keys.iter().map(|key| h.place(&room, key, NIGHT, 1))).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 5, "round {round}");
        h.pass(2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_sent_many_times_at_once_holds_once() {
    let table = slots_resource("table", 50, 600);
    let h = Arc::new(Harness::with(&table).await);
    let range = ("2030-06-01T18:00:00Z", "2030-06-01T19:00:00Z");
    let outcomes = join_all((0..30).map(|_| h.place(&table, "same", range, 2))).await;
    let placed: Vec<_> = outcomes.into_iter().map(|outcome| outcome.expect("one hold")).collect();
    assert_eq!(placed.iter().filter(|placed| !placed.replayed).count(), 1, "one of them was first");
    assert!(placed.windows(2).all(|pair| pair[0].hold == pair[1].hold), "all got the same answer");
    assert_eq!(h.taken(&table, "2030-06-01").await.iter().map(|(_, n)| *n).max(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn holds_releases_and_confirmations_at_once_add_up() {
    let room = nightly_resource("room", 10, 600);
    let h = Arc::new(Harness::with(&room).await);
    let keys: Vec<String> = (0..30).map(|n| format!("k{n}")).collect();
    let lives = keys.iter().enumerate().map(|(n, key)| {
        let (h, room) = (Arc::clone(&h), room.clone());
        async move {
            let Ok(placed) = h.place(&room, key, NIGHT, 1).await else { return 0 };
            if n % 2 == 0 {
                h.store.holds.release(&placed.hold, &h.by("guest")).await.expect("a release");
                return 0;
            }
            h.confirmed(&placed.hold, key).await;
            1
        }
    });
    let confirmed: u32 = join_all(lives).await.into_iter().sum();
    let page = h.page(&room, "2030-06").await;
    assert_eq!(page.broken_slot(), None);
    assert_eq!(page.confirmed.values().sum::<u32>(), confirmed);
    assert!(page.holds.is_empty() && confirmed <= 10);
}

/// What the race tests look at must be able to break: the same race without the condition oversells.
#[tokio::test(flavor = "multi_thread")]
async fn negative_control_without_the_condition_the_race_oversells() {
    let room = nightly_resource("room", 7, 600);
    let h = Harness::with(&room).await;
    h.placed(&room, "makes the page", ("2030-06-20", "2030-06-21"), 1).await;
    let key = |name: &str, value: &str| (name.to_owned(), AttributeValue::S(value.to_owned()));
    // Everybody has read before anybody writes: the race without luck.
    let all_have_read = &Barrier::new(CALLERS);
    let unguarded = |_| {
        let client = h.database.client.clone();
        async move {
            let page = [key("pk", "R#room"), key("sk", "P#2030-06")];
            let read = client
                .get_item()
                .table_name(Database::LEDGER)
                .set_key(Some(page.clone().into()))
                .consistent_read(true)
                .send()
                .await
                .expect("a read");
            let free: i64 = read
                .item()
                .and_then(|item| item.get("av")?.as_m().ok()?.get("01")?.as_n().ok()?.parse().ok())
                .expect("a count");
            all_have_read.wait().await;
            if free < 1 {
                return false;
            }
            client
                .update_item()
                .table_name(Database::LEDGER)
                .set_key(Some(page.into()))
                .update_expression("SET #av.#s = :free")
                .expression_attribute_names("#av", "av")
                .expression_attribute_names("#s", "01")
                .expression_attribute_values(":free", AttributeValue::N((free - 1).to_string()))
                .send()
                .await
                .expect("a write");
            true
        }
    };
    let won = join_all((0..CALLERS).map(unguarded)).await.into_iter().filter(|won| *won).count();
    assert_eq!(won, CALLERS, "a read and a blind write oversell seven places");
}
