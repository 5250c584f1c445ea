//! A function's process: started once, then asked for what the function is made of. Adapters share one HTTP client.

use std::sync::{Arc, OnceLock};

use aws_config::SdkConfig;
use holdfast_adapters_dynamodb::{
    DynamoBookingHistory, DynamoBookingJournal, DynamoBookings, DynamoCatalogue, DynamoEndedBookings,
    DynamoHolds, DynamoInspection, DynamoSagaCallbacks, DynamoSearchIndex, HoldsTable, LedgerTable,
};
use holdfast_adapters_messaging::{
    EventBridgeBus, SesMailer, SqsManualReview, SqsTimers, StepFunctionsBookingSaga, StepFunctionsInspection,
    StepFunctionsResumption, StepFunctionsSettlementSaga,
};
use holdfast_app::Clock;
use holdfast_app::bookings::{BookingHistory, BookingJournal, BookingReader, BookingStore};
use holdfast_app::catalogue::{Catalogue, CatalogueReader};
use holdfast_app::events::EventBus;
use holdfast_app::holds::{HoldReader, HoldStore, Timers};
use holdfast_app::notifications::Mailer;
use holdfast_app::operations::audit_verification::AuditVerification;
use holdfast_app::operations::reconciliation::{Ports, Reconciliation};
use holdfast_app::operations::{EndedBookings, LedgerInspection, SagaInspection};
use holdfast_app::partners::PartnerEndpoint;
use holdfast_app::payments::{BookingSaga, Payments, SagaCallbacks, SagaResumption, SettlementSaga};
use holdfast_app::search::{SearchIndex, SearchIndexWriter};

use crate::clients::sdk_config;
use crate::clock::SystemClock;
use crate::config::{Config, MissingVariables, Variable};
use crate::lazy::{LazyPartner, LazyPayments};
use crate::logging;
use crate::reconciliation::ReconciliationHandler;
use crate::secrets::SecretStore;

/// What a function is made of.
pub struct Process {
    config: Config,
    sdk: SdkConfig,
    dynamodb: OnceLock<aws_sdk_dynamodb::Client>,
    step_functions: OnceLock<aws_sdk_sfn::Client>,
    clock: Arc<dyn Clock>,
}

impl Process {
    /// Starts the process of a function that needs these variables besides the region: log, TLS, configuration, clients'
    /// settings.
    ///
    /// # Errors
    /// [`MissingVariables`], all at once.
    pub fn start(needs: &[Variable]) -> Result<Self, MissingVariables> {
        let needs = [&[Variable::Region], needs].concat();
        let config = Config::from_environment(&needs).inspect_err(|error| {
            logging::start("info");
            tracing::error!(%error, "the function cannot start");
        })?;
        logging::start(config.get(Variable::LogFilter).unwrap_or_default());
        // Fails if a provider is installed already, which then serves as well.
        drop(rustls::crypto::ring::default_provider().install_default());
        let sdk = sdk_config(&config)?;
        Ok(Self {
            config,
            sdk,
            dynamodb: OnceLock::new(),
            step_functions: OnceLock::new(),
            clock: Arc::new(SystemClock),
        })
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        self.dynamodb.get_or_init(|| aws_sdk_dynamodb::Client::new(&self.sdk)).clone()
    }

    fn ledger_table(&self) -> Result<LedgerTable, MissingVariables> {
        let name = self.config.require(Variable::LedgerTable)?.to_owned();
        Ok(LedgerTable::new(self.dynamodb(), name))
    }

    fn holds_table(&self) -> Result<HoldsTable, MissingVariables> {
        let name = self.config.require(Variable::HoldsTable)?.to_owned();
        Ok(HoldsTable::new(self.dynamodb(), name))
    }

    /// Resources and their inventory, to be read and written.
    ///
    /// # Errors
    /// [`MissingVariables`].
    pub fn catalogue(&self) -> Result<Arc<dyn Catalogue>, MissingVariables> {
        Ok(Arc::new(DynamoCatalogue::new(self.ledger_table()?)))
    }

    /// Resources and their inventory, to be read.
    ///
    /// # Errors
    /// [`MissingVariables`].
    pub fn catalogue_reader(&self) -> Result<Arc<dyn CatalogueReader>, MissingVariables> {
        Ok(self.catalogue()?)
    }

    /// Holds, to be read and written.
    ///
    /// # Errors
    /// [`MissingVariables`].
    pub fn holds(&self) -> Result<Arc<dyn HoldStore>, MissingVariables> {
        Ok(Arc::new(DynamoHolds::new(self.ledger_table()?, self.holds_table()?)))
    }

    /// Holds, to be read.
    ///
    /// # Errors
    /// [`MissingVariables`].
    pub fn hold_reader(&self) -> Result<Arc<dyn HoldReader>, MissingVariables> {
        Ok(self.holds()?)
    }

    /// Bookings with the inventory that they claim, take and free.
    ///
    /// # Errors
    /// [`MissingVariables`].
    pub fn bookings(&self) -> Result<Arc<dyn BookingStore>, MissingVariables> {
        Ok(Arc::new(DynamoBookings::new(self.ledger_table()?, self.holds_table()?)))
    }

    /// Bookings, to be read.
    ///
    /// # Errors
    /// [`MissingVariables`].
    pub fn booking_reader(&self) -> Result<Arc<dyn BookingReader>, MissingVariables> {
        Ok(self.booking_history()?)
    }

    /// Bookings, without their inventory.
    ///
    /// # Errors
    /// [`MissingVariables`].
    pub fn booking_journal(&self) -> Result<Arc<dyn BookingJournal>, MissingVariables> {
        Ok(Arc::new(DynamoBookingJournal::new(self.ledger_table()?)))
    }

    /// Bookings by guest, and their audit trails.
    ///
    /// # Errors
    /// [`MissingVariables`].
    pub fn booking_history(&self) -> Result<Arc<dyn BookingHistory>, MissingVariables> {
        Ok(Arc::new(DynamoBookingHistory::new(self.ledger_table()?)))
    }

    /// Bookings whose time has passed.
    ///
    /// # Errors
    /// [`MissingVariables`].
    pub fn ended_bookings(&self) -> Result<Arc<dyn EndedBookings>, MissingVariables> {
        Ok(Arc::new(DynamoEndedBookings::new(self.ledger_table()?)))
    }

    /// The callbacks of sagas that wait.
    ///
    /// # Errors
    /// [`MissingVariables`].
    pub fn callbacks(&self) -> Result<Arc<dyn SagaCallbacks>, MissingVariables> {
        Ok(Arc::new(DynamoSagaCallbacks::new(self.ledger_table()?)))
    }

    fn inspection(&self) -> Result<Arc<dyn LedgerInspection>, MissingVariables> {
        Ok(Arc::new(DynamoInspection::new(self.ledger_table()?)))
    }

    fn index(&self) -> Result<DynamoSearchIndex, MissingVariables> {
        let table = self.config.require(Variable::SearchTable)?.to_owned();
        Ok(DynamoSearchIndex::new(self.dynamodb(), table))
    }

    /// The read model, to be searched.
    ///
    /// # Errors
    /// [`MissingVariables`].
    pub fn search_index(&self) -> Result<Arc<dyn SearchIndex>, MissingVariables> {
        Ok(Arc::new(self.index()?))
    }

    /// The read model, to be kept.
    ///
    /// # Errors
    /// [`MissingVariables`].
    pub fn search_index_writer(&self) -> Result<Arc<dyn SearchIndexWriter>, MissingVariables> {
        Ok(Arc::new(self.index()?))
    }

    /// The bus.
    ///
    /// # Errors
    /// [`MissingVariables`].
    pub fn bus(&self) -> Result<Arc<dyn EventBus>, MissingVariables> {
        let name = self.config.require(Variable::BusName)?;
        Ok(Arc::new(EventBridgeBus::new(aws_sdk_eventbridge::Client::new(&self.sdk), name)))
    }

    /// The timers of the expiry function.
    ///
    /// # Errors
    /// [`MissingVariables`].
    pub fn timers(&self) -> Result<Arc<dyn Timers>, MissingVariables> {
        let url = self.config.require(Variable::TimerQueueUrl)?;
        Ok(Arc::new(SqsTimers::new(aws_sdk_sqs::Client::new(&self.sdk), url)))
    }

    fn step_functions(&self) -> aws_sdk_sfn::Client {
        self.step_functions.get_or_init(|| aws_sdk_sfn::Client::new(&self.sdk)).clone()
    }

    /// The saga of bookings, to be started.
    ///
    /// # Errors
    /// [`MissingVariables`].
    pub fn booking_saga(&self) -> Result<Arc<dyn BookingSaga>, MissingVariables> {
        let machine = self.config.require(Variable::BookingMachine)?;
        Ok(Arc::new(StepFunctionsBookingSaga::new(self.step_functions(), machine)))
    }

    /// The settlement of cancelled and failed bookings, to be started.
    ///
    /// # Errors
    /// [`MissingVariables`].
    pub fn settlement_saga(&self) -> Result<Arc<dyn SettlementSaga>, MissingVariables> {
        let machine = self.config.require(Variable::CancellationMachine)?;
        Ok(Arc::new(StepFunctionsSettlementSaga::new(self.step_functions(), machine)))
    }

    /// Sagas that wait, to be resumed.
    #[must_use]
    pub fn saga_resumption(&self) -> Arc<dyn SagaResumption> {
        Arc::new(StepFunctionsResumption::new(self.step_functions()))
    }

    fn saga_inspection(&self) -> Result<Arc<dyn SagaInspection>, MissingVariables> {
        let machine = self.config.require(Variable::BookingMachine)?;
        Ok(Arc::new(StepFunctionsInspection::new(self.step_functions(), machine)))
    }

    /// The mail service.
    ///
    /// # Errors
    /// [`MissingVariables`].
    pub fn mailer(&self) -> Result<Arc<dyn Mailer>, MissingVariables> {
        let from = self.config.require(Variable::MailFrom)?;
        Ok(Arc::new(SesMailer::new(aws_sdk_sesv2::Client::new(&self.sdk), from)))
    }

    /// The secrets, to be fetched when first needed.
    ///
    /// # Errors
    /// [`MissingVariables`].
    pub fn secrets(&self) -> Result<Arc<SecretStore>, MissingVariables> {
        let id = self.config.require(Variable::SecretId)?;
        Ok(Arc::new(SecretStore::new(aws_sdk_secretsmanager::Client::new(&self.sdk), id)))
    }

    /// The payment provider.
    ///
    /// # Errors
    /// [`MissingVariables`].
    pub fn payments(&self, secrets: &Arc<SecretStore>) -> Result<Arc<dyn Payments>, MissingVariables> {
        Ok(Arc::new(self.lazy_payments(secrets)?))
    }

    fn lazy_payments(&self, secrets: &Arc<SecretStore>) -> Result<LazyPayments, MissingVariables> {
        let url = self.config.require(Variable::StripeApiUrl)?;
        Ok(LazyPayments::new(Arc::clone(secrets), url))
    }

    /// The endpoint of the partner; none if no partner is configured.
    ///
    /// # Errors
    /// [`MissingVariables`].
    pub fn partner(&self) -> Result<Option<Arc<dyn PartnerEndpoint>>, MissingVariables> {
        let secrets = self.secrets()?;
        let url = self.config.get(Variable::PartnerWebhookUrl);
        Ok(url.map(|url| Arc::new(LazyPartner::new(secrets, url)) as Arc<dyn PartnerEndpoint>))
    }

    /// The check of audit trails.
    ///
    /// # Errors
    /// [`MissingVariables`].
    pub fn audit_verification(&self) -> Result<AuditVerification, MissingVariables> {
        Ok(AuditVerification::new(self.booking_history()?, self.inspection()?))
    }

    /// The reconciliation: besides that check it alone sees ledger, sagas and payments as a whole.
    ///
    /// # Errors
    /// [`MissingVariables`].
    pub fn reconciliation(
        &self,
        secrets: &Arc<SecretStore>,
    ) -> Result<ReconciliationHandler, MissingVariables> {
        let payments = Arc::new(self.lazy_payments(secrets)?);
        let url = self.config.require(Variable::ManualReviewQueueUrl)?;
        let review = Arc::new(SqsManualReview::new(aws_sdk_sqs::Client::new(&self.sdk), url));
        let reconciliation = Reconciliation::new(Ports {
            journal: self.booking_journal()?,
            history: self.booking_history()?,
            inspection: self.inspection()?,
            listing: Arc::clone(&payments) as _,
            payments,
            saga: self.booking_saga()?,
            settlement: self.settlement_saga()?,
            callbacks: self.callbacks()?,
            resumption: self.saga_resumption(),
            sagas: self.saga_inspection()?,
            review,
        });
        Ok(ReconciliationHandler::new(reconciliation, self.bus()?, self.clock()))
    }
}
