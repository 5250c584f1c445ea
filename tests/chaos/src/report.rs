//! What is printed: a line when something begins, and the table at the end.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::audit::{Anomaly, CHECKS};

/// The most anomalies that are shown of one field.
const SHOWN_MAX: usize = 12;

/// Progress, with the seconds since the beginning.
pub(crate) struct Progress(Instant);

impl Progress {
    pub(crate) fn begin() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn say(&self, what: &str) {
        println!("{:>6.1} s  {what}", self.0.elapsed().as_secs_f32());
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// A row for each of these fields with the number of its anomalies, then the anomalies.
pub(crate) fn print_rows(fields: &[&str], anomalies: &[Anomaly]) {
    println!("\nANOMALIES {}", anomalies.len());
    for (field, what) in CHECKS.iter().filter(|(field, _)| fields.contains(field)) {
        let count = anomalies.iter().filter(|anomaly| anomaly.field == *field).count();
        println!("  {:<76} {count:>7}", format!("{field}: {what}"));
    }
    let mut by_field: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for anomaly in anomalies {
        by_field.entry(anomaly.field).or_default().push(&anomaly.what);
    }
    for (field, all) in by_field {
        for what in all.iter().take(SHOWN_MAX) {
            println!("  {field}: {what}");
        }
        if all.len() > SHOWN_MAX {
            println!("  {field}: and {} more", all.len() - SHOWN_MAX);
        }
    }
}

/// What a run came to.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) operations: BTreeMap<(&'static str, String), u64>,
    pub(crate) faults: BTreeMap<String, u64>,
    pub(crate) started_again: BTreeMap<String, u64>,
    /// What was audited: how many of what.
    pub(crate) audited: Vec<(&'static str, usize)>,
    /// How long what took, `None` if it did not come to an end in time.
    pub(crate) times: Vec<(String, Option<Duration>)>,
    pub(crate) anomalies: Vec<Anomaly>,
}

impl Outcome {
    pub(crate) fn print(&self, took: Duration) {
        println!("\nOPERATIONS");
        let mut by_name: BTreeMap<&str, Vec<(&str, u64)>> = BTreeMap::new();
        for ((operation, outcome), count) in &self.operations {
            by_name.entry(operation).or_default().push((outcome, *count));
        }
        for (operation, outcomes) in &by_name {
            let total: u64 = outcomes.iter().map(|(_, count)| count).sum();
            let parts: Vec<String> =
                outcomes.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
            println!("  {operation:<16} {total:>7}   {}", parts.join(", "));
        }
        println!("\nFAULTS");
        for (kind, count) in &self.faults {
            println!("  {kind:<60} {count:>7}");
        }
        for (error, count) in &self.started_again {
            println!("  {:<60} {count:>7}", format!("sagas started again as the runbook says: {error}"));
        }
        println!("\nAUDITED");
        for (what, count) in &self.audited {
            println!("  {what:<60} {count:>7}");
        }
        println!("\nTIMES");
        for (what, time) in &self.times {
            let time = time.map_or("not in time".to_owned(), |time| format!("{:.1} s", time.as_secs_f32()));
            println!("  {what:<60} {time:>11}");
        }
        print_rows(&CHECKS.map(|(field, _)| field), &self.anomalies);
        let attempts: u64 = by_name.get("hold").map_or(0, |all| all.iter().map(|(_, count)| count).sum());
        let faults: u64 = self.faults.values().sum();
        let took = took.as_secs();
        println!(
            "\n{attempts} hold attempts and {faults} faults survived with {} anomalies, {took} s in all",
            self.anomalies.len()
        );
    }
}
