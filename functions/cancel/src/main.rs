//! `POST /api/bookings/{bookingId}/cancel`: frees the places at once and starts the settlement of the money.

use std::sync::Arc;

use holdfast_adapters_dynamodb::{
    ConfidentialTable, DynamoBookings, DynamoDb, DynamoSagaCallbacks, HoldsTable, LedgerTable,
};
use holdfast_adapters_messaging::{StepFunctions, StepFunctionsResumption, StepFunctionsSettlementSaga};
use holdfast_api::CancelApi;
use holdfast_app::bookings::Cancellations;
use holdfast_runtime::{Error, Process, Variable, http};
use holdfast_stripe_amounts::charge_rules;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[
        Variable::LedgerTable,
        Variable::HoldsTable,
        Variable::ConfidentialTable,
        Variable::CancellationMachine,
    ])?;
    let dynamodb = DynamoDb::new(process.sdk());
    let ledger = LedgerTable::new(dynamodb.clone(), process.require(Variable::LedgerTable)?);
    let holds = HoldsTable::new(dynamodb.clone(), process.require(Variable::HoldsTable)?);
    let confidential = ConfidentialTable::new(dynamodb, process.require(Variable::ConfidentialTable)?);
    let step_functions = StepFunctions::new(process.sdk());
    let settlement = process.require(Variable::CancellationMachine)?;
    let cancellations = Cancellations::new(
        Arc::new(DynamoBookings::new(ledger.clone(), holds, confidential.clone())),
        Arc::new(DynamoSagaCallbacks::new(confidential, ledger)),
        Arc::new(StepFunctionsResumption::new(step_functions.clone())),
        Arc::new(StepFunctionsSettlementSaga::new(step_functions, settlement)),
        charge_rules(),
    );
    let api = CancelApi::new(cancellations, process.clock());
    http::serve(&process, api).await
}
