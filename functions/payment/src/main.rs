//! Runs the tasks of the booking and cancellation sagas (`statemachines/*.asl.json`).

use std::sync::Arc;

use holdfast_adapters_dynamodb::{
    DynamoBookings, DynamoDb, DynamoHolds, DynamoSagaCallbacks, HoldsTable, LedgerTable,
};
use holdfast_adapters_messaging::{OnFirstUse, StepFunctions, StepFunctionsResumption};
use holdfast_adapters_secrets::{SecretsManager, StoredSecrets};
use holdfast_adapters_stripe::{StripeEndpoint, StripePayments};
use holdfast_app::payments::Saga;
use holdfast_runtime::{Error, Process, Variable, saga};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::LedgerTable, Variable::HoldsTable, Variable::SecretId])?;
    let dynamodb = DynamoDb::new(process.sdk());
    let ledger = LedgerTable::new(dynamodb.clone(), process.require(Variable::LedgerTable)?);
    let holds = HoldsTable::new(dynamodb, process.require(Variable::HoldsTable)?);
    let secrets =
        StoredSecrets::new(SecretsManager::new(process.sdk()), process.require(Variable::SecretId)?);
    let stripe = StripeEndpoint::new(process.require(Variable::StripeApiUrl)?);
    let steps = Saga::new(
        Arc::new(DynamoBookings::new(ledger.clone(), holds.clone())),
        Arc::new(DynamoHolds::new(ledger.clone(), holds)),
        Arc::new(DynamoSagaCallbacks::new(ledger)),
        Arc::new(StripePayments::new(stripe, Arc::new(secrets))),
        Arc::new(StepFunctionsResumption::new(OnFirstUse::new(process.making(StepFunctions::new)))),
    );
    saga::serve(steps, process.clock()).await
}
