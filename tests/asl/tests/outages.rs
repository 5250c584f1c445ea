//! How the deployed machines wait out an outage: for longer than an hour, and never so long between two tries that a saga
//! stays stuck half a minute after its end.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::path::Path;

use serde_json::Value;

const STATEMACHINES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../statemachines");
/// What a task reports while DynamoDB or the provider is away.
const AWAY: [&str; 2] = ["StoreUnavailable", "ProviderUnavailable"];
/// The rest of the half minute is for the tasks that follow.
const PAUSE_SECONDS_MAX: f64 = 25.0;
const HOUR_SECONDS: f64 = 3600.0;

/// File, state and retrier of every retrier that waits out an outage.
fn retriers() -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for file in Path::new(STATEMACHINES).read_dir().unwrap() {
        let path = file.unwrap().path();
        if !path.to_string_lossy().ends_with(".asl.json") {
            continue;
        }
        let machine: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for (name, state) in machine["States"].as_object().unwrap() {
            let of_state = state["Retry"].as_array().into_iter().flatten();
            let away = of_state.filter(|retrier| AWAY.iter().any(|error| names(retrier, error)));
            found.extend(away.map(|retrier| (format!("{} {name}", path.display()), retrier.clone())));
        }
    }
    found
}

fn names(retrier: &Value, error: &str) -> bool {
    retrier["ErrorEquals"].as_array().unwrap().iter().any(|one| one == error)
}

fn number(retrier: &Value, field: &str) -> f64 {
    retrier[field].as_f64().unwrap_or_else(|| panic!("no {field} in {retrier}"))
}

#[test]
fn whatever_waits_for_an_outage_to_end_looks_again_within_half_a_minute() {
    let retriers = retriers();
    assert!(retriers.len() > 8, "{retriers:?}");
    for (place, retrier) in retriers {
        assert!(number(&retrier, "MaxDelaySeconds") <= PAUSE_SECONDS_MAX, "{place}: {retrier}");
    }
}

#[test]
fn what_may_hold_money_or_places_waits_longer_than_an_hour() {
    let sat_out = retriers().into_iter().filter(|(_, retrier)| {
        retrier["Comment"].as_str().is_some_and(|comment| comment.starts_with("Longer than an hour"))
    });
    let mut count = 0;
    for (place, retrier) in sat_out {
        let (mut pause, rate) = (number(&retrier, "IntervalSeconds"), number(&retrier, "BackoffRate"));
        let mut waits = 0.0;
        let mut tries = number(&retrier, "MaxAttempts");
        while tries > 0.0 {
            // With full jitter a pause is half of what it may be, on average.
            waits += pause.min(number(&retrier, "MaxDelaySeconds")) / 2.0;
            pause *= rate;
            tries -= 1.0;
        }
        assert!(waits > HOUR_SECONDS, "{place}: {waits} s on average");
        count += 1;
    }
    assert_eq!(count, 8);
}
