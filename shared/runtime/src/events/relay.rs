//! The entry of the relay: records of the ledger's stream in, events on the bus out.

use std::sync::Arc;

use holdfast_app::events::{EVENT_BYTES_MAX, EventBus, LedgerRecord, OutgoingEvent, PageRecord};
use holdfast_workflow::events::{
    Event, EventError, PageWrite, of_applied, of_audit, of_facts, of_month_rates, of_page, of_promotion,
    of_rates, of_resource,
};

use thiserror::Error;

use crate::causes;
use crate::events::over_limit;
use crate::stream::{NotDone, Record};

/// Publishes what the ledger's stream says.
pub struct RelayHandler {
    bus: Arc<dyn EventBus>,
}

/// Why a record has no events that can be published, however often it is read.
#[derive(Debug, Error)]
enum Unpublishable {
    #[error(transparent)]
    Event(#[from] EventError),
    #[error("{kind} has {bytes} bytes, more than a bus takes")]
    TooLarge { kind: String, bytes: usize },
}

/// The events of one record, each in every version that is published.
fn events(record: &Record<LedgerRecord>) -> Result<Vec<OutgoingEvent>, Unpublishable> {
    let events = match &record.content {
        LedgerRecord::Page { record: PageRecord { page, changes, at, trace }, ended } => {
            of_page(&PageWrite { page, changes, ended, at: *at, trace: trace.as_deref() })?
        }
        LedgerRecord::Facts { resource, property, month, facts, previous, write } => {
            vec![of_facts((resource, property.as_ref()), *month, facts, previous, write)]
        }
        LedgerRecord::PromotionUses { count, trace } => vec![of_promotion(count, trace.as_deref())],
        LedgerRecord::Audit(event) => of_audit(event)?.into_iter().collect(),
        LedgerRecord::Resource { resource, previous, write } => {
            let (at, trace) =
                write.as_ref().map_or((record.at, None), |write| (write.at, write.trace.as_deref()));
            vec![of_resource(resource, previous.as_deref(), at, trace)]
        }
        LedgerRecord::Rates { rates, property, write } => {
            of_rates(rates, property.as_ref(), write).into_iter().collect()
        }
        LedgerRecord::MonthRates { resource, property, month, rates, previous, write } => {
            let of = (resource, property.as_ref());
            of_month_rates(of, *month, rates, previous, write).into_iter().collect()
        }
        LedgerRecord::Confirmed { booking, write } => of_applied(booking, write).into_iter().collect(),
        LedgerRecord::PageRemoved(_) | LedgerRecord::Property(_) | LedgerRecord::Other => Vec::new(),
    };
    let outgoing: Vec<Vec<OutgoingEvent>> = events.iter().map(Event::outgoing).collect::<Result<_, _>>()?;
    let outgoing = outgoing.concat();
    match outgoing.iter().find(|event| event.body.len() > EVENT_BYTES_MAX) {
        Some(OutgoingEvent { kind, body, .. }) => {
            Err(Unpublishable::TooLarge { kind: kind.clone(), bytes: body.len() })
        }
        None => Ok(outgoing),
    }
}

impl RelayHandler {
    /// Makes the handler over the bus.
    #[must_use]
    pub fn new(bus: Arc<dyn EventBus>) -> Self {
        Self { bus }
    }

    /// Publishes the events of a batch. What comes before a record whose events never can be is published; an event may be
    /// published twice when its batch is delivered again.
    ///
    /// # Errors
    /// [`NotDone`]: the first record with an event that is not on the bus.
    pub async fn publish(&self, records: Vec<Record<LedgerRecord>>) -> Result<(), NotDone> {
        let mut outgoing = Vec::new();
        let mut owners = Vec::new();
        let mut relayed = Vec::with_capacity(records.len());
        let mut poison = None;
        for record in &records {
            match events(record) {
                Ok(of_record) => {
                    owners.extend(of_record.iter().map(|_| record));
                    outgoing.extend(of_record);
                    relayed.push(record);
                }
                Err(error) => {
                    let sequence_number = &record.sequence_number;
                    tracing::error!(sequence_number, error = causes(&error), "a record was not relayed");
                    poison = Some(NotDone::Never(sequence_number.clone()));
                    break;
                }
            }
        }
        if let Err(error) = self.bus.publish(&outgoing).await {
            tracing::error!(error = causes(&error), events = outgoing.len(), "events were not published");
            let first = error.positions.first().and_then(|position| owners.get(*position));
            if let Some(record) = first.copied().or(records.first()) {
                return Err(NotDone::Later(record.sequence_number.clone()));
            }
        }
        over_limit::measure(relayed);
        tracing::info!(records = records.len(), events = outgoing.len(), "relayed");
        poison.map_or(Ok(()), Err)
    }
}
