//! Runs the tasks of the booking and cancellation sagas (`statemachines/*.asl.json`).

use std::sync::Arc;

use holdfast_adapters_dynamodb::{
    ConfidentialTable, DynamoBookingHistory, DynamoBookings, DynamoCatalogue, DynamoDb, DynamoHolds,
    DynamoPaymentTurns, DynamoSagaCallbacks, HoldsTable, LedgerTable,
};
use holdfast_adapters_messaging::{OnFirstUse, StepFunctions, StepFunctionsResumption};
use holdfast_adapters_secrets::{SecretsManager, StoredSecrets};
use holdfast_adapters_stripe::{Reach, StripeEndpoint, StripePayments};
use holdfast_app::kernel::Secret;
use holdfast_app::payments::{PacedPayments, Saga};
use holdfast_runtime::{Error, Process, Variable, saga};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[
        Variable::LedgerTable,
        Variable::HoldsTable,
        Variable::ConfidentialTable,
        Variable::StripeKeySecretId,
        Variable::PaymentCallsPerSecond,
    ])?;
    let dynamodb = DynamoDb::new(process.sdk());
    let ledger = LedgerTable::new(dynamodb.clone(), process.require(Variable::LedgerTable)?);
    let holds = HoldsTable::new(dynamodb.clone(), process.require(Variable::HoldsTable)?);
    let confidential = ConfidentialTable::new(dynamodb, process.require(Variable::ConfidentialTable)?);
    let secrets = StoredSecrets::new(SecretsManager::new(process.sdk()), process.clock())
        .with(Secret::PaymentApiKey, process.require(Variable::StripeKeySecretId)?);
    let stripe = StripeEndpoint::new(
        process.require(Variable::StripeApiUrl)?,
        Reach::beside(process.get(Variable::Endpoint)),
    );
    let payments = PacedPayments::new(
        Arc::new(StripePayments::new(stripe, Arc::new(secrets))),
        Arc::new(DynamoPaymentTurns::new(holds.clone())),
        process.pause(),
        process.require(Variable::PaymentCallsPerSecond)?.parse()?,
    );
    let steps = Saga::new(
        Arc::new(DynamoBookings::new(ledger.clone(), holds.clone(), confidential.clone())),
        Arc::new(DynamoHolds::new(ledger.clone(), holds)),
        Arc::new(DynamoCatalogue::new(ledger.clone())),
        Arc::new(DynamoSagaCallbacks::new(confidential, ledger.clone())),
        Arc::new(payments),
        Arc::new(StepFunctionsResumption::new(OnFirstUse::new(process.making(StepFunctions::new)))),
        Arc::new(DynamoBookingHistory::new(ledger)),
    );
    saga::serve(steps, process.clock()).await
}
