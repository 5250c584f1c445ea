//! The entry of the relay: records of the ledger's stream in, events on the bus out.

use std::sync::Arc;

use holdfast_app::events::{EventBus, LedgerRecord, OutgoingEvent, PageRecord};
use holdfast_workflow::events::{Event, EventError, PageWrite, of_audit, of_facts, of_page, of_resource};

use crate::causes;
use crate::stream::{NotDone, Record};

/// Publishes what the ledger's stream says.
pub struct RelayHandler {
    bus: Arc<dyn EventBus>,
}

/// The events of one record, each in every version that is published.
fn events(record: &Record<LedgerRecord>) -> Result<Vec<OutgoingEvent>, EventError> {
    let events = match &record.content {
        LedgerRecord::Page { record: PageRecord { page, changes, at, trace }, ended } => {
            of_page(&PageWrite { page, changes, ended, at: *at, trace: trace.as_deref() })?
        }
        LedgerRecord::Facts { resource, month, facts, previous, write } => {
            vec![of_facts(resource, *month, facts, previous, write)]
        }
        LedgerRecord::Audit(event) => of_audit(event)?.into_iter().collect(),
        LedgerRecord::Resource { resource, previous, write } => {
            let (at, trace) =
                write.as_ref().map_or((record.at, None), |write| (write.at, write.trace.as_deref()));
            vec![of_resource(resource, previous.as_deref(), at, trace)]
        }
        LedgerRecord::PageRemoved(_) | LedgerRecord::Other => Vec::new(),
    };
    let outgoing: Vec<Vec<OutgoingEvent>> = events.iter().map(Event::outgoing).collect::<Result<_, _>>()?;
    Ok(outgoing.concat())
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
                    tracing::error!(sequence_number, error = causes(&error), "a record was not relayed");
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
