//! What the booking's machine does where time matters: the customer's deadline, a saga that is resumed hours later, a capture whose
//! answers got lost.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures::executor::block_on;
use holdfast_asl::{Call, Ending, Machine, Services, TaskFailure};
use serde_json::{Value, json};

const STATEMACHINES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../statemachines");
const PARK: &str = "Park";

/// What a task is answered: an outcome with its fields, or an error.
type Answer = Result<Value, &'static str>;

/// Answers tasks by their names and the seconds since the beginning; time passes where the machine waits.
struct Script<F> {
    now_millis: Mutex<i64>,
    /// Tasks that were called, each with the second of the call.
    calls: Mutex<Vec<(String, i64)>>,
    answer: F,
}

#[async_trait]
impl<F: Fn(&str, i64) -> Answer + Send + Sync> Services for Script<F> {
    fn now_millis(&self) -> i64 {
        *self.now_millis.lock().unwrap()
    }
    async fn pass(&self, seconds: f64) {
        let millis = std::time::Duration::from_secs_f64(seconds).as_millis();
        *self.now_millis.lock().unwrap() += i64::try_from(millis).unwrap();
    }
    async fn call(&self, call: &Call) -> Result<Value, TaskFailure> {
        let second = self.now_millis() / 1000;
        self.calls.lock().unwrap().push((call.state.clone(), second));
        if call.state == PARK {
            return Ok(json!({}));
        }
        match (self.answer)(&call.state, second) {
            Ok(outcome) => Ok(json!({ "Payload": outcome })),
            Err(error) => {
                Err(TaskFailure { error: error.to_owned(), cause: "as the script says".to_owned() })
            }
        }
    }
    /// Nobody sends a token back.
    async fn callback(&self, _: &str, seconds: f64) -> Option<Value> {
        self.pass(seconds).await;
        None
    }
}

/// Runs the deployed machine: how it ends, and which tasks were called when.
fn run(input: &Value, answer: impl Fn(&str, i64) -> Answer + Send + Sync) -> (Ending, Vec<(String, i64)>) {
    let text = std::fs::read_to_string(Path::new(STATEMACHINES).join("booking.asl.json")).unwrap();
    let settings = [
        ("PaymentFunctionArn", "payment"),
        ("ManualReviewQueueUrl", "review"),
        ("LatePaymentSeconds", "900"),
    ];
    let machine = Machine::load(&text, &settings).unwrap();
    let script = Script { now_millis: Mutex::new(0), calls: Mutex::default(), answer };
    let execution = block_on(machine.run(&script, "name", input.clone())).unwrap();
    (execution.ending, script.calls.into_inner().unwrap())
}

fn outcome(name: &str) -> Answer {
    Ok(json!({ "outcome": name }))
}

fn count(calls: &[(String, i64)], task: &str) -> usize {
    calls.iter().filter(|(name, _)| name == task).count()
}

/// The seconds at which the provider is asked, where the customer has `left` seconds and does nothing.
fn asked_at(left: i64) -> Vec<i64> {
    let (ending, calls) = run(&json!({ "bookingId": "bkg_1" }), |task, second| match task {
        "ClaimHold" => outcome("claimed"),
        "CreatePayment" => outcome("created"),
        "AuthorizePayment" | "InquirePayment" => {
            Ok(json!({ "outcome": "action_required", "timeoutSeconds": (left - second).max(0) }))
        }
        "AwaitCustomer" | "AwaitLatePayment" => outcome("notified"),
        "VoidPayment" => outcome("voided"),
        _ => outcome("failed"),
    });
    assert!(matches!(&ending, Ending::Succeeded(end) if end["reason"] == "payment_timed_out"), "{ending:?}");
    let asks = calls.into_iter().filter(|(task, _)| task == "InquirePayment");
    asks.map(|(_, second)| second).filter(|second| *second < left).collect()
}

#[test]
fn the_provider_is_asked_twenty_seconds_before_the_deadline_then_every_five_and_in_the_last_second() {
    assert_eq!(asked_at(600), [580, 585, 590, 595, 599]);
    assert_eq!(asked_at(26), [6, 11, 16, 21, 25]);
    assert_eq!(asked_at(25), [5, 10, 15, 20, 24]);
    assert_eq!(asked_at(7), [5, 6]);
    for left in 2..=90 {
        let asked = asked_at(left);
        assert_eq!(asked.last(), Some(&(left - 1)), "{left}");
        let first = *asked.first().unwrap();
        assert!(left - first <= 20, "{left}: first asked at {first}");
        assert!(asked.windows(2).all(|pair| pair[1] - pair[0] <= 5), "{left}: {asked:?}");
    }
}

/// A payment of the late time whose webhook is lost is met when that time is over.
#[test]
fn the_provider_is_asked_when_the_time_for_a_late_payment_is_over() {
    let late = 900;
    let (ending, calls) = run(&json!({ "bookingId": "bkg_1" }), |task, second| match task {
        "ClaimHold" => outcome("claimed"),
        "CreatePayment" => outcome("created"),
        "InquirePayment" if second >= late => outcome("authorized"),
        "AuthorizePayment" | "InquirePayment" => {
            Ok(json!({ "outcome": "action_required", "timeoutSeconds": 0 }))
        }
        "AwaitLatePayment" => outcome("notified"),
        "ConfirmBooking" => outcome("confirmed"),
        "CapturePayment" => outcome("captured"),
        _ => outcome("failed"),
    });
    assert!(matches!(&ending, Ending::Succeeded(_)), "{ending:?}");
    assert_eq!((count(&calls, "ConfirmBooking"), count(&calls, "VoidPayment")), (1, 0), "{calls:?}");
}

/// Hours later the guest may have paid for another booking.
#[test]
fn a_saga_that_is_resumed_asks_no_bank_for_the_first_time() {
    let never_asked = |task: &str, _| match task {
        "ClaimHold" => outcome("claimed"),
        "CreatePayment" => outcome("created"),
        "AuthorizePayment" | "InquirePayment" => outcome("not_started"),
        "VoidPayment" => outcome("voided"),
        _ => outcome("failed"),
    };
    let (ending, calls) = run(&json!({ "bookingId": "bkg_1", "resume": true }), never_asked);
    let tasks: Vec<&str> = calls.iter().map(|(task, _)| task.as_str()).collect();
    assert_eq!(tasks, ["InquirePayment", "VoidPayment", "FailBooking"]);
    assert!(
        matches!(&ending, Ending::Succeeded(end) if end["reason"] == "payment_unavailable"),
        "{ending:?}"
    );
    let (_, calls) = run(&json!({ "bookingId": "bkg_1" }), never_asked);
    assert_eq!(count(&calls, "AuthorizePayment"), 4, "the first run asks under one key again and again");
}

/// That number of captures get no answer; what the provider says of them is `inquired`.
fn captured_after(lost: usize, inquired: &'static str) -> (Ending, Vec<(String, i64)>) {
    let captures = AtomicUsize::new(0);
    run(&json!({ "bookingId": "bkg_1" }), |task, _| match task {
        "ClaimHold" => outcome("claimed"),
        "CreatePayment" => outcome("created"),
        "AuthorizePayment" => outcome("authorized"),
        "ConfirmBooking" => outcome("confirmed"),
        "CapturePayment" if captures.fetch_add(1, Ordering::SeqCst) >= lost => outcome("captured"),
        "CapturePayment" => Err("PaymentOutcomeUnknown"),
        "InquireCapture" => outcome(inquired),
        _ => outcome("failed"),
    })
}

/// The seconds for which the machine captures again and again.
const CAPTURING_SECONDS: i64 = 4_500;

#[test]
fn what_the_provider_has_captured_is_not_put_before_a_person_for_its_lost_answers() {
    let (_, parked) = captured_after(usize::MAX, "authorized");
    let (ending, calls) = captured_after(count(&parked, "CapturePayment"), "captured");
    assert!(matches!(&ending, Ending::Succeeded(end) if end["outcome"] == "confirmed"), "{ending:?}");
    assert_eq!(count(&calls, PARK), 0);
}

#[test]
fn a_capture_that_never_comes_to_an_end_is_put_before_a_person() {
    for inquired in ["captured", "authorized"] {
        let (ending, calls) = captured_after(usize::MAX, inquired);
        assert!(
            matches!(&ending, Ending::Failed { error, .. } if error == "Parked"),
            "{inquired}: {ending:?}"
        );
        assert_eq!(count(&calls, PARK), 1);
        assert!(calls.last().unwrap().1 >= CAPTURING_SECONDS, "{inquired}: {:?}", calls.last());
    }
}
