//! Explores a scenario and says what was found.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use stateright::{Checker, Expectation, HasDiscoveries, Model};

use crate::model::{Action, Bookings};
use crate::scenario::Scenario;
use crate::state::State;

/// How a property was violated.
#[derive(Debug, Clone)]
pub struct Counterexample {
    /// What led there.
    pub actions: Vec<Action>,
    /// Where it ends.
    pub state: State,
}

/// What an exploration found.
#[derive(Debug, Clone)]
pub struct Report {
    /// The scenario's name.
    pub name: &'static str,
    /// Different states.
    pub states: usize,
    /// Transitions.
    pub transitions: usize,
    /// The longest way from the beginning that was gone.
    pub depth: usize,
    /// How long it took.
    pub took: Duration,
    /// Invariants, with how they were broken.
    pub broken: BTreeMap<&'static str, Counterexample>,
    /// What should have been reached and was not.
    pub missed: Vec<&'static str>,
}

/// When an exploration ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// Every state was seen.
    Exhausted,
    /// One of these invariants was broken.
    Broken(&'static [&'static str]),
}

/// Explores a scenario on two threads: breadth first for the shortest counterexample, depth first for little memory.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the report says how long it took")]
pub fn explore(scenario: &Scenario, until: Until) -> Report {
    let began = Instant::now();
    let model = Bookings::new(scenario.clone());
    let checker = model.clone().checker().threads(2);
    match until {
        Until::Exhausted => report(scenario, &model, &checker.spawn_dfs().join(), began),
        Until::Broken(names) => {
            let checker = checker.finish_when(HasDiscoveries::AnyOf(names.iter().copied().collect()));
            report(scenario, &model, &checker.spawn_bfs().join(), began)
        }
    }
}

fn report(scenario: &Scenario, model: &Bookings, checker: &impl Checker<Bookings>, began: Instant) -> Report {
    let mut found = checker.discoveries();
    let mut broken = BTreeMap::new();
    let mut missed = Vec::new();
    for property in model.properties() {
        match (property.expectation, found.remove(property.name)) {
            (Expectation::Sometimes, None) => missed.push(property.name),
            (Expectation::Sometimes, Some(_)) | (Expectation::Always | Expectation::Eventually, None) => {}
            (Expectation::Always | Expectation::Eventually, Some(path)) => {
                let state = path.last_state().clone();
                broken.insert(property.name, Counterexample { actions: path.into_actions(), state });
            }
        }
    }
    Report {
        name: scenario.name,
        states: checker.unique_state_count(),
        transitions: checker.state_count(),
        depth: checker.max_depth(),
        took: began.elapsed(),
        broken,
        missed,
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, states, transitions, depth, took, broken, missed } = self;
        let found = if broken.is_empty() && missed.is_empty() { "holds" } else { "BROKEN" };
        let took = took.as_secs_f64();
        write!(
            f,
            "{name:<44} {states:>10} states {transitions:>11} transitions  depth {depth:>3}  {took:>6.1} s  {found}"
        )?;
        for (property, counterexample) in broken {
            write!(f, "\n  broken: {property}")?;
            for action in &counterexample.actions {
                write!(f, "\n    {action:?}")?;
            }
        }
        for property in missed {
            write!(f, "\n  not reached: {property}")?;
        }
        Ok(())
    }
}
