//! Compares pages, bookings and the payment provider's records, on a schedule or by hand; repairs what is safe.

use std::sync::Arc;

use holdfast_adapters_dynamodb::{
    ConfidentialTable, DynamoBookingHistory, DynamoBookingJournal, DynamoCycles, DynamoDb, DynamoInspection,
    DynamoProperties, DynamoReceipts, DynamoSagaCallbacks, LedgerTable,
};
use holdfast_adapters_messaging::{
    EventBridge, EventBridgeBus, OnFirstUse, StepFunctions, StepFunctionsBookingSaga,
    StepFunctionsInspection, StepFunctionsResumption, StepFunctionsSettlementSaga,
};
use holdfast_adapters_secrets::{SecretsManager, StoredSecrets};
use holdfast_adapters_stripe::{Reach, StripeEndpoint, StripePayments};
use holdfast_app::kernel::Secret;
use holdfast_app::operations::reconciliation::{Limits, Ports, Reconciliation};
use holdfast_runtime::{Error, Process, ReconciliationHandler, ReviewRequests, Variable};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[
        Variable::LedgerTable,
        Variable::ConfidentialTable,
        Variable::StripeKeySecretId,
        Variable::BookingMachine,
        Variable::CancellationMachine,
        Variable::BusName,
    ])?;
    let dynamodb = DynamoDb::new(process.sdk());
    let ledger = LedgerTable::new(dynamodb.clone(), process.require(Variable::LedgerTable)?);
    let confidential = ConfidentialTable::new(dynamodb, process.require(Variable::ConfidentialTable)?);
    let secrets = StoredSecrets::new(SecretsManager::new(process.sdk()), process.clock())
        .with(Secret::PaymentApiKey, process.require(Variable::StripeKeySecretId)?);
    let stripe = StripeEndpoint::new(
        process.require(Variable::StripeApiUrl)?,
        Reach::beside(process.get(Variable::Endpoint)),
    );
    let payments = Arc::new(StripePayments::new(stripe, Arc::new(secrets)));
    let step_functions = OnFirstUse::new(process.making(StepFunctions::new));
    let booking = process.require(Variable::BookingMachine)?;
    let settlement = process.require(Variable::CancellationMachine)?;
    let bus = Arc::new(EventBridgeBus::new(
        OnFirstUse::new(process.making(EventBridge::new)),
        process.require(Variable::BusName)?,
    ));
    let history = Arc::new(DynamoBookingHistory::new(ledger.clone()));
    let ports = Ports {
        journal: Arc::new(DynamoBookingJournal::new(ledger.clone())),
        notes: history.clone(),
        history,
        inspection: Arc::new(DynamoInspection::new(ledger.clone())),
        listing: payments.clone(),
        payments,
        saga: Arc::new(StepFunctionsBookingSaga::new(step_functions.clone(), booking)),
        settlement: Arc::new(StepFunctionsSettlementSaga::new(step_functions.clone(), settlement)),
        callbacks: Arc::new(DynamoSagaCallbacks::new(confidential, ledger.clone())),
        resumption: Arc::new(StepFunctionsResumption::new(step_functions.clone())),
        sagas: Arc::new(StepFunctionsInspection::new(step_functions, booking)),
        review: Arc::new(ReviewRequests::new(bus.clone())),
        properties: Arc::new(DynamoProperties::new(ledger.clone())),
        receipts: Arc::new(DynamoReceipts::new(ledger.clone())),
        cycles: Arc::new(DynamoCycles::new(ledger)),
        clock: process.clock(),
    };
    let reconciliation = Reconciliation::new(ports, Limits::FUNCTION);
    ReconciliationHandler::new(reconciliation, bus, process.clock()).serve().await
}
