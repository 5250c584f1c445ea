//! The state machines and the code speak of the same tasks, outcomes and errors.
#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use holdfast_app::payments::Outcome;
use holdfast_domain::bookings::FailureReason;
use holdfast_workflow::errors::{HANDLED, UNHANDLED};
use holdfast_workflow::tasks::{Task, TaskCall, failure_reason, outcome_json, outcome_name};
use serde_json::{Value, json};

const MACHINES: [&str; 2] = ["booking", "cancellation"];
const PREFIXES_OF_OTHERS: [&str; 4] = ["States.", "Lambda.", "Runtime.", "Sandbox."];

fn states() -> BTreeMap<String, Value> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../statemachines");
    let mut all = BTreeMap::new();
    for machine in MACHINES {
        let text = fs::read_to_string(folder.join(format!("{machine}.asl.json"))).expect("a machine");
        let definition: Value = serde_json::from_str(&text).expect("JSON");
        for (name, state) in definition["States"].as_object().expect("states") {
            all.insert(format!("{machine}/{name}"), state.clone());
        }
    }
    all
}

/// The texts in single quotes that follow `before` in a JSONata expression.
fn quoted_after<'a>(expression: &'a str, before: &str) -> Vec<&'a str> {
    expression
        .split(before)
        .skip(1)
        .filter_map(|rest| rest.trim_start().strip_prefix('\'')?.split('\'').next())
        .collect()
}

fn tasks() -> Vec<(String, String)> {
    let expressions = states().into_iter().filter_map(|(name, state)| {
        let expression = state.pointer("/Arguments/Payload")?.as_str()?.to_owned();
        Some((name, expression))
    });
    expressions.collect()
}

/// A payload with the fields that the machine's expression names.
fn payload(expression: &str) -> Value {
    let task = quoted_after(expression, "'task':");
    let mut payload =
        json!({ "task": task.first().expect("a task"), "bookingId": "bkg_1", "traceparent": "00-1" });
    for (field, value) in [("taskToken", "x"), ("reason", FailureReason::DECLINED), ("declineCode", "x")] {
        if expression.contains(&format!("'{field}':")) {
            payload[field] = json!(value);
        }
    }
    payload
}

#[test]
fn every_task_of_the_machines_is_served_and_every_task_is_used() {
    let mut used = BTreeSet::new();
    for (state, expression) in tasks() {
        let call = TaskCall::parse(&payload(&expression)).unwrap_or_else(|error| panic!("{state}: {error}"));
        assert_eq!(call.booking.as_str(), "bkg_1");
        used.extend(quoted_after(&expression, "'task':").into_iter().map(str::to_owned));
    }
    assert_eq!(used, Task::NAMES.into_iter().map(str::to_owned).collect());
}

#[test]
fn every_field_a_machine_sends_is_known() {
    let known = ["task", "bookingId", "taskToken", "reason", "declineCode"];
    for (state, expression) in tasks() {
        let keys = expression.split('\'').skip(1).step_by(2);
        let keys: Vec<&str> = keys.filter(|key| expression.contains(&format!("'{key}':"))).collect();
        assert!(keys.len() >= 2, "{state}: {expression}");
        for key in keys {
            assert!(known.contains(&key), "{state} sends {key}");
        }
    }
}

#[test]
fn every_error_the_machines_select_by_is_one_of_ours_and_every_one_is_selected() {
    let mut selected = BTreeSet::new();
    for (state, definition) in states() {
        for rules in ["Retry", "Catch"] {
            for rule in definition[rules].as_array().into_iter().flatten() {
                for name in rule["ErrorEquals"].as_array().into_iter().flatten() {
                    let name = name.as_str().expect("a name");
                    if PREFIXES_OF_OTHERS.iter().any(|prefix| name.starts_with(prefix)) {
                        continue;
                    }
                    assert!(HANDLED.contains(&name), "{state} selects by {name}");
                    selected.insert(name.to_owned());
                }
            }
        }
    }
    assert_eq!(selected, HANDLED.into_iter().map(str::to_owned).collect());
    assert!(UNHANDLED.iter().all(|name| !HANDLED.contains(name)));
}

/// Every text in a value, however deep.
fn texts<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(members) => members.values().for_each(|member| texts(member, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The reasons of failure that a state writes: as a member of an object, or in an expression.
fn reasons(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if name == "reason"
                    && let Some(reason) = member.as_str()
                {
                    found.insert(reason.to_owned());
                }
                reasons(member, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| reasons(item, found)),
        Value::String(expression) => {
            found.extend(quoted_after(expression, "'reason':").into_iter().map(str::to_owned));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn every_reason_the_machines_fail_with_is_one_of_ours_and_every_one_of_ours_is_used() {
    let mut written = BTreeSet::new();
    for (_, definition) in states() {
        reasons(&definition, &mut written);
    }
    for reason in &written {
        assert!(failure_reason(reason, None).is_some(), "{reason} is not known");
    }
    let known = FailureReason::OWN.iter().map(|reason| reason.as_str().to_owned());
    let known: BTreeSet<String> = known.chain([FailureReason::DECLINED.to_owned()]).collect();
    assert_eq!(written, known);
    let all = states();
    let mut everywhere = Vec::new();
    all.values().for_each(|definition| texts(definition, &mut everywhere));
    let sends = everywhere.iter().filter(|text| text.contains("'reason': $")).count();
    assert_eq!(sends, 1, "only FailBooking passes a reason on that is not written out");
}

#[test]
fn a_decline_is_told_by_its_code_and_any_other_reason_is_one_of_ours() {
    let declined = |code: &str| Some(FailureReason::Declined { code: code.to_owned() });
    assert_eq!(failure_reason("payment_declined", Some("do_not_honor")), declined("do_not_honor"));
    assert_eq!(failure_reason("payment_declined", None), declined("payment_declined"));
    assert_eq!(failure_reason("sold_out", None), Some(FailureReason::SoldOut));
    assert_eq!(failure_reason("hold_released", None), None);
}

fn outcomes() -> Vec<Outcome> {
    vec![
        Outcome::Claimed,
        Outcome::Dead,
        Outcome::Created,
        Outcome::Authorized,
        Outcome::ActionRequired { timeout_seconds: 600 },
        Outcome::Declined { code: "insufficient_funds".to_owned() },
        Outcome::NotStarted,
        Outcome::Notified,
        Outcome::Confirmed,
        Outcome::SoldOut,
        Outcome::Captured,
        Outcome::Voided,
        Outcome::Refunded,
        Outcome::Failed,
        Outcome::Settled,
        Outcome::Cancelled,
    ]
}

#[test]
fn every_outcome_the_machines_choose_by_can_happen() {
    let names: BTreeSet<&str> = outcomes().iter().map(outcome_name).collect();
    let mut chosen = BTreeSet::new();
    for (state, definition) in states() {
        for choice in definition["Choices"].as_array().into_iter().flatten() {
            let condition = choice["Condition"].as_str().expect("a condition");
            let mut found = quoted_after(condition, "$states.input.outcome =");
            for list in condition.split("$states.input.outcome in [").skip(1) {
                let list = list.split(']').next().unwrap_or_default();
                found.extend(list.split(',').map(|name| name.trim().trim_matches('\'')));
            }
            for name in found {
                assert!(names.contains(name), "{state} chooses by {name}");
                chosen.insert(name.to_owned());
            }
        }
    }
    // The outcome of a callback task is not looked at: the saga goes on when its token comes back.
    let looked_at: BTreeSet<String> =
        names.into_iter().filter(|name| *name != "notified").map(str::to_owned).collect();
    assert_eq!(chosen, looked_at);
}

/// `statemachines/names.json`, which the machines are made with.
#[test]
fn the_names_that_the_machines_are_written_in_are_those_of_the_code() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../statemachines/names.json");
    let names: Value = serde_json::from_str(&fs::read_to_string(file).expect("the names")).expect("JSON");
    let listed = |key: &str| -> BTreeSet<String> {
        let names = names[key].as_array().expect("a list").iter();
        names.map(|name| name.as_str().expect("a name").to_owned()).collect()
    };
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<String>>();
    assert_eq!(listed("tasks"), owned(&Task::NAMES));
    assert_eq!(listed("errors"), owned(&HANDLED));
    let outcomes = outcomes();
    let outcomes: Vec<&str> = outcomes.iter().map(outcome_name).filter(|name| *name != "notified").collect();
    assert_eq!(listed("outcomes"), owned(&outcomes));
}

#[test]
fn outcomes_carry_what_the_machines_read() {
    let [action, declined] = [4, 5].map(|index| outcome_json(&outcomes()[index]));
    assert_eq!(action, json!({"outcome": "action_required", "timeoutSeconds": 600}));
    assert_eq!(declined, json!({"outcome": "declined", "declineCode": "insufficient_funds"}));
    assert_eq!(outcome_json(&Outcome::Claimed), json!({"outcome": "claimed"}));
}

#[test]
fn a_task_of_another_release_is_read_without_the_fields_that_this_one_does_not_know() {
    let read = |payload| TaskCall::parse(&payload).expect("a task");
    let known = read(json!({"task": "ClaimHold", "bookingId": "bkg_1"}));
    let more =
        json!({"task": "ClaimHold", "bookingId": "bkg_1", "reason": "x", "attempt": 2, "of": {"a": []}});
    assert_eq!(read(more), known);
}

#[test]
fn what_is_no_task_is_named_so() {
    for payload in [
        json!(null),
        json!({"task": "ClaimHold"}),
        json!({"task": "Claim", "bookingId": "bkg_1"}),
        json!({"task": "ClaimHold", "bookingId": ""}),
        json!({"task": "AwaitCustomer", "bookingId": "bkg_1"}),
        json!({"task": "FailBooking", "bookingId": "bkg_1"}),
        json!({"task": "FailBooking", "bookingId": "bkg_1", "reason": "hold_released"}),
    ] {
        let refused = TaskCall::parse(&payload).expect_err("no task");
        assert_eq!(refused.name(), "InvalidTask", "{payload}");
    }
}
