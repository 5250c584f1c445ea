//! Model checking of what ADR 16 chose for places on shards, before it is built: the record first, then the page, fences for
//! moves between shards. One key of one guest is served by several instances at once and again, while another guest takes
//! the places, writes arrive late, answers are lost, functions die and the hold's time passes.
//!
//! Nothing here is the product's code: records, pages and steps are written down as the ADR says them
//! ([`store`]: what one write does; [`serve`]: what an instance does next). Promises: no clock, no chance; the same scenario
//! gives the same states. Deliberately absent: prices and terms, payments, several places, the summary of free places.

pub mod model;
pub mod properties;
pub mod scenario;
pub mod serve;
pub mod state;
pub mod store;

use crate::explore::{Report, Until, explore_model};
use model::{Action, Placing};
use scenario::Scenario;

/// Explores a scenario of places on two shards.
#[must_use]
pub fn explore(scenario: &Scenario, until: Until) -> Report<Action> {
    explore_model(scenario.name, &Placing::new(scenario.clone()), until)
}
