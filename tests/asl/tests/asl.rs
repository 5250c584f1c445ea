//! What is refused, and what retries, catches and queries do.
#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use futures::executor::block_on;
use holdfast_asl::jsonata::{Scope, Template};
use holdfast_asl::{Call, Ending, Execution, Machine, Services, TaskFailure};
use serde_json::{Value, json};

fn machine(states: &Value) -> Value {
    json!({
        "Comment": "a test", "QueryLanguage": "JSONata", "TimeoutSeconds": 3_600, "StartAt": "First", "States": states,
    })
}

fn task(retry: &Value) -> Value {
    machine(&json!({
        "First": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": { "Payload": { "task": "{% $states.context.State.Name %}" } },
            "Output": "{% $states.result.Payload %}",
            "TimeoutSeconds": 40,
            "Retry": retry,
            "Catch": [{
                "ErrorEquals": ["States.ALL"],
                "Assign": { "why": "{% $states.errorOutput.Error %}" },
                "Next": "Caught",
            }],
            "Next": "Done",
        },
        "Done": { "Type": "Pass", "End": true },
        "Caught": { "Type": "Fail", "Error": "{% $why %}", "Cause": "caught" },
    }))
}

/// Fails with one error after the other, then answers; a clock that only retries turn.
struct Script {
    errors: Mutex<Vec<&'static str>>,
    now_millis: Mutex<i64>,
}

#[async_trait]
impl Services for Script {
    fn now_millis(&self) -> i64 {
        *self.now_millis.lock().expect("no panic")
    }
    async fn pass(&self, seconds: f64) {
        let millis = std::time::Duration::from_secs_f64(seconds).as_millis();
        *self.now_millis.lock().expect("no panic") += i64::try_from(millis).expect("a short time");
    }
    async fn call(&self, call: &Call) -> Result<Value, TaskFailure> {
        assert_eq!(call.arguments, json!({ "Payload": { "task": "First" } }));
        let mut errors = self.errors.lock().expect("no panic");
        if errors.is_empty() {
            return Ok(json!({ "Payload": "answer" }));
        }
        Err(TaskFailure { error: errors.remove(0).to_owned(), cause: String::new() })
    }
    async fn callback(&self, _: &str, _: f64) -> Option<Value> {
        None
    }
}

/// Runs a task with these retriers against these errors: how it ends, and how many seconds passed.
fn run(retry: &Value, errors: &[&'static str]) -> (Execution, i64) {
    let loaded = Machine::load(&task(retry).to_string(), &[]).expect("a machine");
    let script = Script { errors: Mutex::new(errors.to_vec()), now_millis: Mutex::new(0) };
    let execution = block_on(loaded.run(&script, "name", json!({}))).expect("a run");
    (execution, script.now_millis() / 1000)
}

#[test]
fn what_is_not_known_is_refused() {
    let refused = |machine: Value, says: &str| {
        let Err(error) = Machine::load(&machine.to_string(), &[]) else { panic!("taken: {machine}") };
        assert!(error.to_string().contains(says), "{error}");
    };
    let states = |first: Value| machine(&json!({ "First": first, "Done": { "Type": "Pass", "End": true } }));
    let with = |field: &str, value: Value| {
        let mut machine = task(&json!([]));
        machine["States"]["First"][field] = value;
        machine
    };
    for unknown in ["Map", "Parallel", "Succeed"] {
        refused(states(json!({ "Type": unknown, "End": true })), unknown);
    }
    refused(states(json!({ "Type": "Pass", "End": true, "Result": 1 })), "Result");
    refused(states(json!({ "Type": "Pass" })), "either Next or End");
    refused(states(json!({ "Type": "Pass", "Next": "Nowhere" })), "Nowhere");
    refused(
        states(json!({ "Type": "Wait", "Timestamp": "2030-01-01T00:00:00Z", "Next": "Done" })),
        "Timestamp",
    );
    refused(with("HeartbeatSeconds", json!(5)), "HeartbeatSeconds");
    refused(with("ResultPath", json!("$.x")), "ResultPath");
    refused(with("Resource", json!("arn:aws:states:::dynamodb:putItem")), "dynamodb");
    refused(with("Retry", json!([{ "ErrorEquals": ["A"], "Sometimes": true }])), "Sometimes");
    refused(with("Arguments", json!("{% $uppercase('a') %}")), "$uppercase");
    refused(with("Arguments", json!("{% $states.input[0] %}")), "after the end");
    refused(with("Arguments", json!("{% function($x) { $x } %}")), "function");
    refused(with("Arguments", json!({ "A": "${Unknown}" })), "Unknown");
    let mut json_path = task(&json!([]));
    json_path["QueryLanguage"] = json!("JSONPath");
    refused(json_path, "JSONPath");
}

#[test]
fn each_retrier_counts_for_itself_and_the_first_that_matches_decides() {
    let retry = json!([
        { "ErrorEquals": ["A"], "MaxAttempts": 2, "IntervalSeconds": 1, "BackoffRate": 2 },
        { "ErrorEquals": ["Never"], "MaxAttempts": 0 },
        { "ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 2, "IntervalSeconds": 10, "BackoffRate": 3, "MaxDelaySeconds": 15 },
    ]);
    let caught = |error: &str| Ending::Failed { error: error.to_owned(), cause: "caught".to_owned() };
    let (execution, seconds) = run(&retry, &["A", "B", "A", "B"]);
    assert_eq!(execution.ending, Ending::Succeeded(json!("answer")));
    assert_eq!((execution.attempts.len(), seconds), (5, 1 + 10 + 2 + 15));
    assert_eq!(run(&retry, &["A", "A", "A"]), (run(&retry, &["A", "A", "A"]).0, 3));
    assert_eq!(run(&retry, &["A", "A", "A"]).0.ending, caught("A"));
    assert_eq!(run(&retry, &["Never"]).0.ending, caught("Never"), "no later retrier is asked");
    assert_eq!(run(&retry, &["States.Timeout"]).0.ending, caught("States.Timeout"), "no TaskFailed");
    let runtime = Ending::Failed { error: "States.Runtime".to_owned(), cause: String::new() };
    assert_eq!(run(&retry, &["States.Runtime"]).0.ending, runtime, "States.ALL does not catch it");
    let forever =
        json!([{ "ErrorEquals": ["A"], "MaxAttempts": 9, "IntervalSeconds": 1_000, "BackoffRate": 1 }]);
    assert_eq!(run(&forever, &["A"; 9]).0.ending, Ending::TimedOut);
}

#[test]
fn queries_are_answered_as_by_jsonata() {
    let scope = Scope {
        variables: BTreeMap::from([
            (
                "states".to_owned(),
                json!({ "input": { "outcome": "declined", "seconds": 4.2, "none": null } }),
            ),
            ("empty".to_owned(), json!({})),
            ("late".to_owned(), json!(5_000)),
        ]),
        now_millis: 1_500,
    };
    for (query, expected) in [
        ("$states.input.outcome = 'declined' and $states.input.seconds >= 1", json!(true)),
        ("$states.input.missing = true", json!(false)),
        ("$states.input.missing != true", json!(false)),
        ("$states.input.missing >= 1 and true", json!(false)),
        ("$states.input.outcome in ['a', 'declined']", json!(true)),
        ("$states.input.missing in ['a']", json!(false)),
        ("$empty ? 1 : 2", json!(2)),
        ("$states.input.missing ? {'a': 1} : {}", json!({})),
        ("{'a': $states.input.missing, 'b': 1}", json!({ "b": 1 })),
        ("$merge([{'a': 1, 'b': 1}, {'b': 2}, $empty])", json!({ "a": 1, "b": 2 })),
        ("$max([1, $ceil(($late - $millis()) / 1000)])", json!(4)),
        ("$ceil($states.input.seconds)", json!(5)),
        ("1 + 2 * 3 - 4 / 2", json!(5)),
        ("1 > 2 or 2 > 1 and 3 > 2", json!(true)),
        ("$number('900') * 1000", json!(900_000)),
        ("'a ' & $states.input.missing & 1.0 & true & $string({'x': 1.0})", json!("a 1true{\"x\":1}")),
        ("$substring($string($states.input.outcome), 0, 4)", json!("decl")),
        ("$exists($states.input.none) and $exists($states.input.missing) = false", json!(true)),
        ("$states.input.none ? 1 : 2", json!(2)),
    ] {
        let template = Template::try_from(json!(format!("{{% {query} %}}"))).expect("a query");
        assert_eq!(template.value(&scope).expect(query), expected, "{query}");
    }
    for query in ["$states.input.missing", "$unknown", "'a' + 1", "$states.input.outcome > 1"] {
        let template = Template::try_from(json!(format!("{{% {query} %}}"))).expect("a query");
        assert!(template.value(&scope).is_err(), "{query}");
    }
}
