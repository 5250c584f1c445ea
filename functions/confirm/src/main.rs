//! `POST /api/bookings`: claims a hold, starts its booking saga and waits some seconds for the outcome.

use std::sync::Arc;

use holdfast_adapters_dynamodb::{
    ConfidentialTable, DynamoBookings, DynamoCustomerActions, DynamoDb, DynamoHolds, DynamoPaymentAttempts,
    HoldsTable, LedgerTable,
};
use holdfast_adapters_messaging::{StepFunctions, StepFunctionsBookingSaga};
use holdfast_api::ConfirmApi;
use holdfast_app::bookings::BookingRequests;
use holdfast_runtime::{Error, Process, Variable, http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[
        Variable::LedgerTable,
        Variable::HoldsTable,
        Variable::ConfidentialTable,
        Variable::BookingMachine,
    ])?;
    let dynamodb = DynamoDb::new(process.sdk());
    let ledger = LedgerTable::new(dynamodb.clone(), process.require(Variable::LedgerTable)?);
    let holds = HoldsTable::new(dynamodb.clone(), process.require(Variable::HoldsTable)?);
    let confidential = ConfidentialTable::new(dynamodb, process.require(Variable::ConfidentialTable)?);
    let machine = process.require(Variable::BookingMachine)?;
    let requests = BookingRequests::new(
        Arc::new(DynamoBookings::new(ledger.clone(), holds.clone(), confidential.clone())),
        Arc::new(DynamoHolds::new(ledger.clone(), holds.clone())),
        Arc::new(DynamoPaymentAttempts::new(holds)),
        Arc::new(DynamoCustomerActions::new(confidential, ledger)),
        Arc::new(StepFunctionsBookingSaga::new(StepFunctions::new(process.sdk()), machine)),
    );
    let api = ConfirmApi::new(requests, process.clock());
    http::serve(&process, api).await
}
