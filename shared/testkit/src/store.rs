//! Every port of the store over one database.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use holdfast_adapters_dynamodb::{
    ConfidentialTable, DynamoBookingContacts, DynamoBookingHistory, DynamoBookingJournal, DynamoBookings,
    DynamoCatalogue, DynamoCodeTries, DynamoCustomerActions, DynamoCycles, DynamoEndedBookings,
    DynamoHoldStopSwitch, DynamoHoldStops, DynamoHolds, DynamoInspection, DynamoMailCounts,
    DynamoPaymentAttempts, DynamoPaymentTurns, DynamoPromotionUses, DynamoProperties, DynamoRateHistory,
    DynamoRates, DynamoReceipts, DynamoResourceHistory, DynamoSagaCallbacks, DynamoSearchIndex,
    DynamoSearchIndexWriter, DynamoSentMails, HoldsTable, LedgerTable, SignedQuotes,
};
use holdfast_app::StoreError;
use holdfast_app::bookings::{BookingContacts, BookingHistory, BookingJournal, BookingStore};
use holdfast_app::catalogue::{Catalogue, HoldStopSwitch, ResourceHistory};
use holdfast_app::holds::{HoldStops, HoldStore, Holds};
use holdfast_app::kernel::{Keys, Secret, SecretError, SecretReader};
use holdfast_app::notifications::{MailCounts, SentMails};
use holdfast_app::operations::{CycleStore, EndedBookings, LedgerInspection};
use holdfast_app::payments::{AttemptReader, CustomerActions, PaymentTurns, RefundNotes, SagaCallbacks};
use holdfast_app::properties::PropertyStore;
use holdfast_app::rates::{CodeTries, Pricing, PromotionUses, QuoteSeals, Quotes, RateHistory, RateStore};
use holdfast_app::receipts::ReceiptStore;
use holdfast_app::search::{ListedPages, SearchIndex, SearchIndexInspection, SearchIndexWriter};
use holdfast_domain::{Page, Resource};

use crate::{Database, Faults, charge_rules};

/// The ports of the store, all over one client.
#[derive(Clone)]
#[expect(missing_docs, reason = "each field is the port of its name")]
pub struct Store {
    pub catalogue: Arc<dyn Catalogue>,
    pub properties: Arc<dyn PropertyStore>,
    pub trails: Arc<dyn ResourceHistory>,
    pub rates: Arc<dyn RateStore>,
    pub versions: Arc<dyn RateHistory>,
    pub uses: Arc<dyn PromotionUses>,
    pub tries: Arc<dyn CodeTries>,
    pub receipts: Arc<dyn ReceiptStore>,
    pub holds: Arc<dyn HoldStore>,
    pub stops: Arc<dyn HoldStops>,
    pub switch: Arc<dyn HoldStopSwitch>,
    pub bookings: Arc<dyn BookingStore>,
    pub journal: Arc<dyn BookingJournal>,
    pub history: Arc<dyn BookingHistory>,
    pub contacts: Arc<dyn BookingContacts>,
    pub notes: Arc<dyn RefundNotes>,
    pub callbacks: Arc<dyn SagaCallbacks>,
    pub actions: Arc<dyn CustomerActions>,
    pub attempts: Arc<dyn AttemptReader>,
    pub turns: Arc<dyn PaymentTurns>,
    pub sent_mails: Arc<dyn SentMails>,
    pub mail_counts: Arc<dyn MailCounts>,
    pub ended: Arc<dyn EndedBookings>,
    pub inspection: Arc<dyn LedgerInspection>,
    pub cycles: Arc<dyn CycleStore>,
    pub index: Arc<dyn SearchIndex>,
    pub listed: Arc<dyn ListedPages>,
    pub index_writer: Arc<dyn SearchIndexWriter>,
    pub index_entries: Arc<dyn SearchIndexInspection>,
}

impl Store {
    /// Over the tables that a client finds.
    #[must_use]
    pub fn over(client: &Client) -> Self {
        let ledger = || LedgerTable::new(client.clone(), Database::LEDGER.to_owned());
        let holds = || HoldsTable::new(client.clone(), Database::HOLDS.to_owned());
        let confidential = || ConfidentialTable::new(client.clone(), Database::CONFIDENTIAL.to_owned());
        let search = || (client.clone(), Database::SEARCH.to_owned());
        let index = Arc::new(DynamoSearchIndex::new(search().0, search().1));
        let writer = Arc::new(DynamoSearchIndexWriter::new(search().0, search().1));
        Self {
            catalogue: Arc::new(DynamoCatalogue::new(ledger())),
            properties: Arc::new(DynamoProperties::new(ledger())),
            trails: Arc::new(DynamoResourceHistory::new(ledger())),
            rates: Arc::new(DynamoRates::new(ledger())),
            versions: Arc::new(DynamoRateHistory::new(ledger())),
            uses: Arc::new(DynamoPromotionUses::new(ledger())),
            tries: Arc::new(DynamoCodeTries::new(holds())),
            receipts: Arc::new(DynamoReceipts::new(ledger())),
            holds: Arc::new(DynamoHolds::new(ledger(), holds())),
            stops: Arc::new(DynamoHoldStops::new(ledger())),
            switch: Arc::new(DynamoHoldStopSwitch::new(ledger())),
            bookings: Arc::new(DynamoBookings::new(ledger(), holds(), confidential())),
            journal: Arc::new(DynamoBookingJournal::new(ledger())),
            history: Arc::new(DynamoBookingHistory::new(ledger())),
            contacts: Arc::new(DynamoBookingContacts::new(confidential())),
            notes: Arc::new(DynamoBookingHistory::new(ledger())),
            callbacks: Arc::new(DynamoSagaCallbacks::new(confidential(), ledger())),
            actions: Arc::new(DynamoCustomerActions::new(confidential(), ledger())),
            attempts: Arc::new(DynamoPaymentAttempts::new(holds())),
            turns: Arc::new(DynamoPaymentTurns::new(holds())),
            sent_mails: Arc::new(DynamoSentMails::new(ledger())),
            mail_counts: Arc::new(DynamoMailCounts::new(holds())),
            ended: Arc::new(DynamoEndedBookings::new(ledger())),
            inspection: Arc::new(DynamoInspection::new(ledger())),
            cycles: Arc::new(DynamoCycles::new(ledger())),
            index: index.clone(),
            listed: index,
            index_writer: writer.clone(),
            index_entries: writer,
        }
    }

    /// The pricing of stays.
    #[must_use]
    pub fn pricing(&self) -> Pricing {
        let (rates, properties, uses) = (self.rates.clone(), self.properties.clone(), self.uses.clone());
        let (tries, catalogue, listed) = (self.tries.clone(), self.catalogue.clone(), self.listed.clone());
        Pricing::new(rates, properties, uses, tries, catalogue, listed, charge_rules())
    }

    /// The use cases of holds.
    #[must_use]
    pub fn hold_cases(&self) -> Holds {
        let (catalogue, holds, stops) = (self.catalogue.clone(), self.holds.clone(), self.stops.clone());
        Holds::new(catalogue, holds, stops, self.pricing(), quote_seals(QUOTE_KEY))
    }

    /// The use case of quotes.
    #[must_use]
    pub fn quote_cases(&self) -> Quotes {
        Quotes::new(self.catalogue.clone(), self.pricing(), quote_seals(QUOTE_KEY))
    }

    /// The pages of those parts of the schedule as the ledger has them, in that order; one nobody touched yet as it would be made.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn pages(&self, resource: &Resource, names: &[String]) -> Result<Vec<Page>, StoreError> {
        let months = names.iter().flat_map(|name| resource.months(name)).collect();
        let facts = self.catalogue.facts_of(&resource.id, &months).await?;
        let stored = self.catalogue.stored_among(resource, names).await?;
        Ok(resource.shown_pages(names, stored, &facts))
    }
}

/// The key by which quotes are signed in tests.
pub const QUOTE_KEY: &str = "a key of tests";

/// What signs quotes with a key.
#[must_use]
pub fn quote_seals(key: &str) -> Arc<dyn QuoteSeals> {
    Arc::new(SignedQuotes::new(Arc::new(OneKey(key.to_owned()))))
}

/// A secret that has one key, whatever is asked for.
struct OneKey(String);

#[async_trait]
impl SecretReader for OneKey {
    async fn keys(&self, _: Secret) -> Result<Keys, SecretError> {
        Ok(Keys::one(self.0.clone()))
    }

    async fn keys_after(&self, _: Secret, _: &str) -> Result<Keys, SecretError> {
        Ok(Keys::one(self.0.clone()))
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
