//! Every port of the store over one database.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use holdfast_adapters_dynamodb::{
    DynamoBookingHistory, DynamoBookingJournal, DynamoBookings, DynamoCatalogue, DynamoEndedBookings,
    DynamoHolds, DynamoInspection, DynamoSagaCallbacks, DynamoSearchIndex, DynamoSearchIndexWriter,
    HoldsTable, LedgerTable,
};
use holdfast_app::bookings::{BookingHistory, BookingJournal, BookingStore};
use holdfast_app::catalogue::Catalogue;
use holdfast_app::holds::HoldStore;
use holdfast_app::operations::{EndedBookings, LedgerInspection};
use holdfast_app::payments::SagaCallbacks;
use holdfast_app::search::{SearchIndex, SearchIndexInspection, SearchIndexWriter};

use crate::{Database, Faults};

/// The ports of the store, all over one client.
#[derive(Clone)]
#[expect(missing_docs, reason = "each field is the port of its name")]
pub struct Store {
    pub catalogue: Arc<dyn Catalogue>,
    pub holds: Arc<dyn HoldStore>,
    pub bookings: Arc<dyn BookingStore>,
    pub journal: Arc<dyn BookingJournal>,
    pub history: Arc<dyn BookingHistory>,
    pub callbacks: Arc<dyn SagaCallbacks>,
    pub ended: Arc<dyn EndedBookings>,
    pub inspection: Arc<dyn LedgerInspection>,
    pub index: Arc<dyn SearchIndex>,
    pub index_writer: Arc<dyn SearchIndexWriter>,
    pub index_entries: Arc<dyn SearchIndexInspection>,
}

impl Store {
    /// Over the tables that a client finds.
    #[must_use]
    pub fn over(client: &Client) -> Self {
        let ledger = || LedgerTable::new(client.clone(), Database::LEDGER.to_owned());
        let holds = || HoldsTable::new(client.clone(), Database::HOLDS.to_owned());
        let search = || (client.clone(), Database::SEARCH.to_owned());
        let index = search();
        let writer = Arc::new(DynamoSearchIndexWriter::new(search().0, search().1));
        Self {
            catalogue: Arc::new(DynamoCatalogue::new(ledger())),
            holds: Arc::new(DynamoHolds::new(ledger(), holds())),
            bookings: Arc::new(DynamoBookings::new(ledger(), holds())),
            journal: Arc::new(DynamoBookingJournal::new(ledger())),
            history: Arc::new(DynamoBookingHistory::new(ledger())),
            callbacks: Arc::new(DynamoSagaCallbacks::new(ledger())),
            ended: Arc::new(DynamoEndedBookings::new(ledger())),
            inspection: Arc::new(DynamoInspection::new(ledger())),
            index: Arc::new(DynamoSearchIndex::new(index.0, index.1)),
            index_writer: writer.clone(),
            index_entries: writer,
        }
    }
}

impl Database {
    /// The ports of the store over this database.
    #[must_use]
    pub fn store(&self) -> Store {
        Store::over(&self.client)
    }

    /// The same for a caller that alone meets `faults`.
    #[must_use]
    pub fn store_under(&self, faults: &Faults) -> Store {
        Store::over(&self.client_under(faults))
    }
}
