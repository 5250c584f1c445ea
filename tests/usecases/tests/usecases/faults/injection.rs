//! Faults, and which of them befall a task.

use std::collections::BTreeSet;

use holdfast_asl::Machine;
use holdfast_asl::machine::Resource;
use holdfast_asl::run::Attempt;
use holdfast_workflow::errors::{HANDLED, UNHANDLED};

/// Until when a process stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// The next attempt of any task begins.
    NextAttempt,
    /// It has ended.
    AfterNextAttempt,
    /// The execution has ended.
    TheEnd,
}

/// What befalls an attempt. Calls to the outside are counted from one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Blow {
    /// It fails before any effect, with this error.
    Fails(String),
    /// It does all it should; the machine hears this error.
    AnswerLost(String),
    /// Its process is killed before this call to the outside.
    Killed(usize),
    /// It times out before this call to the outside, and goes on later.
    Straggles {
        /// The call.
        before: usize,
        /// When it goes on.
        until: Until,
    },
    /// This call's request to ledger, bank or saga service is lost.
    RequestLost(usize),
    /// This call's answer is lost.
    ReplyLost(usize),
    /// It is executed twice, one after the other.
    TwiceInARow,
    /// It is executed twice at the same time.
    TwiceAtOnce,
}

/// A fault at a task.
#[derive(Debug, Clone)]
pub(crate) struct Injection {
    pub(crate) state: String,
    pub(crate) blow: Blow,
    /// At every attempt, not only at the first.
    pub(crate) always: bool,
}

impl Injection {
    /// Whether this may be what `attempt` of the machine met.
    pub(crate) fn explains(&self, attempt: &Attempt) -> bool {
        attempt.state == self.state && self.blow.explains(attempt.error.as_deref())
    }
}

impl Blow {
    /// The kind of fault, for the summary.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Fails(_) | Self::RequestLost(_) => "error before the effect",
            Self::AnswerLost(_) | Self::ReplyLost(_) => "answer lost",
            Self::Killed(_) => "process killed",
            Self::Straggles { .. } => "timeout",
            Self::TwiceInARow | Self::TwiceAtOnce => "executed twice",
        }
    }

    /// Whether the machine may have seen `error` where this struck.
    pub(crate) fn explains(&self, error: Option<&str>) -> bool {
        match self {
            Self::Fails(name) | Self::AnswerLost(name) => error == Some(name),
            Self::Killed(_) => error == Some("Runtime.ExitError"),
            Self::Straggles { .. } => error == Some("States.Timeout"),
            Self::RequestLost(_) | Self::ReplyLost(_) => error.is_some_and(|error| HANDLED.contains(&error)),
            Self::TwiceInARow | Self::TwiceAtOnce => true,
        }
    }
}

/// Every fault of a task that makes so many calls to the outside: every error by name and every call once, one of each sort
/// at every attempt.
pub(crate) fn all(machine: &Machine, task: &str, calls: usize) -> Vec<Injection> {
    let (named, lasting): (BTreeSet<String>, Vec<String>) = match machine.resource(task) {
        Some(Resource::Message) => {
            let names = ["SQS.SqsException", "States.Timeout"].map(str::to_owned);
            (names.iter().cloned().collect(), names.to_vec())
        }
        Some(Resource::Function | Resource::Callback) | None => {
            let ours = HANDLED.into_iter().chain(UNHANDLED).map(str::to_owned);
            let lasting = HANDLED.into_iter().chain(["Corrupt"]).map(str::to_owned);
            (machine.retried_errors(task).into_iter().chain(ours).collect(), lasting.collect())
        }
    };
    let each_call = (1..=calls).flat_map(|call| {
        let straggler = straggles(call, Until::AfterNextAttempt);
        [Blow::Killed(call), Blow::RequestLost(call), Blow::ReplyLost(call), straggler]
    });
    let last_call =
        (calls > 0).then(|| [Until::NextAttempt, Until::TheEnd].map(|until| straggles(calls, until)));
    let once = named.into_iter().map(Blow::Fails).chain(each_call).chain(last_call.into_iter().flatten());
    let always = lasting.into_iter().map(Blow::Fails).chain(inside(calls));
    let once = once.chain(of_process()).map(|blow| injection(task, blow, false));
    once.chain(always.chain(of_process()).map(|blow| injection(task, blow, true))).collect()
}

/// One of each sort where the same task is struck in another scenario.
pub(crate) fn some(task: &str, calls: usize) -> Vec<Injection> {
    let lost = Blow::AnswerLost("Lambda.Unknown".to_owned());
    inside(calls).into_iter().chain([lost]).map(|blow| injection(task, blow, false)).collect()
}

/// A second fault, after a first elsewhere.
pub(crate) fn second(task: &str, calls: usize) -> Vec<Injection> {
    let lasting = injection(task, Blow::Fails("Corrupt".to_owned()), true);
    some(task, calls).into_iter().chain([injection(task, Blow::TwiceAtOnce, false), lasting]).collect()
}

fn injection(task: &str, blow: Blow, always: bool) -> Injection {
    Injection { state: task.to_owned(), blow, always }
}

fn straggles(before: usize, until: Until) -> Blow {
    Blow::Straggles { before, until }
}

/// In the midst of a task that makes so many calls.
fn inside(calls: usize) -> Vec<Blow> {
    if calls == 0 {
        return Vec::new();
    }
    vec![Blow::Killed(calls), Blow::ReplyLost(calls), straggles(calls.div_ceil(2), Until::AfterNextAttempt)]
}

fn of_process() -> impl Iterator<Item = Blow> {
    let lost = ["Lambda.Unknown", "States.Timeout"].map(|name| Blow::AnswerLost(name.to_owned()));
    lost.into_iter().chain([Blow::TwiceInARow, Blow::TwiceAtOnce])
}
