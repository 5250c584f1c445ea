//! Compares pages, bookings and the payment provider's records, on a schedule or by hand; repairs what is safe.

use std::sync::Arc;

use holdfast_adapters_dynamodb::{
    DynamoBookingHistory, DynamoBookingJournal, DynamoDb, DynamoInspection, DynamoSagaCallbacks, LedgerTable,
};
use holdfast_adapters_messaging::{
    EventBridge, EventBridgeBus, OnFirstUse, Sqs, SqsManualReview, StepFunctions, StepFunctionsBookingSaga,
    StepFunctionsInspection, StepFunctionsResumption, StepFunctionsSettlementSaga,
};
use holdfast_adapters_secrets::{SecretsManager, StoredSecrets};
use holdfast_adapters_stripe::{StripeEndpoint, StripePayments};
use holdfast_app::operations::reconciliation::{Ports, Reconciliation};
use holdfast_runtime::{Error, Process, ReconciliationHandler, Variable};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[
        Variable::LedgerTable,
        Variable::SecretId,
        Variable::BookingMachine,
        Variable::CancellationMachine,
        Variable::ManualReviewQueueUrl,
        Variable::BusName,
    ])?;
    let ledger = LedgerTable::new(DynamoDb::new(process.sdk()), process.require(Variable::LedgerTable)?);
    let secrets =
        StoredSecrets::new(SecretsManager::new(process.sdk()), process.require(Variable::SecretId)?);
    let stripe = StripeEndpoint::new(process.require(Variable::StripeApiUrl)?);
    let payments = Arc::new(StripePayments::new(stripe, Arc::new(secrets)));
    let step_functions = OnFirstUse::new(process.making(StepFunctions::new));
    let booking = process.require(Variable::BookingMachine)?;
    let settlement = process.require(Variable::CancellationMachine)?;
    let review = process.require(Variable::ManualReviewQueueUrl)?;
    let reconciliation = Reconciliation::new(Ports {
        journal: Arc::new(DynamoBookingJournal::new(ledger.clone())),
        history: Arc::new(DynamoBookingHistory::new(ledger.clone())),
        inspection: Arc::new(DynamoInspection::new(ledger.clone())),
        listing: payments.clone(),
        payments,
        saga: Arc::new(StepFunctionsBookingSaga::new(step_functions.clone(), booking)),
        settlement: Arc::new(StepFunctionsSettlementSaga::new(step_functions.clone(), settlement)),
        callbacks: Arc::new(DynamoSagaCallbacks::new(ledger)),
        resumption: Arc::new(StepFunctionsResumption::new(step_functions.clone())),
        sagas: Arc::new(StepFunctionsInspection::new(step_functions, booking)),
        review: Arc::new(SqsManualReview::new(OnFirstUse::new(process.making(Sqs::new)), review)),
    });
    let bus = EventBridgeBus::new(
        OnFirstUse::new(process.making(EventBridge::new)),
        process.require(Variable::BusName)?,
    );
    ReconciliationHandler::new(reconciliation, Arc::new(bus), process.clock()).serve().await
}
