//! Explores a scenario and says what was found.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::hash::Hash;
use std::time::{Duration, Instant};

use stateright::{Checker, Expectation, HasDiscoveries, Model};

use crate::model::{Action, Bookings};
use crate::scenario::Scenario;

/// What an exploration found.
#[derive(Debug, Clone)]
pub struct Report<A> {
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
    /// Invariants, with a way to break them: the shortest, where these were looked for.
    pub broken: BTreeMap<&'static str, Vec<A>>,
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

/// Explores a scenario of holds and payments.
#[must_use]
pub fn explore(scenario: &Scenario, until: Until) -> Report<Action> {
    explore_model(scenario.name, &Bookings::new(scenario.clone()), until)
}

/// Explores a model on two threads: breadth first for the shortest counterexample, depth first for little memory.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the report says how long it took")]
pub fn explore_model<M>(name: &'static str, model: &M, until: Until) -> Report<M::Action>
where
    M: Model + Clone + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + Send + Sync + PartialEq,
    M::Action: Clone + Debug + PartialEq,
{
    let began = Instant::now();
    let checker = model.clone().checker().threads(2);
    match until {
        Until::Exhausted => report(name, model, &checker.spawn_dfs().join(), began),
        Until::Broken(names) => {
            let checker = checker.finish_when(HasDiscoveries::AnyOf(names.iter().copied().collect()));
            report(name, model, &checker.spawn_bfs().join(), began)
        }
    }
}

fn report<M>(name: &'static str, model: &M, checker: &impl Checker<M>, began: Instant) -> Report<M::Action>
where
    M: Model,
    M::State: Clone + Debug + Hash + PartialEq,
    M::Action: Clone + Debug + PartialEq,
{
    let mut found = checker.discoveries();
    let mut broken = BTreeMap::new();
    let mut missed = Vec::new();
    for property in model.properties() {
        match (property.expectation, found.remove(property.name)) {
            (Expectation::Sometimes, None) => missed.push(property.name),
            (Expectation::Sometimes, Some(_)) | (Expectation::Always | Expectation::Eventually, None) => {}
            (Expectation::Always | Expectation::Eventually, Some(path)) => {
                broken.insert(property.name, path.into_actions());
            }
        }
    }
    Report {
        name,
        states: checker.unique_state_count(),
        transitions: checker.state_count(),
        depth: checker.max_depth(),
        took: began.elapsed(),
        broken,
        missed,
    }
}

impl<A: Debug> std::fmt::Display for Report<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, states, transitions, depth, took, broken, missed } = self;
        let found = if broken.is_empty() && missed.is_empty() { "holds" } else { "BROKEN" };
        let took = took.as_secs_f64();
        write!(
            f,
            "{name:<44} {states:>10} states {transitions:>11} transitions  depth {depth:>3}  {took:>6.1} s  {found}"
        )?;
        for (property, actions) in broken {
            write!(f, "\n  broken: {property}")?;
            for action in actions {
                write!(f, "\n    {action:?}")?;
            }
        }
        for property in missed {
            write!(f, "\n  not reached: {property}")?;
        }
        Ok(())
    }
}
