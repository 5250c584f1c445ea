//! `make model`: explores the large scenarios and the negative controls, and prints what was found. An argument is a part
//! of the names of those to explore.

use std::fmt::Debug;
use std::process::ExitCode;

use holdfast_model::explore::{Report, Until, explore};
use holdfast_model::placing;
use holdfast_model::scenario::{Removed, Scenario};

/// What has been found so far.
struct Tally {
    sound: bool,
    states: usize,
}

impl Tally {
    fn scenario<A: Debug>(&mut self, report: &Report<A>) {
        self.sound &= report.broken.is_empty() && report.missed.is_empty();
        self.states += report.states;
        println!("{report}");
    }

    fn control<A: Debug>(&mut self, report: &Report<A>, expected: &[&'static str]) {
        let caught = expected.iter().find_map(|name| Some((name, report.broken.get(name)?)));
        match caught {
            Some((property, found)) => {
                let (name, steps) = (report.name, found.len());
                println!("{name:<44} caught after {steps:>2} steps: {property}");
            }
            None => {
                self.sound = false;
                println!("{report}\n  NOT CAUGHT");
            }
        }
    }
}

fn main() -> ExitCode {
    let part = std::env::args().nth(1).unwrap_or_default();
    let mut tally = Tally { sound: true, states: 0 };
    println!("Scenarios: every state must keep every invariant, and what is named as reached must be.");
    for scenario in Scenario::large().iter().filter(|scenario| scenario.name.contains(&part)) {
        tally.scenario(&explore(scenario, Until::Exhausted));
    }
    for scenario in placing::scenario::Scenario::large().iter().filter(|s| s.name.contains(&part)) {
        tally.scenario(&placing::explore(scenario, Until::Exhausted));
    }
    println!("{} states in all\n", tally.states);
    println!("Negative controls: a protection is taken away, and the exploration must notice.");
    for removed in Removed::ALL {
        let (scenario, expected) = Scenario::without(removed);
        if scenario.name.contains(&part) {
            tally.control(&explore(&scenario, Until::Broken(expected)), expected);
        }
    }
    for removed in placing::scenario::Removed::ALL {
        let (scenario, expected) = placing::scenario::Scenario::without(removed);
        if scenario.name.contains(&part) {
            tally.control(&placing::explore(&scenario, Until::Broken(expected)), expected);
        }
    }
    if tally.sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
