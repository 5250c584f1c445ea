//! Timers and the table's TTL: whichever comes first, a dead hold is dropped once.

use holdfast_adapters_dynamodb::items::encode_hold_record;
use holdfast_domain::HoldStatus;
use holdfast_testkit::{Database, nightly_resource};
use jiff::SignedDuration;

use crate::bank::VISA;
use crate::driver::{Drive, Ending};
use crate::world::{NIGHT, SPAN, World, guest, key};

/// How long after its expiry a hold's record may be deleted.
const GRACE: i64 = 7 * 24 * 3600;

async fn stored_holds(w: &World, room: &holdfast_domain::Resource) -> usize {
    w.store.catalogue.stored_pages(room).await.expect("pages").iter().map(|page| page.holds.len()).sum()
}

#[tokio::test]
async fn a_timer_that_rings_early_is_set_again_for_the_moment_the_hold_lapses() {
    let room = nightly_resource("room", 1, 60);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    w.pass(30);
    let again = w.expiry.on_timer(&hold.id, &w.by("expiry")).await.expect("a timer");
    assert_eq!(again, Some(hold.expires_at));
    let extended = w.holds.extend(&guest("guest"), &hold.id, &key("x", ""), &w.by("guest")).await;
    let expires_at = extended.expect("an extension").1.expires_at;
    w.pass(30);
    let again = w.expiry.on_timer(&hold.id, &w.by("expiry")).await.expect("a timer");
    assert_eq!(again, Some(expires_at), "extended meanwhile");
    w.open(&hold, "pay", VISA).await;
    let claimed_until = w.now() + SignedDuration::from_secs(900);
    w.pass(60);
    let again = w.expiry.on_timer(&hold.id, &w.by("expiry")).await.expect("a timer");
    assert_eq!(again, Some(claimed_until), "the bank is asked");
    let set: Vec<_> = w.alarm.set().into_iter().map(|(_, at)| at).collect();
    assert_eq!(set, [hold.expires_at, expires_at, claimed_until]);
    assert_eq!(w.hold_status(&hold.id).await, HoldStatus::Active);
}

#[tokio::test]
async fn a_dead_hold_is_dropped_once_whoever_comes_first_and_how_often() {
    for range in [NIGHT, SPAN] {
        let room = nightly_resource("room", 1, 60);
        let w = World::with(&room).await;
        let hold = w.held(&room, "k", range).await;
        w.pass(60);
        for _ in 0..2 {
            let timer = w.expiry.on_timer(&hold.id, &w.by("expiry")).await;
            assert_eq!(timer.expect("no effect but the first"), None);
            let deleted = w.expiry.on_record_deleted(&hold, &w.by("expiry")).await;
            assert_eq!(deleted.expect("no effect"), None);
            assert_eq!(stored_holds(&w, &room).await, 0);
            assert_eq!(w.taken(&room).await, []);
        }
        assert_eq!(w.hold_status(&hold.id).await, HoldStatus::Expired);
        w.held(&room, "next", range).await;
        w.expiry.on_timer(&hold.id, &w.by("expiry")).await.expect("no effect");
        w.expiry.on_record_deleted(&hold, &w.by("expiry")).await.expect("no effect");
        assert_eq!(stored_holds(&w, &room).await, if range == NIGHT { 1 } else { 2 }, "the next guest's");
    }
}

#[tokio::test]
async fn the_record_that_the_ttl_deletes_takes_the_hold_along() {
    let room = nightly_resource("room", 1, 60);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    w.pass(60 + GRACE + 60);
    assert_eq!(stored_holds(&w, &room).await, 1, "nobody needed its places");
    assert_eq!(w.database.sweep_ttl(), 1);
    assert_eq!(w.expiry.on_timer(&hold.id, &w.by("expiry")).await.expect("nothing known"), None);
    assert_eq!(w.expiry.on_record_deleted(&hold, &w.by("expiry")).await.expect("dropped"), None);
    assert_eq!(stored_holds(&w, &room).await, 0);
}

#[tokio::test]
async fn a_deletion_that_comes_after_release_or_confirmation_has_no_effect() {
    let room = nightly_resource("room", 2, 60);
    let w = World::with(&room).await;
    let released = w.held(&room, "released", NIGHT).await;
    w.holds.release(&guest("guest"), &released.id, &w.by("guest")).await.expect("a release");
    let paid = w.held(&room, "paid", NIGHT).await;
    let id = w.open(&paid, "pay", VISA).await;
    assert_eq!(Drive::new(&w, &id).run().await, Ending::Confirmed);
    w.pass(60 + GRACE + 60);
    for hold in [&released, &paid] {
        w.expiry.on_timer(&hold.id, &w.by("expiry")).await.expect("no effect");
        w.expiry.on_record_deleted(hold, &w.by("expiry")).await.expect("no effect");
    }
    assert_eq!(w.taken(&room).await, [("2030-06 01".to_owned(), 1)]);
    assert_eq!(w.hold_status(&released.id).await, HoldStatus::Released);
    assert_eq!(w.hold_status(&paid.id).await, HoldStatus::Confirmed);
}

#[tokio::test]
async fn a_release_is_recorded_though_its_function_died() {
    let room = nightly_resource("room", 1, 60);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    w.holds.release(&guest("guest"), &hold.id, &w.by("guest")).await.expect("a release");
    // As it was between the page and the record.
    let record = w.database.client.put_item().table_name(Database::HOLDS);
    record.set_item(Some(encode_hold_record(&hold))).send().await.expect("written");
    w.expiry.on_released(&hold.id, &w.by("expiry")).await.expect("the record");
    w.pass(61);
    assert_eq!(w.hold_status(&hold.id).await, HoldStatus::Released, "and not expired");
}

#[tokio::test]
async fn an_old_release_says_nothing_of_a_hold_that_lives_or_was_booked() {
    let room = nightly_resource("room", 1, 60);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    w.expiry.on_released(&hold.id, &w.by("expiry")).await.expect("no effect");
    assert_eq!(w.hold_status(&hold.id).await, HoldStatus::Active);
    let id = w.open(&hold, "pay", VISA).await;
    assert_eq!(Drive::new(&w, &id).run().await, Ending::Confirmed);
    w.expiry.on_released(&hold.id, &w.by("expiry")).await.expect("no effect");
    assert_eq!(w.hold_status(&hold.id).await, HoldStatus::Confirmed);
}

#[tokio::test]
async fn a_booking_asked_for_has_its_saga_started_once() {
    let room = nightly_resource("room", 1, 60);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.open(&hold, "pay", VISA).await;
    for _ in 0..2 {
        w.recovery.on_booking_requested(&id, None).await.expect("a start");
    }
    assert_eq!(w.flow.started(), [id]);
    let orphan = holdfast_app::kernel::booking_id(&guest("guest").guest, "orphan");
    w.recovery.on_booking_requested(&orphan, None).await.expect("a start");
    assert!(w.flow.started().contains(&orphan), "also one that nobody started");
}
