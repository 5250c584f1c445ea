//! A state machine as its file has it. Fields and types that are not known here are refused.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use crate::jsonata::Template;

/// Why a file is not taken.
#[derive(Debug, Error)]
pub enum LoadError {
    /// It is not of the part of the Amazon States Language that is known here.
    #[error("not supported: {0}")]
    Unsupported(#[from] serde_json::Error),
    /// A placeholder that nothing was given for.
    #[error("nothing is given for the placeholder ${{{0}}}")]
    Placeholder(String),
    /// A state leads to none, or to one that there is not.
    #[error("{state}: {reason}")]
    Transition {
        /// Which.
        state: String,
        /// What is wrong.
        reason: String,
    },
}

/// A state machine.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Machine {
    #[serde(rename = "Comment")]
    _comment: String,
    #[serde(rename = "QueryLanguage")]
    _query_language: QueryLanguage,
    pub(crate) timeout_seconds: i64,
    pub(crate) start_at: String,
    pub(crate) states: BTreeMap<String, State>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
enum QueryLanguage {
    #[serde(rename = "JSONata")]
    Jsonata,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "Type")]
pub(crate) enum State {
    Task(Task),
    Pass(Pass),
    Choice(Choice),
    Wait(Wait),
    Fail(Fail),
}

/// What a task calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Resource {
    /// A function; its answer is the task's result.
    #[serde(rename = "arn:aws:states:::lambda:invoke")]
    Function,
    /// A function that hands a token on; whoever sends it back ends the task.
    #[serde(rename = "arn:aws:states:::lambda:invoke.waitForTaskToken")]
    Callback,
    /// A message into a queue.
    #[serde(rename = "arn:aws:states:::sqs:sendMessage")]
    Message,
}

pub(crate) type Assign = BTreeMap<String, Template>;

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Task {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    pub(crate) resource: Resource,
    #[serde(deserialize_with = "template")]
    pub(crate) arguments: Template,
    #[serde(default, deserialize_with = "some_template")]
    pub(crate) output: Option<Template>,
    #[serde(deserialize_with = "template")]
    pub(crate) timeout_seconds: Template,
    #[serde(default)]
    pub(crate) retry: Vec<Retrier>,
    #[serde(default)]
    pub(crate) catch: Vec<Catcher>,
    pub(crate) next: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Retrier {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    pub(crate) error_equals: Vec<String>,
    #[serde(default = "Retrier::interval_seconds")]
    pub(crate) interval_seconds: f64,
    #[serde(default = "Retrier::backoff_rate")]
    pub(crate) backoff_rate: f64,
    #[serde(default = "Retrier::attempts_max")]
    pub(crate) max_attempts: u32,
    pub(crate) max_delay_seconds: Option<f64>,
    #[serde(rename = "JitterStrategy")]
    _jitter_strategy: Option<Jitter>,
}

impl Retrier {
    fn interval_seconds() -> f64 {
        1.0
    }

    fn backoff_rate() -> f64 {
        2.0
    }

    fn attempts_max() -> u32 {
        3
    }
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Jitter {
    Full,
    None,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Catcher {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    pub(crate) error_equals: Vec<String>,
    #[serde(default, deserialize_with = "assign")]
    pub(crate) assign: Assign,
    pub(crate) next: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Pass {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    #[serde(default, deserialize_with = "assign")]
    pub(crate) assign: Assign,
    #[serde(default, deserialize_with = "some_template")]
    pub(crate) output: Option<Template>,
    pub(crate) next: Option<String>,
    #[serde(default)]
    pub(crate) end: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Choice {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    pub(crate) choices: Vec<Rule>,
    pub(crate) default: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Rule {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    #[serde(deserialize_with = "template")]
    pub(crate) condition: Template,
    #[serde(default, deserialize_with = "assign")]
    pub(crate) assign: Assign,
    pub(crate) next: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Wait {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    #[serde(deserialize_with = "template")]
    pub(crate) seconds: Template,
    pub(crate) next: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Fail {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    #[serde(deserialize_with = "template")]
    pub(crate) error: Template,
    #[serde(deserialize_with = "template")]
    pub(crate) cause: Template,
}

fn template<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Template, D::Error> {
    Template::try_from(Value::deserialize(from)?).map_err(serde::de::Error::custom)
}

fn some_template<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Template>, D::Error> {
    template(from).map(Some)
}

fn assign<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Assign, D::Error> {
    let fields = BTreeMap::<String, Value>::deserialize(from)?;
    let read = |(name, value)| Ok((name, Template::try_from(value).map_err(serde::de::Error::custom)?));
    fields.into_iter().map(read).collect()
}

impl Machine {
    /// Reads a file, `placeholders` filled in.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn load(text: &str, placeholders: &[(&str, &str)]) -> Result<Self, LoadError> {
        let filled = placeholders
            .iter()
            .fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${{{name}}}"), value));
        if let Some((_, rest)) = filled.split_once("${") {
            let name = rest.split('}').next().unwrap_or(rest);
            return Err(LoadError::Placeholder(name.to_owned()));
        }
        let machine: Self = serde_json::from_str(&filled)?;
        machine.check_transitions()?;
        Ok(machine)
    }

    /// The names of the tasks.
    #[must_use]
    pub fn tasks(&self) -> BTreeSet<String> {
        let tasks = self.states.iter().filter(|(_, state)| matches!(state, State::Task(_)));
        tasks.map(|(name, _)| name.clone()).collect()
    }

    /// What a task calls, if there is such a task.
    #[must_use]
    pub fn resource(&self, task: &str) -> Option<Resource> {
        match self.states.get(task)? {
            State::Task(task) => Some(task.resource),
            State::Pass(_) | State::Choice(_) | State::Wait(_) | State::Fail(_) => None,
        }
    }

    /// The errors that a task's retriers name.
    #[must_use]
    pub fn retried_errors(&self, task: &str) -> BTreeSet<String> {
        match self.states.get(task) {
            Some(State::Task(task)) => {
                task.retry.iter().flat_map(|retrier| retrier.error_equals.iter().cloned()).collect()
            }
            Some(State::Pass(_) | State::Choice(_) | State::Wait(_) | State::Fail(_)) | None => {
                BTreeSet::new()
            }
        }
    }

    fn check_transitions(&self) -> Result<(), LoadError> {
        let check = |state: &str, next: &str| {
            if self.states.contains_key(next) {
                return Ok(());
            }
            let reason = format!("there is no state {next}");
            Err(LoadError::Transition { state: state.to_owned(), reason })
        };
        check("StartAt", &self.start_at)?;
        for (name, state) in &self.states {
            let next: Vec<&String> = match state {
                State::Task(task) => {
                    task.catch.iter().map(|catcher| &catcher.next).chain([&task.next]).collect()
                }
                State::Pass(pass) if pass.end != pass.next.is_some() => pass.next.iter().collect(),
                State::Pass(_) => {
                    let reason = "either Next or End".to_owned();
                    return Err(LoadError::Transition { state: name.clone(), reason });
                }
                State::Choice(choice) => {
                    choice.choices.iter().map(|rule| &rule.next).chain([&choice.default]).collect()
                }
                State::Wait(wait) => vec![&wait.next],
                State::Fail(_) => Vec::new(),
            };
            next.into_iter().try_for_each(|next| check(name, next))?;
        }
        Ok(())
    }
}
