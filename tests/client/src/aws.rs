//! A look at the emulated AWS: plain JSON calls, since the emulator reads the service from the credential's scope and checks
//! no signature.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::sync::OnceCell;

use crate::{Stack, Trouble, now, unique};

const OBSERVER: &str = "e2e-observer";
/// No run of the tests takes longer.
const OBSERVER_SECONDS_MAX: i64 = 1800;
/// The longest that a function may take, and some seconds for the way.
const INVOCATION_MAX: Duration = Duration::from_secs(910);
/// How long a received message stays hidden: longer than deleting it takes.
const HIDDEN_SECONDS: u8 = 30;

/// Everything seen on the bus by this process so far.
static SEEN: Mutex<Vec<Value>> = Mutex::const_new(Vec::new());

impl Stack {
    /// A call of a service with the JSON protocol, such as `("dynamodb", "DynamoDB_20120810.GetItem")`.
    ///
    /// # Errors
    /// [`Trouble`] with the service's words if it refuses.
    pub async fn aws(&self, service: &str, target: &str, body: &Value) -> Result<Value, Trouble> {
        let answer = self
            .http()
            .post(self.value("AWS_ENDPOINT_URL")?)
            .header("Authorization", self.scope(service))
            .header("X-Amz-Target", target)
            .header("Content-Type", "application/x-amz-json-1.0")
            .body(body.to_string())
            .send()
            .await?;
        let (status, text) = (answer.status(), answer.text().await?);
        if status.is_success() {
            Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
        } else {
            Err(Trouble::unexpected(format!("{target}: {status} {text}")))
        }
    }

    /// What tells the emulator the service that is meant.
    fn scope(&self, service: &str) -> String {
        let account = self.value("AWS_ACCESS_KEY_ID").unwrap_or("test");
        let region = self.value("AWS_REGION").unwrap_or("us-east-1");
        let scope = format!("{account}/20260101/{region}/{service}/aws4_request");
        format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0")
    }

    /// Calls a function of the workspace as the Lambda API does, and waits for its answer.
    ///
    /// # Errors
    /// [`Trouble`] if the service refuses, or with the function's own error.
    pub async fn invoke(&self, function: &str, payload: &str) -> Result<Value, Trouble> {
        let endpoint = self.value("AWS_ENDPOINT_URL")?;
        let url = format!("{endpoint}/2015-03-31/functions/holdfast-{function}/invocations");
        let answer =
            self.http().post(url).header("Authorization", self.scope("lambda")).body(payload.to_owned());
        let answer = answer.timeout(INVOCATION_MAX).send().await?;
        let failed = answer.headers().contains_key("X-Amz-Function-Error");
        let (status, text) = (answer.status(), answer.text().await?);
        if status.is_success() && !failed {
            Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
        } else {
            Err(Trouble::unexpected(format!("{function}: {status} {text}")))
        }
    }

    /// Begins to watch the bus: a queue of this process's own that gets every event from now on. Again: no effect.
    ///
    /// # Errors
    /// [`Trouble`] of the emulator.
    pub async fn watch_bus(&self) -> Result<BusWatch, Trouble> {
        // Once per process: a rule that is put again stands without its target for a moment, and events would be missed.
        static OBSERVER_MADE: OnceCell<Observer> = OnceCell::const_new();
        let observer = OBSERVER_MADE.get_or_try_init(|| self.observe()).await?.clone();
        // Connections end with the runtime, of one test, that made them: what tests share has none.
        Ok(BusWatch { stack: self.clone(), observer })
    }

    /// Makes rule and queue, under a name no other process has.
    async fn observe(&self) -> Result<Observer, Trouble> {
        let bus = self.value("BUS_NAME")?;
        self.forget_old_observers(bus).await?;
        let name = unique(&format!("{OBSERVER}-{}", now().as_second()));
        let made = self.aws("sqs", "AmazonSQS.CreateQueue", &json!({"QueueName": name})).await?;
        let queue = made["QueueUrl"].as_str().unwrap_or_default().to_owned();
        let asked = json!({"QueueUrl": queue, "AttributeNames": ["QueueArn"]});
        let named = self.aws("sqs", "AmazonSQS.GetQueueAttributes", &asked).await?;
        let pattern = json!({"source": ["holdfast"]}).to_string();
        let rule = json!({"Name": name, "EventBusName": bus, "EventPattern": pattern});
        self.aws("events", "AWSEvents.PutRule", &rule).await?;
        let targets = json!([{"Id": "queue", "Arn": named["Attributes"]["QueueArn"]}]);
        let targets = json!({"Rule": name, "EventBusName": bus, "Targets": targets});
        self.aws("events", "AWSEvents.PutTargets", &targets).await?;
        Ok(Observer { name, queue })
    }

    /// Removes the observers of processes that have long ended without removing their own: each costs the bus a copy of
    /// every event.
    async fn forget_old_observers(&self, bus: &str) -> Result<(), Trouble> {
        let asked = json!({"EventBusName": bus, "NamePrefix": OBSERVER});
        let answer = self.aws("events", "AWSEvents.ListRules", &asked).await?;
        let names = answer["Rules"].as_array().into_iter().flatten().filter_map(|rule| rule["Name"].as_str());
        let begun_at = |name: &str| name.split('-').nth(2).and_then(|seconds| seconds.parse::<i64>().ok());
        let oldest = now().as_second() - OBSERVER_SECONDS_MAX;
        for name in names.filter(|name| begun_at(name).is_none_or(|seconds| seconds < oldest)) {
            self.forget_observer(bus, name).await;
        }
        Ok(())
    }

    /// Another process may be at the same work: what is gone already is no trouble.
    async fn forget_observer(&self, bus: &str, name: &str) {
        let rule = json!({"Rule": name, "EventBusName": bus, "Ids": ["queue"]});
        let _ = self.aws("events", "AWSEvents.RemoveTargets", &rule).await;
        let rule = json!({"Name": name, "EventBusName": bus});
        let _ = self.aws("events", "AWSEvents.DeleteRule", &rule).await;
        if let Ok(found) = self.aws("sqs", "AmazonSQS.GetQueueUrl", &json!({"QueueName": name})).await {
            let queue = json!({"QueueUrl": found["QueueUrl"]});
            let _ = self.aws("sqs", "AmazonSQS.DeleteQueue", &queue).await;
        }
    }

    /// Messages of a log group since `since_milliseconds` that contain `text`.
    ///
    /// # Errors
    /// [`Trouble`] of the emulator.
    pub async fn log_lines(
        &self,
        group: &str,
        since_milliseconds: i64,
        text: &str,
    ) -> Result<Vec<String>, Trouble> {
        let body = json!({"logGroupName": group, "startTime": since_milliseconds, "limit": 10_000});
        let answer = self.aws("logs", "Logs_20140328.FilterLogEvents", &body).await?;
        let lines = answer["events"].as_array().into_iter().flatten();
        Ok(lines
            .filter_map(|event| event["message"].as_str())
            .filter(|line| line.contains(text))
            .map(str::to_owned)
            .collect())
    }
}

/// A rule of the bus and its queue.
#[derive(Debug, Clone)]
struct Observer {
    name: String,
    queue: String,
}

/// The bus as seen through a queue of our own, shared by all who watch in this process.
#[derive(Debug, Clone)]
pub struct BusWatch {
    stack: Stack,
    observer: Observer,
}

impl BusWatch {
    /// What another process needs to go on with the watch.
    #[must_use]
    pub fn as_json(&self) -> Value {
        json!({"name": self.observer.name, "queue": self.observer.queue})
    }

    /// The watch that another process began.
    #[must_use]
    pub fn from_json(stack: &Stack, watch: &Value) -> Self {
        let text = |name: &str| watch[name].as_str().unwrap_or_default().to_owned();
        Self { stack: stack.clone(), observer: Observer { name: text("name"), queue: text("queue") } }
    }

    /// Ends the watch for all of this process. Who cannot say when their last watcher ends leaves it to those who come later.
    ///
    /// # Errors
    /// [`Trouble`] if the stack's values name no bus.
    pub async fn end(&self) -> Result<(), Trouble> {
        self.stack.forget_observer(self.stack.value("BUS_NAME")?, &self.observer.name).await;
        Ok(())
    }

    /// Events seen so far whose detail mentions `text`: the EventBridge envelopes, `detail-type` and `detail` among them.
    ///
    /// # Errors
    /// [`Trouble`] of the emulator.
    pub async fn events_about(&self, text: &str) -> Result<Vec<Value>, Trouble> {
        let mut seen = SEEN.lock().await;
        while self.take_batch(&mut seen).await? {}
        Ok(seen.iter().filter(|event| event["detail"].to_string().contains(text)).cloned().collect())
    }

    /// Takes some of what has come, so that the queue stays short: at most so many batches, since under traffic more may come
    /// than is taken.
    ///
    /// # Errors
    /// [`Trouble`] of the emulator.
    pub async fn take_some(&self, batches_max: usize) -> Result<(), Trouble> {
        let mut seen = SEEN.lock().await;
        for _ in 0..batches_max {
            if !self.take_batch(&mut seen).await? {
                break;
            }
        }
        Ok(())
    }

    /// Moves a batch from the queue to what was seen; `false` if there was none.
    async fn take_batch(&self, seen: &mut Vec<Value>) -> Result<bool, Trouble> {
        let asked = json!({"QueueUrl": self.observer.queue, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 0,
                           "VisibilityTimeout": HIDDEN_SECONDS});
        let batch = self.stack.aws("sqs", "AmazonSQS.ReceiveMessage", &asked).await?;
        let messages = batch["Messages"].as_array().cloned().unwrap_or_default();
        if messages.is_empty() {
            return Ok(false);
        }
        let handle = |(number, message): (usize, &Value)| json!({"Id": number.to_string(), "ReceiptHandle": message["ReceiptHandle"]});
        let entries: Vec<Value> = messages.iter().enumerate().map(handle).collect();
        let delete = json!({"QueueUrl": self.observer.queue, "Entries": entries});
        self.stack.aws("sqs", "AmazonSQS.DeleteMessageBatch", &delete).await?;
        let bodies = messages.iter().filter_map(|message| message["Body"].as_str());
        seen.extend(bodies.filter_map(|body| serde_json::from_str::<Value>(body).ok()));
        Ok(true)
    }

    /// Events of one type about something.
    ///
    /// # Errors
    /// [`Trouble`] of the emulator.
    pub async fn of_type(&self, detail_type: &str, text: &str) -> Result<Vec<Value>, Trouble> {
        let about = self.events_about(text).await?;
        Ok(about.into_iter().filter(|event| event["detail-type"] == detail_type).collect())
    }
}
