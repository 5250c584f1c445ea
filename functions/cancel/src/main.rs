//! `POST /api/bookings/{bookingId}/cancel`: frees the places at once and starts the settlement of the money.

use std::sync::Arc;

use holdfast_adapters_dynamodb::{DynamoBookings, DynamoDb, DynamoSagaCallbacks, HoldsTable, LedgerTable};
use holdfast_adapters_messaging::{StepFunctions, StepFunctionsResumption, StepFunctionsSettlementSaga};
use holdfast_api::{Api, CancelApi};
use holdfast_app::bookings::Cancellations;
use holdfast_runtime::{Error, Process, Variable, http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process =
        Process::start(&[Variable::LedgerTable, Variable::HoldsTable, Variable::CancellationMachine])?;
    let dynamodb = DynamoDb::new(process.sdk());
    let ledger = LedgerTable::new(dynamodb.clone(), process.require(Variable::LedgerTable)?);
    let holds = HoldsTable::new(dynamodb, process.require(Variable::HoldsTable)?);
    let step_functions = StepFunctions::new(process.sdk());
    let settlement = process.require(Variable::CancellationMachine)?;
    let cancellations = Cancellations::new(
        Arc::new(DynamoBookings::new(ledger.clone(), holds)),
        Arc::new(DynamoSagaCallbacks::new(ledger)),
        Arc::new(StepFunctionsResumption::new(step_functions.clone())),
        Arc::new(StepFunctionsSettlementSaga::new(step_functions, settlement)),
    );
    let api = CancelApi::new(cancellations, process.clock());
    http::serve(|request| api.handle(request)).await
}
