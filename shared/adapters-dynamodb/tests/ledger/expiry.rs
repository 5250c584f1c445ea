//! Expiry: exact to the millisecond, and released once in every order of timer, TTL and lazy reclaim.

use holdfast_app::LedgerError;
use holdfast_domain::{HoldStatus, PageRejection};
use holdfast_testkit::nightly_resource;
use jiff::SignedDuration;

use crate::harness::Harness;

const NIGHT: (&str, &str) = ("2030-06-01", "2030-06-02");

#[tokio::test]
async fn an_expired_hold_counts_for_nothing_with_nothing_running() {
    let room = nightly_resource("room", 1, 2);
    let h = Harness::with(&room).await;
    let hold = h.placed(&room, "a", NIGHT, 1).await;
    h.clock.advance(SignedDuration::from_millis(1999));
    assert_eq!(h.status(&hold.id).await, HoldStatus::Active);
    assert!(h.place(&room, "b", NIGHT, 1).await.is_err(), "one millisecond early");
    h.clock.advance(SignedDuration::from_millis(1));
    assert_eq!(h.status(&hold.id).await, HoldStatus::Expired);
    assert!(h.open(&hold, "pay").await.is_err(), "an expired hold is not payable");
    h.placed(&room, "b", NIGHT, 1).await;
}

#[tokio::test]
async fn a_live_hold_is_not_dropped_and_says_until_when_it_lives() {
    let room = nightly_resource("room", 1, 60);
    let h = Harness::with(&room).await;
    let hold = h.placed(&room, "a", NIGHT, 1).await;
    match h.store.holds.expire(&hold, &h.by("timer")).await {
        Err(LedgerError::Rejected(PageRejection::HoldLive { until })) => assert_eq!(until, hold.expires_at),
        other => panic!("{other:?}"),
    }
    assert_eq!(h.taken(&room, "2030-06").await.len(), 1);
}

#[tokio::test]
async fn every_order_of_timer_ttl_and_reclaim_releases_once() {
    for order in
        ["timer,ttl,reclaim", "ttl,timer,reclaim", "reclaim,timer,ttl", "reclaim,ttl,timer", "timer,reclaim"]
    {
        let room = nightly_resource("room", 1, 60);
        let h = Harness::with(&room).await;
        let hold = h.placed(&room, "a", NIGHT, 1).await;
        h.pass(60 + 8 * 24 * 3600);
        let mut reclaimed = false;
        for step in order.split(',') {
            match step {
                "timer" => {
                    h.store.holds.expire(&hold, &h.by("timer")).await.expect("a release, or nothing to do")
                }
                "ttl" => {
                    let _ = h.database.sweep_ttl();
                    h.store.holds.expire(&hold, &h.by("ttl")).await.expect("a release, or nothing to do");
                }
                _ => {
                    h.placed(&room, "b", NIGHT, 1).await;
                    reclaimed = true;
                }
            }
        }
        assert!(reclaimed, "{order}");
        let page = h.page(&room, "2030-06").await;
        assert_eq!(page.broken_slot(), None, "{order}");
        assert_eq!(page.holds.len(), 1, "{order}: the next caller's hold stands");
        assert_eq!(h.taken(&room, "2030-06").await.len(), 1, "{order}");
    }
}

#[tokio::test]
async fn a_late_deletion_after_confirm_release_or_extension_has_no_effect() {
    let room = nightly_resource("room", 3, 60);
    let h = Harness::with(&room).await;
    let released = h.placed(&room, "released", NIGHT, 1).await;
    h.store.holds.release(&released, &h.by("guest")).await.expect("a release");
    let confirmed = h.placed(&room, "confirmed", NIGHT, 1).await;
    h.confirmed(&confirmed, "pay").await;
    let extended = h.placed(&room, "extended", NIGHT, 1).await;
    let request = holdfast_domain::Fingerprint::parse("again").expect("a digest");
    h.store.holds.extend(&extended, &request, &h.by("guest")).await.expect("an extension");
    h.pass(61);
    for hold in [&released, &confirmed] {
        h.store.holds.expire(hold, &h.by("ttl")).await.expect("nothing to do");
    }
    assert!(h.store.holds.expire(&extended, &h.by("ttl")).await.is_err(), "it lives on");
    assert_eq!(h.taken(&room, "2030-06").await, [("01".to_owned(), 2)]);
}

#[tokio::test]
async fn the_ttl_deletes_a_record_only_after_its_grace() {
    let room = nightly_resource("room", 1, 60);
    let h = Harness::with(&room).await;
    let hold = h.placed(&room, "a", NIGHT, 1).await;
    h.pass(3600);
    assert_eq!(h.database.sweep_ttl(), 0);
    h.pass(7 * 24 * 3600);
    assert_eq!(h.database.sweep_ttl(), 1);
    assert_eq!(h.store.holds.hold(&hold.id).await.expect("a read"), None);
}
