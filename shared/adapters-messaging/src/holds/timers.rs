//! Implements timers as delayed messages on a queue. A message may be late, early or doubled: its receiver checks the time.

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use holdfast_app::WorkflowError;
use holdfast_app::holds::Timers;
use holdfast_domain::HoldId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::client::OnFirstUse;
use crate::queue::Queue;

/// The longest delay of a message on SQS, in seconds. A later timer is set again when its message arrives.
const DELAY_SECONDS_MAX: i64 = 900;
const SOURCE: &str = "holdfast.timer";
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Message {
    source: String,
    version: u32,
    hold_id: String,
    at: String,
}

/// A timer whose message arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    /// The hold that may have expired.
    pub hold: HoldId,
    /// The time for which the timer was set.
    pub at: Timestamp,
}

/// A message that is not a timer of ours.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a timer: {0}")]
pub struct InvalidTimer(String);

impl Timer {
    /// Parses a message's body; a body that does not claim to be a timer is none.
    ///
    /// # Errors
    /// [`InvalidTimer`], also for an unknown version.
    pub fn parse(body: &serde_json::Value) -> Result<Option<Self>, InvalidTimer> {
        let is_timer = body.get("source").and_then(serde_json::Value::as_str) == Some(SOURCE);
        if is_timer { Self::read(body).map(Some) } else { Ok(None) }
    }

    fn read(body: &serde_json::Value) -> Result<Self, InvalidTimer> {
        let message = Message::deserialize(body).map_err(|error| InvalidTimer(error.to_string()))?;
        if message.version != VERSION {
            return Err(InvalidTimer(format!("{} version {}", message.source, message.version)));
        }
        let hold = HoldId::parse(&message.hold_id).map_err(|error| InvalidTimer(error.to_string()))?;
        let at = message.at.parse().map_err(|error: jiff::Error| InvalidTimer(error.to_string()))?;
        Ok(Self { hold, at })
    }

    fn body(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&Message {
            source: SOURCE.to_owned(),
            version: VERSION,
            hold_id: self.hold.to_string(),
            at: self.at.to_string(),
        })
    }
}

/// Returns the whole seconds from `now` to `at`, rounded up, within what SQS allows.
fn delay_seconds(at: Timestamp, now: Timestamp) -> i32 {
    let left = at.duration_since(now);
    let seconds = left.as_secs() + i64::from(left.subsec_nanos() > 0);
    i32::try_from(seconds.clamp(0, DELAY_SECONDS_MAX)).unwrap_or(0)
}

/// The timers on one queue.
#[derive(Clone)]
pub struct SqsTimers {
    queue: Queue,
}

impl SqsTimers {
    /// Makes the port for the queue with that URL.
    #[must_use]
    pub fn new(client: impl Into<OnFirstUse<Client>>, queue_url: &str) -> Self {
        Self { queue: Queue::new(client, queue_url) }
    }
}

#[async_trait]
impl Timers for SqsTimers {
    async fn wake(&self, hold: &HoldId, at: Timestamp, now: Timestamp) -> Result<(), WorkflowError> {
        let body = Timer { hold: hold.clone(), at }.body().map_err(|error| WorkflowError(Box::new(error)))?;
        self.queue.send(body, delay_seconds(at, now)).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn a_delay_is_rounded_up_and_bounded() {
        let now = at("2026-06-01T10:00:00Z");
        for (when, expected) in [
            ("2026-06-01T09:00:00Z", 0),
            ("2026-06-01T10:00:00Z", 0),
            ("2026-06-01T10:00:00.001Z", 1),
            ("2026-06-01T10:00:01Z", 1),
            ("2026-06-01T10:00:01.5Z", 2),
            ("2026-06-01T10:15:00Z", 900),
            ("2026-06-01T11:00:00Z", 900),
        ] {
            assert_eq!(delay_seconds(at(when), now), expected, "{when}");
        }
    }

    #[test]
    fn a_timer_survives_the_queue() {
        let timer = Timer { hold: HoldId::parse("hld_1").expect("valid"), at: at("2026-06-01T10:00:00.25Z") };
        let body = serde_json::from_str(&timer.body().expect("JSON")).expect("JSON");
        assert_eq!(Timer::parse(&body), Ok(Some(timer)));
    }

    #[test]
    fn a_timer_that_cannot_be_read_is_refused_and_another_message_is_none() {
        for body in [
            json!({}),
            json!("holdfast.timer"),
            json!({"source": "holdfast", "version": 1, "holdId": "h", "at": "2026-06-01T10:00:00Z"}),
        ] {
            assert_eq!(Timer::parse(&body), Ok(None), "{body}");
        }
        for body in [
            json!({"source": "holdfast.timer", "version": 2, "holdId": "h", "at": "2026-06-01T10:00:00Z"}),
            json!({"source": "holdfast.timer", "version": 1, "holdId": "", "at": "2026-06-01T10:00:00Z"}),
            json!({"source": "holdfast.timer", "version": 1, "holdId": "h", "at": "soon"}),
        ] {
            assert!(Timer::parse(&body).is_err(), "{body}");
        }
    }
}
