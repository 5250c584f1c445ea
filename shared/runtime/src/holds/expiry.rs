//! The entry of the expiry function: messages of the timer queue, and records that the table's TTL deleted.

use std::sync::Arc;

use holdfast_app::holds::{Expiry, Timers};
use holdfast_app::operations::PoisonRecords;
use holdfast_app::payments::SagaRecovery;
use holdfast_app::{Clock, Mutation, Part};
use holdfast_domain::{Hold, HoldId};
use holdfast_workflow::events::{TimerEvent, from_bus, timer_event};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::batch::BatchFailures;
use crate::causes;
use crate::queue::{self, MessageError, QueueEvent};
use crate::stream::{Decode, NotDone, Record, StreamEvent, StreamReader};

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

/// The readers of what the function is called with. Each belongs to the adapter that knows the format.
#[derive(Clone, Copy)]
pub struct ExpiryFormats {
    /// Reads which hold a timer was set for; a message that is no timer has none.
    pub timer: fn(&Value) -> Result<Option<HoldId>, MessageError>,
    /// Reads the hold that a record of the stream deleted, if it deleted one.
    pub deleted_hold: Decode<Option<Hold>>,
}

/// Releases expired holds, and starts sagas that were not started.
pub struct ExpiryHandler {
    expiry: Expiry,
    recovery: SagaRecovery,
    timers: Arc<dyn Timers>,
    timer: fn(&Value) -> Result<Option<HoldId>, MessageError>,
    deleted: StreamReader<Option<Hold>>,
    clock: Arc<dyn Clock>,
}

impl ExpiryHandler {
    /// Makes the handler over the use cases of expiry and of the recovery of sagas.
    #[must_use]
    pub fn new(
        expiry: Expiry,
        recovery: SagaRecovery,
        timers: Arc<dyn Timers>,
        formats: ExpiryFormats,
        poison: Arc<dyn PoisonRecords>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let ExpiryFormats { timer, deleted_hold } = formats;
        Self { expiry, recovery, timers, timer, deleted: StreamReader::new(deleted_hold, poison), clock }
    }

    /// Handles a batch of either kind.
    pub async fn handle(&self, event: ExpiryEvent) -> BatchFailures {
        match event {
            ExpiryEvent::Queue(event) => queue::process(event, |message| self.on_message(message)).await,
            ExpiryEvent::Stream(event) => {
                self.deleted.process(event, |records| self.on_deleted(records)).await
            }
        }
    }

    /// Handles a timer of ours, or an event of the bus: a hold was placed, extended or released, a booking was requested or
    /// cancelled.
    async fn on_message(&self, message: Value) -> Result<(), MessageError> {
        let now = self.clock.now();
        if let Some(hold) = (self.timer)(&message)? {
            let mutation = Mutation { now, actor: ACTOR.to_owned(), trace: None };
            let again = self.expiry.on_timer(&hold, &mutation).await?;
            tracing::info!(%hold, again = again.map(|at| at.to_string()), "timer");
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

    async fn on_deleted(&self, records: Vec<Record<Option<Hold>>>) -> Result<(), NotDone> {
        for Record { sequence_number: place, content: hold, .. } in records {
            let Some(hold) = hold else { continue };
            let mutation = Mutation { now: self.clock.now(), actor: ACTOR.to_owned(), trace: None };
            if let Err(error) = self.expiry.on_record_deleted(&hold, &mutation).await {
                tracing::error!(
                    sequence_number = place,
                    error = causes(&error),
                    "a deleted hold was not released"
                );
                return Err(NotDone::of(place, &error));
            }
        }
        Ok(())
    }
}
