//! The ends of holds: rung by timers from the queue, and by the table's TTL from the stream of hold records.

use std::sync::Arc;

use holdfast_adapters_dynamodb::stream::decode_removed_hold;
use holdfast_adapters_messaging::Timer;
use holdfast_app::holds::{Expiry, Timers};
use holdfast_app::payments::SagaRecovery;
use holdfast_app::{Clock, Failure, Mutation, Part};
use holdfast_workflow::events::{TimerEvent, from_bus, timer_event};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::batch::BatchFailures;
use crate::causes;
use crate::queue::{self, MessageError, QueueEvent};
use crate::stream::{self, NotDone, Record, StreamEvent};

/// Who changes holds when they expire.
const ACTOR: &str = Part::Expiry.as_str();

/// What the expiry function is called with.
#[derive(Debug, Clone)]
pub enum ExpiryEvent {
    /// Messages of the timer queue.
    Queue(QueueEvent),
    /// Deletions by the table's TTL.
    Stream(StreamEvent),
}

impl<'de> Deserialize<'de> for ExpiryEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let event = Value::deserialize(deserializer)?;
        match event.pointer("/Records/0/eventSource").and_then(Value::as_str) {
            Some("aws:sqs") => QueueEvent::deserialize(event).map(Self::Queue),
            Some("aws:dynamodb") => StreamEvent::deserialize(event).map(Self::Stream),
            _ => Err(serde_json::Error::custom("neither messages of a queue nor records of a stream")),
        }
        .map_err(D::Error::custom)
    }
}

/// Lets holds go.
pub struct ExpiryHandler {
    expiry: Expiry,
    recovery: SagaRecovery,
    timers: Arc<dyn Timers>,
    clock: Arc<dyn Clock>,
}

impl ExpiryHandler {
    /// Over the use cases of expiry and of the recovery of sagas.
    #[must_use]
    pub fn new(
        expiry: Expiry,
        recovery: SagaRecovery,
        timers: Arc<dyn Timers>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { expiry, recovery, timers, clock }
    }

    /// Handles a batch of either kind.
    pub async fn handle(&self, event: ExpiryEvent) -> BatchFailures {
        match event {
            ExpiryEvent::Queue(event) => queue::process(event, |message| self.on_message(message)).await,
            ExpiryEvent::Stream(event) => stream::process(event, |records| self.on_deleted(records)).await,
        }
    }

    /// A timer of ours, or an event of the bus: a hold was placed, lives to another moment or was released, a
    /// booking was asked for or cancelled.
    async fn on_message(&self, message: Value) -> Result<(), MessageError> {
        let now = self.clock.now();
        if Timer::is_timer(&message) {
            let timer = Timer::parse(&message)?;
            let mutation = Mutation { now, actor: ACTOR.to_owned(), trace: None };
            let again = self.expiry.on_timer(&timer.hold, &mutation).await?;
            tracing::info!(hold = %timer.hold, again = again.map(|at| at.to_string()), "timer");
            return Ok(());
        }
        let received = from_bus(&message)?;
        let trace = received.event.traceparent.clone();
        match timer_event(&received)? {
            TimerEvent::Hold { hold, expires_at } if expires_at > now => {
                self.timers.wake(&hold, expires_at, now).await?;
            }
            TimerEvent::Hold { hold, .. } => {
                let mutation = Mutation { now, actor: ACTOR.to_owned(), trace };
                self.expiry.on_timer(&hold, &mutation).await?;
            }
            TimerEvent::Released { hold, at } => {
                let mutation = Mutation { now: at, actor: ACTOR.to_owned(), trace };
                self.expiry.on_released(&hold, &mutation).await?;
            }
            TimerEvent::Requested { booking } => {
                self.recovery.on_booking_requested(&booking, trace.as_deref()).await?;
            }
            TimerEvent::Cancelled { booking } => {
                self.recovery.on_booking_cancelled(&booking, trace.as_deref()).await?;
            }
        }
        Ok(())
    }

    async fn on_deleted(&self, records: Vec<Record>) -> Result<(), NotDone> {
        for record in records {
            if let Err(error) = self.on_record(&record).await {
                let sequence_number = record.sequence_number;
                tracing::error!(sequence_number, error = causes(&error), "a deleted hold was not let go");
                return Err(NotDone { sequence_number });
            }
        }
        Ok(())
    }

    async fn on_record(&self, record: &Record) -> Result<(), Failure> {
        let Some(old) = &record.old else { return Ok(()) };
        let hold = decode_removed_hold(old)?;
        let mutation = Mutation { now: self.clock.now(), actor: ACTOR.to_owned(), trace: None };
        self.expiry.on_record_deleted(&hold, &mutation).await?;
        Ok(())
    }
}
