//! What goes wrong, and how often it did: between functions and AWS (microburst), at the provider (the shim's ordered
//! faults), with processes (kill, restart).

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use holdfast_client::stack::ROOT;
use holdfast_client::{Stack, Trouble};
use reqwest::Method;
use serde_json::{Value, json};

/// Calls of the provider that may go wrong.
const PROVIDER_CALLS: [&str; 7] = [
    "POST /v1/payment_intents",
    "GET /v1/payment_intents/*",
    "POST /v1/payment_intents/*/confirm",
    "POST /v1/payment_intents/*/capture",
    "POST /v1/payment_intents/*/cancel",
    "POST /v1/refunds",
    "GET /v1/refunds",
];
/// Ways in which they do. A decline is none: it is an answer.
const PROVIDER_KINDS: [&str; 6] =
    ["before_500", "error_500", "lose_answer", "lose_request", "rate_limit", "timeout"];
/// Slower than the client of the provider waits.
const PROVIDER_SLOW_SECONDS: u8 = 27;
/// More than any outage of a run sees.
const WHILE_AWAY: u32 = 1_000_000;
/// The most parts of a transaction that the ledger writes.
const PARTS_MAX: usize = 12;

/// What the way between functions and AWS is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weather {
    Calm,
    Throttling,
    Conflicts,
    Resets,
    LostAnswers,
    Latency,
    Mixed,
    /// DynamoDB does not answer at all.
    DynamoDbAway,
}

impl Weather {
    /// Those that come and go.
    pub(crate) const CHANGING: [Self; 6] =
        [Self::Throttling, Self::Conflicts, Self::Resets, Self::LostAnswers, Self::Latency, Self::Mixed];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Throttling => "throttling",
            Self::Conflicts => "conflicts",
            Self::Resets => "resets",
            Self::LostAnswers => "lost answers",
            Self::Latency => "latency",
            Self::Mixed => "all of it",
            Self::DynamoDbAway => "DynamoDB away",
        }
    }

    /// microburst's rules.
    fn rules(self) -> Vec<Value> {
        match self {
            Self::Calm => Vec::new(),
            Self::Throttling => throttling(0.25),
            Self::Conflicts => conflicts(0.3),
            Self::Resets => resets(0.12),
            Self::LostAnswers => lost_answers(0.12),
            Self::Latency => latency(0.5),
            Self::Mixed => {
                [throttling(0.06), conflicts(0.06), resets(0.04), lost_answers(0.04), latency(0.2)].concat()
            }
            Self::DynamoDbAway => vec![
                json!({"service": "dynamodb", "probability": 0.5, "reset": true}),
                json!({"service": "dynamodb", "error": {"code": "InternalServerError", "status": 500}}),
            ],
        }
    }
}

fn throttling(probability: f64) -> Vec<Value> {
    [
        ("dynamodb", "ProvisionedThroughputExceededException"),
        ("dynamodb", "ThrottlingException"),
        ("stepfunctions", "ThrottlingException"),
        ("sqs", "ThrottlingException"),
        ("events", "ThrottlingException"),
    ]
    .into_iter()
    .map(|(service, code)| json!({"service": service, "probability": probability, "error": {"code": code}}))
    .collect()
}

/// Single writes and transactions that met another one. Never a failed condition: that is an answer about the data, and one
/// that is not true would be none of DynamoDB's.
fn conflicts(probability: f64) -> Vec<Value> {
    let single = ["PutItem", "UpdateItem", "DeleteItem"].into_iter().map(|operation| {
        json!({"service": "dynamodb", "operation": operation, "probability": probability,
               "error": {"code": "TransactionConflictException"}})
    });
    // One reason per part: which part it was is as good as any.
    let transactions = (1..=PARTS_MAX).map(|parts| {
        let reasons: Vec<Value> = (0..parts)
            .map(|part| json!({"Code": if part == 0 { "TransactionConflict" } else { "None" }}))
            .collect();
        let message = "Transaction cancelled, please refer cancellation reasons for specific reasons";
        json!({"service": "dynamodb", "operation": "TransactWriteItems", "probability": probability,
               "body": format!("length(TransactItems) == `{parts}`"),
               "error": {"code": "TransactionCanceledException", "message": message,
                         "fields": {"CancellationReasons": reasons}}})
    });
    single.chain(transactions).collect()
}

fn resets(probability: f64) -> Vec<Value> {
    vec![json!({"service": "*", "probability": probability, "reset": true})]
}

fn lost_answers(probability: f64) -> Vec<Value> {
    vec![json!({"service": "*", "probability": probability, "response": {"abort_bytes": 0}})]
}

fn latency(probability: f64) -> Vec<Value> {
    vec![json!({"service": "*", "probability": probability, "latency": {"min": 20, "max": 400}})]
}

/// Everything that can be made to go wrong.
pub(crate) struct Faults {
    stack: Stack,
    microburst: String,
    own: BTreeMap<String, u64>,
    provider: BTreeMap<String, u64>,
}

impl Faults {
    pub(crate) fn new(stack: Stack, microburst: String) -> Self {
        Self { stack, microburst, own: BTreeMap::new(), provider: BTreeMap::new() }
    }

    /// Makes the way between functions and AWS so, until it is made otherwise.
    ///
    /// # Errors
    /// [`Trouble`] of microburst.
    pub(crate) async fn weather(&self, weather: Weather) -> Result<(), Trouble> {
        let url = format!("{}/_microburst/rules", self.microburst);
        let answer = self.stack.http().post(url).json(&weather.rules()).send().await?;
        if answer.status().is_success() {
            return Ok(());
        }
        Err(Trouble::unexpected(format!("microburst: {} {}", answer.status(), answer.text().await?)))
    }

    /// Orders a few faults of one kind for the next calls of one kind.
    ///
    /// # Errors
    /// [`Trouble`] of the shim.
    pub(crate) async fn provider(&self, dice: &mut fastrand::Rng) -> Result<(), Trouble> {
        let call = PROVIDER_CALLS[dice.usize(0..PROVIDER_CALLS.len())];
        let kind = PROVIDER_KINDS[dice.usize(0..PROVIDER_KINDS.len())];
        let mut wish = json!({"match": call, "kind": kind, "times": dice.u8(1..=3)});
        if kind == "timeout" {
            wish["times"] = json!(1);
            wish["delaySeconds"] = json!(PROVIDER_SLOW_SECONDS);
        }
        self.stack.order_fault(&wish).await
    }

    /// The provider is away: no call gets through, each kind of call in its own way.
    ///
    /// # Errors
    /// [`Trouble`] of the shim.
    pub(crate) async fn provider_away(&self) -> Result<(), Trouble> {
        self.provider_well().await?;
        for (call, kind) in PROVIDER_CALLS.iter().zip(["before_500", "lose_request"].iter().cycle()) {
            self.stack.order_fault(&json!({"match": call, "kind": kind, "times": WHILE_AWAY})).await?;
        }
        Ok(())
    }

    /// Whatever was ordered for the provider is forgotten.
    ///
    /// # Errors
    /// [`Trouble`] of the shim.
    pub(crate) async fn provider_well(&self) -> Result<(), Trouble> {
        let url = format!("{}/_fault", self.stack.value("STRIPE_API_URL")?);
        self.stack.http().delete(url).send().await?;
        Ok(())
    }

    /// Kills the process of one function.
    ///
    /// # Errors
    /// [`Trouble`] if that cannot be done.
    pub(crate) async fn kill(&mut self, pick: u32) -> Result<(), Trouble> {
        let killed = stack_command(&["kill-function", "--pick", &pick.to_string()]).await?;
        if !killed.trim().is_empty() {
            *self.own.entry("function killed".to_owned()).or_default() += 1;
        }
        Ok(())
    }

    /// Stops the stack cleanly, and starts it again.
    ///
    /// # Errors
    /// [`Trouble`] if it does not come back.
    pub(crate) async fn restart(&mut self) -> Result<(), Trouble> {
        // Its records of calls do not outlive it.
        self.count_provider_faults().await?;
        stack_command(&["restart"]).await?;
        *self.own.entry("stack restarted".to_owned()).or_default() += 1;
        Ok(())
    }

    /// Adds what the provider's calls have met since they were counted last.
    async fn count_provider_faults(&mut self) -> Result<(), Trouble> {
        for call in self.stack.stripe_requests("", "").await? {
            if let Some(kind) = call["fault"].as_str() {
                *self.provider.entry(format!("provider: {}", kind.replace('_', " "))).or_default() += 1;
            }
        }
        let url = format!("{}/_requests", self.stack.value("STRIPE_API_URL")?);
        self.stack.http().request(Method::DELETE, url).send().await?;
        Ok(())
    }

    /// Faults injected so far, by kind.
    ///
    /// # Errors
    /// [`Trouble`] of those who count.
    pub(crate) async fn counted(&mut self) -> Result<BTreeMap<String, u64>, Trouble> {
        self.count_provider_faults().await?;
        let mut all = self.own.clone();
        all.extend(self.provider.clone());
        let url = format!("{}/_microburst/metrics", self.microburst);
        let metrics = self.stack.http().get(url).send().await?.text().await?;
        for (kind, count) in metrics.lines().filter_map(fault_of_metric) {
            *all.entry(kind).or_default() += count;
        }
        Ok(all)
    }
}

/// Service, action and count of a line such as `microburst_faults_total{service="sqs",operation="SendMessage",action="reset"} 4`.
fn fault_of_metric(line: &str) -> Option<(String, u64)> {
    let (labels, count) = line.strip_prefix("microburst_faults_total{")?.split_once("} ")?;
    let label = |name: &str| {
        let (_, rest) = labels.split_once(&format!("{name}=\""))?;
        rest.split('"').next()
    };
    let (service, action) = (label("service")?, label("action")?);
    // What the proxy says of it, without the milliseconds.
    let action = match action.trim_start_matches("error:") {
        slow if slow.starts_with("latency") => "latency",
        "response:abort" => "answer lost",
        other => other,
    };
    Some((format!("{service}: {action}"), count.trim().parse::<f64>().ok().map(f64_as_count)?))
}

/// Counters are written as floats.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a counter is a small whole number"
)]
fn f64_as_count(count: f64) -> u64 {
    count as u64
}

/// Runs a command of the local stack's tools; what it prints.
async fn stack_command(arguments: &[&str]) -> Result<String, Trouble> {
    let mut command = Command::new("python3");
    command.arg("tools/local/stack.py").args(arguments).current_dir(Path::new(ROOT));
    let output = tokio::task::spawn_blocking(move || command.output()).await;
    let output = output.map_err(Trouble::unexpected)?.map_err(Trouble::unexpected)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Trouble::unexpected(format!("stack.py {}: {words}", arguments.join(" "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_read_as_what_was_injected() {
        let line = r#"microburst_faults_total{service="dynamodb",operation="PutItem",action="error:ThrottlingException"} 12"#;
        assert_eq!(fault_of_metric(line), Some(("dynamodb: ThrottlingException".to_owned(), 12)));
        let line =
            r#"microburst_faults_total{service="sqs",operation="SendMessage",action="latency:95ms"} 1"#;
        assert_eq!(fault_of_metric(line), Some(("sqs: latency".to_owned(), 1)));
        assert_eq!(fault_of_metric("microburst_requests_total 7"), None);
    }
}
