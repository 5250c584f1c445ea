//! Extending holds.

use holdfast_app::Failure;
use holdfast_domain::holds::Extension;
use holdfast_domain::{Hold, HoldStatus};
use holdfast_testkit::nightly_resource;
use jiff::SignedDuration;

use crate::bank::VISA;
use crate::driver::{Drive, Ending};
use crate::world::{NIGHT, SPAN, World, guest, key};

async fn extend(w: &World, hold: &Hold, name: &str) -> Result<(Extension, bool), Failure> {
    let extended = w.holds.extend(&guest("guest"), &hold.id, &key(name, ""), &w.by("guest")).await?;
    Ok((extended.1, extended.2))
}

#[tokio::test]
async fn an_extension_adds_one_ttl_and_its_retry_gets_the_first_answer_after_later_ones() {
    for range in [NIGHT, SPAN] {
        let room = nightly_resource("room", 1, 60);
        let w = World::with(&room).await;
        let hold = w.held(&room, "k", range).await;
        let (first, replayed) = extend(&w, &hold, "a").await.expect("an extension");
        assert!(!replayed);
        assert_eq!(first.expires_at, hold.expires_at + SignedDuration::from_secs(60));
        w.pass(1);
        let (second, _) = extend(&w, &hold, "b").await.expect("another");
        assert_eq!(second.expires_at, hold.expires_at + SignedDuration::from_secs(120));
        let (again, replayed) = extend(&w, &hold, "a").await.expect("a replay");
        assert!(replayed);
        assert_eq!(again, first);
        w.pass(178);
        assert_eq!(w.hold_status(&hold.id).await, HoldStatus::Active, "a second before its new end");
        w.pass(1);
        assert_eq!(w.hold_status(&hold.id).await, HoldStatus::Expired);
        assert_eq!(extend(&w, &hold, "b").await.expect("a late replay").0, second);
    }
}

#[tokio::test]
async fn a_hold_is_extended_three_times_and_no_more() {
    let room = nightly_resource("room", 1, 60);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    for name in ["a", "b", "c"] {
        extend(&w, &hold, name).await.expect("an extension");
    }
    assert!(matches!(extend(&w, &hold, "d").await, Err(Failure::HoldNotExtendable)));
    assert!(extend(&w, &hold, "c").await.expect("a replay").1);
}

#[tokio::test]
async fn a_hold_that_is_not_live_is_not_extended_and_the_answer_says_why() {
    let room = nightly_resource("room", 9, 60);
    let w = World::with(&room).await;
    let released = w.held(&room, "released", NIGHT).await;
    w.holds.release(&guest("guest"), &released.id, &w.by("guest")).await.expect("a release");
    assert!(matches!(extend(&w, &released, "a").await, Err(Failure::HoldReleased)));
    let paid = w.held(&room, "paid", NIGHT).await;
    let id = w.open(&paid, "pay", VISA).await;
    assert!(matches!(extend(&w, &paid, "b").await, Err(Failure::RequestInProgress)), "its payment runs");
    assert_eq!(Drive::new(&w, &id).run().await, Ending::Confirmed);
    assert!(matches!(extend(&w, &paid, "c").await, Err(Failure::HoldConfirmed)));
    let expired = w.held(&room, "expired", NIGHT).await;
    w.pass(60);
    assert!(matches!(extend(&w, &expired, "d").await, Err(Failure::HoldExpired)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_released_at_the_same_time_is_said_to_be_released() {
    let room = nightly_resource("room", 9, 600);
    let w = World::running(&room).await;
    for n in 0..6 {
        let (paid, longer) =
            (w.held(&room, &format!("p{n}"), NIGHT).await, w.held(&room, &format!("e{n}"), NIGHT).await);
        let (caller, by) = (guest("guest"), w.by("guest"));
        let (pay, give) = (format!("pay{n}"), w.holds.release(&caller, &paid.id, &by));
        let (asked, _) = tokio::join!(w.ask(&paid, &pay, VISA), give);
        assert!(matches!(asked, Ok(_) | Err(Failure::HoldReleased)), "{asked:?}");
        let (extended, given) =
            tokio::join!(extend(&w, &longer, "a"), w.holds.release(&caller, &longer.id, &by));
        assert!(matches!(extended, Ok(_) | Err(Failure::HoldReleased)), "{extended:?}");
        given.expect("a release");
        assert_eq!(w.hold_status(&longer.id).await, HoldStatus::Released);
    }
}

#[tokio::test]
async fn a_claim_never_shortens_the_life_of_a_hold() {
    let room = nightly_resource("room", 1, 3600);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    w.open(&hold, "pay", VISA).await;
    w.pass(3599);
    assert_eq!(w.hold_status(&hold.id).await, HoldStatus::Active);
    assert!(matches!(w.place(&room, "thief", NIGHT, 1).await, Err(Failure::SoldOut { .. })));
}
