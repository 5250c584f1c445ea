//! The reconciliation's cycle in the ledger: it reads back whole, and is kept in place of the one before only.

use std::collections::BTreeMap;

use holdfast_app::operations::reconciliation::{
    ComparedPage, Counts, Cycle, Listing, PaymentFilter, Phase, Share,
};
use holdfast_domain::{PageKey, ResourceId, SlotKey};
use holdfast_testkit::{Database, TestClock, at};

const NOW: &str = "2030-05-20T12:00:00Z";

/// A cycle whose pages need several items.
fn large(revision: u64, pages: u32) -> Cycle {
    let page = |number: u32| {
        let key = PageKey::first(ResourceId::parse(&format!("room-{number}")).expect("an id"), "2030-06");
        let counts = Counts { confirmed: 3, current: 2, over: number };
        let slots = (10..41).map(|slot: u32| (SlotKey::parse(&slot.to_string()).expect("a slot"), counts));
        (key, ComparedPage { seq: Some(u64::from(number)), slots: slots.collect::<BTreeMap<_, _>>() })
    };
    Cycle {
        revision,
        began_at: at(NOW),
        phase: Phase::Counting,
        cursor: Some("B#bkg_1|B".to_owned()),
        listing: Listing::Over,
        agreeing: PaymentFilter::of_bytes(vec![7; 128 * 1024]),
        share: Share::restored(5, Some(u64::MAX), (0..pages).map(page)),
        ..Cycle::forgotten(revision)
    }
}

#[tokio::test]
async fn a_cycle_of_any_size_reads_back_and_follows_the_one_before() {
    let database = Database::start(&TestClock::at(at(NOW))).await;
    let cycles = database.store().cycles;
    assert_eq!(cycles.cycle().await.expect("a read"), None);
    let mut after = 0;
    for (revision, pages) in [(1, 1_000), (2, 0), (3, 300), (4, 1)] {
        let cycle = large(revision, pages);
        assert!(cycles.keep_cycle(&cycle, after).await.expect("a write"), "{revision}");
        assert_eq!(cycles.cycle().await.expect("a read"), Some(cycle));
        after = revision;
    }
}

#[tokio::test]
async fn of_two_cycles_made_from_one_the_first_is_kept_and_never_a_mixture() {
    let database = Database::start(&TestClock::at(at(NOW))).await;
    let cycles = database.store().cycles;
    assert!(cycles.keep_cycle(&large(1, 300), 0).await.expect("a write"));
    assert!(cycles.keep_cycle(&large(2, 300), 1).await.expect("a write"));
    // It has written its pages over those of the winner before it is turned away.
    assert!(!cycles.keep_cycle(&large(2, 301), 1).await.expect("an answer"));
    assert_eq!(cycles.cycle().await.expect("a read"), Some(Cycle::forgotten(2)));
    assert!(cycles.keep_cycle(&large(3, 2), 2).await.expect("a write"));
    assert_eq!(cycles.cycle().await.expect("a read"), Some(large(3, 2)));
}
