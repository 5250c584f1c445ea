//! The model's state machine against the deployed one: for every task and outcome the same next tasks.
#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use holdfast_app::payments::Outcome;
use holdfast_model::machine::{AUTHORIZATIONS_MAX, At, CAPTURES_MAX, Ending, Machine, Trouble};
use serde_json::Value;

const TASKS: [(At, &str); 10] = [
    (At::ClaimHold, "ClaimHold"),
    (At::CreatePayment, "CreatePayment"),
    (At::AuthorizePayment, "AuthorizePayment"),
    (At::InquirePayment, "InquirePayment"),
    (At::ConfirmBooking, "ConfirmBooking"),
    (At::CapturePayment, "CapturePayment"),
    (At::InquireCapture, "InquireCapture"),
    (At::VoidPayment, "VoidPayment"),
    (At::RefundPayment, "RefundPayment"),
    (At::FailBooking, "FailBooking"),
];

fn outcomes() -> Vec<(&'static str, Outcome)> {
    vec![
        ("claimed", Outcome::Claimed),
        ("dead", Outcome::Dead),
        ("created", Outcome::Created),
        ("authorized", Outcome::Authorized),
        ("action_required", Outcome::ActionRequired { timeout_seconds: 5 }),
        ("action_required", Outcome::ActionRequired { timeout_seconds: 0 }),
        ("declined", Outcome::Declined { code: "x".to_owned() }),
        ("not_started", Outcome::NotStarted),
        ("notified", Outcome::Notified),
        ("confirmed", Outcome::Confirmed),
        ("sold_out", Outcome::SoldOut),
        ("captured", Outcome::Captured),
        ("voided", Outcome::Voided),
        ("refunded", Outcome::Refunded),
        ("failed", Outcome::Failed),
        ("settled", Outcome::Settled),
        ("cancelled", Outcome::Cancelled),
    ]
}

fn name(at: At) -> String {
    format!("{at:?}")
}

fn states() -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../statemachines/booking.asl.json");
    let text = fs::read_to_string(file).expect("the machine");
    serde_json::from_str::<Value>(&text).expect("JSON")["States"].clone()
}

/// The words in quotes of a condition that are outcomes.
fn named(condition: &str) -> Vec<String> {
    let known: BTreeSet<&str> = outcomes().into_iter().map(|(name, _)| name).collect();
    condition.split('\'').skip(1).step_by(2).filter(|w| known.contains(w)).map(str::to_owned).collect()
}

/// The tasks that a state leads to: itself, or those behind what only chooses or waits.
fn tasks_of(states: &Value, state: &str) -> BTreeSet<String> {
    let definition = &states[state];
    match definition["Type"].as_str().expect("a type") {
        "Task" => BTreeSet::from([if state == "Park" { "Parked".to_owned() } else { state.to_owned() }]),
        "Pass" if state == "Finished" => BTreeSet::from([state.to_owned()]),
        "Pass" | "Wait" => tasks_of(states, definition["Next"].as_str().expect("a next state")),
        "Choice" => {
            let choices = definition["Choices"].as_array().expect("choices").iter();
            let next = choices.map(|choice| &choice["Next"]).chain([&definition["Default"]]);
            next.flat_map(|next| tasks_of(states, next.as_str().expect("a state"))).collect()
        }
        other => panic!("{state} is a {other}"),
    }
}

/// Next tasks by outcome, as the choice after a task has them.
fn deployed(states: &Value, task: &str) -> BTreeMap<String, BTreeSet<String>> {
    let choice = &states[states[task]["Next"].as_str().expect("a choice follows")];
    let mut next = BTreeMap::<String, BTreeSet<String>>::new();
    for rule in choice["Choices"].as_array().expect("choices") {
        let to = tasks_of(states, rule["Next"].as_str().expect("a state"));
        for outcome in named(rule["Condition"].as_str().expect("a condition")) {
            next.entry(outcome).or_default().extend(to.clone());
        }
    }
    next
}

/// Every combination of the machine's variables that its choices look at.
fn machines(at: At) -> Vec<Machine> {
    let mut all = vec![Machine { at, ..Machine::unstarted() }];
    let mut vary = |change: fn(&mut Machine)| {
        let mut changed = all.clone();
        changed.iter_mut().for_each(change);
        all.extend(changed);
    };
    vary(|machine| machine.ending = Ending::Cancelled);
    vary(|machine| machine.money_settled = true);
    vary(|machine| machine.booking_failed = true);
    vary(|machine| machine.authorizations = AUTHORIZATIONS_MAX);
    vary(|machine| machine.captures = CAPTURES_MAX);
    vary(|machine| machine.late_until = Some(0));
    all
}

#[test]
fn every_outcome_leads_where_the_deployed_machine_goes() {
    let states = states();
    for (at, task) in TASKS {
        let mut modelled = BTreeMap::<String, BTreeSet<String>>::new();
        for (outcome_name, outcome) in outcomes() {
            for mut machine in machines(at) {
                machine.after(&outcome, 1);
                modelled.entry(outcome_name.to_owned()).or_default().insert(name(machine.at));
            }
        }
        let mut deployed = deployed(&states, task);
        for (outcome_name, _) in outcomes() {
            deployed.entry(outcome_name.to_owned()).or_insert_with(|| BTreeSet::from(["Parked".to_owned()]));
        }
        assert_eq!(modelled, deployed, "after {task}");
    }
}

#[test]
fn every_failure_is_caught_where_the_deployed_machine_catches_it() {
    let states = states();
    for (at, task) in TASKS
        .into_iter()
        .chain([(At::AwaitCustomer, "AwaitCustomer"), (At::AwaitLatePayment, "AwaitLatePayment")])
    {
        let catchers = states[task]["Catch"].as_array().expect("catchers");
        let last = catchers.last().expect("one catches all")["Next"].as_str().expect("a state");
        let mut machine = Machine { at, ..Machine::unstarted() };
        machine.trouble(Trouble::Lasting);
        assert_eq!(
            BTreeSet::from([name(machine.at)]),
            tasks_of(&states, last),
            "after {task} failed for good"
        );
        let retried: Vec<&str> = states[task]["Retry"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|retrier| retrier["MaxAttempts"].as_u64() != Some(0))
            .flat_map(|retrier| retrier["ErrorEquals"].as_array().expect("names"))
            .filter_map(Value::as_str)
            .collect();
        for (trouble, error) in
            [(Trouble::Died, "Lambda.Unknown"), (Trouble::Unknown, "PaymentOutcomeUnknown")]
        {
            let mut machine = Machine { at, ..Machine::unstarted() };
            machine.trouble(trouble);
            // A retrier or a catcher: the model retries what the machine retries often.
            let speaks_to_bank = !matches!(at, At::ClaimHold | At::ConfirmBooking | At::FailBooking);
            if trouble == Trouble::Died || speaks_to_bank {
                assert_eq!(machine.at == at, retried.contains(&error), "{task} after {error}");
            }
        }
    }
}
