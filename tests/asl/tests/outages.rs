//! How the deployed machines wait out what passes: the store, the provider, the function's own failures, other writers. Where
//! money or places are held, for longer than an hour; and nowhere so long between two tries that a saga stays stuck half a
//! minute after the end.
//!
//! Which states hold money or places is read off the machines: all that can follow the state that reserves money, and all of a
//! machine that has no such state. What is written out below is only who hands over sooner, and to whom.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;

use async_trait::async_trait;
use futures::executor::block_on;
use holdfast_asl::{Call, Ending, Machine, Services, TaskFailure};
use serde_json::{Value, json};

const STATEMACHINES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../statemachines");
/// From here on money may be reserved.
const RESERVES: &str = "AuthorizePayment";
const PARK: &str = "Park";
/// What passes by itself, as tasks report it and as Step Functions does: `shared/workflow/src/errors.rs`, and
/// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html.
const PASSING: [&str; 13] = [
    "Conflict",
    "StoreUnavailable",
    "ProviderUnavailable",
    UNKNOWN,
    "Lambda.TooManyRequestsException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Sandbox.Timedout",
    "States.Timeout",
];
const UNKNOWN: &str = "PaymentOutcomeUnknown";
/// Tasks that do not reach the provider: an unknown outcome of theirs is a fault of ours.
const LEDGER_ONLY: [&str; 2] = ["ConfirmBooking", "FailBooking"];
/// What passes for a message to a queue.
const PASSING_AT_A_QUEUE: [&str; 2] = ["States.TaskFailed", "States.Timeout"];
/// Tasks that hold money and may hand over after about a minute: the guest waits for the first, the others wait for the guest.
/// Each leads, by whatever error, to a task that waits longer than an hour.
const HAND_OVER: [(&str, &str); 3] = [
    ("AuthorizePayment", "InquirePayment"),
    ("AwaitCustomer", "InquirePayment"),
    ("AwaitLatePayment", "InquirePayment"),
];
/// The rest of the half minute is for the tasks that follow.
const PAUSE_SECONDS_MAX: f64 = 25.0;
const HOUR_SECONDS: f64 = 3600.0;
/// What a guest waits for at most before anything is reserved.
const MINUTE_SECONDS: std::ops::RangeInclusive<f64> = 30.0..=120.0;

struct Definition {
    name: String,
    machine: Value,
}

fn machines() -> Vec<Definition> {
    let mut found = Vec::new();
    for file in Path::new(STATEMACHINES).read_dir().unwrap() {
        let path = file.unwrap().path();
        if let Some(name) = path.file_name().unwrap().to_str().unwrap().strip_suffix(".asl.json") {
            let machine = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            found.push(Definition { name: name.to_owned(), machine });
        }
    }
    assert_eq!(found.len(), 2);
    found
}

impl Definition {
    fn state(&self, name: &str) -> &Value {
        &self.machine["States"][name]
    }

    fn tasks(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.machine["States"].as_object().unwrap().iter().filter(|(_, state)| state["Type"] == "Task")
    }

    fn all_after(&self, start: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut open = vec![start.to_owned()];
        while let Some(name) = open.pop() {
            if found.insert(name.clone()) {
                open.extend(successors(self.state(&name)));
            }
        }
        found
    }

    /// The states in which money or places may be held.
    fn holding(&self) -> BTreeSet<String> {
        let has_reserving = self.state(RESERVES).is_object();
        self.all_after(if has_reserving { RESERVES } else { self.machine["StartAt"].as_str().unwrap() })
    }

    /// The first task that follows a state, over waits and assignments.
    fn next_task<'a>(&'a self, mut name: &'a str) -> &'a str {
        while self.state(name)["Type"] != "Task" {
            name = self.state(name)["Next"].as_str().unwrap_or_else(|| panic!("{name} leads to no one task"));
        }
        name
    }

    fn caught(&self, task: &str, error: &str) -> &str {
        let catchers = list(&self.state(task)["Catch"]);
        let catcher = catchers.iter().find(|one| names(one, error) || names(one, "States.ALL"));
        catcher
            .and_then(|one| one["Next"].as_str())
            .unwrap_or_else(|| panic!("{task} does not catch {error}"))
    }
}

fn successors(state: &Value) -> Vec<String> {
    let direct = [&state["Next"], &state["Default"]];
    let rules = [&state["Choices"], &state["Catch"]].into_iter().flat_map(list).map(|rule| &rule["Next"]);
    direct.into_iter().chain(rules).filter_map(Value::as_str).map(str::to_owned).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn names(handler: &Value, error: &str) -> bool {
    list(&handler["ErrorEquals"]).iter().any(|one| one == error)
}

fn retries(retrier: &Value) -> u32 {
    u32::try_from(retrier["MaxAttempts"].as_u64().unwrap_or_else(|| panic!("no MaxAttempts in {retrier}")))
        .unwrap()
}

fn number(retrier: &Value, field: &str) -> f64 {
    retrier[field].as_f64().unwrap_or_else(|| panic!("no {field} in {retrier}"))
}

/// All pauses of a retrier together. With full jitter a pause is half of what it may be, on average.
fn mean_seconds(retrier: &Value) -> f64 {
    let mut pause = number(retrier, "IntervalSeconds");
    let mut waits = 0.0;
    for _ in 0..retries(retrier) {
        waits += pause.min(number(retrier, "MaxDelaySeconds")) / 2.0;
        pause *= number(retrier, "BackoffRate");
    }
    waits
}

/// Every retrier of every task that repeats anything, with its place.
fn retriers(machine: &Definition) -> Vec<(String, Value)> {
    let tasks = machine.tasks().flat_map(|(name, task)| {
        let repeats = list(&task["Retry"]).iter().filter(|retrier| retries(retrier) > 0);
        repeats.map(|retrier| (name.clone(), retrier.clone())).collect::<Vec<_>>()
    });
    tasks.collect()
}

fn hands_over(task: &str) -> Option<&'static str> {
    HAND_OVER.iter().find(|(from, _)| *from == task).map(|(_, to)| *to)
}

#[test]
fn whatever_waits_looks_again_within_half_a_minute() {
    for machine in machines() {
        for (place, retrier) in retriers(&machine) {
            assert_eq!(retrier["JitterStrategy"], "FULL", "{place}: {retrier}");
            assert!(number(&retrier, "MaxDelaySeconds") <= PAUSE_SECONDS_MAX, "{place}: {retrier}");
        }
    }
}

#[test]
fn what_holds_money_or_places_waits_longer_than_an_hour_for_everything_that_passes() {
    let mut waited = 0;
    for machine in machines() {
        let holding = machine.holding();
        assert!(holding.len() > 5 || machine.name == "cancellation", "{holding:?}");
        for (task, state) in machine.tasks().filter(|(task, _)| holding.contains(*task)) {
            if hands_over(task).is_some() {
                continue;
            }
            for (_, retrier) in retriers(&machine).iter().filter(|(of, _)| of == task) {
                let mean = mean_seconds(retrier);
                assert!(mean > HOUR_SECONDS, "{} {task}: {mean} s on average, {retrier}", machine.name);
            }
            let sends = state["Resource"].as_str().is_some_and(|resource| resource.contains(":sqs:"));
            for error in if sends { &PASSING_AT_A_QUEUE[..] } else { &PASSING[..] } {
                if *error == UNKNOWN && LEDGER_ONLY.contains(&task.as_str()) {
                    continue;
                }
                let retrier = list(&state["Retry"]).iter().find(|retrier| names(retrier, error));
                if retrier.is_some_and(|retrier| retries(retrier) > 0) {
                    waited += 1;
                    continue;
                }
                // Not repeated: then the provider is asked, by a task that waits itself.
                let asks = machine.next_task(machine.caught(task, error));
                assert_ne!(asks, PARK, "{} {task} parks by {error}", machine.name);
                assert!(holding.contains(asks) && hands_over(asks).is_none(), "{task}, {error}: {asks}");
            }
        }
    }
    assert!(waited > 80, "{waited}");
}

#[test]
fn what_hands_over_sooner_hands_over_to_what_waits_and_never_to_a_person() {
    let machines = machines();
    let booking = machines.iter().find(|machine| machine.name == "booking").unwrap();
    let holding = booking.holding();
    for (from, to) in HAND_OVER {
        assert!(holding.contains(from), "{from} holds nothing");
        assert_eq!(hands_over(to), None);
        // A wait that ends is no error: it was for that long.
        let waits = booking.state(from)["Resource"].as_str().unwrap().ends_with("waitForTaskToken");
        for error in PASSING.into_iter().filter(|error| !(waits && *error == "States.Timeout")) {
            assert_eq!(booking.next_task(booking.caught(from, error)), to, "{from} by {error}");
        }
    }
    for (task, _) in booking.tasks().filter(|(task, _)| !holding.contains(*task)) {
        for error in PASSING {
            assert_ne!(booking.next_task(booking.caught(task, error)), PARK, "{task} by {error}");
        }
    }
}

#[test]
fn before_money_is_reserved_the_guest_waits_about_a_minute() {
    let machines = machines();
    let booking = machines.iter().find(|machine| machine.name == "booking").unwrap();
    let holding = booking.holding();
    let soon = retriers(booking)
        .into_iter()
        .filter(|(task, _)| !holding.contains(task) || hands_over(task).is_some());
    let mut count = 0;
    for (task, retrier) in soon {
        let mean = mean_seconds(&retrier);
        assert!(MINUTE_SECONDS.contains(&mean), "{task}: {mean} s on average, {retrier}");
        count += 1;
    }
    assert_eq!(count, 5);
}

/// Fails every capture without a word, and answers every question that the amount is reserved.
struct MuteCapture {
    now_millis: Mutex<i64>,
    captures: Mutex<usize>,
}

#[async_trait]
impl Services for MuteCapture {
    fn now_millis(&self) -> i64 {
        *self.now_millis.lock().unwrap()
    }
    async fn pass(&self, seconds: f64) {
        let millis = std::time::Duration::from_secs_f64(seconds).as_millis();
        *self.now_millis.lock().unwrap() += i64::try_from(millis).unwrap();
    }
    async fn call(&self, call: &Call) -> Result<Value, TaskFailure> {
        let outcome = match call.state.as_str() {
            "ClaimHold" => "claimed",
            "CreatePayment" => "created",
            "AuthorizePayment" | "InquireCapture" => "authorized",
            "ConfirmBooking" => "confirmed",
            "CapturePayment" => {
                *self.captures.lock().unwrap() += 1;
                return Err(TaskFailure { error: UNKNOWN.to_owned(), cause: "no answer".to_owned() });
            }
            PARK => return Ok(json!({})),
            other => panic!("{other} is called"),
        };
        Ok(json!({ "Payload": { "outcome": outcome } }))
    }
    async fn callback(&self, _: &str, _: f64) -> Option<Value> {
        None
    }
}

/// No retrier repeats a capture whose outcome is unknown: the machine's own circle has to wait as long.
#[test]
fn a_capture_that_is_asked_about_again_and_again_is_waited_for_longer_than_an_hour() {
    let text = std::fs::read_to_string(Path::new(STATEMACHINES).join("booking.asl.json")).unwrap();
    let settings = [
        ("PaymentFunctionArn", "payment"),
        ("ManualReviewQueueUrl", "review"),
        ("LatePaymentSeconds", "900"),
    ];
    let machine = Machine::load(&text, &settings).expect("a machine");
    let services = MuteCapture { now_millis: Mutex::new(0), captures: Mutex::new(0) };
    let execution = block_on(machine.run(&services, "name", json!({ "bookingId": "bkg_1" }))).expect("a run");
    assert!(matches!(&execution.ending, Ending::Failed { error, .. } if error == "Parked"), "{execution:?}");
    let seconds = services.now_millis() / 1000;
    assert!(seconds > 3600, "parked after {seconds} s");
    let captures = *services.captures.lock().unwrap();
    assert!((100..400).contains(&captures), "{captures}");
}

/// Step Functions ends an execution whose history has more events:
/// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html.
const EVENTS_MAX: f64 = 25_000.0;

/// The circles of the booking's machine, with the states of a round and the rounds that there can be at most: those that are
/// counted, and those that go on until a time.
const CIRCLES: [(&[&str], Rounds); 3] = [
    (
        &["AuthorizePayment", "InquirePayment", "PaymentOutcome", "PauseBeforeAuthorization"],
        Rounds::Counted(4.0),
    ),
    // A hold's longest TTL, and a late payment: where the token is not handed over, every fifteen seconds.
    (
        &["AwaitCustomer", "PauseBeforeInquiry", "InquirePayment", "PaymentOutcome"],
        Rounds::Until { seconds: 3600.0 + 900.0, each: 15.0 },
    ),
    (
        &["CapturePayment", "InquireCapture", "InquireCaptureOutcome", "PauseBeforeCapture"],
        Rounds::Until { seconds: 4500.0, each: 20.0 },
    ),
];

#[derive(Clone, Copy)]
enum Rounds {
    Counted(f64),
    Until { seconds: f64, each: f64 },
}

/// Entered and left, and three events for every try of a task.
fn events(state: &Value, with_retries: bool) -> f64 {
    let tries = if state["Type"] == "Task" { 1 } else { 0 };
    let more: u32 = list(&state["Retry"]).iter().map(retries).sum();
    2.0 + 3.0 * f64::from(if with_retries && tries > 0 { 1 + more } else { tries })
}

/// The worst way that there is: every state is met, once beside its circles, and spends all its retries but the last; every
/// circle goes round as often as it may. Rounds that wait in retries are fewer: a retry has three events in twelve seconds on
/// average, a round without any has more.
#[test]
fn the_worst_history_fits_and_ends_in_time() {
    for machine in machines() {
        let (mut total, mut seconds) = (0.0, 0.0);
        let waits = |name: &str| {
            list(&machine.state(name)["Retry"])
                .iter()
                .filter(|retrier| retries(retrier) > 0)
                .map(mean_seconds)
                .sum::<f64>()
        };
        for (name, state) in machine.machine["States"].as_object().unwrap() {
            total += events(state, true);
            seconds += waits(name);
        }
        for (states, rounds) in CIRCLES.into_iter().filter(|_| machine.name == "booking") {
            assert!(states.iter().all(|name| machine.state(name).is_object()), "{states:?}");
            let of_round = |with_retries| -> f64 {
                states.iter().map(|name| events(machine.state(name), with_retries)).sum()
            };
            match rounds {
                Rounds::Counted(rounds) => {
                    total += (rounds - 1.0) * of_round(true);
                    seconds += (rounds - 1.0) * states.iter().map(|name| waits(name)).sum::<f64>();
                }
                Rounds::Until { seconds: until, each } => {
                    total += until / each * of_round(false);
                    seconds += until;
                }
            }
        }
        println!("{}: {total} events and {:.1} hours at most", machine.name, seconds / HOUR_SECONDS);
        assert!(total < EVENTS_MAX, "{}: {total} events", machine.name);
        assert!(seconds < number(&machine.machine, "TimeoutSeconds"), "{}: {seconds} s", machine.name);
    }
}
