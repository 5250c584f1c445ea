//! One execution of a machine.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::{Value, json};
use thiserror::Error;

use crate::jsonata::{QueryError, Scope, Template};
use crate::machine::{Assign, Catcher, Machine, Resource, Retrier, State, Task};

/// More steps than any execution takes; one that takes more runs in circles without time passing.
const STEPS_MAX: usize = 20_000;
const TIMEOUT: &str = "States.Timeout";
/// What `States.ALL` does not match.
const TERMINAL: [&str; 2] = ["States.Runtime", "States.DataLimitExceeded"];

/// One attempt of a task.
#[derive(Debug, Clone)]
pub struct Call {
    /// The state.
    pub state: String,
    /// How often the state was attempted in this execution before, over all visits.
    pub attempt: usize,
    /// What is called.
    pub resource: Resource,
    /// The state's `Arguments`.
    pub arguments: Value,
    /// The state's `TimeoutSeconds`.
    pub timeout_seconds: f64,
    /// Under which the task is ended, if it waits for that.
    pub token: Option<String>,
}

/// An attempt that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskFailure {
    /// The name that retriers and catchers select by.
    pub error: String,
    /// For people.
    pub cause: String,
}

/// What a machine works with.
#[async_trait]
pub trait Services: Send + Sync {
    /// Milliseconds since 1970.
    fn now_millis(&self) -> i64;
    /// Turns the clock.
    async fn pass(&self, seconds: f64);
    /// Does what a task asks for, once. Gives the integration's result; `States.Timeout` is for the callee to say.
    async fn call(&self, call: &Call) -> Result<Value, TaskFailure>;
    /// What was sent back under a token within `seconds`; nothing if they passed.
    async fn callback(&self, token: &str, seconds: f64) -> Option<Value>;
}

/// How an execution ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    /// With an output.
    Succeeded(Value),
    /// In a Fail state, or by an error that nothing caught.
    Failed {
        /// The error's name.
        error: String,
        /// For people.
        cause: String,
    },
    /// The machine's own `TimeoutSeconds` passed.
    TimedOut,
}

/// One attempt of a task, and its error if it failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The state.
    pub state: String,
    /// How often it was attempted before.
    pub number: usize,
    /// Why it failed.
    pub error: Option<String>,
}

/// An execution that is over.
#[derive(Debug, Clone, PartialEq)]
pub struct Execution {
    /// How.
    pub ending: Ending,
    /// Every attempt of every task, in order.
    pub attempts: Vec<Attempt>,
}

/// A machine that cannot be run: a fault of the machine, or of this crate.
#[derive(Debug, Error)]
pub enum RunError {
    /// A query failed; deployed, the execution would end in `States.QueryEvaluationError`.
    #[error("{state}: {error}")]
    Query {
        /// Where.
        state: String,
        /// Why.
        #[source]
        error: QueryError,
    },
    /// It runs in circles.
    #[error("it runs in circles around {0}")]
    Circle(String),
}

struct Run<'a> {
    machine: &'a Machine,
    services: &'a dyn Services,
    name: &'a str,
    variables: BTreeMap<String, Value>,
    attempts: Vec<Attempt>,
    ends_millis: i64,
}

/// Where a state leads, with the next one's input.
enum Step {
    To(String, Value),
    Over(Ending),
}

impl Machine {
    /// Runs from `StartAt` to the end. `name` is the execution's.
    ///
    /// # Errors
    /// [`RunError`].
    pub async fn run(
        &self,
        services: &dyn Services,
        name: &str,
        input: Value,
    ) -> Result<Execution, RunError> {
        let run = Run {
            machine: self,
            services,
            name,
            variables: BTreeMap::new(),
            attempts: Vec::new(),
            ends_millis: services.now_millis() + self.timeout_seconds * 1000,
        };
        run.finish(input).await
    }
}

impl Run<'_> {
    async fn finish(mut self, input: Value) -> Result<Execution, RunError> {
        let machine = self.machine;
        let (mut at, mut input) = (machine.start_at.clone(), input);
        for _ in 0..STEPS_MAX {
            let Some(state) = machine.states.get(&at) else { return Err(RunError::Circle(at)) };
            let step = self.step(&at, state, input).await;
            let step = step.map_err(|error| RunError::Query { state: at, error })?;
            if self.services.now_millis() >= self.ends_millis {
                return Ok(Execution { ending: Ending::TimedOut, attempts: self.attempts });
            }
            match step {
                Step::To(next, output) => (at, input) = (next, output),
                Step::Over(ending) => return Ok(Execution { ending, attempts: self.attempts }),
            }
        }
        Err(RunError::Circle(at))
    }

    async fn step(&mut self, at: &str, state: &State, input: Value) -> Result<Step, QueryError> {
        let states = json!({ "input": input, "context": self.context(at, None) });
        match state {
            State::Task(task) => self.task(at, task, input).await,
            State::Pass(pass) => {
                let output = match &pass.output {
                    Some(output) => self.value(output, &states)?,
                    None => input,
                };
                self.assign(&pass.assign, &states)?;
                Ok(match &pass.next {
                    Some(next) => Step::To(next.clone(), output),
                    None => Step::Over(Ending::Succeeded(output)),
                })
            }
            State::Choice(choice) => {
                for rule in &choice.choices {
                    match self.value(&rule.condition, &states)? {
                        Value::Bool(true) => {
                            self.assign(&rule.assign, &states)?;
                            return Ok(Step::To(rule.next.clone(), input));
                        }
                        Value::Bool(false) => {}
                        other => return Err(QueryError::Fails(format!("{other} is no condition"))),
                    }
                }
                Ok(Step::To(choice.default.clone(), input))
            }
            State::Wait(wait) => {
                let seconds = self.value(&wait.seconds, &states)?;
                let Some(seconds) = seconds.as_f64() else {
                    return Err(QueryError::Fails(format!("{seconds} is no time")));
                };
                self.services.pass(seconds).await;
                Ok(Step::To(wait.next.clone(), input))
            }
            State::Fail(fail) => {
                let text = |template: &Template| match self.value(template, &states)? {
                    Value::String(text) => Ok(text),
                    other => Err(QueryError::Fails(format!("{other} is no text"))),
                };
                Ok(Step::Over(Ending::Failed { error: text(&fail.error)?, cause: text(&fail.cause)? }))
            }
        }
    }

    async fn task(&mut self, at: &str, task: &Task, input: Value) -> Result<Step, QueryError> {
        let mut retries = vec![0; task.retry.len()];
        loop {
            let (context, outcome) = self.attempt(at, task, &input).await?;
            let failure = match outcome {
                Ok(result) => {
                    let states = json!({ "input": input, "result": result, "context": context });
                    let output = match &task.output {
                        Some(output) => self.value(output, &states)?,
                        None => result,
                    };
                    return Ok(Step::To(task.next.clone(), output));
                }
                Err(failure) => failure,
            };
            let retrier = task.retry.iter().zip(&mut retries);
            let mut matching = retrier.filter(|(retrier, _)| matches(&retrier.error_equals, &failure.error));
            if let Some((retrier, count)) = matching.next()
                && *count < retrier.max_attempts
                && self.services.now_millis() < self.ends_millis
            {
                self.services.pass(delay_seconds(retrier, *count)).await;
                *count += 1;
                continue;
            }
            return self.caught(at, &task.catch, input, &failure);
        }
    }

    async fn attempt(
        &mut self,
        at: &str,
        task: &Task,
        input: &Value,
    ) -> Result<(Value, Result<Value, TaskFailure>), QueryError> {
        let number = self.attempts.iter().filter(|attempt| attempt.state == at).count();
        let token = (task.resource == Resource::Callback).then(|| format!("{}/{at}/{number}", self.name));
        let context = self.context(at, token.as_deref());
        let states = json!({ "input": input, "context": context });
        let timeout = self.value(&task.timeout_seconds, &states)?;
        let timeout_seconds =
            timeout.as_f64().ok_or_else(|| QueryError::Fails(format!("{timeout} is no time")))?;
        let call = Call {
            state: at.to_owned(),
            attempt: number,
            resource: task.resource,
            arguments: self.value(&task.arguments, &states)?,
            timeout_seconds,
            token,
        };
        let mut outcome = self.services.call(&call).await;
        if let (Ok(_), Some(token)) = (&outcome, &call.token) {
            let sent_back = self.services.callback(token, timeout_seconds).await;
            outcome =
                sent_back.ok_or_else(|| TaskFailure { error: TIMEOUT.to_owned(), cause: String::new() });
        }
        let error = outcome.as_ref().err().map(|failure| failure.error.clone());
        self.attempts.push(Attempt { state: at.to_owned(), number, error });
        Ok((context, outcome))
    }

    fn caught(
        &mut self,
        at: &str,
        catchers: &[Catcher],
        input: Value,
        failure: &TaskFailure,
    ) -> Result<Step, QueryError> {
        let TaskFailure { error, cause } = failure.clone();
        let Some(catcher) = catchers.iter().find(|catcher| matches(&catcher.error_equals, &error)) else {
            return Ok(Step::Over(Ending::Failed { error, cause }));
        };
        let output = json!({ "Error": error, "Cause": cause });
        let states = json!({ "input": input, "errorOutput": output, "context": self.context(at, None) });
        self.assign(&catcher.assign, &states)?;
        Ok(Step::To(catcher.next.clone(), output))
    }

    fn context(&self, state: &str, token: Option<&str>) -> Value {
        let mut context = json!({ "Execution": { "Id": self.name }, "State": { "Name": state } });
        if let Some(token) = token {
            context["Task"] = json!({ "Token": token });
        }
        context
    }

    fn value(&self, template: &Template, states: &Value) -> Result<Value, QueryError> {
        let mut variables = self.variables.clone();
        variables.insert("states".to_owned(), states.clone());
        template.value(&Scope { variables, now_millis: self.services.now_millis() })
    }

    /// All of them see the variables as they were before.
    fn assign(&mut self, assign: &Assign, states: &Value) -> Result<(), QueryError> {
        let values = assign.iter().map(|(name, template)| Ok((name.clone(), self.value(template, states)?)));
        let values: Vec<_> = values.collect::<Result<_, QueryError>>()?;
        self.variables.extend(values);
        Ok(())
    }
}

/// Whether an error is among those named: by name, or by one of the two names that stand for many.
fn matches(names: &[String], error: &str) -> bool {
    names.iter().any(|name| match name.as_str() {
        "States.ALL" => !TERMINAL.contains(&error),
        "States.TaskFailed" => error != TIMEOUT && !TERMINAL.contains(&error),
        name => name == error,
    })
}

fn delay_seconds(retrier: &Retrier, retries: u32) -> f64 {
    let delay = retrier.interval_seconds * retrier.backoff_rate.powf(f64::from(retries));
    retrier.max_delay_seconds.map_or(delay, |longest| delay.min(longest))
}
