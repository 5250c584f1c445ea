//! What one guest may hold at a time, through the ledger's blind writes: the tally that spares a look at the page never lets
//! one hold too many pass, and never stands in the way for long.

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::join_all;
use holdfast_app::LedgerError;
use holdfast_domain::inventory::HoldLimit;
use holdfast_domain::{GuestId, Hold, HoldLimits, PageRejection, Resource};
use holdfast_testkit::{Database, event_resource, hold_for, nightly_resource};

use crate::harness::Harness;

const CONCERT: (&str, &str) = ("2030-06-01T19:00:00Z", "2030-06-01T22:00:00Z");
const NO_LIMITS: HoldLimits = HoldLimits {
    per_guest: Some(200),
    per_slot: 200,
    places_per_slot: Some(1000),
    cool_down_seconds: Some(0),
};

fn concert(limits: HoldLimits) -> Resource {
    let mut concert = event_resource("concert", 1000, 60);
    concert.terms.hold_limits = limits;
    concert
}

fn hotel(limits: HoldLimits) -> Resource {
    let mut hotel = nightly_resource("hotel", 10, 60);
    hotel.terms.hold_limits = limits;
    hotel
}

async fn place_for(h: &Harness, of: &Resource, guest: &str, key: &str) -> Result<Hold, LedgerError> {
    let hold = hold_for(of, guest, key, CONCERT, 1, h.now());
    h.store.holds.place(&[of], &hold, &h.by(guest)).await.map(|placed| placed.hold)
}

fn limit<T: std::fmt::Debug>(outcome: Result<T, LedgerError>) -> Option<HoldLimit> {
    match outcome {
        Err(LedgerError::Rejected(PageRejection::LimitReached { limit, wait_seconds })) => {
            assert!(wait_seconds > 0);
            Some(limit)
        }
        Err(other) => panic!("another refusal: {other}"),
        Ok(_) => None,
    }
}

/// How many guests the page of the concert has a tally for.
async fn tallies(h: &Harness) -> usize {
    let key = |name: &str, value: &str| (name.to_owned(), AttributeValue::S(value.to_owned()));
    let read = h
        .database
        .client
        .get_item()
        .table_name(Database::LEDGER)
        .set_key(Some([key("pk", "R#concert"), key("sk", "P#event")].into()))
        .consistent_read(true)
        .send()
        .await
        .expect("a read");
    read.item().and_then(|item| item.get("gn")?.as_m().ok()).expect("tallies").len()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_guest_with_a_hundred_requests_at_once_has_what_one_may_and_others_still_book() {
    for limits in [
        HoldLimits { per_slot: 5, ..NO_LIMITS },
        HoldLimits { per_guest: Some(5), ..NO_LIMITS },
        HoldLimits { places_per_slot: Some(5), ..NO_LIMITS },
    ] {
        let concert = concert(limits);
        let h = Harness::with(&concert).await;
        let (h, concert) = (&h, &concert);
        let bot =
            join_all((0..100).map(|n| async move { place_for(h, concert, "bot", &n.to_string()).await }));
        let others =
            join_all((0..50).map(|n| async move { place_for(h, concert, &format!("g{n}"), "k").await }));
        let (bot, others) = futures::future::join(bot, others).await;
        assert!(others.into_iter().all(|outcome| limit(outcome).is_none()), "others still book");
        let refused = bot.into_iter().filter_map(limit).count();
        assert_eq!(refused, 95, "{limits:?}");
        assert_eq!(h.page(concert, "event").await.holds.len(), 55);
    }
}

/// What the race above looks at must be able to break: what an operator places for the guest is not limited.
#[tokio::test(flavor = "multi_thread")]
async fn negative_control_without_the_limit_the_same_guest_has_more() {
    let concert = concert(HoldLimits { per_slot: 5, ..NO_LIMITS });
    let h = Harness::with(&concert).await;
    let (h, concert) = (&h, &concert);
    let by_operator = |n: usize| async move {
        let hold = hold_for(concert, "bot", &n.to_string(), CONCERT, 1, h.now());
        let hold = Hold { caller: GuestId::parse("operator").expect("an id"), ..hold };
        h.store.holds.place(&[concert], &hold, &h.by("operator")).await
    };
    let placed = join_all((0..40).map(by_operator)).await;
    assert_eq!(placed.into_iter().filter_map(limit).count(), 0);
    assert_eq!(
        limit(place_for(h, concert, "bot", "own").await),
        Some(HoldLimit::PerSlot),
        "those count all the same"
    );
}

#[tokio::test]
async fn who_places_and_releases_again_and_again_is_not_stopped_by_what_is_gone() {
    let concert = concert(HoldLimits { per_slot: 3, ..NO_LIMITS });
    let h = Harness::with(&concert).await;
    for n in 0..20 {
        let hold = place_for(&h, &concert, "guest", &n.to_string()).await.expect("one hold at a time");
        h.store.holds.release(&hold, &h.by("guest")).await.expect("a release");
    }
}

#[tokio::test]
async fn dead_holds_do_not_count_against_their_guest() {
    let concert = concert(HoldLimits { per_slot: 3, ..NO_LIMITS });
    let h = Harness::with(&concert).await;
    for round in 0..3 {
        for n in 0..3 {
            place_for(&h, &concert, "guest", &format!("{round}-{n}")).await.expect("within the limit");
        }
        assert_eq!(limit(place_for(&h, &concert, "guest", "more").await), Some(HoldLimit::PerSlot));
        h.pass(60);
    }
}

#[tokio::test]
async fn tallies_of_guests_who_went_do_not_pile_up() {
    let concert = concert(HoldLimits { per_slot: 3, ..NO_LIMITS });
    let h = Harness::with(&concert).await;
    let mut most = 0;
    for n in 0..100 {
        let hold = place_for(&h, &concert, &format!("guest-{n}"), "k").await.expect("a hold");
        h.store.holds.release(&hold, &h.by("guest")).await.expect("a release");
        most = most.max(tallies(&h).await);
    }
    assert!((2..=26).contains(&most), "{most} guests on an empty page");
}

#[tokio::test]
async fn a_group_beyond_the_tally_is_placed_by_reading() {
    let concert = concert(HoldLimits { per_slot: 2, ..NO_LIMITS });
    let h = Harness::with(&concert).await;
    for key in ["a", "b"] {
        let hold = hold_for(&concert, "guest", key, CONCERT, 30, h.now());
        h.store.holds.place(&[&concert], &hold, &h.by("guest")).await.expect("two holds of thirty places");
    }
    assert_eq!(limit(place_for(&h, &concert, "guest", "c").await), Some(HoldLimit::PerSlot));
}

#[tokio::test]
async fn a_span_is_refused_whole_if_one_of_its_months_has_too_many() {
    let hotel = hotel(HoldLimits { per_guest: Some(2), ..NO_LIMITS });
    let h = Harness::with(&hotel).await;
    for key in ["a", "b"] {
        h.placed(&hotel, key, ("2030-06-10", "2030-06-11"), 1).await;
    }
    let span = h.place(&hotel, "span", ("2030-06-30", "2030-07-02"), 1).await;
    assert_eq!(limit(span), Some(HoldLimit::PerGuest));
    assert!(h.page(&hotel, "2030-07").await.holds.is_empty());
    h.placed(&hotel, "july", ("2030-07-01", "2030-07-02"), 1).await;
}

#[tokio::test]
async fn a_cool_down_is_kept_by_the_page_and_forgotten_when_it_is_over() {
    let hotel = hotel(HoldLimits { cool_down_seconds: Some(100), ..NO_LIMITS });
    let h = Harness::with(&hotel).await;
    let night = ("2030-06-01", "2030-06-02");
    let again = |key| h.place(&hotel, key, night, 1);
    let released = h.placed(&hotel, "released", night, 1).await;
    h.store.holds.release(&released, &h.by("guest")).await.expect("a release");
    assert_eq!(limit(again("a").await), Some(HoldLimit::CoolDown));
    assert_eq!(h.page(&hotel, "2030-06").await.cooling.len(), 1);

    h.pass(100);
    let expired = again("b").await.expect("the wait is over").hold;
    assert_eq!(h.page(&hotel, "2030-06").await.cooling.len(), 0, "what is over is dropped");
    h.pass(60);
    assert_eq!(limit(again("c").await), Some(HoldLimit::CoolDown), "a dead hold that is still stored");
    h.store.holds.expire(&expired, &h.by("timer")).await.expect("an expiry");
    assert_eq!(limit(again("c").await), Some(HoldLimit::CoolDown), "and after it was dropped");
    h.pass(100);
    again("c").await.expect("from the moment it died");
}

#[tokio::test]
async fn a_retry_during_the_cool_down_gets_the_first_answer() {
    let hotel = hotel(HoldLimits { cool_down_seconds: Some(100), ..NO_LIMITS });
    let h = Harness::with(&hotel).await;
    let night = ("2030-06-01", "2030-06-02");
    let first = h.placed(&hotel, "k", night, 1).await;
    let again = h.place(&hotel, "k", night, 1).await.expect("its earlier self");
    assert!(again.replayed);
    assert_eq!(again.hold, first);
}
