//! Implements the event bus on EventBridge.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use backon::{BackoffBuilder, ExponentialBuilder};
use holdfast_app::events::{EVENT_BYTES_MAX, EventBus, OutgoingEvent, Unpublished};
use holdfast_app::kernel::Source;

use crate::client::OnFirstUse;

/// The `source` of every event of ours. Rules select by it.
const SOURCE: &str = "holdfast";
/// The most entries of one PutEvents.
const ENTRIES_MAX: usize = 10;
/// The most bytes of one PutEvents that are used: somewhat less than 256 KB.
const BYTES_MAX: usize = 250 * 1024;
/// More than what EventBridge counts of an entry besides the event: its source, type and time.
const ENTRY_OVERHEAD_BYTES: usize = 512;
const _: () = assert!(EVENT_BYTES_MAX + ENTRY_OVERHEAD_BYTES < BYTES_MAX, "the largest event fits a call");
/// The pauses before entries that the bus refused are sent again: two, of 50 and 100 ms, each longer by chance by up to its own
/// length, so that functions which were refused together do not come back together.
const PAUSES: ExponentialBuilder =
    ExponentialBuilder::new().with_min_delay(Duration::from_millis(50)).with_max_times(2).with_jitter();

/// The publisher for one EventBridge bus.
#[derive(Clone)]
pub struct EventBridgeBus {
    client: OnFirstUse<Client>,
    bus_name: String,
}

impl EventBridgeBus {
    /// Makes a publisher for the bus of that name.
    #[must_use]
    pub fn new(client: impl Into<OnFirstUse<Client>>, bus_name: &str) -> Self {
        Self { client: client.into(), bus_name: bus_name.to_owned() }
    }

    fn entry(&self, event: &OutgoingEvent) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder()
            .event_bus_name(&self.bus_name)
            .source(SOURCE)
            .detail_type(&event.kind)
            .time(DateTime::from_millis(event.at.as_millisecond()))
            .detail(&event.body)
            .build()
    }

    /// Sends the events at `positions`, and returns those that EventBridge refused, with the last reason.
    async fn put(&self, events: &[OutgoingEvent], positions: &[usize]) -> Option<(Vec<usize>, Source)> {
        let entries =
            positions.iter().filter_map(|position| events.get(*position)).map(|event| self.entry(event));
        let output = match self.client.put_events().set_entries(Some(entries.collect())).send().await {
            Ok(output) => output,
            Err(error) => return Some((positions.to_vec(), Box::new(error))),
        };
        if output.failed_entry_count() == 0 {
            return None;
        }
        let mut reason = String::new();
        let refused: Vec<usize> = positions
            .iter()
            .zip(output.entries())
            .filter(|(_, result)| result.error_code().is_some())
            .map(|(position, result)| {
                let code = result.error_code().unwrap_or_default();
                reason = format!("{code}: {}", result.error_message().unwrap_or_default());
                *position
            })
            .collect();
        Some((refused, reason.into()))
    }
}

/// Splits the events into calls of at most [`ENTRIES_MAX`] entries and, unless one alone is larger, [`BYTES_MAX`] bytes.
fn calls(events: &[OutgoingEvent]) -> Vec<Vec<usize>> {
    let mut calls: Vec<Vec<usize>> = Vec::new();
    let mut bytes = 0;
    for (position, event) in events.iter().enumerate() {
        let size = event.body.len() + event.kind.len() + ENTRY_OVERHEAD_BYTES;
        match calls.last_mut() {
            Some(call) if call.len() < ENTRIES_MAX && bytes + size <= BYTES_MAX => {
                call.push(position);
                bytes += size;
            }
            Some(_) | None => {
                calls.push(vec![position]);
                bytes = size;
            }
        }
    }
    calls
}

#[async_trait]
impl EventBus for EventBridgeBus {
    async fn publish(&self, events: &[OutgoingEvent]) -> Result<(), Unpublished> {
        let mut refused: Option<Unpublished> = None;
        for call in calls(events) {
            let mut waiting = call;
            let mut pauses = PAUSES.build();
            // Ends: the pauses are numbered.
            while let Some((again, source)) = self.put(events, &waiting).await {
                waiting = again;
                let Some(pause) = pauses.next() else {
                    let mut positions = refused.take().map_or_else(Vec::new, |earlier| earlier.positions);
                    positions.extend(&waiting);
                    refused = Some(Unpublished { positions, source });
                    break;
                };
                tokio::time::sleep(pause).await;
            }
        }
        refused.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn check(bodies: &[usize], expected: &[usize]) {
        let events: Vec<OutgoingEvent> = bodies
            .iter()
            .map(|length| OutgoingEvent {
                kind: "inventory.changed".to_owned(),
                at: Timestamp::UNIX_EPOCH,
                body: "x".repeat(*length),
            })
            .collect();
        let calls = calls(&events);
        assert_eq!(calls.iter().map(Vec::len).collect::<Vec<_>>(), expected);
        assert_eq!(calls.concat(), (0..bodies.len()).collect::<Vec<_>>());
    }

    #[test]
    fn calls_are_bounded_in_entries_and_bytes() {
        check(&[], &[]);
        check(&[10; 10], &[10]);
        check(&[10; 21], &[10, 10, 1]);
        check(&[100_000; 5], &[2, 2, 1]);
        check(&[10, 500_000, 10], &[1, 1, 1]);
        check(&[10, EVENT_BYTES_MAX, 10_000], &[2, 1]);
    }
}
