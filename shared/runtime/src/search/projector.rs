//! The entry of the projector: records of the ledger's stream in, changes of the read model out.

use std::sync::Arc;

use holdfast_app::Failure;
use holdfast_app::catalogue::CatalogueReader;
use holdfast_app::events::LedgerRecord;
use holdfast_app::rates::RateReader;
use holdfast_app::search::{Projection, ProjectionBatch, SearchIndexWriter};

use crate::causes;
use crate::stream::{NotDone, Record};

/// Applies records to the read model.
pub struct ProjectorHandler {
    projection: Projection,
}

async fn apply(batch: &mut ProjectionBatch<'_>, record: &LedgerRecord) -> Result<(), Failure> {
    match record {
        LedgerRecord::Page { record, .. } => batch.on_page(&record.page).await,
        LedgerRecord::PageRemoved(page) => batch.on_page_removed(page).await,
        LedgerRecord::Resource { resource, previous, .. } => {
            batch.on_resource(resource, previous.as_deref()).await
        }
        LedgerRecord::Facts { resource, month, facts, .. } => batch.on_facts(resource, *month, facts).await,
        LedgerRecord::Rates { rates, .. } => batch.on_rates(rates).await,
        LedgerRecord::MonthRates { resource, month, rates, .. } => {
            batch.on_month_rates(resource, *month, rates).await
        }
        LedgerRecord::Property(property) => batch.on_property(property).await,
        LedgerRecord::Audit(_)
        | LedgerRecord::PromotionUses { .. }
        | LedgerRecord::Confirmed { .. }
        | LedgerRecord::Other => Ok(()),
    }
}

impl ProjectorHandler {
    /// Makes the handler over a catalogue, its rates and a read model.
    #[must_use]
    pub fn new(
        catalogue: Arc<dyn CatalogueReader>,
        rates: Arc<dyn RateReader>,
        index: Arc<dyn SearchIndexWriter>,
    ) -> Self {
        Self { projection: Projection::new(catalogue, rates, index) }
    }

    /// Applies a batch, in order.
    ///
    /// # Errors
    /// [`NotDone`]: the first record that was not applied.
    pub async fn apply(&self, records: Vec<Record<LedgerRecord>>) -> Result<(), NotDone> {
        let mut batch = self.projection.batch();
        for record in records {
            if let Err(error) = apply(&mut batch, &record.content).await {
                let place = record.sequence_number;
                tracing::error!(
                    sequence_number = place,
                    error = causes(&error),
                    "a change was not projected"
                );
                return Err(NotDone::of(place, &error));
            }
        }
        Ok(())
    }
}
