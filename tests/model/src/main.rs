//! `make model`: explores the large scenarios and the negative controls, and prints what was found. An argument is a part
//! of the names of those to explore.

use std::process::ExitCode;

use holdfast_model::explore::{Until, explore};
use holdfast_model::scenario::{Removed, Scenario};

fn main() -> ExitCode {
    let part = std::env::args().nth(1).unwrap_or_default();
    let mut sound = true;
    let mut states = 0;
    println!("Scenarios: every state must keep every invariant, and what is named as reached must be.");
    for scenario in Scenario::large().iter().filter(|scenario| scenario.name.contains(&part)) {
        let report = explore(scenario, Until::Exhausted);
        sound &= report.broken.is_empty() && report.missed.is_empty();
        states += report.states;
        println!("{report}");
    }
    println!("{states} states in all\n");
    println!("Negative controls: a protection is taken away, and the exploration must notice.");
    for removed in Removed::ALL {
        let (scenario, expected) = Scenario::without(removed);
        if !scenario.name.contains(&part) {
            continue;
        }
        let report = explore(&scenario, Until::Broken(expected));
        let caught = expected.iter().find_map(|name| Some((name, report.broken.get(name)?)));
        match caught {
            Some((property, found)) => {
                let (name, steps) = (report.name, found.actions.len());
                println!("{name:<44} caught after {steps:>2} steps: {property}");
            }
            None => {
                sound = false;
                println!("{report}\n  NOT CAUGHT");
            }
        }
    }
    if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
