//! Places on shards: the small scenarios keep every invariant and reach what they should; every negative control is caught.

use holdfast_model::explore::Until;
use holdfast_model::placing::explore;
use holdfast_model::placing::scenario::{Removed, Scenario};

#[test]
fn no_order_of_writes_places_twice_or_loses_a_promise() {
    let mut states = 0;
    for scenario in Scenario::small() {
        let report = explore(&scenario, Until::Exhausted);
        println!("{report}");
        assert!(report.broken.is_empty() && report.missed.is_empty(), "{report}");
        states += report.states;
    }
    println!("{states} states in all");
}

#[test]
fn a_missing_protection_is_noticed() {
    for removed in Removed::ALL {
        let (scenario, expected) = Scenario::without(removed);
        let report = explore(&scenario, Until::Broken(expected));
        assert!(expected.iter().any(|name| report.broken.contains_key(name)), "{removed:?}: {report}");
        println!("{removed:?}: {} states until caught", report.states);
    }
}
