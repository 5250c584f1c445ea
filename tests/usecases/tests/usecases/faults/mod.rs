//! The saga's fault matrix: every task of every file in `statemachines/`, struck by every fault, once and at every attempt,
//! in scenarios that together come by every task; and second faults in what follows the first. The machines are run as
//! their files have them, the tasks by the payment function's own entry.

mod controls;
mod injection;
pub(crate) mod matrix;
mod outside;
mod rereads;
mod scenarios;
mod stage;
mod verdict;

use std::collections::BTreeSet;

use crate::faults::matrix::{Machines, Plan, Setting, explore};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_befalls_a_task_its_booking_ends_once_or_before_a_person() {
    let found = explore(Setting::of(Machines::deployed()), |_| Plan::Everything).await;
    found.print();
    assert_eq!(found.unvisited, BTreeSet::new(), "no scenario comes by these tasks");
    assert!(found.violations.is_empty(), "{} violations:\n{}", found.violations.len(), found.worst());
}
