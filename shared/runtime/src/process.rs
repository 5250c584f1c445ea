//! A function's process: started once, then asked for what the function is made of. Adapters share one HTTP client.

use std::sync::Arc;

use aws_config::SdkConfig;
use holdfast_adapters_dynamodb::{DynamoLedger, DynamoSearchIndex, Tables};
use holdfast_adapters_messaging::{
    EventBridgeBus, Machines, SesMailer, SqsManualReview, SqsTimers, StepFunctionsWorkflow,
};
use holdfast_app::events::EventBus;
use holdfast_app::holds::Timers;
use holdfast_app::notifications::Mailer;
use holdfast_app::operations::audit_verification::AuditVerification;
use holdfast_app::operations::reconciliation::{Ports, Reconciliation};
use holdfast_app::payments::{Payments, Workflow};
use holdfast_app::search::SearchIndex;
use holdfast_app::{Clock, Ledger};

use crate::clients::sdk_config;
use crate::clock::SystemClock;
use crate::config::{Config, MissingVariables, Variable};
use crate::lazy::LazyPayments;
use crate::logging;
use crate::reconciliation::ReconciliationHandler;
use crate::secrets::SecretStore;

/// What a function is made of.
pub struct Process {
    config: Config,
    sdk: SdkConfig,
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
        Ok(Self { config, sdk, clock: Arc::new(SystemClock) })
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// The system of record. A function without hold records has no name for their table, and does not touch it.
    ///
    /// # Errors
    /// [`MissingVariables`].
    pub fn ledger(&self) -> Result<Arc<dyn Ledger>, MissingVariables> {
        Ok(Arc::new(self.dynamo_ledger()?))
    }

    fn dynamo_ledger(&self) -> Result<DynamoLedger, MissingVariables> {
        let tables = Tables {
            ledger: self.config.require(Variable::LedgerTable)?.to_owned(),
            holds: self.config.get(Variable::HoldsTable).unwrap_or("no-table-of-holds").to_owned(),
        };
        Ok(DynamoLedger::new(aws_sdk_dynamodb::Client::new(&self.sdk), tables))
    }

    /// The read model.
    ///
    /// # Errors
    /// [`MissingVariables`].
    pub fn search_index(&self) -> Result<Arc<dyn SearchIndex>, MissingVariables> {
        let table = self.config.require(Variable::SearchTable)?.to_owned();
        Ok(Arc::new(DynamoSearchIndex::new(aws_sdk_dynamodb::Client::new(&self.sdk), table)))
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

    /// The sagas this function may start or resume.
    #[must_use]
    pub fn workflow(&self) -> Arc<dyn Workflow> {
        Arc::new(self.step_functions())
    }

    fn step_functions(&self) -> StepFunctionsWorkflow {
        let machine = |variable| self.config.get(variable).map(str::to_owned);
        let machines = Machines {
            booking: machine(Variable::BookingMachine),
            cancellation: machine(Variable::CancellationMachine),
        };
        StepFunctionsWorkflow::new(aws_sdk_sfn::Client::new(&self.sdk), machines)
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

    /// The check of audit trails.
    ///
    /// # Errors
    /// [`MissingVariables`].
    pub fn audit_verification(&self) -> Result<AuditVerification, MissingVariables> {
        let ledger = Arc::new(self.dynamo_ledger()?);
        Ok(AuditVerification::new(Arc::clone(&ledger) as _, ledger))
    }

    /// The reconciliation: besides that check it alone sees ledger, sagas and payments as a whole.
    ///
    /// # Errors
    /// [`MissingVariables`].
    pub fn reconciliation(
        &self,
        secrets: &Arc<SecretStore>,
    ) -> Result<ReconciliationHandler, MissingVariables> {
        let ledger = Arc::new(self.dynamo_ledger()?);
        let payments = Arc::new(self.lazy_payments(secrets)?);
        let workflow = Arc::new(self.step_functions());
        let url = self.config.require(Variable::ManualReviewQueueUrl)?;
        let review = Arc::new(SqsManualReview::new(aws_sdk_sqs::Client::new(&self.sdk), url));
        let reconciliation = Reconciliation::new(Ports {
            inspection: Arc::clone(&ledger) as _,
            ledger,
            listing: Arc::clone(&payments) as _,
            payments,
            sagas: Arc::clone(&workflow) as _,
            workflow,
            review,
        });
        Ok(ReconciliationHandler::new(reconciliation, self.bus()?, self.clock()))
    }
}
