//! Runs scenarios without a fault, and again with each fault at each task that they come by.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt;
use futures::stream;
use holdfast_asl::run::Attempt;
use holdfast_asl::{Ending, Execution, Machine};
use serde_json::{Value, json};

use crate::faults::injection::{self, Injection, Until};
use crate::faults::scenarios::{Deed, SCENARIOS, Scenario};
use crate::faults::stage::Stage;
use crate::faults::verdict::{End, judge};

/// Runs beside each other.
const BESIDE: usize = 4;
const LATE_PAYMENT_SECONDS: &str = "900";

/// The state machines by the names of their files.
pub(crate) struct Machines(BTreeMap<String, Machine>);

impl Machines {
    pub(crate) fn deployed() -> Self {
        Self::changed(|_, _| {})
    }

    /// The deployed ones after a change of their files.
    pub(crate) fn changed(change: fn(&str, &mut Value)) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../statemachines");
        let mut machines = BTreeMap::new();
        for entry in fs::read_dir(folder).expect("the folder") {
            let path = entry.expect("an entry").path();
            let file = path.file_name().and_then(|name| name.to_str()).expect("a name");
            let Some(name) = file.strip_suffix(".asl.json") else { continue };
            let text = fs::read_to_string(&path).expect("a file");
            let mut value = serde_json::from_str(&text).expect("JSON");
            change(name, &mut value);
            let placeholders = [
                ("PaymentFunctionArn", "payment"),
                ("ManualReviewQueueUrl", "manual-review"),
                ("LatePaymentSeconds", LATE_PAYMENT_SECONDS),
            ];
            let machine = Machine::load(&value.to_string(), &placeholders);
            machines.insert(name.to_owned(), machine.unwrap_or_else(|error| panic!("{file}: {error}")));
        }
        Self(machines)
    }

    pub(crate) fn get(&self, name: &str) -> &Machine {
        self.0.get(name).unwrap_or_else(|| panic!("there is no machine {name}"))
    }
}

/// What the faults strike.
#[derive(Clone)]
pub(crate) struct Setting {
    machines: Arc<Machines>,
    bank_ignores_keys: bool,
}

impl Setting {
    pub(crate) fn of(machines: Machines) -> Self {
        Self { machines: Arc::new(machines), bank_ignores_keys: false }
    }

    /// A bank that looks at no idempotency key.
    pub(crate) fn with_keyless_bank(mut self) -> Self {
        self.bank_ignores_keys = true;
        self
    }
}

/// How much of a scenario is explored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plan {
    Nothing,
    /// One fault at each task.
    Single,
    /// A second fault, too.
    Everything,
}

/// One run to the end, and where it has to be restarted, to the next.
struct Report {
    first: Execution,
    end: End,
    /// After a restart, if there was one.
    at_last: End,
    calls: HashMap<String, usize>,
}

struct Case {
    scenario: &'static Scenario,
    injections: Vec<Injection>,
    /// The attempts of the same scenario without the last fault.
    before: Arc<Vec<Attempt>>,
}

impl Case {
    fn title(&self) -> String {
        let mut title = format!("{}, {}", self.scenario.machine, self.scenario.name);
        for Injection { state, blow, always } in &self.injections {
            let often = if *always { "always" } else { "once" };
            write!(title, "; {state} {blow:?} {often}").expect("a text");
        }
        title
    }
}

/// What was found.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) violations: Vec<String>,
    pub(crate) unvisited: BTreeSet<String>,
    pub(crate) tallies: BTreeMap<String, usize>,
    runs: usize,
    seconds: f32,
}

impl Found {
    /// Some of the violations.
    pub(crate) fn worst(&self) -> String {
        self.violations.iter().take(40).cloned().collect::<Vec<_>>().join("\n")
    }

    /// Says how much was covered, also where the test's output is captured.
    pub(crate) fn print(&self) {
        let mut lines = format!("fault matrix: {} runs in {:.0} s\n", self.runs, self.seconds);
        for (what, count) in &self.tallies {
            writeln!(lines, "  {what}: {count}").expect("a text");
        }
        std::io::stderr().write_all(lines.as_bytes()).expect("an output");
    }

    fn count(&mut self, what: String) {
        *self.tallies.entry(what).or_default() += 1;
    }
}

/// Runs the machine of a scenario, struck so.
async fn run(setting: &Setting, case: &Case) -> Report {
    let (machines, scenario) = (&setting.machines, case.scenario);
    let stage = Stage::set(scenario, case.injections.clone()).await;
    let id = stage.id.as_str();
    for deed in scenario.first {
        match deed {
            Deed::Book => {
                let booked = machines.get("booking").run(&stage, id, json!({ "bookingId": id })).await;
                let ending = booked.expect("a run").ending;
                assert!(matches!(ending, Ending::Succeeded(_)), "{ending:?}");
            }
            other => stage.does(*other).await,
        }
    }
    for (op, fault, times) in scenario.bank {
        (0..*times).for_each(|_| stage.world.bank.fail(*op, *fault));
    }
    if setting.bank_ignores_keys {
        stage.world.bank.ignore_keys();
    }

    let machine = machines.get(scenario.machine);
    let input = json!({ "bookingId": id });
    let first = machine.run(&stage, id, input.clone()).await.expect("a run");
    let calls = stage.calls();
    for until in [Until::NextAttempt, Until::AfterNextAttempt, Until::TheEnd] {
        stage.let_go(until).await;
    }
    check_where_it_struck(case, &stage, &first);
    let end = judge(&stage, scenario.machine, &first.ending, false).await;

    stage.heal();
    let mut at_last = end;
    if end.is_parked() {
        // As docs/runbook.md has it.
        let resumed = match scenario.machine {
            "booking" => json!({ "bookingId": id, "resume": true }),
            _ => input,
        };
        let again = machine.run(&stage, &format!("{id}-resume-1"), resumed).await.expect("a run");
        at_last = judge(&stage, scenario.machine, &again.ending, true).await;
        assert!(!at_last.is_parked(), "parked again though the fault is gone: {:?}", again.attempts);
    }
    for (of, cause) in stage.world.flow.settlements() {
        let settled = machines.get("cancellation");
        let settled = settled.run(&stage, &format!("{of}-{cause}"), json!({ "bookingId": id })).await;
        at_last = judge(&stage, "cancellation", &settled.expect("a run").ending, false).await;
        assert!(!at_last.is_parked(), "the settlement is parked though the fault is gone");
    }
    Report { first, end, at_last, calls }
}

/// The task that was to fail is the one that did: up to it everything went as without the fault.
fn check_where_it_struck(case: &Case, stage: &Stage, execution: &Execution) {
    let Some(last) = case.injections.last() else { return };
    for (injection, strikes) in case.injections.iter().zip(stage.strikes()) {
        assert!(strikes > 0, "{} was not struck", injection.state);
        let struck = execution.attempts.iter().filter(|attempt| injection.explains(attempt));
        assert!(struck.count() >= strikes, "{} was to fail {strikes} times", injection.state);
    }
    // Not always the first attempt: an earlier visit of the task may make fewer calls than the one that is to be struck.
    let at = execution.attempts.iter().position(|attempt| last.explains(attempt));
    let at = at.unwrap_or_else(|| panic!("{} did not fail as it was to", last.state));
    assert_eq!(execution.attempts[..at], case.before[..at], "before {} nothing else happened", last.state);
}

/// Runs cases beside each other; what panics is a violation.
async fn run_all(setting: &Setting, cases: Vec<Case>, found: &mut Found) -> Vec<(Arc<Case>, Report)> {
    let runs = cases.into_iter().map(|case| {
        let (setting, case) = (setting.clone(), Arc::new(case));
        async move {
            let within = case.clone();
            let outcome = tokio::spawn(async move { run(&setting, &within).await }).await;
            (case, outcome)
        }
    });
    let ended: Vec<_> = stream::iter(runs).buffer_unordered(BESIDE).collect().await;
    let mut reports = Vec::new();
    for (case, outcome) in ended {
        found.runs += 1;
        match outcome {
            Ok(report) => {
                found.count(format!("machine {}", case.scenario.machine));
                if let Some(last) = case.injections.last() {
                    found.count(format!("fault {}", last.blow.kind()));
                }
                found.count(format!("ends {:?}", report.end));
                if report.end.is_parked() {
                    found.count(format!("parked, restarted, ends {:?}", report.at_last));
                }
                reports.push((case, report));
            }
            Err(panic) => {
                let panic = panic.into_panic();
                let words = panic.downcast_ref::<String>().cloned();
                let words = words.or_else(|| panic.downcast_ref::<&str>().map(|words| (*words).to_owned()));
                found.violations.push(format!("{}: {}", case.title(), words.unwrap_or_default()));
            }
        }
    }
    reports
}

/// The tasks of an execution, each once, in order.
fn path(execution: &Execution) -> Vec<String> {
    let mut path: Vec<String> = Vec::new();
    for attempt in &execution.attempts {
        if !path.contains(&attempt.state) {
            path.push(attempt.state.clone());
        }
    }
    path
}

/// Explores what is planned.
#[expect(clippy::disallowed_methods, reason = "the report says how long it took")]
pub(crate) async fn explore(setting: Setting, plan: impl Fn(&Scenario) -> Plan) -> Found {
    let start = Instant::now();
    let mut found = Found::default();
    let bare = |scenario| Case { scenario, injections: Vec::new(), before: Arc::default() };
    let bases = run_all(&setting, SCENARIOS.iter().map(bare).collect(), &mut found).await;
    let mut bases: Vec<_> = bases.into_iter().map(|(case, report)| (case.scenario, report)).collect();
    bases.sort_by_key(|(scenario, _)| SCENARIOS.iter().position(|other| other.name == scenario.name));

    let mut homes = BTreeSet::new();
    let mut cases = Vec::new();
    for (scenario, base) in &bases {
        let machine = setting.machines.get(scenario.machine);
        let before = Arc::new(base.first.attempts.clone());
        for state in path(&base.first) {
            let calls = base.calls.get(&state).copied().unwrap_or_default();
            let is_home = homes.insert((scenario.machine, state.clone()));
            let injections = match plan(scenario) {
                Plan::Nothing => Vec::new(),
                Plan::Everything if !is_home => injection::some(&state, calls),
                Plan::Single | Plan::Everything => injection::all(machine, &state, calls),
            };
            cases.extend(injections.into_iter().map(|injection| Case {
                scenario,
                injections: vec![injection],
                before: before.clone(),
            }));
        }
    }
    for (name, machine) in &setting.machines.0 {
        let unvisited =
            machine.tasks().into_iter().filter(|task| !homes.contains(&(name.as_str(), task.clone())));
        found.unvisited.extend(unvisited.map(|task| format!("{name}: {task}")));
    }
    let singles = run_all(&setting, cases, &mut found).await;

    let mut seen = BTreeSet::new();
    let mut cases = Vec::new();
    for (case, report) in singles.iter().filter(|(case, _)| plan(case.scenario) == Plan::Everything) {
        let [first] = case.injections.as_slice() else { continue };
        let path = path(&report.first);
        let before = Arc::new(report.first.attempts.clone());
        let attempts = &report.first.attempts;
        let struck = attempts.iter().position(|attempt| first.explains(attempt));
        // The second fault strikes the first visit of its task. That has to come after the first fault, which may strike a late
        // visit of its own task.
        let comes_after = |state: &&String| {
            let visited = attempts.iter().position(|attempt| attempt.state == **state);
            struck.zip(visited).is_some_and(|(struck, visited)| visited > struck)
        };
        for state in path.iter().filter(comes_after) {
            if !seen.insert((case.scenario.machine, first.state.clone(), state.clone())) {
                continue;
            }
            let calls = report.calls.get(state).copied().unwrap_or_default();
            cases.extend(injection::second(state, calls).into_iter().map(|second| Case {
                scenario: case.scenario,
                injections: vec![first.clone(), second],
                before: before.clone(),
            }));
        }
    }
    run_all(&setting, cases, &mut found).await;
    found.seconds = start.elapsed().as_secs_f32();
    found
}
