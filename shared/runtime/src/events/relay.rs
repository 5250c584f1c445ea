//! The entry of the relay: records of the ledger's stream in, events on the bus out.

use std::sync::Arc;

use holdfast_app::StoreError;
use holdfast_app::events::{EventBus, LedgerRecord, OutgoingEvent};
use holdfast_workflow::events::{of_audit, of_page, of_resource};

use crate::causes;
use crate::stream::{NotDone, Record};

/// Publishes what the ledger's stream says.
pub struct RelayHandler {
    bus: Arc<dyn EventBus>,
}

/// The events of one record.
fn events(record: &Record<LedgerRecord>) -> Result<Vec<OutgoingEvent>, StoreError> {
    let (envelopes, at) = match &record.content {
        LedgerRecord::Page(write) => {
            (of_page(&write.page, &write.changes, write.at, write.trace.as_deref()), write.at)
        }
        LedgerRecord::Audit(event) => (of_audit(event).into_iter().collect(), event.at),
        LedgerRecord::Resource { resource, previous } => {
            (vec![of_resource(resource, previous.as_deref(), record.at)], record.at)
        }
        LedgerRecord::Other => (Vec::new(), record.at),
    };
    envelopes
        .iter()
        .map(|envelope| {
            envelope
                .outgoing(at)
                .map_err(|error| StoreError::Corrupt { item: envelope.id.clone(), reason: error.to_string() })
        })
        .collect()
}

impl RelayHandler {
    /// Makes the handler over the bus.
    #[must_use]
    pub fn new(bus: Arc<dyn EventBus>) -> Self {
        Self { bus }
    }

    /// Publishes the events of a batch. What comes before a record that cannot be read is published; an event may be
    /// published twice when its batch is delivered again.
    ///
    /// # Errors
    /// [`NotDone`]: the first record with an event that is not on the bus.
    pub async fn publish(&self, records: Vec<Record<LedgerRecord>>) -> Result<(), NotDone> {
        let not_done =
            |record: &Record<LedgerRecord>| NotDone { sequence_number: record.sequence_number.clone() };
        let mut outgoing = Vec::new();
        let mut owners = Vec::new();
        let mut unreadable = None;
        for record in &records {
            match events(record) {
                Ok(of_record) => {
                    owners.extend(of_record.iter().map(|_| record));
                    outgoing.extend(of_record);
                }
                Err(error) => {
                    let sequence_number = &record.sequence_number;
                    tracing::error!(sequence_number, error = causes(&error), "a record that says nothing");
                    unreadable = Some(not_done(record));
                    break;
                }
            }
        }
        if let Err(error) = self.bus.publish(&outgoing).await {
            tracing::error!(error = causes(&error), events = outgoing.len(), "events were not published");
            let first = error.positions.first().and_then(|position| owners.get(*position));
            if let Some(record) = first.copied().or(records.first()) {
                return Err(not_done(record));
            }
        }
        tracing::info!(records = records.len(), events = outgoing.len(), "relayed");
        unreadable.map_or(Ok(()), Err)
    }
}
