//! Executions of the state machines: which run, which ended badly, and how the runbook starts them again.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_client::{Stack, Trouble};
use serde_json::{Value, json};

/// The machines' values of `make env`.
const MACHINES: [&str; 2] = ["BOOKING_MACHINE_ARN", "CANCELLATION_MACHINE_ARN"];
/// How the emulator ends what ran when it was stopped.
const CUT_OFF: &str = "States.ServiceRestart";
/// How a saga ends that a person has to look at.
const PARKED: [&str; 2] = ["Parked", "ParkedWithoutNote"];
/// Executions of one answer.
const PAGE: u32 = 1000;

/// Sagas as an operator sees them.
pub(crate) struct Sagas {
    stack: Stack,
    /// Seconds; older executions are somebody else's.
    since: f64,
    /// Executions that were started again, by ARN of the one that ended badly.
    restarted: BTreeSet<String>,
    /// How often, by error.
    pub(crate) started_again: BTreeMap<String, u64>,
    /// Ends that no machine may come to.
    pub(crate) wrong: Vec<String>,
}

impl Sagas {
    pub(crate) fn new(stack: Stack, since: f64) -> Self {
        Self { stack, since, restarted: BTreeSet::new(), started_again: BTreeMap::new(), wrong: Vec::new() }
    }

    async fn listed(&self, machine: &str, status: &str) -> Result<Vec<Value>, Trouble> {
        let asked = json!({"stateMachineArn": self.stack.value(machine)?, "statusFilter": status, "maxResults": PAGE});
        let answer = self.stack.aws("states", "AWSStepFunctions.ListExecutions", &asked).await?;
        let all = answer["executions"].as_array().cloned().unwrap_or_default();
        Ok(all
            .into_iter()
            .filter(|one| one["startDate"].as_f64().is_none_or(|at| at >= self.since))
            .collect())
    }

    /// Names of the executions that run.
    ///
    /// # Errors
    /// [`Trouble`] of the emulator.
    pub(crate) async fn running(&self) -> Result<BTreeSet<String>, Trouble> {
        let mut names = BTreeSet::new();
        for machine in MACHINES {
            let running = self.listed(machine, "RUNNING").await?;
            names.extend(running.iter().filter_map(|one| one["name"].as_str()).map(str::to_owned));
        }
        Ok(names)
    }

    /// Starts again, as docs/runbook.md says, what was parked or cut off by a restart of the stack. Any other bad end is noted.
    ///
    /// # Errors
    /// [`Trouble`] of the emulator.
    pub(crate) async fn start_again(&mut self) -> Result<(), Trouble> {
        for (machine, resumes) in MACHINES.into_iter().zip([true, false]) {
            for status in ["FAILED", "TIMED_OUT", "ABORTED"] {
                for one in self.listed(machine, status).await? {
                    let arn = one["executionArn"].as_str().unwrap_or_default().to_owned();
                    if self.restarted.insert(arn.clone()) {
                        self.start_one_again(machine, resumes, &arn).await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn start_one_again(&mut self, machine: &str, resumes: bool, arn: &str) -> Result<(), Trouble> {
        let asked = json!({"executionArn": arn});
        let ended = self.stack.aws("states", "AWSStepFunctions.DescribeExecution", &asked).await?;
        let error = ended["error"].as_str().unwrap_or("no error").to_owned();
        if error != CUT_OFF && !PARKED.contains(&error.as_str()) {
            self.wrong.push(format!("{arn} ended {} with {error}: {}", ended["status"], ended["cause"]));
        }
        let input: Value =
            ended["input"].as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let booking = input["bookingId"].as_str().unwrap_or_default();
        let mut again = json!({"bookingId": booking});
        if resumes {
            again["resume"] = json!(true);
        }
        let name = self.free_name(machine, booking).await?;
        let start =
            json!({"stateMachineArn": self.stack.value(machine)?, "name": name, "input": again.to_string()});
        self.stack.aws("states", "AWSStepFunctions.StartExecution", &start).await?;
        *self.started_again.entry(error).or_default() += 1;
        Ok(())
    }

    /// The next name that no execution for the booking has, be it an operator's or the reconciliation's.
    async fn free_name(&self, machine: &str, booking: &str) -> Result<String, Trouble> {
        let mut taken = BTreeSet::new();
        for status in ["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"] {
            let listed = self.listed(machine, status).await?;
            taken.extend(listed.iter().filter_map(|one| one["name"].as_str()).map(str::to_owned));
        }
        let mut names = (1..).map(|number| format!("{booking}-resume-{number}"));
        names.find(|name| !taken.contains(name)).ok_or_else(|| Trouble::unexpected("no name is free"))
    }
}
