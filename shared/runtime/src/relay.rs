//! Ledger changes onto the bus.

use std::sync::Arc;

use holdfast_adapters_dynamodb::PageRecord;
use holdfast_adapters_dynamodb::stream::{LedgerRecord, decode_ledger_record};
use holdfast_app::StoreError;
use holdfast_app::events::{EventBus, OutgoingEvent};
use holdfast_workflow::events::{Event, EventError, PageWrite, of_audit, of_page, of_resource};
use thiserror::Error;

use crate::causes;
use crate::stream::{NotDone, Record};

/// Publishes what the ledger's stream says.
pub struct RelayHandler {
    bus: Arc<dyn EventBus>,
}

/// Why a record is not relayed.
#[derive(Debug, Error)]
enum NotRelayed {
    /// The record cannot be read.
    #[error(transparent)]
    Unreadable(#[from] StoreError),
    /// What it says is no event.
    #[error(transparent)]
    NoEvent(#[from] EventError),
}

/// The events of one record, each in every version that is published.
fn events(record: &Record) -> Result<Vec<OutgoingEvent>, NotRelayed> {
    let events = match decode_ledger_record(record.new.as_ref(), record.old.as_ref())? {
        LedgerRecord::Page { record: PageRecord { page, changes, at, trace }, ended } => {
            let trace = trace.as_deref();
            of_page(&PageWrite { page: &page, changes: &changes, ended: &ended, at, trace })?
        }
        LedgerRecord::Audit(event) => of_audit(&event)?.into_iter().collect(),
        LedgerRecord::Resource { resource, previous, write } => {
            let (at, trace) = write.map_or((record.at, None), |write| (write.at, write.trace));
            vec![of_resource(&resource, previous.as_deref(), at, trace.as_deref())]
        }
        LedgerRecord::Other => Vec::new(),
    };
    let outgoing: Vec<Vec<OutgoingEvent>> = events.iter().map(Event::outgoing).collect::<Result<_, _>>()?;
    Ok(outgoing.concat())
}

impl RelayHandler {
    /// Onto this bus.
    #[must_use]
    pub fn new(bus: Arc<dyn EventBus>) -> Self {
        Self { bus }
    }

    /// Publishes the events of a batch. What comes before a record that cannot be read is published; an event may be
    /// published twice when its batch is delivered again.
    ///
    /// # Errors
    /// [`NotDone`]: the first record with an event that is not on the bus.
    pub async fn publish(&self, records: Vec<Record>) -> Result<(), NotDone> {
        let not_done = |record: &Record| NotDone { sequence_number: record.sequence_number.clone() };
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
