//! `GET /api/bookings`, `GET /api/bookings/{bookingId}` and `.../events`: reads bookings and their audit trails.

use std::sync::Arc;

use holdfast_adapters_dynamodb::{
    ConfidentialTable, DynamoBookingContacts, DynamoBookingHistory, DynamoCustomerActions, DynamoDb,
    LedgerTable,
};
use holdfast_api::BookingsApi;
use holdfast_app::bookings::Bookings;
use holdfast_runtime::{Error, Process, Variable, http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::LedgerTable, Variable::ConfidentialTable])?;
    let dynamodb = DynamoDb::new(process.sdk());
    let ledger = LedgerTable::new(dynamodb.clone(), process.require(Variable::LedgerTable)?);
    let confidential = ConfidentialTable::new(dynamodb, process.require(Variable::ConfidentialTable)?);
    let bookings = Bookings::new(
        Arc::new(DynamoBookingHistory::new(ledger.clone())),
        Arc::new(DynamoBookingContacts::new(confidential.clone())),
        Arc::new(DynamoCustomerActions::new(confidential, ledger)),
    );
    let api = BookingsApi::new(bookings, process.clock());
    http::serve(&process, api).await
}
