//! What the simulation has to keep whatever the design, and what it has to show.

use holdfast_throughput::design::{Buckets, Design, GroupCommit, SmallShards, ThinShards, TodaysPage};
use holdfast_throughput::partition::{Heat, Limit, SECOND, Spread};
use holdfast_throughput::shapes::Kind;
use holdfast_throughput::sim::{Outcome, Setup, run};

fn designs() -> Vec<(Box<dyn Design>, u32)> {
    vec![
        (Box::new(TodaysPage::of(Kind::Event)), 1),
        (Box::new(SmallShards::of(Kind::Event)), 8),
        (Box::new(Buckets::of(Kind::Event)), 4),
        (Box::new(GroupCommit::of(Kind::Event)), 4),
        (Box::new(ThinShards::of(Kind::Event)), 4),
    ]
}

/// A hundred places that are asked for long enough for every hold that is not paid to have ended.
fn sale(shards: u32) -> Setup {
    Setup {
        places: 100,
        shards,
        rate: 150,
        seconds: 60,
        ttl: 4 * SECOND,
        lost: 50,
        late: 50,
        instances: 4,
        record_partitions: 4,
        ..Setup::default()
    }
}

#[test]
fn no_place_is_sold_twice_and_every_place_is_sold_when_asked_for_long_enough() {
    for (design, shards) in designs() {
        let outcome = run(&*design, &sale(shards));
        let Outcome { confirmed, broken, twice, .. } = outcome;
        assert_eq!((confirmed, broken, twice), (100, 0, 0), "{}: {outcome:?}", design.name());
    }
}

#[test]
fn the_same_seed_gives_the_same_result_and_another_one_another() {
    for (design, shards) in designs() {
        let setup = Setup { seconds: 5, ..sale(shards) };
        let first = run(&*design, &setup);
        assert_eq!(first, run(&*design, &setup), "{}", design.name());
        assert_ne!(first, run(&*design, &Setup { seed: 2, ..setup }), "{}", design.name());
    }
}

/// A page of that size, whatever it stores.
struct Flat {
    units: u64,
    is_record_first: bool,
    has_fences: bool,
}

impl Design for Flat {
    fn name(&self) -> &'static str {
        "a page of one size"
    }

    fn page_bytes(&self, _: u32, _: u32) -> u64 {
        self.units * 1024
    }

    fn stored_max(&self) -> u32 {
        u32::MAX
    }

    fn is_record_first(&self) -> bool {
        self.is_record_first
    }

    fn has_fences(&self) -> bool {
        self.has_fences
    }
}

/// Holds that stay, asked for far faster than pages of two units take them.
fn flood(shards: u32) -> Setup {
    Setup { places: 4_000_000, shards, rate: 8_000, seconds: 5, paid: 0, released: 0, ..Setup::default() }
}

#[test]
fn two_shards_double_the_rate_and_a_key_never_serves_more_than_its_units() {
    let flat = Flat { units: 2, is_record_first: true, has_fences: true };
    let [one, two, four] = [1, 2, 4].map(|shards| run(&flat, &flood(shards)).rate(10, 50));
    assert!((480..=500).contains(&one), "{one}");
    assert!(two.abs_diff(2 * one) <= one / 25, "{one} and {two}");
    assert!(four.abs_diff(4 * one) <= one / 10, "{one} and {four}");
}

#[test]
fn control_without_limits_the_rate_is_what_is_asked_for() {
    let flat = Flat { units: 2, is_record_first: true, has_fences: true };
    let unlimited = Setup { limit: Limit::None, item_service: 0, ..flood(1) };
    let rate = run(&flat, &unlimited).rate(10, 50);
    assert!(rate.abs_diff(8_000) < 200, "{rate}");
    let rested = Setup { limit: Limit::Burst, item_service: 0, ..flood(1) };
    assert!(run(&flat, &rested).rate(10, 50) > 7_800, "what was saved in 300 s");
}

#[test]
fn keys_that_lie_together_share_a_partition_until_heat_splits_it() {
    let flat = Flat { units: 2, is_record_first: true, has_fences: true };
    let together = Setup { spread: Spread::Hashed(1), ..flood(4) };
    let outcome = run(&flat, &together);
    assert!((480..=500).contains(&outcome.rate(10, 50)), "{}", outcome.rate(10, 50));
    assert_eq!(outcome.splits, 0);
    let split = Setup { heat: Heat { after: Some(SECOND) }, ..together };
    let outcome = run(&flat, &split);
    assert!(outcome.splits >= 1 && outcome.rate(30, 50) > 900, "{} {}", outcome.splits, outcome.rate(30, 50));
}

#[test]
fn control_without_the_record_first_a_lost_answer_places_on_two_pages() {
    let setup = Setup { places: 4_000, shards: 8, lost: 300, rate: 400, seconds: 5, ..Setup::default() };
    let twice = |is_record_first| run(&Flat { units: 1, is_record_first, has_fences: true }, &setup).twice;
    assert_eq!(twice(true), 0);
    assert!(twice(false) > 0);
}

#[test]
fn control_without_fences_a_late_write_places_on_two_pages() {
    let setup = Setup {
        places: 100,
        shards: 8,
        rate: 150,
        seconds: 60,
        ttl: 20 * SECOND,
        paid: 0,
        released: 900,
        late: 300,
        instances: 4,
        ..Setup::default()
    };
    let twice = |has_fences| run(&Flat { units: 1, is_record_first: true, has_fences }, &setup).twice;
    assert_eq!(twice(true), 0);
    assert!(twice(false) > 0);
}

#[test]
fn todays_page_is_closed_by_its_live_holds_and_thin_shards_are_not() {
    let setup = Setup { places: 2_000, rate: 500, seconds: 5, paid: 0, released: 0, ..Setup::default() };
    let today = run(&TodaysPage::of(Kind::Event), &setup);
    assert_eq!(today.placed, 200);
    assert!(today.closed > 0);
    let thin = run(&ThinShards::of(Kind::Event), &Setup { shards: 40, ..setup });
    assert_eq!((thin.placed, thin.closed), (2_000, 0), "{thin:?}");
}
