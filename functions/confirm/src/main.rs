//! `POST /api/bookings`: claims a hold, starts its booking saga and waits some seconds for the outcome.

use std::sync::Arc;

use holdfast_adapters_dynamodb::{DynamoBookings, DynamoDb, DynamoHolds, HoldsTable, LedgerTable};
use holdfast_adapters_messaging::{StepFunctions, StepFunctionsBookingSaga};
use holdfast_api::{Api, ConfirmApi};
use holdfast_app::bookings::BookingRequests;
use holdfast_runtime::{Error, Process, Variable, http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::LedgerTable, Variable::HoldsTable, Variable::BookingMachine])?;
    let dynamodb = DynamoDb::new(process.sdk());
    let ledger = LedgerTable::new(dynamodb.clone(), process.require(Variable::LedgerTable)?);
    let holds = HoldsTable::new(dynamodb, process.require(Variable::HoldsTable)?);
    let machine = process.require(Variable::BookingMachine)?;
    let requests = BookingRequests::new(
        Arc::new(DynamoBookings::new(ledger.clone(), holds.clone())),
        Arc::new(DynamoHolds::new(ledger, holds)),
        Arc::new(StepFunctionsBookingSaga::new(StepFunctions::new(process.sdk()), machine)),
    );
    let api = ConfirmApi::new(requests, process.clock());
    http::serve(|request| api.handle(request)).await
}
