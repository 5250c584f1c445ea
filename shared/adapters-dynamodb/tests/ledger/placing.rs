//! Placing, extending and releasing holds.

use holdfast_app::LedgerError;
use holdfast_domain::inventory::{EXTENSIONS_MAX, HOLDS_PER_PAGE_MAX};
use holdfast_domain::{Fingerprint, Hold, HoldStatus, PageRejection};
use holdfast_testkit::{event_resource, hold_for, nightly_resource, slots_resource};
use jiff::SignedDuration;

use crate::harness::Harness;

const NIGHTS: (&str, &str) = ("2030-06-01", "2030-06-03");

fn rejection(error: LedgerError) -> PageRejection {
    match error {
        LedgerError::Rejected(rejection) => rejection,
        other => panic!("not a rejection: {other:?}"),
    }
}

#[tokio::test]
async fn a_hold_takes_its_nights_and_no_others() {
    let room = nightly_resource("room", 3, 600);
    let h = Harness::with(&room).await;
    h.placed(&room, "k", NIGHTS, 2).await;
    assert_eq!(h.taken(&room, "2030-06").await, [("01".to_owned(), 2), ("02".to_owned(), 2)]);
    h.placed(&room, "next", ("2030-06-03", "2030-06-04"), 3).await;
}

#[tokio::test]
async fn sold_out_says_how_many_are_left() {
    let room = nightly_resource("room", 3, 600);
    let h = Harness::with(&room).await;
    h.placed(&room, "a", ("2030-06-02", "2030-06-03"), 2).await;
    let refused = h.place(&room, "b", NIGHTS, 2).await.expect_err("one is left");
    assert_eq!(rejection(refused), PageRejection::SoldOut { available: 1 });
    assert_eq!(h.taken(&room, "2030-06").await, [("02".to_owned(), 2)], "nothing was written");
    assert_eq!(
        h.store.holds.hold(&hold_for(&room, "guest", "b", NIGHTS, 2, h.now()).id).await.expect("a read"),
        None
    );
}

#[tokio::test]
async fn a_retry_meets_its_own_earlier_self() {
    let room = nightly_resource("room", 3, 600);
    let h = Harness::with(&room).await;
    let first = h.placed(&room, "k", NIGHTS, 1).await;
    h.pass(5);
    let again = h.place(&room, "k", NIGHTS, 1).await.expect("a replay");
    assert!(again.replayed);
    assert_eq!(again.hold, first);
    assert_eq!(h.taken(&room, "2030-06").await.len(), 2, "counted once");
}

#[tokio::test]
async fn the_same_key_with_other_content_is_refused() {
    let room = nightly_resource("room", 3, 600);
    let h = Harness::with(&room).await;
    h.placed(&room, "k", NIGHTS, 1).await;
    for range in [("2030-06-01", "2030-06-04"), ("2030-07-01", "2030-07-02")] {
        let refused = h.place(&room, "k", range, 1).await.expect_err("another body");
        assert_eq!(rejection(refused), PageRejection::Reused);
    }
    assert_eq!(h.taken(&room, "2030-06").await.len(), 2);
    assert_eq!(h.taken(&room, "2030-07").await, [], "what was placed for the wrong body was taken back");
}

/// The write to the page was done, the record and the answer were lost.
#[tokio::test]
async fn a_crash_between_page_and_record_is_healed_by_the_retry() {
    let room = nightly_resource("room", 1, 600);
    let h = Harness::with(&room).await;
    let hold = h.placed(&room, "k", NIGHTS, 1).await;
    let pk = aws_sdk_dynamodb::types::AttributeValue::S(format!("H#{}", hold.id));
    let delete = h.database.client.delete_item().table_name(holdfast_testkit::Database::HOLDS).key("pk", pk);
    delete.send().await.expect("a lost record");
    h.pass(10);
    let again = h.place(&room, "k", NIGHTS, 1).await.expect("its own places");
    assert!(!again.replayed, "no answer had been given");
    assert_eq!(again.hold.expires_at, hold.expires_at, "the page decides");
    assert_eq!(h.status(&hold.id).await, HoldStatus::Active);
}

#[tokio::test]
async fn a_retry_after_the_end_gives_the_first_answer_and_takes_nothing() {
    let room = nightly_resource("room", 1, 600);
    let h = Harness::with(&room).await;
    let first = h.placed(&room, "k", NIGHTS, 1).await;
    h.store.holds.release(&first, &h.by("guest")).await.expect("a release");
    let again = h.place(&room, "k", NIGHTS, 1).await.expect("a replay");
    assert!(again.replayed);
    assert_eq!(h.taken(&room, "2030-06").await, []);
    assert_eq!(h.status(&first.id).await, HoldStatus::Released);

    let second = h.placed(&room, "l", NIGHTS, 1).await;
    h.pass(601);
    let again = h.place(&room, "l", NIGHTS, 1).await.expect("a replay");
    assert!(again.replayed);
    assert_eq!(again.hold.first_expires_at, second.first_expires_at);
    assert_eq!(h.status(&second.id).await, HoldStatus::Expired);
    h.placed(&room, "m", NIGHTS, 1).await;
}

#[tokio::test]
async fn a_span_over_two_months_is_all_or_nothing() {
    let room = nightly_resource("room", 1, 600);
    let h = Harness::with(&room).await;
    let hold = h.placed(&room, "a", ("2030-06-30", "2030-07-02"), 1).await;
    assert_eq!(hold.order.placements.len(), 2);
    assert_eq!(h.taken(&room, "2030-06").await, [("30".to_owned(), 1)]);
    assert_eq!(h.taken(&room, "2030-07").await, [("01".to_owned(), 1)]);
    let again = h.place(&room, "a", ("2030-06-30", "2030-07-02"), 1).await.expect("a replay");
    assert!(again.replayed);

    h.placed(&room, "b", ("2030-08-01", "2030-08-02"), 1).await;
    let refused = h.place(&room, "c", ("2030-07-31", "2030-08-02"), 1).await.expect_err("August is taken");
    assert_eq!(rejection(refused), PageRejection::SoldOut { available: 0 });
    assert_eq!(h.taken(&room, "2030-07").await, [("01".to_owned(), 1)], "July is as it was");

    h.store.holds.release(&hold, &h.by("guest")).await.expect("a release");
    assert_eq!(h.taken(&room, "2030-06").await, []);
    assert_eq!(h.taken(&room, "2030-07").await, []);
}

#[tokio::test]
async fn a_group_over_several_resources_is_all_or_nothing() {
    let (room, table) = (nightly_resource("room", 2, 600), slots_resource("table", 1, 600));
    let h = Harness::with(&room).await;
    h.add(&table).await;
    let dinner = ("2030-06-01T18:00:00Z", "2030-06-01T19:00:00Z");
    let group = |key: &str| {
        let mut hold = hold_for(&room, "guest", key, NIGHTS, 1, h.now());
        let part = hold_for(&table, "guest", key, dinner, 1, h.now());
        hold.order.placements.extend(part.order.placements);
        hold
    };
    let resources = [&room, &table];
    let first = h.store.holds.place(&resources, &group("a"), &h.by("guest")).await.expect("both are free");
    assert!(!first.replayed);
    let refused =
        h.store.holds.place(&resources, &group("b"), &h.by("guest")).await.expect_err("the table is taken");
    assert_eq!(rejection(refused), PageRejection::SoldOut { available: 0 });
    assert_eq!(h.taken(&room, "2030-06").await, [("01".to_owned(), 1), ("02".to_owned(), 1)]);
    assert_eq!(h.taken(&table, "2030-06-01").await.len(), 2);
}

#[tokio::test]
async fn more_pages_than_a_transaction_takes_are_refused() {
    let table = slots_resource("table", 1, 600);
    let h = Harness::with(&table).await;
    let mut hold =
        hold_for(&table, "guest", "k", ("2030-06-01T12:00:00Z", "2030-06-01T12:30:00Z"), 1, h.now());
    let placement = hold.order.placements[0].clone();
    hold.order.placements = (0..100)
        .map(|day| {
            let mut placement = placement.clone();
            placement.page.page = format!("2030-{:02}-{:02}", 6 + day / 28, 1 + day % 28);
            placement
        })
        .collect();
    let refused = h.store.holds.place(&[&table], &hold, &h.by("guest")).await.expect_err("too many pages");
    assert!(matches!(refused, LedgerError::TooManyPages { max: 99 }), "{refused:?}");
}

#[tokio::test]
async fn slots_and_events_are_counted_alike() {
    let (table, concert) = (slots_resource("table", 1, 600), event_resource("concert", 2, 600));
    let h = Harness::with(&table).await;
    h.add(&concert).await;
    h.placed(&table, "t", ("2030-06-01T18:00:00Z", "2030-06-01T19:30:00Z"), 1).await;
    assert_eq!(h.taken(&table, "2030-06-01").await.len(), 3);
    h.placed(&table, "late", ("2030-06-01T23:30:00Z", "2030-06-02T00:00:00Z"), 1).await;
    assert_eq!(h.taken(&table, "2030-06-01").await.len(), 4, "after midnight is still the same evening");
    h.placed(&concert, "c", ("2030-06-01T19:00:00Z", "2030-06-01T22:00:00Z"), 2).await;
    let refused = h.place(&concert, "d", ("2030-06-01T19:00:00Z", "2030-06-01T22:00:00Z"), 1).await;
    assert_eq!(rejection(refused.expect_err("sold out")), PageRejection::SoldOut { available: 0 });
}

#[tokio::test]
async fn extensions_are_bounded_and_once_per_request() {
    let room = nightly_resource("room", 1, 600);
    let h = Harness::with(&room).await;
    let hold = h.placed(&room, "k", NIGHTS, 1).await;
    let request = |n: usize| Fingerprint::parse(&format!("request{n}")).expect("a digest");
    let mut expected = hold.expires_at;
    for n in 0..EXTENSIONS_MAX {
        expected = expected.checked_add(hold.ttl()).expect("in range");
        let mut first = None;
        for twin in [false, true, true] {
            let extended = h.store.holds.extend(&hold, &request(n), &h.by("guest")).await;
            let (extension, replayed) = extended.expect("an extension");
            assert_eq!((extension.expires_at, replayed), (expected, twin));
            assert_eq!(*first.get_or_insert(extension), extension, "twins get the first answer");
            h.clock.advance(SignedDuration::from_millis(5));
        }
    }
    let refused = h.store.holds.extend(&hold, &request(99), &h.by("guest")).await.expect_err("too often");
    assert_eq!(rejection(refused), PageRejection::NotExtendable);
    let snapshot = h.store.holds.hold(&hold.id).await.expect("a read").expect("a record");
    assert_eq!(snapshot.expires_at(), expected);
    assert_eq!(snapshot.hold.extensions.len(), 3);
    assert_eq!(snapshot.hold.first_expires_at, hold.expires_at, "the first answer is kept");
}

#[tokio::test]
async fn a_release_frees_once_and_again_has_no_effect() {
    let room = nightly_resource("room", 1, 600);
    let h = Harness::with(&room).await;
    let hold = h.placed(&room, "k", NIGHTS, 1).await;
    for _ in 0..2 {
        h.store.holds.release(&hold, &h.by("guest")).await.expect("a release");
        assert_eq!(h.status(&hold.id).await, HoldStatus::Released);
        assert_eq!(h.taken(&room, "2030-06").await, []);
    }
    assert_eq!(h.page(&room, "2030-06").await.available.values().max(), Some(&1), "never above capacity");
}

#[tokio::test]
async fn a_release_after_the_expiry_that_an_extension_put_off_is_written_down() {
    let room = nightly_resource("room", 1, 60);
    let h = Harness::with(&room).await;
    let hold = h.placed(&room, "k", NIGHTS, 1).await;
    let request = Fingerprint::parse("again").expect("a digest");
    h.store.holds.extend(&hold, &request, &h.by("guest")).await.expect("an extension");
    h.pass(61);
    h.store.holds.release(&hold, &h.by("guest")).await.expect("a release");
    h.pass(60);
    assert_eq!(h.status(&hold.id).await, HoldStatus::Released, "it was given back while it lived");
}

#[tokio::test]
async fn a_page_bounds_its_live_holds() {
    let concert = event_resource("concert", 1000, 60);
    let h = Harness::with(&concert).await;
    let range = ("2030-06-01T19:00:00Z", "2030-06-01T22:00:00Z");
    for n in 0..HOLDS_PER_PAGE_MAX {
        let hold = hold_for(&concert, &format!("guest-{n}"), "k", range, 1, h.now());
        h.store.holds.place(&[&concert], &hold, &h.by("guest")).await.expect("a hold");
    }
    let refused = h.place(&concert, "more", range, 1).await.expect_err("the page is full");
    assert_eq!(rejection(refused), PageRejection::TooManyHolds);
    h.pass(60);
    let placed: Hold = h.placed(&concert, "later", range, 1).await;
    let page = h.page(&concert, "event").await;
    assert_eq!(page.holds.keys().collect::<Vec<_>>(), [&placed.id], "the dead were dropped");
}
