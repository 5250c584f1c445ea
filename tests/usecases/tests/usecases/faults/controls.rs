//! Negative controls: machines and a bank that break the rules are found out by the same assertions.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::faults::matrix::{Machines, Plan, Setting, explore};

fn only(name: &'static str) -> impl Fn(&crate::faults::scenarios::Scenario) -> Plan {
    move |scenario| if scenario.name == name { Plan::Single } else { Plan::Nothing }
}

fn is_told(violations: &[String], task: &str, says: &str) {
    let told = violations.iter().any(|told| told.contains(&format!("; {task} ")) && told.contains(says));
    assert!(told, "{task} was to be told of with `{says}`:\n{}", violations.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_that_takes_an_unknown_outcome_for_a_failure_is_found_out() {
    let guesses = |name: &str, machine: &mut Value| {
        if name == "booking" {
            let states = &mut machine["States"];
            let ending = json!({ "outcome": "failed", "reason": "payment_unavailable" });
            states["AuthorizePayment"]["Catch"] = json!([{ "ErrorEquals": ["States.ALL"], "Assign": { "ending": ending }, "Next": "FailBooking" }]);
            states["FailBookingOutcome"]["Choices"][1]["Next"] = json!("Finished");
        }
    };
    let found = explore(Setting::of(Machines::changed(guesses)), only("paid")).await;
    is_told(&found.violations, "AuthorizePayment", "Authorized");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_that_parks_without_a_note_is_found_out() {
    let silent = |_: &str, machine: &mut Value| {
        let text = machine.to_string().replace("\"Next\":\"Park\"", "\"Next\":\"Parked\"");
        *machine = serde_json::from_str(&text).expect("JSON");
    };
    let found = explore(Setting::of(Machines::changed(silent)), |_| Plan::Nothing).await;
    let told = found.violations.iter().filter(|told| told.contains("a note for a person")).count();
    assert_eq!(told, 3, "each scenario that parks:\n{}", found.violations.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_that_looks_at_no_key_is_found_out() {
    let setting = Setting::of(Machines::deployed()).with_keyless_bank();
    let found = explore(setting, only("half given back")).await;
    is_told(&found.violations, "SettleCancellation", "");
}

#[tokio::test]
async fn a_task_that_no_scenario_comes_by_is_found_out() {
    let longer = |name: &str, machine: &mut Value| {
        if name == "booking" {
            machine["States"]["SendInvoice"] = machine["States"]["VoidPayment"].clone();
        }
    };
    let found = explore(Setting::of(Machines::changed(longer)), |_| Plan::Nothing).await;
    assert_eq!(found.unvisited, BTreeSet::from(["booking: SendInvoice".to_owned()]));
}
